//! Answers in the order in which they were asked for.
//!
//! The framework puts an object's fields in the order in which their resolvers finished. GraphQL's
//! specification, and everybody who reads an answer, wants the order of the query. Here also goes what was asked for
//! only to keep objects from being empty.

use std::{collections::HashSet, mem};

use async_graphql::{
    Name, Value,
    indexmap::IndexMap,
    parser::types::{
        DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet,
    },
};

use super::mended::MARK;

/// The document's operation that is executed: without a name the only one.
pub fn chosen<'d>(
    document: &'d ExecutableDocument,
    operation_name: Option<&str>,
) -> Option<&'d OperationDefinition> {
    let operation = match &document.operations {
        DocumentOperations::Single(operation) => operation_name.is_none().then_some(operation),
        DocumentOperations::Multiple(operations) => match operation_name {
            Some(name) => operations.get(name),
            None => operations.values().next().filter(|_| operations.len() == 1),
        },
    };
    operation.map(|operation| &operation.node)
}

/// The answer's data in the order of the operation.
pub fn in_query_order(
    mut data: Value,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) -> Value {
    // Of what was refused there is nothing to order, and its fragments may lead back to themselves.
    if data != Value::Null {
        let keys = Keys::of(&[&operation.selection_set.node], document);
        reorder(&mut data, &keys);
    }
    data
}

fn reorder(value: &mut Value, keys: &Keys<'_>) {
    match value {
        Value::Object(object) => reorder_object(object, keys),
        Value::List(items) => {
            for item in items {
                reorder(item, keys);
            }
        }
        _ => {}
    }
}

fn reorder_object(object: &mut IndexMap<Name, Value>, Keys(keys): &Keys<'_>) {
    object.shift_remove(MARK);
    // Most often nothing had to wait, and the order is right.
    if !object.keys().map(Name::as_str).eq(keys.keys().copied()) {
        let mut rest = mem::take(object);
        let named = keys.keys().filter_map(|key| rest.swap_remove_entry(*key));
        object.extend(named);
        // Nothing should be left; if something is, it is not lost.
        object.extend(rest);
    }
    for (key, value) in object {
        if matches!(value, Value::Object(_) | Value::List(_))
            && let Some(keys) = keys.get(key.as_str())
        {
            reorder(value, keys);
        }
    }
}

/// The response keys of an object, as its selections name them, each with those of what is selected of it.
struct Keys<'d>(IndexMap<&'d str, Keys<'d>>);

impl<'d> Keys<'d> {
    fn of(selected: &[&'d SelectionSet], document: &'d ExecutableDocument) -> Self {
        let (mut fields, mut fragments) = (IndexMap::new(), HashSet::new());
        for set in selected {
            collect(set, document, &mut fields, &mut fragments);
        }
        let fields = fields.into_iter();
        Self(
            fields
                .map(|(key, sets)| (key, Self::of(&sets, document)))
                .collect(),
        )
    }
}

/// Adds what is selected under each key; `fragments` are those that were looked into.
fn collect<'d>(
    set: &'d SelectionSet,
    document: &'d ExecutableDocument,
    fields: &mut IndexMap<&'d str, Vec<&'d SelectionSet>>,
    fragments: &mut HashSet<&'d str>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                let key = field.node.response_key().node.as_str();
                let sets = fields.entry(key).or_default();
                sets.push(&field.node.selection_set.node);
            }
            Selection::InlineFragment(fragment) => {
                let set = &fragment.node.selection_set.node;
                collect(set, document, fields, fragments);
            }
            Selection::FragmentSpread(spread) => {
                let name = spread.node.fragment_name.node.as_str();
                if let Some(fragment) = document.fragments.get(name)
                    && fragments.insert(name)
                {
                    let set = &fragment.node.selection_set.node;
                    collect(set, document, fields, fragments);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{parser::parse_query, value};

    use super::*;

    fn ordered(query: &str, operation_name: Option<&str>, data: Value) -> String {
        let document = parse_query(query).unwrap();
        let operation = chosen(&document, operation_name).unwrap();
        in_query_order(data, &document, operation).to_string()
    }

    #[test]
    fn fields_stand_as_the_query_names_them() {
        let data = value!({ "b": 1, "list": [{ "y": 1, "x": 2 }, null], "a": 3 });
        let expected = value!({ "a": 3, "list": [{ "x": 2, "y": 1 }, null], "b": 1 }).to_string();
        let query = "{ a list: things { x y } b }";
        assert_eq!(ordered(query, None, data.clone()), expected);
        let query = "query One { b } query Two { ...F b } fragment F on Q { a ... { list { x } } list { y } }";
        assert_eq!(ordered(query, Some("Two"), data), expected);
    }

    #[test]
    fn marks_are_taken_out() {
        let data = value!({ "a": { "__object": "A" }, "__object": "Q", "b": [{ "__object": "B", "c": 1 }] });
        let expected = value!({ "a": {}, "b": [{ "c": 1 }] }).to_string();
        assert_eq!(ordered("{ a { x } b { c } }", None, data), expected);
    }

    #[test]
    fn nothing_is_lost_that_the_query_does_not_name() {
        let data = value!({ "extra": 1, "a": 2 });
        let expected = value!({ "a": 2, "extra": 1 }).to_string();
        assert_eq!(
            ordered("{ a ...F } fragment F on Q { ...F }", None, data),
            expected
        );
    }
}
