use std::{hash::Hash, sync::Arc};

use lru::LruCache;

use super::Document;
use crate::config::{DOCUMENT_KEPT_BYTES_MAX, DOCUMENTS_KEPT, DOCUMENTS_KEPT_BYTES_MAX};

/// The documents that were used last: so many, and texts of so many bytes.
#[derive(Debug)]
pub struct Kept<K: Hash + Eq> {
    documents: LruCache<K, (Arc<Document>, usize)>,
    bytes: usize,
}

impl<K: Hash + Eq> Default for Kept<K> {
    fn default() -> Self {
        Self {
            documents: LruCache::new(DOCUMENTS_KEPT),
            bytes: 0,
        }
    }
}

impl<K: Hash + Eq> Kept<K> {
    /// The document, if it is kept; it is then the last to be forgotten.
    pub fn get<Q>(&mut self, key: &Q) -> Option<Arc<Document>>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let (document, _) = self.documents.get(key)?;
        Some(document.clone())
    }

    /// Keeps a document, whose text has so many bytes, unless it is very long; forgets others that it takes the room of.
    pub fn put(&mut self, key: K, document: &Arc<Document>, bytes: usize) {
        if bytes > DOCUMENT_KEPT_BYTES_MAX {
            return;
        }
        if let Some((_, (_, forgotten))) = self.documents.push(key, (document.clone(), bytes)) {
            self.bytes -= forgotten;
        }
        self.bytes += bytes;
        while self.bytes > DOCUMENTS_KEPT_BYTES_MAX
            && let Some((_, (_, forgotten))) = self.documents.pop_lru()
        {
            self.bytes -= forgotten;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::DocumentRules, *};

    fn document() -> Arc<Document> {
        Arc::new(Document::read("{ me { id } }", &DocumentRules::default()).unwrap())
    }

    #[test]
    fn what_was_not_used_for_longest_is_forgotten_first() {
        let (document, mut kept) = (document(), Kept::default());
        for key in 0..DOCUMENTS_KEPT.get() {
            kept.put(key, &document, 1);
        }
        assert!(kept.get(&0).is_some());
        kept.put(DOCUMENTS_KEPT.get(), &document, 1);
        assert!(kept.get(&0).is_some() && kept.get(&1).is_none());
        assert_eq!(kept.bytes, DOCUMENTS_KEPT.get());
    }

    #[test]
    fn long_documents_take_the_room_of_many() {
        let (document, mut kept) = (document(), Kept::default());
        let fit = DOCUMENTS_KEPT_BYTES_MAX / DOCUMENT_KEPT_BYTES_MAX;
        for key in 0..fit {
            kept.put(key, &document, DOCUMENT_KEPT_BYTES_MAX);
            // Again, it takes no more.
            kept.put(key, &document, DOCUMENT_KEPT_BYTES_MAX);
        }
        assert!((0..fit).all(|key| kept.get(&key).is_some()));
        kept.put(fit, &document, 1);
        assert!(kept.get(&0).is_none() && kept.get(&1).is_some());
        kept.put(fit + 1, &document, DOCUMENT_KEPT_BYTES_MAX + 1);
        assert!(kept.get(&(fit + 1)).is_none());
    }
}
