//! Toss's window: what opens it, and what its buttons do.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ME, status_changed};
use crate::{
    buyer::{
        Button, FromSdk, NotOpen, Opened, Pressed, decline, is_total, is_web_address, unreadable,
        with_query,
    },
    faults::{Fault, OTHER_CURRENCY, Step},
    ledger::{Attempt, Failure, Opening, Particulars, Payment, ReturnUrls, Status},
    webhook::announce,
    world::{World, new_name},
};

/// How long a window stays.
const WINDOW_MINUTES: u32 = 30;
/// How long the shop has to confirm after the buyer has agreed.
const CONFIRM_MINUTES: u32 = 10;

/// What a shop's page gives to `requestPayment`, with the client key it gave to `TossPayments`. What the
/// sandbox has no use for is left unread.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestPayment {
    pub client_key: String,
    pub order_id: String,
    pub order_name: String,
    pub amount: Amount,
    pub success_url: String,
    pub fail_url: String,
    pub customer_key: Option<String>,
    pub metadata: Option<Value>,
    /// Asked for by the widgets.
    #[serde(default)]
    pub widget: bool,
}

/// How much, in which currency.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Amount {
    pub currency: String,
    pub value: i64,
}

/// Opens a window, or says why none opens.
pub fn open(world: &Arc<World>, request: RequestPayment) -> Result<Opened, Failure> {
    check(world, &request)?;
    let id = request.order_id;
    let fault = world.faults.meet_if(ME, Step::Window, Some(&id), |fault| {
        matches!(fault, Fault::TamperAmount { .. } | Fault::TamperCurrency)
    });
    let disguise = Fault::disguise(fault.as_ref());
    let opening = Opening {
        reference: format!("tsbx_{}", new_name()),
        order_name: request.order_name,
        total: request.amount.value + disguise.total_by,
        currency: if disguise.other_currency {
            OTHER_CURRENCY.to_owned()
        } else {
            request.amount.currency
        },
        return_urls: ReturnUrls {
            success: request.success_url,
            close: request.fail_url.clone(),
            fail: request.fail_url,
        },
        particulars: Particulars {
            buyer: request.customer_key,
            custom: request.metadata.unwrap_or_default(),
            widget: request.widget,
            ..Particulars::default()
        },
    };
    let due = world.clock.after_minutes(WINDOW_MINUTES);
    let attempt = Attempt::open(opening, world.clock.now(), due);
    let reference = attempt.reference.clone();
    world.books.change(|books| {
        let payment = books.ledger.payment(ME, &id);
        if payment.is_some_and(Payment::is_taken) {
            let message = "이미 처리된 결제입니다";
            return Err(Failure::new("ALREADY_PROCESSED_PAYMENT", message));
        }
        books.ledger.add(ME, &id, attempt);
        Ok(())
    })?;
    world.remind(ME, &reference, due);
    Ok(Opened {
        url: world.page_url(ME, &reference),
        reference,
    })
}

fn check(world: &World, request: &RequestPayment) -> Result<(), Failure> {
    if request.client_key != world.settings.toss.client_key {
        return Err(Failure::new("UNAUTHORIZED_KEY", "인증되지 않은 키입니다"));
    }
    let is_id = (6..=64).contains(&request.order_id.len())
        && request
            .order_id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte));
    let is_sound = is_id
        && is_total(request.amount.value)
        && request.order_name.chars().count() <= 100
        && is_web_address(&request.success_url)
        && is_web_address(&request.fail_url);
    if is_sound {
        Ok(())
    } else {
        Err(Failure::new("INVALID_REQUEST", "잘못된 요청입니다"))
    }
}

/// The browser comes from the shop's page and goes on to the payment page, or back.
pub async fn from_sdk(
    State(world): State<Arc<World>>,
    Query(FromSdk { request }): Query<FromSdk>,
) -> Response {
    let Ok(request) = serde_json::from_str::<RequestPayment>(&request) else {
        return unreadable();
    };
    let (id, back) = (request.order_id.clone(), request.fail_url.clone());
    match open(&world, request) {
        Ok(opened) => Redirect::to(&opened.url).into_response(),
        Err(failure) if is_web_address(&back) => {
            Redirect::to(&fail_url(&back, &failure, Some(&id))).into_response()
        }
        Err(failure) => (StatusCode::BAD_REQUEST, failure.message).into_response(),
    }
}

/// A button is pressed. Agreeing takes no money: the shop has to confirm.
pub fn press(world: &Arc<World>, reference: &str, button: Button) -> Result<Pressed, NotOpen> {
    let id = world.owner(ME, reference).ok_or(NotOpen)?;
    let decline = decline(world, ME, &id, button);
    let now = world.clock.now();
    let due = world.clock.after_minutes(CONFIRM_MINUTES);
    let (redirect, event) = world.books.change(|books| {
        let attempt = books.ledger.attempt_mut(ME, reference).ok_or(NotOpen)?;
        if attempt.is_overdue(now) || attempt.status == Status::Expired {
            // It expires by the reminder, which tells of it.
            let why = Failure::new("PAY_PROCESS_ABORTED", "결제 시간이 지났습니다");
            return Ok((to_fail_url(attempt, &why, Some(&id)), None));
        }
        let Some(why) = decline else {
            let redirect = match button {
                Button::Close => close(attempt)?,
                Button::Approve | Button::Decline => agree(&id, attempt, now, due)?,
            };
            return Ok((redirect, None));
        };
        let redirect = to_fail_url(attempt, &why, Some(&id));
        attempt
            .fail(Status::Declined, why, now)
            .map_err(|_| NotOpen)?;
        let (payment, attempt) = books.ledger.attempt(ME, reference).ok_or(NotOpen)?;
        Ok((redirect, Some(status_changed(world, payment, attempt))))
    })?;
    if button == Button::Approve {
        world.remind(ME, reference, due);
    }
    let before = event
        .map(|event| announce(world, &event))
        .unwrap_or_default();
    Ok(Pressed { redirect, before })
}

/// Closing the window changes nothing, and the way back does not tell the order.
fn close(attempt: &Attempt) -> Result<String, NotOpen> {
    let why = Failure::new("PAY_PROCESS_CANCELED", "사용자가 결제를 취소했습니다");
    let redirect = attempt.is_open().then(|| to_fail_url(attempt, &why, None));
    redirect.ok_or(NotOpen)
}

/// Agreeing again, after going back in the browser, leads the same way again.
fn agree(
    id: &str,
    attempt: &mut Attempt,
    now: DateTime<Utc>,
    due: DateTime<Utc>,
) -> Result<String, NotOpen> {
    if attempt.status != Status::Authenticated && !attempt.is_taken() {
        attempt.authenticate(now, due).map_err(|_| NotOpen)?;
    }
    Ok(to_success_url(id, attempt))
}

fn to_success_url(id: &str, attempt: &Attempt) -> String {
    let amount = attempt.total.to_string();
    let pairs = [
        ("amount", amount.as_str()),
        ("orderId", id),
        ("paymentKey", &attempt.reference),
    ];
    let kind = attempt
        .particulars
        .widget
        .then_some(("paymentType", "NORMAL"));
    let pairs: Vec<_> = kind.into_iter().chain(pairs).collect();
    with_query(&attempt.return_urls.success, &pairs)
}

fn to_fail_url(attempt: &Attempt, failure: &Failure, id: Option<&str>) -> String {
    fail_url(&attempt.return_urls.fail, failure, id)
}

fn fail_url(base: &str, Failure { code, message }: &Failure, id: Option<&str>) -> String {
    let id = id.map(|id| ("orderId", id));
    let why = [("code", code.as_str()), ("message", message.as_str())];
    let pairs: Vec<_> = why.into_iter().chain(id).collect();
    with_query(base, &pairs)
}
