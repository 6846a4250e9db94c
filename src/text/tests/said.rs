use std::{collections::BTreeSet, str::FromStr};

use proc_macro2::{TokenStream, TokenTree};

/// A use of `message!`.
pub struct Said {
    pub id: String,
    pub arguments: BTreeSet<String>,
}

/// All that a source says.
pub fn said(source: &str) -> Vec<Said> {
    let mut found = Vec::new();
    in_tokens(TokenStream::from_str(source).expect("Rust"), &mut found);
    found
}

fn in_tokens(tokens: TokenStream, found: &mut Vec<Said>) {
    let tokens = tokens.into_iter().collect::<Vec<_>>();
    for window in tokens.windows(3) {
        if let [
            TokenTree::Ident(name),
            TokenTree::Punct(bang),
            TokenTree::Group(group),
        ] = window
            && name == "message"
            && bang.as_char() == '!'
        {
            found.extend(read(group.stream()));
        }
    }
    for token in tokens {
        if let TokenTree::Group(group) = token {
            in_tokens(group.stream(), found);
        }
    }
}

/// The id and the names of the arguments; `None` inside of the macro itself, which has no id.
fn read(call: TokenStream) -> Option<Said> {
    let tokens = call.into_iter().collect::<Vec<_>>();
    let mut parts =
        tokens.split(|token| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ','));
    let [TokenTree::Literal(id)] = parts.next()? else {
        return None;
    };
    let arguments = parts.filter_map(|part| part.first());
    Some(Said {
        id: id.to_string().trim_matches('"').to_owned(),
        arguments: arguments.map(ToString::to_string).collect(),
    })
}

#[test]
fn uses_are_found_wherever_they_stand() {
    let source = r#"
        // message!("in-a-comment")
        fn f() { Err(g(message!("first", max = h(1, 2), name), "message!(\"in-a-text\")")) }
        const X: Message = message!("second",);
    "#;
    let found = said(source);
    let found = found
        .iter()
        .map(|said| (said.id.as_str(), Vec::from_iter(&said.arguments)));
    let found = found.collect::<Vec<_>>();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], ("second", vec![]));
    assert_eq!(found[1].0, "first");
    assert_eq!(found[1].1, ["max", "name"]);
}
