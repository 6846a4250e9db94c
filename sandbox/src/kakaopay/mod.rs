//! KakaoPay's single payment. The shop gets the window ready, the buyer agrees, the shop approves. There are no
//! webhooks and no idempotency keys: a look-up is the only way to learn what happened.

mod api;
mod window;
mod wire;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::post,
};

use crate::{ledger::Provider, world::World};

pub use window::press;

const ME: Provider = Provider::KakaoPay;

pub fn routes(world: &Arc<World>) -> Router<Arc<World>> {
    Router::new()
        .route("/online/v1/payment/ready", post(api::ready))
        .route("/online/v1/payment/approve", post(api::approve))
        .route("/online/v1/payment/order", post(api::order))
        .route("/online/v1/payment/cancel", post(api::cancel))
        .route_layer(from_fn_with_state(world.clone(), authenticate))
}

async fn authenticate(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    request: Request,
    next: Next,
) -> Response {
    let expected = format!("SECRET_KEY {}", world.settings.kakaopay.secret_key);
    match headers.get(header::AUTHORIZATION) {
        Some(given) if given.as_bytes() == expected.as_bytes() => next.run(request).await,
        Some(_) => wire::refusal(-401).into_response(),
        None => wire::refusal(-400).into_response(),
    }
}
