//! Documents that were read before. Clients send the same few over and over, and to read and judge one takes longer
//! than to answer it.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{
    Pos, Positioned, ServerError,
    parser::{
        parse_query,
        types::{DocumentOperations, ExecutableDocument, OperationDefinition},
    },
};
use lru::LruCache;

use super::{
    ApiError,
    expansion::{expanded_selections, root_fields},
    mended::mend,
    validation,
};
use crate::{
    config::{DOCUMENT_KEPT_BYTES_MAX, DOCUMENTS_KEPT, QUERY_SELECTIONS_MAX, ROOT_FIELDS_MAX},
    text::message,
};

/// A document that is valid, as the framework is given it.
#[derive(Debug)]
pub struct Document {
    pub executable: ExecutableDocument,
}

impl Document {
    /// Reads a document: in this order, so that nothing is looked at closer than its size allows.
    fn read(text: &str) -> Result<Self, Vec<ServerError>> {
        let judged = validation::parse(text)?;
        let mut executable = parse_query(text)
            .or_else(|_| parse_query(validation::with_compact_types(text, &judged)))
            .map_err(ServerError::from)?;
        check_size(&executable).map_err(|error| vec![error.at_the_root()])?;
        validation::validate(&judged)?;
        mend(&mut executable);
        Ok(Self { executable })
    }

    /// The document with only this one of its operations: the framework looks at all, also where those that are not
    /// executed have variables that nobody has given a value.
    pub fn of_one(&self, operation: OperationDefinition) -> ExecutableDocument {
        let operation = Positioned::new(operation, Pos::default());
        ExecutableDocument {
            operations: DocumentOperations::Single(operation),
            fragments: self.executable.fragments.clone(),
        }
    }
}

/// Whether the document's operations are small enough to be looked at closer.
fn check_size(document: &ExecutableDocument) -> Result<(), ApiError> {
    if expanded_selections(document) > QUERY_SELECTIONS_MAX {
        let message = message!("graphql-too-many-fields", max = QUERY_SELECTIONS_MAX);
        return Err(ApiError::TooComplex(message));
    }
    if root_fields(document) > ROOT_FIELDS_MAX {
        let message = message!("graphql-too-many-root-fields", max = ROOT_FIELDS_MAX);
        return Err(ApiError::TooComplex(message));
    }
    Ok(())
}

/// The documents that were sent last, by their texts.
#[derive(Debug)]
pub struct Documents(Mutex<LruCache<String, Arc<Document>>>);

impl Default for Documents {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(DOCUMENTS_KEPT)))
    }
}

impl Documents {
    /// Reads a document, or remembers it.
    ///
    /// # Errors
    /// Where the text breaks GraphQL's grammar, is too large, or not valid.
    pub fn read(&self, text: &str) -> Result<Arc<Document>, Vec<ServerError>> {
        if let Some(document) = self.kept().get(text) {
            return Ok(document.clone());
        }
        let document = Arc::new(Document::read(text)?);
        if text.len() <= DOCUMENT_KEPT_BYTES_MAX {
            self.kept().put(text.to_owned(), document.clone());
        }
        Ok(document)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, LruCache<String, Arc<Document>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_once_unless_it_is_long_or_forgotten() {
        let documents = Documents::default();
        let is_kept = |text: &str| {
            let first = documents.read(text).unwrap();
            Arc::ptr_eq(&first, &documents.read(text).unwrap())
        };
        assert!(is_kept("{ me { id } }"));
        assert!(!is_kept(&format!(
            "{{ me {{ id }} }} #{}",
            "·".repeat(DOCUMENT_KEPT_BYTES_MAX)
        )));
        assert!(documents.read("{ me").is_err());

        let first = documents.read("{ me { id } }").unwrap();
        for number in 0..DOCUMENTS_KEPT.get() {
            let other = format!("{{ a{number}: me {{ id }} }}");
            documents.read(&other).unwrap();
        }
        assert!(!Arc::ptr_eq(
            &first,
            &documents.read("{ me { id } }").unwrap()
        ));
    }

    #[test]
    fn what_is_too_large_is_said_before_what_is_wrong() {
        let code = |text: &str| {
            let errors = Document::read(text).unwrap_err();
            let extensions = errors[0].extensions.clone();
            extensions.and_then(|it| it.get("code").cloned())
        };
        let fields = |count| {
            let fields = (0..count).map(|at| format!("a{at}: b"));
            fields.collect::<Vec<_>>().join(" ")
        };
        let too_complex = Some("QUERY_TOO_COMPLEX".into());
        assert_eq!(code(&format!("{{ {} }}", fields(ROOT_FIELDS_MAX))), None);
        assert_eq!(
            code(&format!("{{ {} }}", fields(ROOT_FIELDS_MAX + 1))),
            too_complex
        );
        let inside = format!(
            "{{ ... {{ ...F }} }} fragment F on Q {{ {} }}",
            fields(ROOT_FIELDS_MAX + 1)
        );
        assert_eq!(code(&inside), too_complex);
        assert_eq!(
            code(&format!("{{ a {{ {} }} }}", fields(QUERY_SELECTIONS_MAX))),
            too_complex
        );
    }
}
