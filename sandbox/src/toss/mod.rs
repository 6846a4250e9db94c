//! Toss Payments. The buyer agrees in the window, the shop confirms; webhooks are not signed.

mod api;
mod codes;
mod window;
mod wire;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::{
    ledger::{Attempt, Payment, Provider},
    reply::Reply,
    webhook::{Event, announce},
    world::World,
};

pub use window::{Amount, RequestPayment, from_sdk, open, press};

const ME: Provider = Provider::Toss;

pub fn routes(world: &Arc<World>) -> Router<Arc<World>> {
    let api = Router::new()
        .route("/v1/payments/confirm", post(api::confirm))
        .route("/v1/payments/{key}", get(api::look_up))
        .route("/v1/payments/orders/{id}", get(api::look_up_order))
        .route("/v1/payments/{key}/cancel", post(api::cancel))
        .route_layer(from_fn_with_state(world.clone(), admit));
    let browser = Router::new()
        .route("/v2/standard", get(browser_sdk))
        .route("/v2/window", get(from_sdk));
    api.merge(browser)
}

/// Lets in who has the secret key, and gives the error that a test asks for by its header.
async fn admit(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    request: Request,
    next: Next,
) -> Response {
    if let Err(refusal) = authenticate(&world, &headers) {
        return refusal.into_response();
    }
    match headers
        .get("tosspayments-test-code")
        .map(|code| code.to_str())
    {
        Some(Ok(code)) => wire::error(codes::status(code), code).into_response(),
        _ => next.run(request).await,
    }
}

fn authenticate(world: &World, headers: &HeaderMap) -> Result<(), Reply> {
    let Some(given) = headers.get(header::AUTHORIZATION) else {
        return Err(wire::error(401, "UNAUTHORIZED_KEY"));
    };
    let credentials = given
        .to_str()
        .ok()
        .and_then(|given| given.strip_prefix("Basic "))
        .and_then(|encoded| STANDARD.decode(encoded).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    // The colon belongs there though no password follows.
    match credentials.as_deref().map(|text| text.strip_suffix(':')) {
        Some(Some(key)) if key == world.settings.toss.secret_key => Ok(()),
        Some(Some(_)) => Err(wire::error(401, "UNAUTHORIZED_KEY")),
        _ => Err(wire::error(403, "INCORRECT_BASIC_AUTH_FORMAT")),
    }
}

async fn browser_sdk() -> Response {
    let script = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (script, include_str!("sdk.js")).into_response()
}

/// An attempt whose time is over expires, and a webhook tells of it.
pub fn fall_due(world: &Arc<World>, reference: &str) {
    let now = world.clock.now();
    let event = world.books.change(|books| {
        let attempt = books.ledger.attempt_mut(ME, reference)?;
        attempt.expire(now).then_some(())?;
        let (payment, attempt) = books.ledger.attempt(ME, reference)?;
        Some(status_changed(world, payment, attempt))
    });
    if let Some(event) = event {
        announce(world, &event);
    }
}

/// The webhook that tells where an attempt stands.
pub fn status_changed(world: &World, payment: &Payment, attempt: &Attempt) -> Event {
    let kind = "PAYMENT_STATUS_CHANGED";
    Event {
        provider: ME,
        id: payment.id.clone(),
        kind: kind.to_owned(),
        body: json!({
            "eventType": kind,
            "createdAt": wire::local_time(world.clock.now()),
            "data": wire::payment(world, payment, attempt, crate::faults::Disguise::default()),
        }),
        urls: world.post.default_urls().toss.into_iter().collect(),
    }
}
