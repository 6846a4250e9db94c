//! GraphQL over HTTP, as <https://graphql.github.io/graphql-over-http/draft/> has it: a POST of one `application/json`
//! request, or a GET of a query, answered in JSON, or with events where the client likes those better. Nothing else is
//! executed: no form, no text, and by a GET nothing that changes, so no other site can make a browser send an order.

mod get;
mod parameters;
mod post;

use async_graphql::{Request as GraphQlRequest, Response as GraphQlResponse};
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
    graphql::{
        ApiError, Identity, RequestId, ShopExecutor, Written, error::complete, was_refused_as_wrong,
    },
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
    headers: &HeaderMap,
    request: GraphQlRequest,
) -> Response {
    let (identity, until) = Identity::until(authorization(headers), &state.app.tokens);
    let request = request.data(identity).data(language);
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
    let response = executor.answer(request, &state.connections).await;
    let body = Json(Written(&response));
    if form == Form::Json {
        return (language, body).into_response();
    }
    // A status that says so: GraphQL over HTTP, 6.4.
    let status = if was_refused_as_wrong(&response) {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    let type_ = [(header::CONTENT_TYPE, GRAPHQL_JSON)];
    (status, language, type_, body).into_response()
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
