//! Fields of one response key have the same arguments. apollo-compiler sees where these differ, but in lists of
//! different lengths: it compares the shorter with the longer's begin. Objects of different sizes it does see; so the
//! document is judged a second time with its lists written as objects, and only this rule counts.

use apollo_compiler::{
    Name, Node, Schema,
    ast::{Argument, Definition, Document, Selection, Value},
    validation::Valid,
};
use async_graphql::ServerError;

use super::errors as errors_of;

/// The rule, as apollo-compiler calls it.
const CONFLICTING_ARGUMENT: &str = "ConflictingFieldArgument";

/// Where fields of one response key differ in the length of a list.
pub fn errors(schema: &Valid<Schema>, document: &Document) -> Vec<ServerError> {
    let mut document = document.clone();
    let mut lengths = Vec::new();
    for definition in &mut document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                rewrite(&mut operation.make_mut().selection_set, &mut lengths);
            }
            Definition::FragmentDefinition(fragment) => {
                rewrite(&mut fragment.make_mut().selection_set, &mut lengths);
            }
            _ => {}
        }
    }
    lengths.sort_unstable();
    lengths.dedup();
    if lengths.len() < 2 {
        return Vec::new();
    }
    match document.to_executable_validate(schema) {
        Ok(_) => Vec::new(),
        Err(judged) => errors_of(&judged.errors, |rule| rule == Some(CONFLICTING_ARGUMENT)),
    }
}

/// Writes the lists in arguments as objects, and notes their lengths.
fn rewrite(selections: &mut [Selection], lengths: &mut Vec<usize>) {
    for selection in selections {
        match selection {
            Selection::Field(field) => {
                if field.arguments.is_empty() && field.selection_set.is_empty() {
                    continue;
                }
                let field = field.make_mut();
                for argument in &mut field.arguments {
                    rewrite_argument(argument, lengths);
                }
                rewrite(&mut field.selection_set, lengths);
            }
            Selection::InlineFragment(fragment) => {
                rewrite(&mut fragment.make_mut().selection_set, lengths);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn rewrite_argument(argument: &mut Node<Argument>, lengths: &mut Vec<usize>) {
    if matches!(*argument.value, Value::List(_) | Value::Object(_)) {
        rewrite_value(argument.make_mut().value.make_mut(), lengths);
    }
}

fn rewrite_value(value: &mut Value, lengths: &mut Vec<usize>) {
    if let Value::List(items) = value {
        lengths.push(items.len());
        let items = std::mem::take(items).into_iter().enumerate();
        let named = items.filter_map(|(at, item)| {
            let name = Name::new(&format!("item{at}")).ok()?;
            Some((name, item))
        });
        *value = Value::Object(named.collect());
    }
    if let Value::Object(fields) = value {
        for (_, field) in fields {
            if matches!(**field, Value::List(_) | Value::Object(_)) {
                rewrite_value(field.make_mut(), lengths);
            }
        }
    }
}
