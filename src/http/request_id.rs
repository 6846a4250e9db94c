//! Every request has an id: the caller's own `x-request-id` where it is a sensible one, else a new one. It
//! stands in the answer's header, in every error and in every line that is logged for the request.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use rand::RngExt;
use tokio::time::Instant;
use tracing::Instrument;

use crate::{app::App, graphql::RequestId, trace};

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken over from a caller.
const LENGTH_MAX: usize = 64;

/// Gives the request its id, and logs and counts how it went.
pub async fn assign(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(HEADER)
        .and_then(sensible)
        .unwrap_or_else(random);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("other", MatchedPath::as_str);
    let span = trace::request(&id, method.as_str(), route, request.headers());
    let answered = span.clone();
    request.extensions_mut().insert(RequestId(id.clone()));
    async move {
        let begun = Instant::now();
        let mut response = next.run(request).await;
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(HEADER, value);
        }
        app.responses.count(&path, response.status());
        trace::answered(&answered, response.status().as_u16());
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(%method, path, status = response.status().as_u16(), micros, "answered");
        response
    }
    .instrument(span)
    .await
}

fn sensible(value: &HeaderValue) -> Option<String> {
    let id = value.to_str().ok()?;
    let is_sensible = (1..=LENGTH_MAX).contains(&id.len())
        && id
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'));
    is_sensible.then(|| id.to_owned())
}

fn random() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}
