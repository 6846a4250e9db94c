//! The control API: what buyers and consoles do, done by a test, and what the gateways know, to be looked at.
//!
//! Everything is JSON, and every body is a type of this module, both ways.
//!
//! | call | body | answer |
//! | --- | --- | --- |
//! | `GET /sandbox/payments` | | every [`PaymentReport`] |
//! | `GET /sandbox/payments/{provider}/{id}` | | [`PaymentReport`] |
//! | `POST /sandbox/payments/{provider}/{id}/press` | [`Press`] | [`PressReport`] |
//! | `POST /sandbox/payments/{provider}/{id}/console-refund` | [`ConsoleRefund`] | [`PaymentReport`] |
//! | `POST /sandbox/portone/window` | [`PortOneWindow`] | [`WindowOpened`] |
//! | `POST /sandbox/toss/window` | [`TossWindow`] | [`WindowOpened`] |
//! | `POST /sandbox/faults` | [`FaultOrder`] | 201 and the order |
//! | `GET /sandbox/faults` | | the [`FaultOrder`]s that still wait |
//! | `DELETE /sandbox/faults` | | 204 |
//! | `POST /sandbox/clock` | [`MoveClock`] | [`ClockReport`] |
//! | `POST /sandbox/send-webhook` | [`SendWebhook`] | 202 |
//! | `GET /sandbox/webhooks` | | every [`Delivery`] |
//! | `GET /sandbox/events` | | [`InboxReport`] |
//! | `GET /sandbox/events/mode` | | [`Mode`] |
//! | `POST /sandbox/events/mode` | [`Mode`] | [`Mode`] |
//!
//! `provider` is `portone`, `toss` or `kakaopay`, and `id` the shop's own name of the payment. A refusal is a
//! [`ControlError`]: 404 where there is no such payment, 409 where it is not in the state for it, else 400.

mod payments;
mod report;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{buyer::Opened, ledger::Failure, portone, toss, world::World};

pub use crate::{
    buyer::Button,
    faults::FaultOrder,
    platform::{Arrival, InboxReport, Mode},
    portone::RequestPayment as PortOneWindow,
    toss::{Amount as TossAmount, RequestPayment as TossWindow},
    webhook::Delivery,
};
pub use payments::{ConsoleRefund, Press, PressReport, SendWebhook};
pub use report::{CancelReport, PaymentReport, WindowReport};

/// A window that was opened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WindowOpened {
    /// The payment page.
    pub url: String,
    /// The gateway's name for the attempt.
    pub reference: String,
}

/// How to move the clock.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct MoveClock {
    /// Forward by so many milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advance_ms: Option<u32>,
    /// The waits that begin from now on are so many times shorter than the gateways'.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
}

/// The clock after it was moved.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ClockReport {
    pub now: DateTime<Utc>,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlError {
    /// `NOT_FOUND`, `NOT_OPEN`, `REFUSED`, `FAULT_CANNOT_BE_MET`, `BAD_SCALE`, or the gateway's own.
    pub code: String,
    pub message: String,
}

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/sandbox/payments", get(payments::list))
        .route("/sandbox/payments/{provider}/{id}", get(payments::show))
        .route(
            "/sandbox/payments/{provider}/{id}/press",
            post(payments::press),
        )
        .route(
            "/sandbox/payments/{provider}/{id}/console-refund",
            post(payments::console_refund),
        )
        .route("/sandbox/portone/window", post(open_portone))
        .route("/sandbox/toss/window", post(open_toss))
        .route(
            "/sandbox/faults",
            get(faults).post(order_fault).delete(clear_faults),
        )
        .route("/sandbox/clock", post(move_clock))
        .route("/sandbox/send-webhook", post(payments::send_webhook))
        .route("/sandbox/webhooks", get(webhooks))
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    let error = ControlError {
        code: code.to_owned(),
        message: message.to_owned(),
    };
    (status, Json(error)).into_response()
}

fn opened(opened: Result<Opened, Failure>) -> Response {
    match opened {
        Ok(Opened { reference, url }) => Json(WindowOpened { url, reference }).into_response(),
        Err(Failure { code, message }) => refusal(StatusCode::BAD_REQUEST, &code, &message),
    }
}

async fn open_portone(
    State(world): State<Arc<World>>,
    Json(request): Json<PortOneWindow>,
) -> Response {
    opened(portone::open(&world, request))
}

async fn open_toss(State(world): State<Arc<World>>, Json(request): Json<TossWindow>) -> Response {
    opened(toss::open(&world, request))
}

async fn faults(State(world): State<Arc<World>>) -> Json<Vec<FaultOrder>> {
    Json(world.faults.all())
}

async fn order_fault(State(world): State<Arc<World>>, Json(order): Json<FaultOrder>) -> Response {
    if !order.can_be_met() {
        return refusal(
            StatusCode::BAD_REQUEST,
            "FAULT_CANNOT_BE_MET",
            "this gateway cannot go wrong in this way at this step",
        );
    }
    world.faults.order(order.clone());
    (StatusCode::CREATED, Json(order)).into_response()
}

async fn clear_faults(State(world): State<Arc<World>>) -> StatusCode {
    world.faults.clear();
    StatusCode::NO_CONTENT
}

async fn move_clock(State(world): State<Arc<World>>, Json(by): Json<MoveClock>) -> Response {
    if by.scale.is_some_and(|scale| !world.clock.set_scale(scale)) {
        return refusal(
            StatusCode::BAD_REQUEST,
            "BAD_SCALE",
            "a scale is a number above zero",
        );
    }
    if let Some(ms) = by.advance_ms {
        world.clock.advance(TimeDelta::milliseconds(i64::from(ms)));
    }
    let now = world.clock.now();
    Json(ClockReport { now }).into_response()
}

async fn webhooks(State(world): State<Arc<World>>) -> Json<Vec<Delivery>> {
    Json(world.post.log())
}
