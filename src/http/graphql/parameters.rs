use async_graphql::{Request as GraphQlRequest, Variables};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    graphql::Reference,
    text::{Message, message},
};

/// What a request consists of: GraphQL over HTTP, 4.1 and its appendix on persisted documents. All but one of the query and
/// what names it may be null or missing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    query: Option<String>,
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<Variables>,
    extensions: Option<Map<String, Value>>,
}

impl Parameters {
    /// The request, whose document is its text or what it names.
    ///
    /// # Errors
    /// Where it has neither.
    pub fn into_request(self) -> Result<GraphQlRequest, Message> {
        let named = Reference::of(self.document_id, self.extensions);
        if self.query.is_none() && named.is_none() {
            return Err(message!("http-no-query"));
        }
        let mut request = GraphQlRequest::new(self.query.unwrap_or_default());
        request.operation_name = self.operation_name;
        request.variables = self.variables.unwrap_or_default();
        Ok(match named {
            Some(named) => request.data(named),
            None => request,
        })
    }
}
