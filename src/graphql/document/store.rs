//! Where documents come from: what was sent, what was sent before, or what is trusted. Clients send the same few over and
//! over, and to read and judge one takes longer than to answer it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::{ServerError, Variables, parser::types::OperationDefinition};

use super::{Document, DocumentRules, Reference, entries, kept::Kept, reference::hash};
use crate::{
    graphql::{ApiError, validation::Said, variables},
    text::message,
};

/// The documents that a server executes.
#[derive(Debug)]
pub struct Documents {
    rules: DocumentRules,
    /// By their texts.
    sent: Mutex<Kept<String>>,
    /// By their hashes: those that clients mean to name by it from now on. Each server has its own, and a client that comes
    /// to another sends the text again.
    persisted: Mutex<Kept<String>>,
}

impl Documents {
    pub fn new(rules: DocumentRules) -> Self {
        Self {
            rules,
            sent: Mutex::default(),
            persisted: Mutex::default(),
        }
    }

    /// The document of a request: of its text, which may be empty, or the one that it names.
    ///
    /// # Errors
    /// Where the text breaks GraphQL's grammar, is too large, or not valid; or where nothing is known by that name, or
    /// may be executed.
    pub fn find(
        &self,
        text: &str,
        named: Option<&Reference>,
    ) -> Result<Arc<Document>, Vec<ServerError>> {
        if let Some(trusted) = &self.rules.trusted {
            return trusted.find(text, named).map_err(at_the_root);
        }
        match named {
            Some(named) => self.persisted(text, named.id().map_err(at_the_root)?),
            None => self.read(text),
        }
    }

    /// The document with that hash; kept under it, if its text comes with it. Nothing is kept that is not valid.
    fn persisted(&self, text: &str, id: &str) -> Result<Arc<Document>, Vec<ServerError>> {
        let id = id.to_ascii_lowercase();
        if text.is_empty() {
            let known = lock(&self.persisted).get(&id);
            return known.ok_or_else(|| at_the_root(ApiError::PersistedQueryNotFound));
        }
        if id != hash(text) {
            let differs = message!("graphql-persisted-query-differs");
            return Err(at_the_root(ApiError::BadRequest(differs)));
        }
        let document = self.read(text)?;
        lock(&self.persisted).put(id, &document, text.len());
        Ok(document)
    }

    /// Reads a document, or remembers it.
    fn read(&self, text: &str) -> Result<Arc<Document>, Vec<ServerError>> {
        if let Some(document) = lock(&self.sent).get(text) {
            return Ok(document);
        }
        let document = Document::read(text, &self.rules).map_err(|errors| {
            let tell = |error| self.tell(error, || Said::in_text(text));
            errors.into_iter().map(tell).collect::<Vec<_>>()
        })?;
        let document = Arc::new(document);
        lock(&self.sent).put(text.to_owned(), &document, text.len());
        Ok(document)
    }

    /// Completes an operation's variables with their defaults, and says what with these it costs, which is no more than it
    /// may.
    ///
    /// # Errors
    /// Where a value is missing, or not of its variable's type; `QUERY_TOO_COMPLEX`.
    pub fn admit(
        &self,
        document: &Document,
        operation: &OperationDefinition,
        operation_name: Option<&str>,
        variables: &mut Variables,
    ) -> Result<usize, ServerError> {
        let limits = &self.rules.limits;
        entries::check_given(variables, limits).map_err(ApiError::at_the_root)?;
        variables::complete(variables, operation).map_err(|error| {
            let declared = operation.variable_definitions.iter();
            let declared = declared.map(|it| format!("{} {}", it.node.name, it.node.var_type));
            let declared = declared.collect::<Vec<_>>().join(" ");
            self.tell(error, || Said::in_text(&declared).and_in(variables))
        })?;
        let (cost, max) = (document.costs.with(operation_name, variables), limits.cost);
        if cost > max {
            let message = message!("graphql-too-costly", cost, max);
            return Err(ApiError::TooComplex(message).at_the_root());
        }
        Ok(cost)
    }

    /// An error as the client is told it, who has said so much.
    fn tell(&self, error: ServerError, said: impl FnOnce() -> Said) -> ServerError {
        if self.rules.introspection {
            error
        } else {
            said().alone_in(error)
        }
    }
}

fn at_the_root(error: ApiError) -> Vec<ServerError> {
    vec![error.at_the_root()]
}

fn lock(kept: &Mutex<Kept<String>>) -> MutexGuard<'_, Kept<String>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use async_graphql::value;
    use serde_json::json;

    use super::*;
    use crate::{
        config::DOCUMENT_KEPT_BYTES_MAX,
        graphql::{DocumentLimits, response_order::chosen},
    };

    const ME: &str = "{ me { id } }";

    fn code(error: &ServerError) -> String {
        let code = error.extensions.as_ref().and_then(|it| it.get("code"));
        // What validation finds is coded at the edge.
        code.map_or_else(
            || "BAD_REQUEST".into(),
            |code| code.to_string().replace('"', ""),
        )
    }

    #[test]
    fn a_document_is_read_once_unless_it_is_long() {
        let documents = Documents::new(DocumentRules::default());
        let is_kept = |text: &str| {
            let first = documents.find(text, None).unwrap();
            Arc::ptr_eq(&first, &documents.find(text, None).unwrap())
        };
        assert!(is_kept(ME));
        let long = format!("{ME} #{}", "·".repeat(DOCUMENT_KEPT_BYTES_MAX));
        assert!(!is_kept(&long));
        assert!(documents.find("{ me", None).is_err());
    }

    #[test]
    fn a_document_is_found_by_its_hash_once_it_was_sent_with_it() {
        let documents = Documents::new(DocumentRules::default());
        let find = |text: &str, hash: &str| {
            let named = json!({ "version": 1, "sha256Hash": hash });
            let found = documents.find(text, Some(&Reference::PersistedQuery(named)));
            found.map_err(|errors| code(&errors[0]))
        };
        let unknown = |hash: &str| find("", hash).unwrap_err() == "PERSISTED_QUERY_NOT_FOUND";
        let (mine, wrong) = (hash(ME), "{ nobody }");
        documents.find(ME, None).unwrap();
        assert!(unknown(&mine));
        // Poison, and what is not valid, is not kept.
        assert_eq!(
            find("{ me { nickname } }", &mine).unwrap_err(),
            "BAD_REQUEST"
        );
        assert_eq!(find(ME, "7").unwrap_err(), "BAD_REQUEST");
        assert_eq!(find(wrong, &hash(wrong)).unwrap_err(), "BAD_REQUEST");
        assert!(unknown(&mine) && unknown(&hash(wrong)) && unknown("7"));

        let sent = find(ME, &mine).unwrap();
        for known in [mine.clone(), mine.to_uppercase()] {
            assert!(Arc::ptr_eq(&find("", &known).unwrap(), &sent));
        }
        let by_id = Reference::Id(format!("sha256:{mine}"));
        assert!(Arc::ptr_eq(
            &documents.find("", Some(&by_id)).unwrap(),
            &sent
        ));
    }

    #[test]
    fn what_an_operation_costs_is_held_against_its_variables() {
        let limits = DocumentLimits {
            cost: 52,
            input_entries: 3,
            ..DocumentLimits::default()
        };
        let documents = Documents::new(DocumentRules {
            limits,
            ..DocumentRules::default()
        });
        let text = "query A($n: Int, $ids: [ID!]!) { products(first: $n) { nodes { id } } nodes(ids: $ids) { id } }
            query B { products { nodes { id } } }";
        let document = documents.read(text).unwrap();
        let admit = |name, variables| {
            let operation = chosen(&document.executable, Some(name)).unwrap();
            let mut variables = Variables::from_value(variables);
            documents.admit(&document, operation, Some(name), &mut variables)
        };
        admit("A", value!({ "n": 48, "ids": ["a"] })).unwrap();
        admit("B", value!({})).unwrap();
        for (variables, said) in [
            (value!({ "n": 48, "ids": ["a", "b"] }), "53"),
            (value!({ "n": 1, "ids": ["a", "b", "c", "d"] }), "3 entries"),
        ] {
            let refused = admit("A", variables).unwrap_err();
            assert_eq!(code(&refused), "QUERY_TOO_COMPLEX");
            assert!(refused.message.contains(said), "{}", refused.message);
        }
    }
}
