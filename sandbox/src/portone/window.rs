//! PortOne's window: what opens it, and what its buttons do.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::{Host, Url};

use super::{ME, current};
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

/// How long a window stays. PortOne names no time; this is the longest of the gateways behind it.
const WINDOW_MINUTES: u32 = 30;

const ALREADY_PAID: &str = "PaymentAlreadyPaid";

/// What a shop's page gives to `PortOne.requestPayment`. What the sandbox has no use for is left unread.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestPayment {
    pub store_id: String,
    pub payment_id: String,
    pub order_name: String,
    pub total_amount: i64,
    pub currency: String,
    pub channel_key: Option<String>,
    /// Where the buyer comes back to. PortOne can do without, in a window over the page; the sandbox cannot.
    pub redirect_url: String,
    pub notice_urls: Option<Vec<String>>,
    pub custom_data: Option<Value>,
    pub customer: Option<Value>,
}

/// Opens a window, or says why none opens.
pub fn open(world: &Arc<World>, request: RequestPayment) -> Result<Opened, Failure> {
    check(world, &request)?;
    let fault = world
        .faults
        .meet_if(ME, Step::Window, Some(&request.payment_id), |fault| {
            matches!(fault, Fault::TamperAmount { .. } | Fault::TamperCurrency)
        });
    let disguise = Fault::disguise(fault.as_ref());
    let currency = match request.currency.trim_start_matches("CURRENCY_") {
        _ if disguise.other_currency => OTHER_CURRENCY,
        currency => currency,
    };
    let opening = Opening {
        reference: new_name(),
        order_name: request.order_name,
        total: request.total_amount + disguise.total_by,
        currency: currency.to_owned(),
        return_urls: ReturnUrls {
            success: request.redirect_url.clone(),
            fail: request.redirect_url.clone(),
            close: request.redirect_url,
        },
        particulars: Particulars {
            custom: request.custom_data.unwrap_or_default(),
            customer: request
                .customer
                .unwrap_or_else(|| Value::Object(serde_json::Map::new())),
            notice_urls: request.notice_urls.unwrap_or_default(),
            ..Particulars::default()
        },
    };
    let due = world.clock.after_minutes(WINDOW_MINUTES);
    let attempt = Attempt::open(opening, world.clock.now(), due);
    world.books.change(|books| {
        let id = request.payment_id.as_str();
        if let Some(payment) = books.ledger.payment(ME, id) {
            check_agreed(payment, &attempt)?;
        }
        books.ledger.add(ME, id, attempt.clone());
        Ok(())
    })?;
    announce(world, &current(world, &request.payment_id, &attempt));
    Ok(Opened {
        url: world.page_url(ME, &attempt.reference),
        reference: attempt.reference,
    })
}

fn check(world: &World, request: &RequestPayment) -> Result<(), Failure> {
    let settings = &world.settings.portone;
    let channel = request.channel_key.as_deref();
    if request.store_id != settings.store_id {
        return Err(Failure::new("StoreNotFound", "no such store"));
    }
    if channel.is_some_and(|key| key != settings.channel_key) {
        return Err(Failure::new("ChannelNotFound", "no such channel"));
    }
    let is_sound = !request.payment_id.is_empty()
        && is_total(request.total_amount)
        && is_web_address(&request.redirect_url)
        && request.notice_urls.iter().flatten().all(|url| is_near(url));
    if !is_sound {
        return Err(Failure::new(
            "InvalidRequest",
            "paymentId, totalAmount, redirectUrl or noticeUrls cannot be used",
        ));
    }
    Ok(())
}

/// A page can name a place for webhooks, and a sandbox shall post nowhere but on its own machine.
fn is_near(url: &str) -> bool {
    let url = Url::parse(url);
    url.is_ok_and(|url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    })
}

fn check_agreed(payment: &Payment, attempt: &Attempt) -> Result<(), Failure> {
    if payment.is_taken() {
        return Err(already_paid());
    }
    let agreed = &payment.agreed;
    let is_as_agreed = agreed.total.is_none_or(|total| total == attempt.total)
        && agreed
            .currency
            .as_ref()
            .is_none_or(|currency| *currency == attempt.currency);
    if is_as_agreed {
        Ok(())
    } else {
        Err(Failure::new(
            "AmountNotEqualToPredefined",
            "the amount is not the one that was registered before",
        ))
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
    let (id, back) = (request.payment_id.clone(), request.redirect_url.clone());
    match open(&world, request) {
        Ok(opened) => Redirect::to(&opened.url).into_response(),
        Err(Failure { code, message }) if is_web_address(&back) => {
            let why = [("code", code.as_str()), ("message", message.as_str())];
            let pairs = [&[("paymentId", id.as_str())], &why[..]].concat();
            Redirect::to(&with_query(&back, &pairs)).into_response()
        }
        Err(failure) => (StatusCode::BAD_REQUEST, failure.message).into_response(),
    }
}

/// A button is pressed. Agreeing takes the money at once.
pub fn press(world: &Arc<World>, reference: &str, button: Button) -> Result<Pressed, NotOpen> {
    let id = world.owner(ME, reference).ok_or(NotOpen)?;
    let decline = decline(world, ME, &id, button);
    let now = world.clock.now();
    let (attempt, is_new) = world.books.change(|books| {
        let (payment, attempt) = books.ledger.attempt(ME, reference).ok_or(NotOpen)?;
        let is_paid_elsewhere = payment.is_taken() && !attempt.is_taken();
        let attempt = books.ledger.attempt_mut(ME, reference).ok_or(NotOpen)?;
        if attempt.is_taken() && button == Button::Approve {
            // The buyer went back in the browser, and comes to the shop a second time.
            return Ok((attempt.clone(), false));
        }
        let end = if attempt.is_overdue(now) {
            Some((Status::Quit, too_late()))
        } else if button == Button::Close {
            Some((Status::Quit, closed()))
        } else if is_paid_elsewhere {
            Some((Status::Declined, already_paid()))
        } else {
            decline.map(|why| (Status::Declined, why))
        };
        let end = match end {
            Some((status, why)) => attempt.fail(status, why, now),
            None => attempt
                .authenticate(now, attempt.due)
                .and_then(|()| attempt.take(now)),
        };
        end.map_err(|_| NotOpen)?;
        Ok((attempt.clone(), true))
    })?;
    let told = is_new.then(|| current(world, &id, &attempt));
    let before = told
        .map(|event| announce(world, &event))
        .unwrap_or_default();
    Ok(Pressed {
        redirect: way_back(&id, &attempt),
        before,
    })
}

fn too_late() -> Failure {
    Failure::new("PAY_PROCESS_ABORTED", "결제 시간이 지났습니다")
}

fn closed() -> Failure {
    Failure::new("PAY_PROCESS_CANCELED", "사용자가 결제를 취소했습니다")
}

fn already_paid() -> Failure {
    Failure::new(ALREADY_PAID, "the payment is already paid")
}

fn way_back(id: &str, attempt: &Attempt) -> String {
    let id = ("paymentId", id);
    let Some(Failure { code, message }) = &attempt.failure else {
        return with_query(&attempt.return_urls.success, &[id]);
    };
    // What went wrong behind PortOne has one code of PortOne's, and its own beside.
    let own_code = match code.as_str() {
        ALREADY_PAID => ALREADY_PAID,
        _ => "FAILURE_TYPE_PG",
    };
    let pairs = [
        id,
        ("code", own_code),
        ("message", message),
        ("pgCode", code),
        ("pgMessage", message),
    ];
    with_query(&attempt.return_urls.fail, &pairs)
}
