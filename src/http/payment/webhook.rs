//! Webhooks of gateways. Answered at once: the gateway is asked afterwards.

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};

use super::HttpState;
use crate::payment::notification::{self, Refused};

pub async fn portone(
    State(state): State<HttpState>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    answer(
        "PortOne",
        notification::portone(&state.app, &headers, &body).await,
    )
}

pub async fn toss(State(state): State<HttpState>, body: Bytes) -> (StatusCode, &'static str) {
    answer("Toss", notification::toss(&state.app, &body).await)
}

/// Nobody is told why a webhook is not believed; the log is.
fn answer(sender: &str, taken: Result<(), Refused>) -> (StatusCode, &'static str) {
    match taken {
        Ok(()) => (StatusCode::OK, "taken\n"),
        Err(refused) => {
            tracing::warn!(sender, %refused, "a webhook was not taken");
            match refused {
                Refused::Forged(_) => (StatusCode::UNAUTHORIZED, "not believed\n"),
                Refused::Unreadable => (StatusCode::BAD_REQUEST, "not understood\n"),
                Refused::Unconfigured | Refused::Fault(_) => {
                    (StatusCode::SERVICE_UNAVAILABLE, "come again\n")
                }
            }
        }
    }
}
