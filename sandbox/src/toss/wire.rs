//! Toss's JSON.

use chrono::{DateTime, FixedOffset, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::codes;
use crate::{
    faults::{Disguise, OTHER_CURRENCY, UNKNOWN_STATUS},
    ledger::{Attempt, Cancel, CancelState, Payment, Status},
    reply::Reply,
    world::World,
};

const SEOUL_SECONDS_EAST: i32 = 9 * 60 * 60;

/// The body of a confirm.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfirmBody {
    pub payment_key: String,
    pub order_id: String,
    pub amount: i64,
}

/// The body of a cancel. What the sandbox has no use for is left unread.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelBody {
    pub cancel_reason: String,
    pub cancel_amount: Option<i64>,
    pub refundable_amount: Option<i64>,
}

pub fn error(status: u16, code: &str) -> Reply {
    let message = format!("샌드박스의 답입니다: {code}");
    Reply::new(status, &json!({ "code": code, "message": message }))
}

/// The error with the status its code comes with.
pub fn refusal(code: &str) -> Reply {
    error(codes::status(code), code)
}

fn seoul(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    match FixedOffset::east_opt(SEOUL_SECONDS_EAST) {
        Some(seoul) => at.with_timezone(&seoul),
        None => at.fixed_offset(),
    }
}

pub fn time(at: DateTime<Utc>) -> String {
    seoul(at).format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Seoul's time without saying so, as webhooks have it.
pub fn local_time(at: DateTime<Utc>) -> String {
    seoul(at).format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}

/// The payment as its attempt has it.
pub fn payment(world: &World, payment: &Payment, attempt: &Attempt, disguise: Disguise) -> Value {
    let total = attempt.total + disguise.total_by;
    let balance = total - attempt.canceled();
    let vat = (balance * 2 + 11) / 22;
    let is_taken = attempt.is_taken();
    let status = if attempt.is_overdue(world.clock.now()) {
        Status::Expired
    } else {
        attempt.status
    };
    let cancels: Vec<_> = cancels(attempt).collect();
    let last = attempt.cancels.last().map(|cancel| cancel.id.clone());
    let last = last.or_else(|| is_taken.then(|| format!("tx-{}", attempt.reference)));
    json!({
        "version": "2022-11-16",
        "mId": if disguise.other_merchant { "another" } else { "sandbox" },
        "paymentKey": if disguise.other_merchant { "key-of-another" } else { &attempt.reference },
        "type": "NORMAL",
        "orderId": if disguise.other_merchant { "order-of-another" } else { &payment.id },
        "orderName": attempt.order_name,
        "currency": if disguise.other_currency { OTHER_CURRENCY } else { &attempt.currency },
        "country": "KR",
        "method": is_taken.then_some("카드"),
        "status": if disguise.unknown_status { UNKNOWN_STATUS } else { word(status) },
        "totalAmount": total,
        "balanceAmount": balance,
        "suppliedAmount": balance - vat,
        "vat": vat,
        "taxFreeAmount": 0,
        "taxExemptionAmount": 0,
        "requestedAt": time(attempt.opened_at),
        "approvedAt": attempt.approved_at.map(time),
        "lastTransactionKey": last,
        "isPartialCancelable": is_taken.then_some(true),
        "useEscrow": is_taken.then_some(false),
        "cultureExpense": is_taken.then_some(false),
        "cancels": (!cancels.is_empty()).then_some(cancels),
        "card": is_taken.then(|| card(total)),
        "virtualAccount": null,
        "transfer": null,
        "mobilePhone": null,
        "giftCertificate": null,
        "easyPay": null,
        "cashReceipt": null,
        "discount": null,
        "failure": attempt.failure.as_ref().map(|failure| {
            json!({ "code": failure.code, "message": failure.message })
        }),
        "secret": null,
        "metadata": attempt.particulars.custom,
        "receipt": is_taken.then(|| json!({ "url": world.origin })),
        "checkout": { "url": world.page_url(payment.provider, &attempt.reference) },
        // A member that no documentation tells of: it may appear any day.
        "unheardOf": { "nested": [1, null, "two"] },
    })
}

fn card(total: i64) -> Value {
    json!({
        "issuerCode": "00",
        "acquirerCode": "00",
        "number": "00000000****000*",
        "installmentPlanMonths": 0,
        "approveNo": "00000000",
        "cardType": "신용",
        "ownerType": "개인",
        "acquireStatus": "READY",
        "amount": total,
        "isInterestFree": false,
        "interestPayer": null,
        "useCardPoint": false,
    })
}

fn cancels(attempt: &Attempt) -> impl Iterator<Item = Value> {
    let done = |cancel: &&Cancel| cancel.state == CancelState::Succeeded;
    let mut left = attempt.paid();
    attempt.cancels.iter().filter(done).map(move |cancel| {
        left -= cancel.amount;
        json!({
            "cancelAmount": cancel.amount,
            "cancelReason": cancel.reason,
            "taxFreeAmount": 0,
            "taxExemptionAmount": 0,
            "refundableAmount": left,
            "transferDiscountAmount": 0,
            "easyPayDiscountAmount": 0,
            "canceledAt": cancel.done_at.map(time),
            "transactionKey": cancel.id,
            "receiptKey": null,
            "cancelStatus": "DONE",
            "cancelRequestId": null,
        })
    })
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Ready | Status::Opened | Status::Quit => "READY",
        Status::Authenticated => "IN_PROGRESS",
        Status::Paid => "DONE",
        Status::PartCanceled => "PARTIAL_CANCELED",
        Status::Canceled => "CANCELED",
        Status::Declined => "ABORTED",
        Status::Expired => "EXPIRED",
    }
}
