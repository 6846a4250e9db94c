use async_graphql::{Request as GraphQlRequest, parser::types::OperationType};
use axum::{
    extract::{
        Extension, Query, State,
        rejection::QueryRejection,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{execute, parameters::Parameters, refuse};
use crate::{
    graphql::{RequestId, ShopExecutor},
    http::{HttpState, websocket},
    rate::Source,
    text::{Language, Message, message},
};

/// The parameters of a request as an address has them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    query: Option<String>,
    document_id: Option<String>,
    operation_name: Option<String>,
    /// In JSON.
    variables: Option<String>,
    /// In JSON.
    extensions: Option<String>,
}

/// Opens a WebSocket, or answers a query.
pub async fn serve(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    language: Language,
    source: Source,
    headers: HeaderMap,
    address: Result<Query<Address>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if let Ok(upgrade) = upgrade {
        return websocket::serve(state, request_id, language, source, upgrade);
    }
    let request = match address {
        Ok(Query(address)) => read(address),
        Err(wrong) => Err(not_graphql(&wrong)),
    };
    let request = match request {
        Ok(request) => request,
        Err(wrong) => return refuse(StatusCode::BAD_REQUEST, wrong, &request_id, language),
    };
    let executor = ShopExecutor::new(state.api.clone(), request_id.clone());
    // What cannot be read is refused by the executor, which says why.
    let kind = executor.operation_type(&request);
    if matches!(
        kind,
        Some(OperationType::Mutation | OperationType::Subscription)
    ) {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let refusal = refuse(
            status,
            message!("http-get-only-reads"),
            &request_id,
            language,
        );
        return ([(header::ALLOW, "POST")], refusal).into_response();
    }
    let mut response = execute(state, request_id, language, source, &headers, request).await;
    // Prices and stock are those of now.
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

fn read(address: Address) -> Result<GraphQlRequest, Message> {
    let parsed = |text: Option<String>| {
        let value = text.map(|text| serde_json::from_str::<Value>(&text));
        value.transpose().map_err(|wrong| not_graphql(&wrong))
    };
    let parameters = json!({
        "query": address.query,
        "documentId": address.document_id,
        "operationName": address.operation_name.filter(|name| !name.is_empty()),
        "variables": parsed(address.variables)?,
        "extensions": parsed(address.extensions)?,
    });
    serde_json::from_value::<Parameters>(parameters)
        .map_err(|wrong| not_graphql(&wrong))?
        .into_request()
}

fn not_graphql(wrong: &impl ToString) -> Message {
    message!("http-address-not-graphql", wrong = wrong.to_string())
}
