//! PortOne's JSON.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    faults::{Disguise, OTHER_CURRENCY, UNKNOWN_STATUS},
    ledger::{Attempt, Cancel, CancelState, CanceledBy, Payment, Status},
    reply::Reply,
    settings::PortOneSettings,
};

/// The body of a cancel. What the sandbox has no use for is left unread.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelBody {
    pub reason: String,
    pub amount: Option<i64>,
    pub current_cancellable_amount: Option<i64>,
    pub store_id: Option<String>,
    #[serde(default)]
    pub skip_webhook: bool,
}

/// The body of a pre-register.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreRegisterBody {
    pub store_id: Option<String>,
    pub total_amount: Option<i64>,
    pub currency: Option<String>,
}

pub fn error(status: u16, code: &str) -> Reply {
    let mut body = json!({ "type": code, "message": format!("the sandbox answers {code}") });
    if code == "PG_PROVIDER" {
        body["pgCode"] = json!("SANDBOX");
        body["pgMessage"] = json!("the payment gateway behind PortOne failed");
    }
    Reply::new(status, &body)
}

pub fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The payment as its attempt has it.
pub fn payment(
    settings: &PortOneSettings,
    payment: &Payment,
    attempt: &Attempt,
    disguise: Disguise,
) -> Value {
    let total = attempt.total + disguise.total_by;
    let vat = vat(total);
    let mut body = json!({
        "status": if disguise.unknown_status { UNKNOWN_STATUS } else { status(attempt.status) },
        "id": payment.id,
        "transactionId": attempt.reference,
        "merchantId": "merchant-sandbox",
        "storeId": if disguise.other_merchant { "store-of-another" } else { &settings.store_id },
        "version": "V2",
        "channel": {
            "type": settings.channel_type,
            "id": "channel-id-sandbox",
            "key": settings.channel_key,
            "name": "sandbox",
            "pgProvider": "TOSSPAYMENTS",
            "pgMerchantId": "sandbox",
        },
        "amount": {
            "total": total,
            "taxFree": 0,
            "vat": vat,
            "supply": total - vat,
            "discount": 0,
            "paid": if attempt.is_taken() { total } else { 0 },
            "cancelled": attempt.canceled(),
            "cancelledTaxFree": 0,
        },
        "currency": if disguise.other_currency { OTHER_CURRENCY } else { &attempt.currency },
        "orderName": attempt.order_name,
        "customer": attempt.particulars.customer,
        "origin": { "platformType": "PC", "ipAddress": "127.0.0.1" },
        "requestedAt": time(attempt.opened_at),
        "updatedAt": time(attempt.changed_at),
        "statusChangedAt": time(attempt.changed_at),
        "disputes": [],
        // Members and cases that no documentation tells of: they may appear any day.
        "method": { "type": "PaymentMethodUnheardOf", "since": "the sandbox" },
        "unheardOf": { "nested": [1, null, "two"] },
    });
    if !attempt.particulars.custom.is_null() {
        body["customData"] = json!(attempt.particulars.custom.to_string());
    }
    if let Some(at) = attempt.approved_at {
        body["paidAt"] = json!(time(at));
        body["pgTxId"] = json!(format!("pg-{}", attempt.reference));
    }
    if let Some(failure) = &attempt.failure {
        body["failedAt"] = json!(time(attempt.changed_at));
        body["failure"] = json!({
            "reason": failure.message,
            "pgCode": failure.code,
            "pgMessage": failure.message,
        });
    }
    if !attempt.cancels.is_empty() {
        let cancels: Vec<_> = attempt.cancels.iter().map(cancellation).collect();
        body["cancellations"] = json!(cancels);
    }
    if matches!(attempt.status, Status::PartCanceled | Status::Canceled) {
        body["cancelledAt"] = json!(time(attempt.changed_at));
    }
    body
}

pub fn cancellation(cancel: &Cancel) -> Value {
    let mut body = json!({
        "status": cancel.state,
        "id": cancel.id,
        "totalAmount": cancel.amount,
        "taxFreeAmount": 0,
        "vatAmount": vat(cancel.amount),
        "reason": cancel.reason,
        "requestedAt": time(cancel.requested_at),
        "trigger": match cancel.by {
            CanceledBy::Api => "API",
            CanceledBy::Console => "CONSOLE",
        },
        "unheardOf": true,
    });
    if cancel.state == CancelState::Succeeded {
        body["cancelledAt"] = json!(cancel.done_at.map(time));
    }
    body
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Ready | Status::Opened | Status::Authenticated | Status::Expired => "READY",
        Status::Paid => "PAID",
        Status::PartCanceled => "PARTIAL_CANCELLED",
        Status::Canceled => "CANCELLED",
        Status::Declined | Status::Quit => "FAILED",
    }
}

/// The tax within a price: an eleventh, rounded.
fn vat(total: i64) -> i64 {
    (total * 2 + 11) / 22
}
