//! The server's doors: GraphQL over HTTP, WebSocket and Server-Sent Events, GraphiQL, pictures, health, metrics.

mod accept;
mod careful;
pub mod cors;
mod event_stream;
pub mod figures;
mod graphiql;
mod graphql;
mod health;
mod introduced;
mod keys;
mod language;
mod leaving;
mod metrics;
mod panicked;
mod payment;
mod picture;
mod request_id;
pub mod stall;
mod websocket;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef},
    response::Redirect,
    routing::{get, put},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{app::App, graphql::Api};

use cors::Origins;
use introduced::Introduced;

/// What handlers are handed.
#[derive(Clone, FromRef)]
pub struct HttpState {
    pub app: Arc<App>,
    pub api: Arc<Api>,
    /// Canceled when the server is about to stop, and nobody should be sent here any more.
    #[from_ref(skip)]
    pub leaving: CancellationToken,
    /// How long a stop may take.
    pub stop_within: Duration,
    /// Canceled when the server begins to stop.
    #[from_ref(skip)]
    pub stopping: CancellationToken,
    /// WebSocket connections, and operations that are executed: what outlives its request.
    pub connections: TaskTracker,
    /// How many proxies each request comes through.
    #[from_ref(skip)]
    pub proxies: usize,
}

/// The server's routes.
pub fn router(state: HttpState, body_bytes_max: usize, origins: &Origins) -> Router {
    Router::new()
        .route("/", get(async || Redirect::temporary("/graphiql")))
        .route("/graphql", graphql::route())
        .route("/.well-known/jwks.json", get(keys::serve))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::serve))
        .route("/pictures/{file}", get(picture::serve))
        .route("/pictures/upload/{product_id}", put(picture::upload))
        .merge(payment::routes())
        .merge(graphiql::routes())
        .layer(axum::middleware::from_fn(panicked::answer))
        .layer(axum::middleware::map_response(careful::with_headers))
        .layer(origins.layer())
        .layer(DefaultBodyLimit::max(body_bytes_max))
        .layer(axum::middleware::from_fn_with_state(
            state.app.clone(),
            request_id::assign,
        ))
        .layer(axum::middleware::from_fn_with_state(
            state.clone(),
            leaving::tell,
        ))
        .with_state(state)
}
