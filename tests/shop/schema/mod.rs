//! The schema: its file, its descriptions, the names that clients rely on, and who may what in it.

mod names;
mod rights;

use std::collections::{BTreeMap, BTreeSet};

use jangteo::graphql::build_schema;
use serde_json::Value;

use crate::support::Shop;

#[test]
fn schema_graphql_is_the_schema() {
    let file = include_str!("../../../schema.graphql");
    assert!(
        file == jangteo::cli::sdl(),
        "schema.graphql is not up to date: run `make schema`"
    );
}

const INTROSPECTION: &str = "{ __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types {
        kind name description
        fields { name description type { ...T } args { name description type { ...T } } }
        inputFields { name description type { ...T } }
        enumValues { name description }
        possibleTypes { name }
    } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// The schema's types by their names; the framework's own are left out. Asked behind the doors, which tell it to nobody.
async fn types(shop: &Shop) -> BTreeMap<String, Value> {
    let schema = build_schema(Some(shop.app().clone()));
    let data = schema.execute(INTROSPECTION).await.data;
    let data = data.into_json().expect("JSON");
    let types = data["__schema"]["types"].as_array().expect("types");
    let named = types.iter().map(|of| (name(of), of.clone()));
    named.filter(|(name, _)| !name.starts_with("__")).collect()
}

fn name(of: &Value) -> String {
    of["name"].as_str().expect("a name").to_owned()
}

/// The elements of a list that may be null.
fn list(of: &Value) -> &[Value] {
    of.as_array().map_or(&[], Vec::as_slice)
}

/// The name of the type inside of whatever lists and non-nulls.
fn innermost(of: &Value) -> String {
    if of["ofType"].is_null() {
        name(of)
    } else {
        innermost(&of["ofType"])
    }
}

/// The names of a type's fields.
fn fields(types: &BTreeMap<String, Value>, of: &str) -> BTreeSet<String> {
    list(&types[of]["fields"]).iter().map(name).collect()
}

fn capitalized(field: &str) -> String {
    let (first, rest) = field.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}
