//! Documents: which are executed, how large they may be, and what they may cost.

mod cost;
mod entries;
mod introspection;
mod kept;
mod reference;
mod settings;
mod size;
mod store;
mod trusted;

use async_graphql::{
    Pos, Positioned, ServerError,
    parser::{
        parse_query,
        types::{DocumentOperations, ExecutableDocument, OperationDefinition},
    },
};

use self::cost::Costs;
use super::{ApiError, mended::mend, validation};

pub use reference::Reference;
pub use settings::{DocumentLimits, DocumentRules, DocumentSettings};
pub use store::Documents;
pub use trusted::{TrustedDocuments, WrongManifest};

/// A document that is valid, as the framework is given it.
#[derive(Debug)]
pub struct Document {
    pub executable: ExecutableDocument,
    costs: Costs,
}

impl Document {
    /// Reads a document: in this order, so that nothing is looked at closer than its size allows.
    fn read(text: &str, rules: &DocumentRules) -> Result<Self, Vec<ServerError>> {
        let limits = &rules.limits;
        let at_the_root = |error: ApiError| vec![error.at_the_root()];
        let judged = validation::parse(text, limits)?;
        let mut executable = parse_query(text)
            .or_else(|_| parse_query(validation::with_compact_types(text, &judged)))
            .map_err(ServerError::from)?;
        size::check(&executable, limits).map_err(at_the_root)?;
        entries::check_written(&judged, limits).map_err(at_the_root)?;
        if !rules.introspection
            && let Some(place) = introspection::first_question(&executable)
        {
            return Err(vec![ApiError::IntrospectionOff.at(Some(place))]);
        }
        let costs = Costs::of(&validation::validate(&judged)?);
        mend(&mut executable);
        Ok(Self { executable, costs })
    }

    /// The document with only this one of its operations: the framework looks at all, also where those that are not
    /// executed have variables that nobody has given a value.
    pub fn of_one(&self, operation: OperationDefinition) -> ExecutableDocument {
        let operation = Positioned::new(operation, Pos::default());
        ExecutableDocument {
            operations: DocumentOperations::Single(operation),
            fragments: self.executable.fragments.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code and the words of the error that a document is refused with; that of validation has no code yet.
    fn refused(text: &str, rules: &DocumentRules) -> (bool, String) {
        let errors = Document::read(text, rules).unwrap_err();
        let extensions = errors[0].extensions.clone();
        let code = extensions.and_then(|it| it.get("code").cloned());
        (
            code == Some("QUERY_TOO_COMPLEX".into()),
            errors[0].message.clone(),
        )
    }

    #[test]
    fn each_limit_is_said_before_what_is_wrong_with_what_it_is() {
        let limits = DocumentLimits {
            tokens: 200,
            nesting: 6,
            selections: 20,
            depth: 4,
            aliases: 3,
            directives: 3,
            root_fields: 5,
            cost: 100,
            input_entries: 3,
        };
        let rules = DocumentRules {
            limits,
            ..DocumentRules::default()
        };
        let fields = |count: usize, field: &str| {
            let fields = (0..count).map(|at| field.replace('#', &at.to_string()));
            fields.collect::<Vec<_>>().join(" ")
        };
        let root = |count, field| format!("{{ {} }}", fields(count, field));
        let object = |count, field| format!("{{ a {{ {} }} }}", fields(count, field));
        let nested = |count, open: &str| {
            let open = format!("{{ {open} ").repeat(count);
            format!("{open} {{ a }} {}", "}".repeat(count))
        };
        let spread = |count| {
            let fragment = "fragment F on Q { a { x: b @d y: c } }";
            format!("{{ {} }} {fragment}", fields(count, "...F"))
        };
        let list = |count| format!("{{ a(b: {{ c: [{}] }}) }}", fields(count, "1"));
        for (limit, within, beyond) in [
            (
                "200 tokens",
                root(1, &",".repeat(180)),
                root(1, &",".repeat(200)),
            ),
            ("6 levels", nested(5, "..."), nested(6, "...")),
            ("20 fields", object(19, "a"), object(20, "a")),
            ("4 levels", nested(3, "a"), nested(4, "a")),
            ("3 aliases", object(3, "a#: b"), object(4, "a#: b")),
            ("3 aliases", spread(1), spread(2)),
            ("3 directives", object(3, "a @d"), object(4, "a @d")),
            ("5 fields", root(5, "a"), root(6, "a")),
            ("5 fields", root(5, "... { a }"), root(6, "... { a }")),
            ("3 entries", list(3), list(4)),
        ] {
            let (is_too_complex, message) = refused(&within, &rules);
            assert!(!is_too_complex, "{within}: {message}");
            let (is_too_complex, message) = refused(&beyond, &rules);
            assert!(
                is_too_complex && message.contains(limit),
                "{beyond}: {message}"
            );
        }
    }
}
