use std::collections::BTreeSet;

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{
    CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement,
};

type Variables = BTreeSet<String>;

/// The messages of a file, and the variables that each puts in.
pub fn variables(resource: &FluentResource) -> impl Iterator<Item = (String, Variables)> {
    resource.entries().filter_map(|entry| match entry {
        Entry::Message(message) => {
            let mut found = Variables::new();
            let pattern = message.value.as_ref();
            in_pattern(pattern.expect("a message has words"), &mut found);
            Some((message.id.name.to_owned(), found))
        }
        Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => None,
        Entry::Term(_) | Entry::Junk { .. } => panic!("neither comment nor message: {entry:?}"),
    })
}

fn in_pattern(pattern: &Pattern<&str>, found: &mut Variables) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            in_expression(expression, found);
        }
    }
}

fn in_expression(expression: &Expression<&str>, found: &mut Variables) {
    match expression {
        Expression::Inline(inline) => in_inline(inline, found),
        Expression::Select { selector, variants } => {
            in_inline(selector, found);
            for variant in variants {
                in_pattern(&variant.value, found);
            }
        }
    }
}

fn in_inline(inline: &InlineExpression<&str>, found: &mut Variables) {
    match inline {
        InlineExpression::VariableReference { id } => {
            found.insert(id.name.to_owned());
        }
        InlineExpression::FunctionReference { arguments, .. } => in_call(arguments, found),
        InlineExpression::Placeable { expression } => in_expression(expression, found),
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
        InlineExpression::MessageReference { .. } | InlineExpression::TermReference { .. } => {
            panic!("a message stands by itself: {inline:?}")
        }
    }
}

fn in_call(call: &CallArguments<&str>, found: &mut Variables) {
    let named = call.named.iter().map(|argument| &argument.value);
    for inline in call.positional.iter().chain(named) {
        in_inline(inline, found);
    }
}
