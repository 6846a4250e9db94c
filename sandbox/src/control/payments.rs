//! Looking at payments, and doing to them what buyers and consoles do.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{PaymentReport, refusal};
use crate::{
    buyer::{self, Button},
    ledger::{CancelState, CancelWish, CanceledBy, Provider},
    portone, toss,
    webhook::{Event, announce},
    world::{World, new_name},
};

/// Pressing a button of the payment's last window.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Press {
    pub button: Button,
}

/// Where the buyer's browser goes after a press.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PressReport {
    pub redirect: String,
    pub payment: PaymentReport,
}

/// Giving money back in the gateway's console.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct ConsoleRefund {
    /// `None` for all that is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
}

/// Sending one more webhook, now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SendWebhook {
    pub provider: Provider,
    /// The shop's name of the payment.
    pub id: String,
    /// `Transaction.Paid`, `DEPOSIT_CALLBACK`; `None` for the one that fits where the payment stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

pub async fn list(State(world): State<Arc<World>>) -> Json<Vec<PaymentReport>> {
    let reports = world.books.with(|books| {
        let payments = books.ledger.payments();
        let reports = payments.map(|payment| PaymentReport::of(&world, payment));
        reports.collect()
    });
    Json(reports)
}

pub async fn show(
    State(world): State<Arc<World>>,
    Path((provider, id)): Path<(Provider, String)>,
) -> Response {
    match report(&world, provider, &id) {
        Some(report) => Json(report).into_response(),
        None => not_found(),
    }
}

pub async fn press(
    State(world): State<Arc<World>>,
    Path((provider, id)): Path<(Provider, String)>,
    Json(Press { button }): Json<Press>,
) -> Response {
    let last = world.books.with(|books| {
        let attempt = books.ledger.payment(provider, &id)?.attempts.last()?;
        Some(attempt.reference.clone())
    });
    let Some(reference) = last else {
        return not_found();
    };
    let Ok(redirect) = buyer::press(&world, provider, &reference, button).await else {
        let message = "the window has led to its end";
        return refusal(StatusCode::CONFLICT, "NOT_OPEN", message);
    };
    match report(&world, provider, &id) {
        Some(payment) => Json(PressReport { redirect, payment }).into_response(),
        None => not_found(),
    }
}

pub async fn console_refund(
    State(world): State<Arc<World>>,
    Path((provider, id)): Path<(Provider, String)>,
    Json(ConsoleRefund { amount }): Json<ConsoleRefund>,
) -> Response {
    let now = world.clock.now();
    let wish = CancelWish {
        amount,
        guard: None,
        reason: "console".to_owned(),
        by: CanceledBy::Console,
        idempotency_key: None,
        state: CancelState::Succeeded,
        done_at: Some(now),
    };
    let done = world.books.change(|books| {
        let attempt = books.ledger.leading_mut(provider, &id)?;
        Some(attempt.cancel(wish, new_name(), now))
    });
    match done {
        None => return not_found(),
        Some(Err(why)) => {
            return refusal(StatusCode::CONFLICT, "REFUSED", &format!("{why:?}"));
        }
        Some(Ok(_)) => {}
    }
    if let Some(event) = current_event(&world, provider, &id) {
        announce(&world, &event);
    }
    show(State(world), Path((provider, id))).await
}

pub async fn send_webhook(
    State(world): State<Arc<World>>,
    Json(order): Json<SendWebhook>,
) -> Response {
    let Some(mut event) = current_event(&world, order.provider, &order.id) else {
        return not_found();
    };
    if let Some(kind) = order.kind {
        event = event.of_kind(&kind);
    }
    announce(&world, &event);
    StatusCode::ACCEPTED.into_response()
}

/// The webhook that fits where the payment stands. KakaoPay has none.
fn current_event(world: &World, provider: Provider, id: &str) -> Option<Event> {
    world.books.with(|books| {
        let payment = books.ledger.payment(provider, id)?;
        let attempt = payment.leading()?;
        match provider {
            Provider::PortOne => Some(portone::current(world, id, attempt)),
            Provider::Toss => Some(toss::status_changed(world, payment, attempt)),
            Provider::KakaoPay => None,
        }
    })
}

fn report(world: &World, provider: Provider, id: &str) -> Option<PaymentReport> {
    world.books.with(|books| {
        let payment = books.ledger.payment(provider, id)?;
        Some(PaymentReport::of(world, payment))
    })
}

fn not_found() -> Response {
    refusal(StatusCode::NOT_FOUND, "NOT_FOUND", "no such payment")
}
