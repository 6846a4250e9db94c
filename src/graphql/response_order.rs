//! Answers in the order in which they were asked for.
//!
//! The framework puts an object's fields in the order in which their resolvers finished. GraphQL's
//! specification, and everybody who reads an answer, wants the order of the query. Here also goes what was asked for
//! only to keep objects from being empty.

use std::collections::HashSet;

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
    data: Value,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) -> Value {
    reorder(data, &[&operation.selection_set.node], document)
}

fn reorder(value: Value, selected: &[&SelectionSet], document: &ExecutableDocument) -> Value {
    match value {
        Value::Object(object) => Value::Object(reorder_object(
            object,
            &Keys::of(selected, document),
            document,
        )),
        Value::List(items) => {
            let items = items
                .into_iter()
                .map(|item| reorder(item, selected, document));
            Value::List(items.collect())
        }
        leaf => leaf,
    }
}

fn reorder_object(
    mut object: IndexMap<Name, Value>,
    keys: &Keys<'_>,
    document: &ExecutableDocument,
) -> IndexMap<Name, Value> {
    object.swap_remove(MARK);
    let mut ordered = IndexMap::with_capacity(object.len());
    for (key, selected) in &keys.in_order {
        if let Some((key, value)) = object.swap_remove_entry(*key) {
            ordered.insert(key, reorder(value, selected, document));
        }
    }
    // Nothing should be left; if something is, it is not lost.
    ordered.extend(object);
    ordered
}

/// The response keys of an object, as its selections name them, and what is selected of each.
#[derive(Default)]
struct Keys<'d> {
    in_order: IndexMap<&'d str, Vec<&'d SelectionSet>>,
    /// Fragments that were looked into.
    fragments: HashSet<&'d str>,
}

impl<'d> Keys<'d> {
    fn of(selected: &[&'d SelectionSet], document: &'d ExecutableDocument) -> Self {
        let mut keys = Self::default();
        for set in selected {
            keys.collect(set, document);
        }
        keys
    }

    fn collect(&mut self, set: &'d SelectionSet, document: &'d ExecutableDocument) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.as_str();
                    self.in_order
                        .entry(key)
                        .or_default()
                        .push(&field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => {
                    self.collect(&fragment.node.selection_set.node, document);
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some(fragment) = document.fragments.get(name)
                        && self.fragments.insert(name)
                    {
                        self.collect(&fragment.node.selection_set.node, document);
                    }
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
