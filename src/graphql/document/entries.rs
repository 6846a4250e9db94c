//! How long the lists are that a client sends, in the document and in its variables.

use apollo_compiler::{
    Node,
    ast::{Argument, Definition, Directive, Document, Selection, Value},
};
use async_graphql::{Value as GraphQlValue, Variables};

use super::DocumentLimits;
use crate::{graphql::ApiError, text::message};

/// Whether the lists that are written in a document are short enough.
///
/// # Errors
/// `QUERY_TOO_COMPLEX`.
pub fn check_written(document: &Document, limits: &DocumentLimits) -> Result<(), ApiError> {
    let definitions = document.definitions.iter();
    let longest = definitions.map(|definition| match definition {
        Definition::OperationDefinition(operation) => {
            let variables = operation.variables.iter().map(|variable| {
                let default = variable.default_value.as_deref().map_or(0, of_value);
                default.max(of_directives(&variable.directives))
            });
            let variables = variables.max().unwrap_or_default();
            variables
                .max(of_directives(&operation.directives))
                .max(of_selections(&operation.selection_set))
        }
        Definition::FragmentDefinition(fragment) => {
            of_directives(&fragment.directives).max(of_selections(&fragment.selection_set))
        }
        // Refused later, by validation.
        _ => 0,
    });
    check(longest.max().unwrap_or_default(), limits)
}

/// Whether the lists in the variables are short enough.
///
/// # Errors
/// `QUERY_TOO_COMPLEX`.
pub fn check_given(variables: &Variables, limits: &DocumentLimits) -> Result<(), ApiError> {
    check(
        variables.values().map(of_given).max().unwrap_or_default(),
        limits,
    )
}

fn check(longest: usize, limits: &DocumentLimits) -> Result<(), ApiError> {
    if longest > limits.input_entries {
        let message = message!("graphql-list-too-long", max = limits.input_entries);
        return Err(ApiError::TooComplex(message));
    }
    Ok(())
}

/// The entries of the longest list in these selections; what fragments have is their own.
fn of_selections(selections: &[Selection]) -> usize {
    let of = |selection: &Selection| match selection {
        Selection::Field(field) => of_arguments(&field.arguments)
            .max(of_directives(&field.directives))
            .max(of_selections(&field.selection_set)),
        Selection::InlineFragment(fragment) => {
            of_directives(&fragment.directives).max(of_selections(&fragment.selection_set))
        }
        Selection::FragmentSpread(spread) => of_directives(&spread.directives),
    };
    selections.iter().map(of).max().unwrap_or_default()
}

fn of_directives(directives: &[Node<Directive>]) -> usize {
    let lists = directives.iter().map(|it| of_arguments(&it.arguments));
    lists.max().unwrap_or_default()
}

fn of_arguments(arguments: &[Node<Argument>]) -> usize {
    let lists = arguments.iter().map(|it| of_value(&it.value));
    lists.max().unwrap_or_default()
}

fn of_value(value: &Value) -> usize {
    match value {
        Value::List(items) => {
            let within = items.iter().map(|item| of_value(item)).max();
            items.len().max(within.unwrap_or_default())
        }
        Value::Object(fields) => {
            let within = fields.iter().map(|(_, value)| of_value(value)).max();
            within.unwrap_or_default()
        }
        _ => 0,
    }
}

fn of_given(value: &GraphQlValue) -> usize {
    match value {
        GraphQlValue::List(items) => {
            let within = items.iter().map(of_given).max();
            items.len().max(within.unwrap_or_default())
        }
        GraphQlValue::Object(fields) => fields.values().map(of_given).max().unwrap_or_default(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    fn limits(input_entries: usize) -> DocumentLimits {
        DocumentLimits {
            input_entries,
            ..DocumentLimits::default()
        }
    }

    #[test]
    fn the_longest_list_is_found_wherever_it_is_written() {
        for (longest, text) in [
            (0, "{ a(b: 1) }"),
            (3, "{ a(b: [1, 2]) { c(d: [$x, 2, 3]) } }"),
            (4, "{ a(b: {c: [{d: [1, 2, 3, 4]}]}) }"),
            (2, "query($v: [Int] = [1, 2]) { a }"),
            (2, "query($v: [Int] @d(e: [1, 2])) { a }"),
            (2, "query @d(e: [1, 2]) { a }"),
            (
                2,
                "{ a @d(e: [1]) ...F } fragment F on Q @d(e: [1, 2]) { b }",
            ),
            (3, "{ a ...F } fragment F on Q { b { c(d: [1, 2, 3]) } }"),
            (3, "{ ... @d(e: [1, 2, 3]) { b } }"),
            (2, "{ ...F @d(e: [1, 2]) } fragment F on Q { b }"),
            (2, "{ a } query B { b(c: [[1, 2]]) }"),
        ] {
            let document = Document::parse(text, "").unwrap();
            check_written(&document, &limits(longest)).unwrap();
            if longest > 0 {
                let refused = check_written(&document, &limits(longest - 1)).unwrap_err();
                assert_eq!(refused.code(), "QUERY_TOO_COMPLEX", "{text}");
            }
        }
    }

    #[test]
    fn the_longest_list_is_found_in_whichever_variable_it_is() {
        let variables = Variables::from_value(value!({
            "a": 1, "b": [1, 2], "c": { "d": [{ "e": [1, 2, 3] }] }
        }));
        check_given(&variables, &limits(3)).unwrap();
        let refused = check_given(&variables, &limits(2)).unwrap_err();
        assert_eq!(refused.code(), "QUERY_TOO_COMPLEX");
        check_given(&Variables::default(), &limits(0)).unwrap();
    }
}
