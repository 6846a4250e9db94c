use async_graphql::Request as GraphQlRequest;
use axum::{
    body::Bytes,
    extract::{Extension, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};

use super::{execute, parameters::Parameters, refuse};
use crate::{
    graphql::RequestId,
    http::HttpState,
    rate::Source,
    text::{Language, Message, message},
};

/// Answers a request in a body.
pub async fn serve(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    language: Language,
    source: Source,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if !is_json(&headers) {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return refuse(status, message!("http-not-json"), &request_id, language);
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            let status = rejection.status();
            return refuse(status, unread(status), &request_id, language);
        }
    };
    match read(&body) {
        Ok(request) => execute(state, request_id, language, source, &headers, request).await,
        Err(wrong) => refuse(StatusCode::BAD_REQUEST, wrong, &request_id, language),
    }
}

/// Why a body was not read to its end.
fn unread(status: StatusCode) -> Message {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => message!("http-body-too-large"),
        _ => message!("http-body-broken"),
    }
}

fn read(body: &[u8]) -> Result<GraphQlRequest, Message> {
    // Serde would read a list as the request's fields in a row.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(message!("http-body-is-list"));
    }
    serde_json::from_slice::<Parameters>(body)
        .map_err(|error| message!("http-not-graphql", wrong = error.to_string()))?
        .into_request()
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}
