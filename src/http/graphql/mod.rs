//! GraphQL over HTTP, as <https://graphql.github.io/graphql-over-http/draft/> has it: a POST of one `application/json`
//! request, or a GET of a query, answered in JSON, or with events where the client likes those better. Nothing else is
//! executed: no form, no text, and by a GET nothing that changes, so no other site can make a browser send an order.

mod get;
mod parameters;
mod post;

use async_graphql::{Request as GraphQlRequest, Response as GraphQlResponse, Value};
use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::{self, MethodRouter},
};

use super::{
    HttpState, Introduced,
    accept::{Form, preferred},
    event_stream,
};
use crate::{
    fault::Fault,
    graphql::{
        ApiError, Identity, RequestId, ShopExecutor, Written, error::complete, was_refused_as_wrong,
    },
    rate::Source,
    text::{Language, Message},
};

/// Answers requests, and opens WebSockets.
pub fn route() -> MethodRouter<HttpState> {
    routing::get(get::serve)
        .post(post::serve)
        .layer(map_response(vary_by_accept))
}

/// For caches: what is answered depends on what the client likes.
async fn vary_by_accept(mut response: Response) -> Response {
    let accept = HeaderValue::from_static("accept");
    response.headers_mut().append(header::VARY, accept);
    response
}

const GRAPHQL_JSON: &str = "application/graphql-response+json";

/// Executes one request, and answers it in the form that the client likes.
async fn execute(
    state: HttpState,
    request_id: RequestId,
    language: Language,
    source: Source,
    headers: &HeaderMap,
    request: GraphQlRequest,
) -> Response {
    let (identity, until) = Identity::until(authorization(headers), &state.app.tokens);
    let request = request.data(identity).data(language).data(source);
    let form = form(headers);
    if form == Form::Events {
        let who = Introduced {
            identity,
            until,
            language,
        };
        return event_stream::serve(state, request_id, who, request);
    }
    let executor = ShopExecutor::new(state.api, request_id);
    let mut response = executor.answer(request, &state.connections).await;
    let headers = headers_of(&mut response);
    let body = Json(Written(&response));
    if form == Form::Json {
        return (language, headers, body).into_response();
    }
    let type_ = [(header::CONTENT_TYPE, GRAPHQL_JSON)];
    (status(&response), language, headers, type_, body).into_response()
}

/// What an answer says beside itself: how much more may be asked for, and when.
pub fn headers_of(response: &mut GraphQlResponse) -> HeaderMap {
    let mut headers = std::mem::take(&mut response.http_headers);
    if let Some(seconds) = retry_after(response) {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    headers
}

/// What the status says of an answer that has one of its own: GraphQL over HTTP, 6.4.
fn status(response: &GraphQlResponse) -> StatusCode {
    if was_refused_as_wrong(response) {
        return StatusCode::BAD_REQUEST;
    }
    if response.data != Value::Null {
        return StatusCode::OK;
    }
    match errors(response).next() {
        Some(ApiError::RateLimited { .. } | ApiError::TooManyAtOnce { .. }) => {
            StatusCode::TOO_MANY_REQUESTS
        }
        Some(ApiError::Fault(Fault::Overloaded { .. } | Fault::TimedOut | Fault::TookTooLong)) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Some(ApiError::Fault(_)) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::OK,
    }
}

/// The errors that are not the framework's own.
fn errors(response: &GraphQlResponse) -> impl Iterator<Item = &ApiError> {
    let errors = response.errors.iter();
    errors.filter_map(|error| error.source::<ApiError>())
}

/// After how many seconds what was refused may be tried again, where an error says so.
fn retry_after(response: &GraphQlResponse) -> Option<u64> {
    let wait = errors(response).filter_map(ApiError::retry_after).max()?;
    Some(
        wait.as_millis()
            .div_ceil(1_000)
            .try_into()
            .unwrap_or(u64::MAX),
    )
}

/// What the client likes its answer to be.
fn form(headers: &HeaderMap) -> Form {
    let accept = headers.get_all(header::ACCEPT).iter();
    preferred(accept.filter_map(|value| value.to_str().ok()))
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
    (status, language, Json(Written(&response))).into_response()
}
