//! The schema's types by their names, as its text has them: what the framework does not tell of itself.

use std::{collections::HashMap, sync::LazyLock};

use async_graphql::{
    Name,
    parser::{
        parse_schema,
        types::{ServiceDocument, TypeKind, TypeSystemDefinition},
    },
};

use super::build_schema;

/// The schema's types, without those that are built in.
pub static TYPES: LazyLock<HashMap<Name, TypeKind>> = LazyLock::new(|| {
    let schema = parse_schema(build_schema(None).sdl()).unwrap_or_else(|error| {
        tracing::error!(%error, "the schema cannot be read: nulls and variables will be wrong");
        ServiceDocument {
            definitions: Vec::new(),
        }
    });
    let definitions = schema.definitions.into_iter();
    let types = definitions.filter_map(|definition| match definition {
        TypeSystemDefinition::Type(of) => Some((of.node.name.node, of.node.kind)),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
    });
    types.collect()
});
