//! Leaving: once the server is about to stop, each answer says that it is the connection's last, so that clients that
//! keep theirs open, and balancers that choose by connection, go elsewhere with the next request.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::HttpState;

pub async fn tell(State(state): State<HttpState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    // An upgraded connection has a header of that name of its own.
    if state.leaving.is_cancelled() {
        let close = HeaderValue::from_static("close");
        response
            .headers_mut()
            .entry(header::CONNECTION)
            .or_insert(close);
    }
    response
}
