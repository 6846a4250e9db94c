//! Health: is the process alive, and can it serve.

use std::borrow::Cow;

use axum::{extract::State, http::StatusCode};

use super::HttpState;

/// Alive: the process answers. Does not ask the database, so that its outage restarts nothing.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// Ready: the database answers, has every migration, and the server is not stopping. Then it tells details, a line each,
/// of what it can do without.
pub async fn ready(State(state): State<HttpState>) -> (StatusCode, Cow<'static, str>) {
    let (status, text) = look(&state).await;
    if status != StatusCode::OK {
        return (status, text.into());
    }
    let replica = state.app.db.replica();
    let replica = replica.map(|standing| format!("replica: {standing}\n"));
    let bus = state.app.bus.carrier();
    let bus = bus.map(|carrier| format!("bus: {carrier}\n"));
    let details = [replica, bus].into_iter().flatten().collect::<String>();
    (status, format!("{text}{details}").into())
}

async fn look(state: &HttpState) -> (StatusCode, &'static str) {
    if state.leaving.is_cancelled() {
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
