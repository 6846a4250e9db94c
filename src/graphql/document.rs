//! Documents that were read before. Clients send the same few over and over, and to read one takes longer than
//! to check it.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{
    ServerError,
    parser::{parse_query, types::ExecutableDocument},
};
use lru::LruCache;

use super::expansion::expanded_selections;
use crate::config::{DOCUMENT_KEPT_BYTES_MAX, DOCUMENTS_KEPT};

/// A document, and what is known of it.
#[derive(Debug)]
pub struct Document {
    pub executable: ExecutableDocument,
    /// The selections of its largest operation, with its fragments written out.
    pub selections: usize,
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
    /// Where the text breaks GraphQL's grammar.
    pub fn read(&self, text: &str) -> Result<Arc<Document>, ServerError> {
        if let Some(document) = self.kept().get(text) {
            return Ok(document.clone());
        }
        let executable = parse_query(text)?;
        let document = Arc::new(Document {
            selections: expanded_selections(&executable),
            executable,
        });
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
        assert!(is_kept("{ a b { c } }"));
        assert!(!is_kept(&format!(
            "{{ a }} #{}",
            "·".repeat(DOCUMENT_KEPT_BYTES_MAX)
        )));
        assert!(documents.read("{ a").is_err());

        let first = documents.read("{ a b { c } }").unwrap();
        assert_eq!(first.selections, 3);
        for number in 0..DOCUMENTS_KEPT.get() {
            documents.read(&format!("{{ a{number} }}")).unwrap();
        }
        assert!(!Arc::ptr_eq(
            &first,
            &documents.read("{ a b { c } }").unwrap()
        ));
    }
}
