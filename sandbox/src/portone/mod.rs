//! PortOne V2. The window takes the money; the API looks up and cancels; webhooks are signed.

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
    routing::{get, post},
};
use serde_json::json;

use crate::{
    ledger::{Attempt, Cancel, Provider, Status},
    webhook::{Event, announce},
    world::World,
};

pub use window::{RequestPayment, from_sdk, open, press};

const ME: Provider = Provider::PortOne;

pub fn routes(world: &Arc<World>) -> Router<Arc<World>> {
    let api = Router::new()
        .route("/payments/{id}", get(api::look_up))
        .route("/payments/{id}/transactions", get(api::transactions))
        .route("/payments/{id}/pre-register", post(api::pre_register))
        .route("/payments/{id}/cancel", post(api::cancel))
        .route("/payments/{id}/resend-webhook", post(api::resend_webhook))
        .route_layer(from_fn_with_state(world.clone(), authenticate));
    let browser = Router::new()
        .route("/v2/browser-sdk.js", get(browser_sdk))
        .route("/v2/window", get(from_sdk));
    api.merge(browser)
}

async fn authenticate(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    request: Request,
    next: Next,
) -> Response {
    let expected = format!("PortOne {}", world.settings.portone.api_secret);
    if headers
        .get(header::AUTHORIZATION)
        .is_some_and(|given| given.as_bytes() == expected.as_bytes())
    {
        next.run(request).await
    } else {
        wire::error(401, "UNAUTHORIZED").into_response()
    }
}

async fn browser_sdk() -> Response {
    let script = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (script, include_str!("sdk.js")).into_response()
}

/// The requested cancels whose time has come succeed, and webhooks tell of it.
pub fn fall_due(world: &Arc<World>, reference: &str) {
    let now = world.clock.now();
    let completed = world.books.change(|books| {
        let attempt = books.ledger.attempt_mut(ME, reference)?;
        let cancels = attempt.complete_cancels(now);
        let (payment, attempt) = books.ledger.attempt(ME, reference)?;
        Some((payment.id.clone(), attempt.clone(), cancels))
    });
    let Some((id, attempt, cancels)) = completed else {
        return;
    };
    for cancel in cancels {
        announce(world, &canceled(world, &id, &attempt, &cancel));
    }
}

/// The webhook of a cancel that succeeded.
pub fn canceled(world: &World, id: &str, attempt: &Attempt, cancel: &Cancel) -> Event {
    event(world, id, attempt, kind(attempt), Some(cancel))
}

/// The webhook that fits where the attempt stands now.
pub fn current(world: &World, id: &str, attempt: &Attempt) -> Event {
    event(world, id, attempt, kind(attempt), attempt.cancels.last())
}

fn kind(attempt: &Attempt) -> &'static str {
    match attempt.status {
        Status::Paid => "Transaction.Paid",
        Status::PartCanceled => "Transaction.PartialCancelled",
        Status::Canceled => "Transaction.Cancelled",
        Status::Declined | Status::Quit => "Transaction.Failed",
        Status::Ready | Status::Opened | Status::Authenticated | Status::Expired => {
            "Transaction.Ready"
        }
    }
}

/// A webhook of any kind.
pub fn event(
    world: &World,
    id: &str,
    attempt: &Attempt,
    kind: &str,
    cancel: Option<&Cancel>,
) -> Event {
    let mut body = json!({
        "type": kind,
        "timestamp": wire::time(world.clock.now()),
        "data": {
            "paymentId": id,
            "storeId": world.settings.portone.store_id,
            "transactionId": attempt.reference,
        },
    });
    if let Some(cancel) = cancel {
        body["data"]["cancellationId"] = json!(cancel.id);
    }
    let mut urls = attempt.particulars.notice_urls.clone();
    if urls.is_empty() {
        urls.extend(world.post.default_urls().portone);
    }
    Event {
        provider: ME,
        id: id.to_owned(),
        kind: kind.to_owned(),
        body,
        urls,
    }
}
