//! GraphQL over HTTP: a POST of one `application/json` request, answered in JSON, or with events where the client likes
//! those better. Nothing else is executed: no GET, no form, no text, so no other site can make a browser send an order.

use async_graphql::{Request as GraphQlRequest, Response as GraphQlResponse, ServerError, Value};
use async_graphql_axum::GraphQLResponse;
use axum::{
    Json,
    body::Bytes,
    extract::{Extension, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use serde_json::json;

use super::{
    HttpState, Introduced,
    accept::{Form, preferred},
    event_stream,
};
use crate::{
    graphql::{ApiError, Identity, RequestId, ShopExecutor, error::complete},
    text::{Language, Message, message},
};

/// Answers one request.
pub async fn serve(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    language: Language,
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
    let request = match read(&body) {
        Ok(request) => request,
        Err(wrong) => return refuse(StatusCode::BAD_REQUEST, wrong, &request_id, language),
    };
    let (identity, until) = Identity::until(authorization(&headers), &state.app.tokens);
    let request = request.data(identity).data(language);
    let form = form(&headers);
    if form == Form::Events {
        let who = Introduced {
            identity,
            until,
            language,
        };
        return event_stream::serve(state, request_id, who, request);
    }
    let executor = ShopExecutor::new(state.api, request_id);
    let response = executor.answer(request, &state.connections).await;
    match form {
        Form::GraphQlJson if was_not_executed(&response) => {
            // Not even an empty `data`, and a status that says so: GraphQL over HTTP, 6.4.
            let type_ = [(header::CONTENT_TYPE, GRAPHQL_JSON)];
            let body = Json(json!({ "errors": response.errors }));
            (StatusCode::BAD_REQUEST, language, type_, body).into_response()
        }
        Form::GraphQlJson => (language, GraphQLResponse::from(response)).into_response(),
        Form::Json | Form::Events => (language, Json(response)).into_response(),
    }
}

const GRAPHQL_JSON: &str = "application/graphql-response+json";

/// Whether the request was refused before anything of it was executed: nothing in it has gone wrong by itself.
fn was_not_executed(response: &GraphQlResponse) -> bool {
    let is_of_request = |error: &ServerError| {
        let code = error.extensions.as_ref().and_then(|it| it.get("code"));
        let codes = ["BAD_REQUEST", "QUERY_TOO_COMPLEX"].map(Value::from);
        error.path.is_empty() && code.is_some_and(|code| codes.contains(code))
    };
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(is_of_request)
}

/// What the client likes its answer to be.
fn form(headers: &HeaderMap) -> Form {
    let accept = headers.get_all(header::ACCEPT).iter();
    preferred(accept.filter_map(|value| value.to_str().ok()))
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
    serde_json::from_slice(body)
        .map_err(|error| message!("http-not-graphql", wrong = error.to_string()))
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
pub fn refuse(
    status: StatusCode,
    message: Message,
    request_id: &RequestId,
    language: Language,
) -> Response {
    refuse_with(status, ApiError::bad_request(message), request_id, language)
}

/// An answer to what is not executed.
pub fn refuse_with(
    status: StatusCode,
    error: ApiError,
    request_id: &RequestId,
    language: Language,
) -> Response {
    let response = GraphQlResponse::from_errors(vec![error.at_the_root()]);
    let response = complete(response, request_id, language);
    (status, language, Json(response)).into_response()
}
