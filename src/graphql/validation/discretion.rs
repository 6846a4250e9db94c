//! Without introspection the schema's names are nobody's to learn: what is wrong is told by its place and by the names
//! that the client sent itself, and every other name is left out.

use std::collections::HashSet;

use async_graphql::{ServerError, Value, Variables};

use super::SCHEMA;
use crate::graphql::ApiError;

/// What stands for what is not told.
const UNTOLD: &str = "…";

/// The names that a client has sent.
pub struct Said(HashSet<String>);

impl Said {
    /// Those in a text: a document, or what is known of one.
    pub fn in_text(text: &str) -> Self {
        Self(names(text).map(str::to_owned).collect())
    }

    /// And those in its variables.
    pub fn and_in(mut self, variables: &Variables) -> Self {
        for (name, value) in variables.iter() {
            self.0.insert(name.to_string());
            self.add(value);
        }
        self
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::List(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.0.insert(name.to_string());
                    self.add(value);
                }
            }
            _ => {}
        }
    }

    /// The error without the names that are not among these.
    pub fn alone_in(&self, error: ServerError) -> ServerError {
        match error.source::<ApiError>() {
            Some(ApiError::BadRequest(message)) => {
                let message = message.with_texts(|text| self.of_argument(text));
                let place = error.locations.first().copied();
                ApiError::BadRequest(message).at(place)
            }
            _ => ServerError {
                message: self.of_sentence(&error.message),
                ..error
            },
        }
    }

    fn has_all(&self, text: &str) -> bool {
        names(text).all(|name| self.0.contains(name) || is_built_in(name))
    }

    /// What a message of ours speaks of: a type, a name, or a place in a variable, as in `$input.lines.0.quantity`, of
    /// which as much is told as the client has said.
    fn of_argument(&self, text: &str) -> String {
        if self.has_all(text) {
            return text.to_owned();
        }
        if !text.starts_with('$') {
            return UNTOLD.to_owned();
        }
        let parts = text.split('.').take_while(|part| self.has_all(part));
        let parts = parts.chain([UNTOLD]);
        parts.collect::<Vec<_>>().join(".")
    }

    /// A sentence of apollo-compiler's, which has names between backticks, and some types without.
    fn of_sentence(&self, text: &str) -> String {
        let parts = text.split('`').enumerate().map(|(at, part)| {
            let is_name = at % 2 == 1;
            if is_name && !self.has_all(part) {
                UNTOLD.to_owned()
            } else if is_name {
                part.to_owned()
            } else {
                self.without_types(part)
            }
        });
        parts.collect::<Vec<_>>().join("`")
    }

    fn without_types(&self, text: &str) -> String {
        let mut told = text.to_owned();
        for name in names(text) {
            if SCHEMA.types.contains_key(name) && !self.has_all(name) {
                told = told.replace(name, UNTOLD);
            }
        }
        told
    }
}

/// GraphQL's own scalars are no secret of the schema's.
fn is_built_in(name: &str) -> bool {
    matches!(name, "Boolean" | "Float" | "ID" | "Int" | "String")
}

/// Whatever may be a name.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| c != '_' && !c.is_ascii_alphanumeric());
    words.filter(|word| word.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests;
