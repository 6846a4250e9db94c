//! Trusted documents: a file of all that is ever executed, as the tools write it that compile clients.

use std::{
    collections::{BTreeMap, HashMap},
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_graphql::{Pos, ServerError};
use serde::Deserialize;

use super::{Document, DocumentRules, Reference, reference::hash};
use crate::graphql::ApiError;

/// The documents that are executed, and none but them.
pub struct TrustedDocuments {
    /// Each under its id and under its hash.
    documents: HashMap<String, Arc<Document>>,
}

/// Why a file is no list of documents that can be trusted.
#[derive(Debug, thiserror::Error)]
pub enum WrongManifest {
    #[error("TRUSTED_DOCUMENTS: cannot read {}: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error(
        "TRUSTED_DOCUMENTS: {} is neither a persisted query manifest of Apollo's nor an object of documents by their \
         ids: {error}", path.display()
    )]
    Malformed {
        path: PathBuf,
        error: serde_json::Error,
    },
    #[error("TRUSTED_DOCUMENTS: {} is a manifest of version {version}; only 1 is known", path.display())]
    OtherVersion { path: PathBuf, version: u64 },
    #[error("TRUSTED_DOCUMENTS: {} has no documents: nothing would be executed", path.display())]
    Empty { path: PathBuf },
    #[error("TRUSTED_DOCUMENTS: two documents have the id {id}")]
    SameId { id: String },
    #[error("TRUSTED_DOCUMENTS: the document {id} cannot be executed: {why}")]
    Invalid { id: String, why: String },
}

/// The formats that are read: Apollo's, and the one of Relay's compiler and of GraphQL Code Generator.
#[derive(Deserialize)]
#[serde(untagged)]
enum Manifest {
    Apollo {
        #[serde(rename = "format")]
        _format: ApolloFormat,
        version: u64,
        operations: Vec<ApolloOperation>,
    },
    ById(BTreeMap<String, String>),
}

#[derive(Deserialize)]
enum ApolloFormat {
    #[serde(rename = "apollo-persisted-query-manifest")]
    PersistedQueryManifest,
}

#[derive(Deserialize)]
struct ApolloOperation {
    id: String,
    name: String,
    body: String,
}

/// A document as a manifest has it.
struct Listed {
    id: String,
    /// What to call it in an error.
    title: String,
    text: String,
}

impl TrustedDocuments {
    /// Reads and judges them all.
    ///
    /// # Errors
    /// What is wrong with the file, or with which of its documents.
    pub fn read(path: &Path, rules: &DocumentRules) -> Result<Self, WrongManifest> {
        let unreadable = |error| WrongManifest::Unreadable {
            path: path.to_owned(),
            error,
        };
        let text = fs::read_to_string(path).map_err(unreadable)?;
        let mut trusted = Self {
            documents: HashMap::new(),
        };
        for listed in listed(&text, path)? {
            trusted.add(listed, rules)?;
        }
        if trusted.documents.is_empty() {
            let path = path.to_owned();
            return Err(WrongManifest::Empty { path });
        }
        Ok(trusted)
    }

    fn add(&mut self, listed: Listed, rules: &DocumentRules) -> Result<(), WrongManifest> {
        let Listed { id, title, text } = listed;
        let hash = hash(&text);
        let document = if let Some(same) = self.documents.get(&hash) {
            same.clone()
        } else {
            let document = Document::read(&text, rules).map_err(|errors| {
                let why = errors.first().map(told).unwrap_or_default();
                WrongManifest::Invalid { id: title, why }
            })?;
            Arc::new(document)
        };
        for key in [hash, id] {
            if let Some(other) = self.documents.insert(key.clone(), document.clone())
                && !Arc::ptr_eq(&other, &document)
            {
                return Err(WrongManifest::SameId { id: key });
            }
        }
        Ok(())
    }

    /// The document that a request names, or whose text it has, or both.
    ///
    /// # Errors
    /// `DOCUMENT_NOT_TRUSTED` where that is none of them; `BAD_REQUEST` where it is not named as documents are.
    pub fn find(&self, text: &str, named: Option<&Reference>) -> Result<Arc<Document>, ApiError> {
        let named = named.map(Reference::id).transpose()?;
        let named = named.map(|id| self.documents.get(id));
        let sent = (!text.is_empty()).then(|| self.documents.get(&hash(text)));
        match (named, sent) {
            (Some(Some(document)), None) | (None, Some(Some(document))) => Ok(document.clone()),
            (Some(Some(named)), Some(Some(sent))) if Arc::ptr_eq(named, sent) => Ok(named.clone()),
            _ => Err(ApiError::UntrustedDocument),
        }
    }
}

fn listed(text: &str, path: &Path) -> Result<Vec<Listed>, WrongManifest> {
    let path = path.to_owned();
    match serde_json::from_str(text) {
        Err(error) => Err(WrongManifest::Malformed { path, error }),
        Ok(Manifest::Apollo { version, .. }) if version != 1 => {
            Err(WrongManifest::OtherVersion { path, version })
        }
        Ok(Manifest::Apollo { operations, .. }) => {
            let operations = operations.into_iter();
            let listed = operations.map(|ApolloOperation { id, name, body }| Listed {
                title: format!("{id} ({name})"),
                id,
                text: body,
            });
            Ok(listed.collect())
        }
        Ok(Manifest::ById(documents)) => {
            let documents = documents.into_iter();
            let listed = documents.map(|(id, text)| Listed {
                title: id.clone(),
                id,
                text,
            });
            Ok(listed.collect())
        }
    }
}

/// What is wrong, and where.
fn told(error: &ServerError) -> String {
    let place = error.locations.first();
    let place = place.map(|Pos { line, column }| format!(" (line {line}, column {column})"));
    format!("{}{}", error.message, place.unwrap_or_default())
}

impl fmt::Debug for TrustedDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedDocuments")
            .field("names", &self.documents.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tempfile::TempDir;

    use super::*;

    const ME: &str = "query Me { me { id } }";
    const NAME: &str = "query Name { me { nickname } }";

    fn read(manifest: &Value) -> Result<TrustedDocuments, String> {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("documents.json");
        fs::write(&path, manifest.to_string()).unwrap();
        let read = TrustedDocuments::read(&path, &DocumentRules::default());
        read.map_err(|wrong| wrong.to_string())
    }

    fn apollo(operations: &Value) -> Value {
        json!({ "format": "apollo-persisted-query-manifest", "version": 1, "operations": operations })
    }

    fn operation(id: &str, name: &str, body: &str) -> Value {
        json!({ "id": id, "name": name, "type": "query", "body": body })
    }

    #[test]
    fn a_document_is_found_by_its_id_its_hash_or_its_text_in_whichever_manifest() {
        let of_apollo = apollo(&json!([
            operation(&hash(ME), "Me", ME),
            operation("name", "Name", NAME),
        ]));
        let of_relay = json!({ "a1b2": ME, "name": NAME, "again": NAME });
        for (manifest, id_of_me) in [(of_apollo, hash(ME)), (of_relay, "a1b2".to_owned())] {
            let trusted = read(&manifest).unwrap();
            let named = |id: &str| Reference::Id(id.to_owned());
            let (me, name) = (named(&id_of_me), named("name"));
            let found = |text: &str, named: Option<&Reference>| {
                trusted.find(text, named).map_err(|error| error.code())
            };
            let by_id = found("", Some(&me)).unwrap();
            let by_hash = named(&format!("sha256:{}", hash(ME)));
            let by_apollo = json!({ "version": 1, "sha256Hash": id_of_me });
            let by_apollo = Reference::PersistedQuery(by_apollo);
            for (text, named) in [
                (ME, None),
                (ME, Some(&me)),
                ("", Some(&by_hash)),
                ("", Some(&by_apollo)),
            ] {
                assert!(
                    Arc::ptr_eq(&found(text, named).unwrap(), &by_id),
                    "{named:?}"
                );
            }
            assert!(!Arc::ptr_eq(&found("", Some(&name)).unwrap(), &by_id));
            for (text, named) in [
                ("{ me { id } }", None),
                ("query Me  { me { id } }", None),
                ("", None),
                ("", Some(&named("other"))),
                (ME, Some(&name)),
                (ME, Some(&named("other"))),
                ("{ me { id } }", Some(&me)),
            ] {
                let refused = found(text, named).unwrap_err();
                assert_eq!(refused, "DOCUMENT_NOT_TRUSTED", "{text} {named:?}");
            }
        }
    }

    #[test]
    fn what_is_wrong_with_a_manifest_names_the_document() {
        let wrong = |manifest: &Value| read(manifest).unwrap_err();
        for (manifest, said) in [
            (json!([]), "is neither"),
            (json!({ "a": 1 }), "is neither"),
            (
                json!({ "format": "other", "version": 1, "operations": [] }),
                "is neither",
            ),
            (
                json!({ "format": "apollo-persisted-query-manifest", "version": 2, "operations": [] }),
                "version 2",
            ),
            (json!({}), "has no documents"),
            (apollo(&json!([])), "has no documents"),
            (
                apollo(&json!([
                    operation("a", "Me", ME),
                    operation("a", "Name", NAME)
                ])),
                "two documents have the id a",
            ),
            (
                apollo(&json!([
                    operation("a", "Me", ME),
                    operation("b", "Wrong", "query Wrong { nothing }")
                ])),
                "the document b (Wrong) cannot be executed: type `Query` does not have a field `nothing` (line 1, column 15)",
            ),
            (
                json!({ "list": "{" }),
                "the document list cannot be executed: syntax error",
            ),
            (
                json!({ "ask": "{ __schema { types { name } } }" }),
                "the document ask cannot be executed: Introspection is off",
            ),
            (
                json!({ "long": format!("{{ a {} }}", "a ".repeat(30_000)) }),
                "the document long cannot be executed: The document has more than 20,000 tokens",
            ),
        ] {
            let told = wrong(&manifest);
            assert!(told.contains(said), "{told}");
        }
        let missing = TrustedDocuments::read(Path::new("no/where.json"), &DocumentRules::default());
        let told = missing.unwrap_err().to_string();
        assert!(
            told.starts_with("TRUSTED_DOCUMENTS: cannot read no/where.json: "),
            "{told}"
        );
    }
}
