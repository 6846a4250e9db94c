//! The server's doors: GraphQL over HTTP and WebSocket, GraphiQL, pictures, health, metrics.

mod graphiql;
mod graphql;
mod health;
mod metrics;
mod payment;
mod picture;
mod request_id;
mod websocket;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef},
    response::Redirect,
    routing::get,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{app::App, graphql::Api};

/// What handlers are handed.
#[derive(Clone, FromRef)]
pub struct HttpState {
    pub app: Arc<App>,
    pub api: Arc<Api>,
    /// Canceled when the server begins to stop.
    pub stopping: CancellationToken,
    /// The WebSocket connections, which outlive their requests.
    pub connections: TaskTracker,
}

/// The server's routes.
pub fn router(state: HttpState, body_bytes_max: usize) -> Router {
    Router::new()
        .route("/", get(async || Redirect::temporary("/graphiql")))
        .route("/graphql", get(websocket::serve).post(graphql::serve))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::serve))
        .route("/pictures/{file}", get(picture::serve))
        .merge(payment::routes())
        .merge(graphiql::routes())
        .layer(DefaultBodyLimit::max(body_bytes_max))
        .layer(axum::middleware::from_fn(request_id::assign))
        .with_state(state)
}
