//! GraphQL over HTTP: a POST of one `application/json` request. Nothing else is executed: no GET, no form, no
//! text, so no other site can make a browser send an order.

use async_graphql::{
    Executor, Request as GraphQlRequest, Response as GraphQlResponse, ServerError,
};
use axum::{
    Json,
    body::Bytes,
    extract::{Extension, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use tracing::Instrument;

use super::HttpState;
use crate::graphql::{ApiError, Identity, RequestId, ShopExecutor, error::complete};

/// Answers one request.
pub async fn serve(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if !is_json(&headers) {
        let message = "The content type must be `application/json`.";
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, message, &request_id);
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            return refuse(rejection.status(), &rejection.body_text(), &request_id);
        }
    };
    let request = match read(&body) {
        Ok(request) => request,
        Err(wrong) => {
            let message = format!("The body is not a GraphQL request in JSON: {wrong}.");
            return refuse(StatusCode::BAD_REQUEST, &message, &request_id);
        }
    };
    let identity = Identity::of(authorization(&headers), &state.app.tokens);
    let executor = ShopExecutor::new(state.api, request_id.clone());
    // In a task of its own, which the server waits for when it stops: a client that hangs up cancels nothing
    // half-way.
    let execution = async move { executor.execute(request.data(identity)).await };
    match state.connections.spawn(execution.in_current_span()).await {
        Ok(response) => Json(response).into_response(),
        Err(error) => {
            let failed = vec![ApiError::internal(error).at_the_root()];
            Json(complete(GraphQlResponse::from_errors(failed), &request_id)).into_response()
        }
    }
}

fn read(body: &[u8]) -> Result<GraphQlRequest, String> {
    // Serde would read a list as the request's fields in a row.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err("one object is expected, not a list".into());
    }
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    // What is not text is not a token: read as one that is not good.
    headers
        .get(header::AUTHORIZATION)
        .map(|value| value.to_str().unwrap_or_default())
}

/// An answer to what is no GraphQL request.
pub fn refuse(status: StatusCode, message: &str, request_id: &RequestId) -> Response {
    let error = ServerError::new(message, None);
    let response = complete(GraphQlResponse::from_errors(vec![error]), request_id);
    (status, Json(response)).into_response()
}
