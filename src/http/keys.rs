//! The public halves of the keys of access tokens (RFC 7517), for services that check them by themselves. Shops whose key
//! is a secret have none.

use axum::{Json, extract::State, http::header, response::IntoResponse};

use super::HttpState;

/// How long others may keep them: a key is accepted well before the first token is signed with it.
const CACHE_CONTROL: &str = "public, max-age=300";

pub async fn serve(State(state): State<HttpState>) -> impl IntoResponse {
    let keys = Json(state.app.tokens.keys.public());
    ([(header::CACHE_CONTROL, CACHE_CONTROL)], keys)
}
