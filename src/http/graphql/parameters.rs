use async_graphql::{Request as GraphQlRequest, Variables};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a request consists of: GraphQL over HTTP, 4.1. All but the query may be null or missing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    query: String,
    operation_name: Option<String>,
    variables: Option<Variables>,
    /// There are none that mean anything here.
    #[serde(rename = "extensions")]
    _extensions: Option<Map<String, Value>>,
}

impl From<Parameters> for GraphQlRequest {
    fn from(parameters: Parameters) -> Self {
        let mut request = Self::new(parameters.query);
        request.operation_name = parameters.operation_name;
        request.variables = parameters.variables.unwrap_or_default();
        request
    }
}
