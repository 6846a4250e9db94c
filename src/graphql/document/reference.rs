use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{graphql::ApiError, text::message};

/// How a request names its document, beside the text or in place of it. Read only when the document is looked for, so that
/// what is wrong with it is an answer over every transport.
#[derive(Clone, Debug)]
pub enum Reference {
    /// `documentId`, as GraphQL over HTTP has it in its appendix on persisted documents.
    Id(String),
    /// `extensions.persistedQuery`, as Apollo's clients send it: `{"version": 1, "sha256Hash": "…"}`.
    PersistedQuery(Value),
}

impl Reference {
    /// What the parameters of a request name, if anything.
    pub fn of(document_id: Option<String>, extensions: Option<Map<String, Value>>) -> Option<Self> {
        if let Some(id) = document_id {
            return Some(Self::Id(id));
        }
        let named = extensions?.remove("persistedQuery")?;
        (!named.is_null()).then_some(Self::PersistedQuery(named))
    }

    /// The id, which is a hash if nobody has given the document another.
    ///
    /// # Errors
    /// `BAD_REQUEST` where that is no persisted query of Apollo's.
    pub fn id(&self) -> Result<&str, ApiError> {
        match self {
            Self::Id(id) => Ok(id.strip_prefix("sha256:").unwrap_or(id)),
            Self::PersistedQuery(named) => named
                .get("sha256Hash")
                .and_then(Value::as_str)
                .filter(|_| named.get("version").and_then(Value::as_i64) == Some(1))
                .ok_or_else(|| ApiError::bad_request(message!("graphql-persisted-query-wrong"))),
        }
    }
}

/// The SHA-256 of a document's text, as clients write it.
pub fn hash(text: &str) -> String {
    use std::fmt::Write;
    let digest = Sha256::digest(text);
    digest.iter().fold(String::new(), |mut hash, byte| {
        // Nothing is written but into memory.
        _ = write!(hash, "{byte:02x}");
        hash
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(document_id: Option<&str>, extensions: &Value) -> Option<Result<String, &'static str>> {
        let extensions = extensions.as_object().cloned();
        let reference = Reference::of(document_id.map(str::to_owned), extensions)?;
        let id = reference.id().map(str::to_owned);
        Some(id.map_err(|error| error.code()))
    }

    #[test]
    fn a_document_is_named_by_its_id_or_by_its_hash() {
        let persisted = |named: Value| json!({ "persistedQuery": named });
        let hashed = persisted(json!({ "version": 1, "sha256Hash": "abc" }));
        assert_eq!(id(None, &json!({})), None);
        assert_eq!(id(None, &Value::Null), None);
        assert_eq!(id(None, &persisted(Value::Null)), None);
        for (document_id, extensions, expected) in [
            (Some("list"), json!({}), Ok("list")),
            (Some("sha256:abc"), json!({}), Ok("abc")),
            (Some("x-our:list"), json!({}), Ok("x-our:list")),
            (Some("list"), hashed.clone(), Ok("list")),
            (None, hashed, Ok("abc")),
            (
                None,
                persisted(json!({ "version": 2, "sha256Hash": "abc" })),
                Err("BAD_REQUEST"),
            ),
            (
                None,
                persisted(json!({ "sha256Hash": "abc" })),
                Err("BAD_REQUEST"),
            ),
            (None, persisted(json!({ "version": 1 })), Err("BAD_REQUEST")),
            (
                None,
                persisted(json!({ "version": 1, "sha256Hash": 7 })),
                Err("BAD_REQUEST"),
            ),
            (None, persisted(json!("abc")), Err("BAD_REQUEST")),
        ] {
            let found = id(document_id, &extensions);
            assert_eq!(found, Some(expected.map(str::to_owned)), "{extensions}");
        }
    }

    #[test]
    fn the_hash_is_the_one_of_the_specification_s_example() {
        assert_eq!(
            hash("query($id:ID!){user(id:$id){name}}"),
            "71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b"
        );
    }
}
