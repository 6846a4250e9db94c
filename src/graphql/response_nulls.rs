//! Null where something failed: in its own place if its type allows that, else in place of what it is a part
//! of.
//!
//! The framework leaves a field that failed out of its object, whatever its type, and makes null of an object
//! of which nothing is left. GraphQL's specification, and every client that trusts the schema, wants a null
//! where the field would stand, and never where the schema says that there is none.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use async_graphql::{
    Name, PathSegment, ServerError, Value,
    indexmap::IndexMap,
    parser::types::{
        BaseType, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
        SelectionSet, Type, TypeKind,
    },
};

use super::sdl::TYPES;

/// The types of all fields, by the names of their type and their own.
static FIELD_TYPES: LazyLock<HashMap<(Name, Name), Type>> = LazyLock::new(field_types);

/// The answer's data with its nulls in place.
pub fn with_nulls(
    mut data: Value,
    errors: &[ServerError],
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) -> Value {
    for error in errors {
        put_null(&mut data, &error.path);
    }
    for error in errors {
        if let Some(types) = types_along(&error.path, document, operation) {
            spread_null(&mut data, &error.path, &types);
        }
    }
    data
}

/// Puts a null to where the path leads, and makes the objects on the way that are missing.
fn put_null(value: &mut Value, path: &[PathSegment]) {
    let Some((segment, rest)) = path.split_first() else {
        return;
    };
    if matches!((segment, &*value), (PathSegment::Field(_), Value::Null)) {
        *value = Value::Object(IndexMap::new());
    }
    match (segment, value) {
        (PathSegment::Field(key), Value::Object(object)) => {
            put_null(object.entry(Name::new(key)).or_default(), rest);
        }
        (PathSegment::Index(index), Value::List(items)) => {
            if let Some(item) = items.get_mut(*index) {
                put_null(item, rest);
            }
        }
        _ => {}
    }
}

/// Replaces whatever contains a null that its type does not allow, from the path's end up to its begin. The
/// types are those of the values on the way.
fn spread_null(value: &mut Value, path: &[PathSegment], types: &[&Type]) {
    let (Some((segment, path)), Some((expected, types))) =
        (path.split_first(), types.split_first())
    else {
        return;
    };
    let part = match (segment, &mut *value) {
        (PathSegment::Field(key), Value::Object(object)) => object.get_mut(key.as_str()),
        (PathSegment::Index(index), Value::List(items)) => items.get_mut(*index),
        _ => None,
    };
    let Some(part) = part else { return };
    spread_null(part, path, types);
    if *part == Value::Null && !expected.nullable {
        *value = Value::Null;
    }
}

/// The type of each value on the path; `None` if the operation does not lead there.
fn types_along(
    path: &[PathSegment],
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) -> Option<Vec<&'static Type>> {
    let root = match operation.ty {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    };
    let mut scopes = vec![(root, &operation.selection_set.node)];
    let mut types = Vec::<&Type>::new();
    for segment in path {
        match segment {
            PathSegment::Field(key) => {
                let fields = find(key, &scopes, document);
                let (parent, field) = fields.first()?;
                let name = (Name::new(parent), field.name.node.clone());
                let of = FIELD_TYPES.get(&name)?;
                let sets = fields.iter().map(|(_, field)| &field.selection_set.node);
                scopes = sets.map(|set| (innermost(of), set)).collect();
                types.push(of);
            }
            PathSegment::Index(_) => match &types.last()?.base {
                BaseType::List(item) => types.push(item),
                BaseType::Named(_) => return None,
            },
        }
    }
    Some(types)
}

/// The fields that answer under this key, each with the type that it is a field of.
fn find<'d>(
    key: &str,
    scopes: &[(&'d str, &'d SelectionSet)],
    document: &'d ExecutableDocument,
) -> Vec<(&'d str, &'d Field)> {
    let mut found = Vec::new();
    let mut spread = HashSet::new();
    let mut scopes = scopes.to_vec();
    while let Some((parent, set)) = scopes.pop() {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) if field.node.response_key().node == key => {
                    found.push((parent, &field.node));
                }
                Selection::Field(_) => {}
                Selection::InlineFragment(fragment) => {
                    let on = fragment.node.type_condition.as_ref();
                    let on = on.map_or(parent, |on| on.node.on.node.as_str());
                    scopes.push((on, &fragment.node.selection_set.node));
                }
                Selection::FragmentSpread(fragment) => {
                    let name = &fragment.node.fragment_name.node;
                    if let Some(fragment) = document.fragments.get(name)
                        && spread.insert(name)
                    {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        scopes.push((on, &fragment.node.selection_set.node));
                    }
                }
            }
        }
    }
    found
}

/// The name of the type inside of whatever lists.
fn innermost(of: &Type) -> &str {
    match &of.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => innermost(item),
    }
}

fn field_types() -> HashMap<(Name, Name), Type> {
    let mut types = HashMap::new();
    for (of, kind) in TYPES.iter() {
        let fields = match kind {
            TypeKind::Object(object) => &object.fields,
            TypeKind::Interface(interface) => &interface.fields,
            _ => continue,
        };
        for field in fields {
            let name = (of.clone(), field.node.name.node.clone());
            types.insert(name, field.node.ty.node.clone());
        }
    }
    types
}

#[cfg(test)]
mod tests {
    use async_graphql::{parser::parse_query, value};

    use super::{super::response_order::chosen, *};

    fn check(query: &str, data: Value, failed: &[&[&str]], expected: &Value) {
        let document = parse_query(query).unwrap();
        let operation = chosen(&document, None).unwrap();
        let segment = |text: &&str| match text.parse() {
            Ok(index) => PathSegment::Index(index),
            Err(_) => PathSegment::Field((*text).to_owned()),
        };
        let error = |path: &&[&str]| {
            ServerError::new("failed", None).with_path(path.iter().map(segment).collect())
        };
        let errors = failed.iter().map(error).collect::<Vec<_>>();
        assert_eq!(&with_nulls(data, &errors, &document, operation), expected);
    }

    #[test]
    fn a_field_that_may_be_null_is_null_in_its_own_place() {
        let query = "{ mine: cart { id } me { id store { id } } products { totalCount } }";
        check(
            query,
            value!({ "me": { "id": "m" }, "products": { "totalCount": 0 } }),
            &[&["mine"], &["me", "store"]],
            &value!({ "me": { "id": "m", "store": null }, "products": { "totalCount": 0 }, "mine": null }),
        );
        check(
            "{ cart { id } }",
            Value::Null,
            &[&["cart"]],
            &value!({ "cart": null }),
        );
        check(
            "mutation { clearCart { userErrors { code } } }",
            Value::Null,
            &[&["clearCart"]],
            &value!({ "clearCart": null }),
        );
    }

    #[test]
    fn a_field_that_may_not_be_null_takes_along_what_it_is_a_part_of() {
        check(
            "{ me { id userPoint { balance } } cart { id } }",
            value!({ "me": { "id": "m" }, "cart": { "id": "c" } }),
            &[&["me", "userPoint"]],
            &value!({ "me": null, "cart": { "id": "c" } }),
        );
        check(
            "{ products { nodes { id store { id } } } }",
            value!({ "products": { "nodes": [{ "id": "a" }, { "id": "b", "store": { "id": "s" } }] } }),
            &[&["products", "nodes", "0", "store"]],
            &Value::Null,
        );
        check(
            "subscription { myOrderEvents { sequence } }",
            Value::Null,
            &[&["myOrderEvents"]],
            &Value::Null,
        );
    }

    #[test]
    fn an_element_that_may_be_null_is_null_and_its_neighbours_are_not() {
        let query = "{ nodes(ids: []) { ...F ... on Product { store { id } } } }
            fragment F on Node { id ... { ...G } } fragment G on Order { member { id } }";
        check(
            query,
            value!({ "nodes": [{ "id": "a" }, null, { "id": "c" }, { "id": "d", "store": { "id": "s" } }] }),
            &[&["nodes", "0", "store"], &["nodes", "2", "member"]],
            &value!({ "nodes": [null, null, null, { "id": "d", "store": { "id": "s" } }] }),
        );
    }

    #[test]
    fn several_failures_of_one_object_are_one_null() {
        check(
            "{ me { userPoint { balance } orders { totalCount } } cart { id } }",
            value!({ "cart": { "id": "c" } }),
            &[&["me", "userPoint"], &["me", "orders"]],
            &value!({ "cart": { "id": "c" }, "me": null }),
        );
    }

    #[test]
    fn an_answer_without_failures_stays_as_it_is() {
        let data = value!({ "me": null, "products": { "nodes": [] } });
        check(
            "{ me { id } products { nodes { id } } }",
            data.clone(),
            &[&[]],
            &data,
        );
        check("{ me { id } }", Value::Null, &[&[]], &Value::Null);
    }
}
