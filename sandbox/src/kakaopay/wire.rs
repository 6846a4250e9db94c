//! KakaoPay's JSON.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    faults::{Disguise, UNKNOWN_STATUS},
    ledger::{Attempt, Cancel, CancelState, Payment, Status},
    reply::Reply,
    settings::KakaoPaySettings,
};

/// The body of a ready. What the sandbox has no use for is left unread.
#[derive(Debug, Deserialize)]
pub struct ReadyBody {
    pub cid: String,
    pub partner_order_id: String,
    pub partner_user_id: String,
    pub item_name: String,
    pub item_code: Option<String>,
    pub quantity: i64,
    pub total_amount: i64,
    pub tax_free_amount: i64,
    pub vat_amount: Option<i64>,
    pub approval_url: String,
    pub cancel_url: String,
    pub fail_url: String,
}

/// The body of an approve.
#[derive(Debug, Deserialize)]
pub struct ApproveBody {
    pub cid: String,
    pub tid: String,
    pub partner_order_id: String,
    pub partner_user_id: String,
    pub pg_token: String,
    pub total_amount: Option<i64>,
}

/// The body of an order: a look-up.
#[derive(Debug, Deserialize)]
pub struct OrderBody {
    pub cid: String,
    pub tid: String,
}

/// The body of a cancel.
#[derive(Debug, Deserialize)]
pub struct CancelBody {
    pub cid: String,
    pub tid: String,
    pub cancel_amount: i64,
    /// Required, though nothing here is free of tax.
    #[serde(rename = "cancel_tax_free_amount")]
    pub _cancel_tax_free_amount: i64,
    pub cancel_available_amount: Option<i64>,
}

/// The error with the status its code comes with.
pub fn refusal(code: i32) -> Reply {
    let status = match code {
        -401 => 401,
        -403 => 403,
        -404 => 404,
        -429 => 429,
        -500 => 500,
        -503 => 503,
        _ => 400,
    };
    error(status, code, None)
}

/// An error of approving: a number, or why the approval failed.
pub fn approve_error(status: u16, code: &str) -> Reply {
    worded_error(status, code, -780)
}

/// An error of canceling: a number, or why the cancel failed.
pub fn cancel_error(status: u16, code: &str) -> Reply {
    worded_error(status, code, -781)
}

fn worded_error(status: u16, code: &str, otherwise: i32) -> Reply {
    match code.parse() {
        Ok(number) => error(status, number, None),
        Err(_) => error(status, otherwise, Some(code)),
    }
}

fn error(status: u16, code: i32, result: Option<&str>) -> Reply {
    let mut body = json!({
        "error_code": code,
        "error_message": format!("the sandbox answers {code}"),
    });
    if let Some(result) = result {
        body["extras"] = json!({
            "method_result_code": result,
            "method_result_message": format!("the sandbox answers {result}"),
        });
    }
    Reply::new(status, &body)
}

/// Seoul's time, which KakaoPay writes without saying so.
fn time(at: DateTime<Utc>) -> String {
    let seoul = at + TimeDelta::hours(9);
    seoul.format("%Y-%m-%dT%H:%M:%S").to_string()
}

pub fn ready(tid: &str, page: &str, at: DateTime<Utc>) -> Value {
    json!({
        "tid": tid,
        "next_redirect_pc_url": page,
        "next_redirect_mobile_url": page,
        "next_redirect_app_url": page,
        "android_app_scheme": "kakaotalk://sandbox",
        "ios_app_scheme": "kakaotalk://sandbox",
        "created_at": time(at),
        // KakaoPay sends it at times, and documents it nowhere.
        "tms_result": false,
    })
}

/// The answer to an approve. It has no status.
pub fn approved(
    settings: &KakaoPaySettings,
    payment: &Payment,
    attempt: &Attempt,
    disguise: Disguise,
) -> Value {
    let mut body = head(settings, payment, attempt, disguise);
    body["aid"] = json!(attempt.particulars.approval_id);
    body["amount"] = full_amount(attempt, disguise);
    body["approved_at"] = json!(attempt.approved_at.map(time));
    body
}

/// The answer to a look-up.
pub fn order(
    settings: &KakaoPaySettings,
    payment: &Payment,
    attempt: &Attempt,
    disguise: Disguise,
) -> Value {
    let mut body = head(settings, payment, attempt, disguise);
    add_sums(&mut body, attempt, disguise);
    body["approved_at"] = json!(attempt.approved_at.map(time));
    let canceled_at = succeeded(attempt).last().and_then(|cancel| cancel.done_at);
    body["canceled_at"] = json!(canceled_at.map(time));
    let approval = attempt.approved_at.map(|at| {
        json!({
            "aid": attempt.particulars.approval_id,
            "approved_at": time(at),
            "amount": attempt.total,
            "point_amount": 0,
            "discount_amount": 0,
            "payment_action_type": "PAYMENT",
        })
    });
    let cancels = succeeded(attempt).map(|cancel| {
        json!({
            "aid": cancel.id,
            "approved_at": cancel.done_at.map(time),
            "amount": cancel.amount,
            "point_amount": 0,
            "discount_amount": 0,
            "payment_action_type": "CANCEL",
        })
    });
    let details: Vec<_> = approval.into_iter().chain(cancels).collect();
    body["payment_action_details"] = json!(details);
    body
}

/// The answer to a cancel.
pub fn canceled(
    settings: &KakaoPaySettings,
    payment: &Payment,
    attempt: &Attempt,
    cancel: &Cancel,
    disguise: Disguise,
) -> Value {
    let mut body = head(settings, payment, attempt, disguise);
    add_sums(&mut body, attempt, disguise);
    body["aid"] = json!(cancel.id);
    body["approved_cancel_amount"] = amount(cancel.amount, 0);
    body["approved_at"] = json!(attempt.approved_at.map(time));
    body["canceled_at"] = json!(cancel.done_at.map(time));
    body
}

fn head(
    settings: &KakaoPaySettings,
    payment: &Payment,
    attempt: &Attempt,
    disguise: Disguise,
) -> Value {
    json!({
        "tid": attempt.reference,
        "cid": if disguise.other_merchant { "TC0ANOTHER" } else { &settings.cid },
        "partner_order_id": payment.id,
        "partner_user_id": attempt.particulars.buyer,
        "payment_method_type": attempt.is_taken().then_some("MONEY"),
        "item_name": attempt.order_name,
        "item_code": attempt.particulars.item_code,
        "quantity": attempt.particulars.quantity,
        "created_at": time(attempt.opened_at),
        // A member that no documentation tells of: it may appear any day.
        "unheard_of": { "nested": [1, null, "two"] },
    })
}

fn add_sums(body: &mut Value, attempt: &Attempt, disguise: Disguise) {
    body["status"] = json!(if disguise.unknown_status {
        UNKNOWN_STATUS
    } else {
        word(attempt.status)
    });
    body["amount"] = full_amount(attempt, disguise);
    body["canceled_amount"] = amount(attempt.canceled(), 0);
    body["cancel_available_amount"] = amount(attempt.cancelable(), 0);
}

fn full_amount(attempt: &Attempt, disguise: Disguise) -> Value {
    let particulars = &attempt.particulars;
    let mut full = amount(attempt.total + disguise.total_by, particulars.tax_free);
    if let Some(vat) = particulars.vat {
        full["vat"] = json!(vat);
    }
    full
}

fn amount(total: i64, tax_free: i64) -> Value {
    json!({
        "total": total,
        "tax_free": tax_free,
        "vat": ((total - tax_free) * 2 + 11) / 22,
        "point": 0,
        "discount": 0,
        "green_deposit": 0,
    })
}

fn succeeded(attempt: &Attempt) -> impl Iterator<Item = &Cancel> {
    let is_done = |cancel: &&Cancel| cancel.state == CancelState::Succeeded;
    attempt.cancels.iter().filter(is_done)
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Ready | Status::Expired => "READY",
        Status::Opened => "OPEN_PAYMENT",
        Status::Authenticated => "AUTH_PASSWORD",
        Status::Paid => "SUCCESS_PAYMENT",
        Status::PartCanceled => "PART_CANCEL_PAYMENT",
        Status::Canceled => "CANCEL_PAYMENT",
        Status::Declined => "FAIL_PAYMENT",
        Status::Quit => "QUIT_PAYMENT",
    }
}
