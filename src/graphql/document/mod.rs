//! Documents that were read before. Clients send the same few over and over, and to read and judge one takes longer
//! than to answer it.

mod cost;
mod entries;
mod introspection;
mod settings;
mod size;

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{
    Pos, Positioned, ServerError, Variables,
    parser::{
        parse_query,
        types::{DocumentOperations, ExecutableDocument, OperationDefinition},
    },
};
use lru::LruCache;

use self::cost::Costs;
use super::{
    ApiError,
    mended::mend,
    validation::{self, Said},
    variables,
};
use crate::{
    config::{DOCUMENT_KEPT_BYTES_MAX, DOCUMENTS_KEPT},
    text::message,
};

pub use settings::{DocumentLimits, DocumentRules, DocumentSettings};

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

/// The documents that were sent last, by their texts.
#[derive(Debug)]
pub struct Documents {
    rules: DocumentRules,
    kept: Mutex<LruCache<String, Arc<Document>>>,
}

impl Documents {
    pub fn new(rules: DocumentRules) -> Self {
        Self {
            rules,
            kept: Mutex::new(LruCache::new(DOCUMENTS_KEPT)),
        }
    }

    /// Reads a document, or remembers it.
    ///
    /// # Errors
    /// Where the text breaks GraphQL's grammar, is too large, or not valid.
    pub fn read(&self, text: &str) -> Result<Arc<Document>, Vec<ServerError>> {
        if let Some(document) = self.kept().get(text) {
            return Ok(document.clone());
        }
        let document = Document::read(text, &self.rules).map_err(|errors| {
            let tell = |error| self.tell(error, || Said::in_text(text));
            errors.into_iter().map(tell).collect::<Vec<_>>()
        })?;
        let document = Arc::new(document);
        if text.len() <= DOCUMENT_KEPT_BYTES_MAX {
            self.kept().put(text.to_owned(), document.clone());
        }
        Ok(document)
    }

    /// Completes an operation's variables with their defaults, and says whether with these it asks for no more than it
    /// may.
    ///
    /// # Errors
    /// Where a value is missing, or not of its variable's type; `QUERY_TOO_COMPLEX`.
    pub fn admit(
        &self,
        document: &Document,
        operation: &OperationDefinition,
        operation_name: Option<&str>,
        variables: &mut Variables,
    ) -> Result<(), ServerError> {
        let limits = &self.rules.limits;
        entries::check_given(variables, limits).map_err(ApiError::at_the_root)?;
        variables::complete(variables, operation).map_err(|error| {
            let declared = operation.variable_definitions.iter();
            let declared = declared.map(|it| format!("{} {}", it.node.name, it.node.var_type));
            let declared = declared.collect::<Vec<_>>().join(" ");
            self.tell(error, || Said::in_text(&declared).and_in(variables))
        })?;
        let (cost, max) = (document.costs.with(operation_name, variables), limits.cost);
        if cost > max {
            let message = message!("graphql-too-costly", cost, max);
            return Err(ApiError::TooComplex(message).at_the_root());
        }
        Ok(())
    }

    /// An error as the client is told it, who has said so much.
    fn tell(&self, error: ServerError, said: impl FnOnce() -> Said) -> ServerError {
        if self.rules.introspection {
            error
        } else {
            said().alone_in(error)
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, LruCache<String, Arc<Document>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::{super::response_order::chosen, *};

    #[test]
    fn a_document_is_read_once_unless_it_is_long_or_forgotten() {
        let documents = Documents::new(DocumentRules::default());
        let is_kept = |text: &str| {
            let first = documents.read(text).unwrap();
            Arc::ptr_eq(&first, &documents.read(text).unwrap())
        };
        assert!(is_kept("{ me { id } }"));
        assert!(!is_kept(&format!(
            "{{ me {{ id }} }} #{}",
            "·".repeat(DOCUMENT_KEPT_BYTES_MAX)
        )));
        assert!(documents.read("{ me").is_err());

        let first = documents.read("{ me { id } }").unwrap();
        for number in 0..DOCUMENTS_KEPT.get() {
            let other = format!("{{ a{number}: me {{ id }} }}");
            documents.read(&other).unwrap();
        }
        assert!(!Arc::ptr_eq(
            &first,
            &documents.read("{ me { id } }").unwrap()
        ));
    }

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
            introspection: true,
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

    #[test]
    fn what_an_operation_costs_is_held_against_its_variables() {
        let limits = DocumentLimits {
            cost: 52,
            input_entries: 3,
            ..DocumentLimits::default()
        };
        let documents = Documents::new(DocumentRules {
            limits,
            introspection: false,
        });
        let text = "query A($n: Int, $ids: [ID!]!) { products(first: $n) { nodes { id } } nodes(ids: $ids) { id } }
            query B { products { nodes { id } } }";
        let document = documents.read(text).unwrap();
        let admit = |name, variables| {
            let operation = chosen(&document.executable, Some(name)).unwrap();
            let mut variables = Variables::from_value(variables);
            documents.admit(&document, operation, Some(name), &mut variables)
        };
        admit("A", value!({ "n": 48, "ids": ["a"] })).unwrap();
        admit("B", value!({})).unwrap();
        for (variables, said) in [
            (value!({ "n": 48, "ids": ["a", "b"] }), "53"),
            (value!({ "n": 1, "ids": ["a", "b", "c", "d"] }), "3 entries"),
        ] {
            let refused = admit("A", variables).unwrap_err();
            let code = refused.extensions.as_ref().and_then(|it| it.get("code"));
            assert_eq!(code, Some(&"QUERY_TOO_COMPLEX".into()));
            assert!(refused.message.contains(said), "{}", refused.message);
        }
    }
}
