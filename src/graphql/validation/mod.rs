//! Whether a document may be executed at all: the rules of GraphQL's specification (chapter 5), each of them.
//!
//! The framework's own rules let pass some of what the specification and graphql-js refuse, and refuse some of what is
//! valid, so it does not judge. The rules are those of apollo-compiler, with what it leaves out beside it: values
//! in `values.rs`, arguments that differ in a list in `lists.rs`. `tests/clients/validation.test.mjs` holds the verdicts
//! against graphql-js's.

mod discretion;
mod introspection;
mod lists;
mod values;

use std::{collections::HashSet, sync::LazyLock};

use apollo_compiler::{
    ExecutableDocument, Schema,
    ast::Document,
    parser::{LineColumn, Parser, SourceMap, SourceSpan},
    validation::{DiagnosticList, Valid},
};
use async_graphql::{Pos, ServerError};

use super::{ApiError, DocumentLimits, build_schema};
use crate::text::message;

pub use discretion::Said;

/// The schema as the rules read it.
pub static SCHEMA: LazyLock<Valid<Schema>> = LazyLock::new(|| {
    let sdl = format!("{}\n{INTROSPECTION_2025}", build_schema(None).sdl());
    Schema::parse_and_validate(sdl, "schema.graphql").unwrap_or_else(|wrong| {
        tracing::error!(%wrong, "the schema cannot be read: no document is valid");
        Valid::assume_valid(wrong.partial)
    })
});

/// What the specification of September 2025 has added to introspection, and the framework answers.
const INTROSPECTION_2025: &str = "extend type __Type { isOneOf: Boolean }";

/// So many mistakes are told of one document.
const ERRORS_MAX: usize = 20;

/// Reads a document's grammar.
///
/// # Errors
/// Where it is broken; or that the document is too long, or nests too deep, to be looked at.
pub fn parse(text: &str, limits: &DocumentLimits) -> Result<Document, Vec<ServerError>> {
    let &DocumentLimits {
        tokens, nesting, ..
    } = limits;
    let mut parser = Parser::new().token_limit(tokens).recursion_limit(nesting);
    let parsed = parser.parse_ast(text, "");
    let too_complex = |message| Err(vec![ApiError::TooComplex(message).at_the_root()]);
    if parser.tokens_reached() > tokens {
        return too_complex(message!("graphql-too-long", max = tokens));
    }
    if parser.recursion_reached() > nesting {
        return too_complex(message!("graphql-too-deep", max = nesting));
    }
    parsed.map_err(|broken| {
        let mut broken = told(errors(&broken.errors, |_| true));
        // What comes after the first mistake is guessed.
        broken.truncate(1);
        broken
    })
}

/// The document's text with nothing between the parts of its variables' types, which the framework's grammar wants so;
/// everything else stays where it is.
pub fn with_compact_types(text: &str, document: &Document) -> String {
    let mut compact = text.to_owned();
    let operations = document.definitions.iter();
    let operations = operations.filter_map(|definition| definition.as_operation_definition());
    for variable in operations.flat_map(|operation| &operation.variables) {
        let Some(place) = variable.ty.location() else {
            continue;
        };
        let place = place.offset()..place.end_offset();
        let written = text.get(place.clone()).unwrap_or_default();
        let blanks = written.chars().filter(|c| c.is_whitespace());
        let same = variable.ty.to_string() + &blanks.collect::<String>();
        if same.len() == written.len() {
            compact.replace_range(place, &same);
        }
    }
    compact
}

/// Judges a document, whose size must be known to be bearable; gives it with its types.
///
/// # Errors
/// What is wrong with it, the first first.
pub fn validate(document: &Document) -> Result<ExecutableDocument, Vec<ServerError>> {
    let (executable, mut wrong) = match document.to_executable_validate(&SCHEMA) {
        Ok(executable) => (executable.into_inner(), Vec::new()),
        Err(judged) => {
            let mut rules = judged
                .errors
                .iter()
                .map(|it| it.error.unstable_error_name());
            let has_unknown = rules.any(|rule| rule == Some(UNKNOWN_FIELD));
            let wrong = errors(&judged.errors, |rule| match rule {
                Some(SEVERAL_FIELDS) => subscribes_to_several(&judged.partial),
                Some(NOTHING_SELECTED) => !has_unknown,
                _ => true,
            });
            (judged.partial, wrong)
        }
    };
    if wrong.is_empty() {
        wrong = values::errors(&SCHEMA, &executable);
        wrong.extend(lists::errors(&SCHEMA, document));
    }
    if wrong.is_empty() {
        wrong.extend(introspection::error(&executable));
    }
    if wrong.is_empty() {
        Ok(executable)
    } else {
        Err(told(wrong))
    }
}

/// The rule that a subscription has one field, as apollo-compiler calls it.
const SEVERAL_FIELDS: &str = "SubscriptionUsesMultipleFields";

/// The rule that the fields of an object are selected, which is broken as well where none of them is known, and the rule
/// that they are.
const NOTHING_SELECTED: &str = "MissingSubselection";
const UNKNOWN_FIELD: &str = "UndefinedField";

/// Whether a subscription has several fields once those of one response key are merged, which the rule forgets.
fn subscribes_to_several(document: &ExecutableDocument) -> bool {
    let mut operations = document.operations.iter();
    operations.any(|operation| {
        let keys = operation
            .root_fields(document)
            .map(|field| field.response_key());
        operation.is_subscription() && keys.collect::<HashSet<_>>().len() > 1
    })
}

/// The errors of those of the rules that count.
fn errors(diagnostics: &DiagnosticList, counts: impl Fn(Option<&str>) -> bool) -> Vec<ServerError> {
    let diagnostics = diagnostics.iter();
    let diagnostics =
        diagnostics.filter(|diagnostic| counts(diagnostic.error.unstable_error_name()));
    let error = |json: apollo_compiler::response::GraphQLError| {
        ServerError::new(json.message, json.locations.first().map(position))
    };
    diagnostics
        .map(|diagnostic| error(diagnostic.to_json()))
        .collect()
}

/// The errors as they are told.
fn told(mut errors: Vec<ServerError>) -> Vec<ServerError> {
    errors.sort_by(|one, other| {
        let places = one.locations.cmp(&other.locations);
        places.then_with(|| one.message.cmp(&other.message))
    });
    errors.dedup();
    errors.truncate(ERRORS_MAX);
    errors
}

/// Where a thing stands in the document.
fn place(span: Option<SourceSpan>, sources: &SourceMap) -> Option<Pos> {
    span?.line_column(sources).as_ref().map(position)
}

fn position(place: &LineColumn) -> Pos {
    Pos::from((place.line, place.column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str) -> Result<ExecutableDocument, Vec<ServerError>> {
        parse(text, &DocumentLimits::default()).and_then(|document| validate(&document))
    }

    fn refused(text: &str) -> Vec<ServerError> {
        judge(text).unwrap_err()
    }

    #[test]
    fn the_schema_is_valid() {
        assert!(SCHEMA.types.contains_key("Order"));
        judge("{ __type(name: \"Order\") { isOneOf specifiedByURL } }").unwrap();
    }

    #[test]
    fn types_are_made_compact_where_they_stand() {
        let text = "query($a: [ ID !\n] !, $b: Int, $c : Int\n! = 1) { a }";
        let document = parse(text, &DocumentLimits::default()).unwrap();
        let compact = "query($a: [ID!]!  \n , $b: Int, $c : Int!\n = 1) { a }";
        assert_eq!(with_compact_types(text, &document), compact);
    }

    #[test]
    fn mistakes_are_told_in_their_order_and_not_without_end() {
        let wrong = refused("{\n  one\n  products { two }\n}");
        let places = wrong.iter().flat_map(|error| &error.locations);
        let places = places.map(|place| (place.line, place.column));
        assert_eq!(places.collect::<Vec<_>>(), [(2, 3), (3, 14)]);
        let many = (0..ERRORS_MAX + 5).map(|number| format!("f{number}"));
        let many = format!("{{ {} }}", many.collect::<Vec<_>>().join(" "));
        assert_eq!(refused(&many).len(), ERRORS_MAX);
    }

    #[test]
    fn what_is_too_long_or_too_deep_is_not_read() {
        let long = "a ".repeat(DocumentLimits::default().tokens);
        let long = format!("{{ {long} }}");
        let deep = |open: &str, close: &str| {
            let (open, close) = (open.repeat(100_000), close.repeat(100_000));
            format!("{{ a(b: {open}1{close}) }}")
        };
        let selected = format!("{}a{}", "{ a ".repeat(4_000), "}".repeat(4_000));
        for text in [long, deep("[", "]"), deep("{a:", "}"), selected] {
            let wrong = refused(&text);
            let code = wrong[0].extensions.as_ref().and_then(|it| it.get("code"));
            assert_eq!(code, Some(&"QUERY_TOO_COMPLEX".into()), "{wrong:?}");
        }
    }
}
