//! Metrics: figures for Prometheus. Figures only, nothing of any member, on the port of everything else, as health is:
//! who puts the server into the open keeps this path to themselves there.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::HttpState;
use crate::metrics::scrape;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All figures as they are now; those of the database only where it answers.
pub async fn serve(State(state): State<HttpState>) -> Response {
    match scrape(&state.app, state.leaving.is_cancelled()).await {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "no figures");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
