//! Health: is the process alive, and can it serve.

use axum::{extract::State, http::StatusCode};

use super::HttpState;

/// Alive: the process answers. Does not ask the database, so that its outage restarts nothing.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// Ready: the database answers, has every migration, and the server is not stopping.
pub async fn ready(State(state): State<HttpState>) -> (StatusCode, &'static str) {
    if state.stopping.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match state.app.db.is_migrated().await {
        Ok(true) => (StatusCode::OK, "ready\n"),
        Ok(false) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "migrations are missing: run `jangteo migrate up`\n",
        ),
        Err(error) => {
            tracing::warn!(%error, "not ready: the database does not answer");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer\n",
            )
        }
    }
}
