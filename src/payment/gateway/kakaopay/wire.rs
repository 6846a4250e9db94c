//! KakaoPay's JSON, as much of it as the shop reads. New members and statuses may come any day.

#![expect(clippy::struct_field_names, reason = "the names are KakaoPay's")]

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use entity::Won;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::payment::gateway::{
    Reason, ReasonKind, Record, RecordState,
    answer::{NotApproved, Verdict},
    http::{Asked, ErrorBody},
};

/// The body of `ready`.
#[derive(Serialize)]
pub struct Ready<'a> {
    pub cid: &'a str,
    pub partner_order_id: &'a str,
    pub partner_user_id: &'a str,
    pub item_name: &'a str,
    pub quantity: i32,
    pub total_amount: Won,
    pub tax_free_amount: Won,
    pub approval_url: &'a str,
    pub cancel_url: &'a str,
    pub fail_url: &'a str,
}

/// The answer of `ready`.
#[derive(Deserialize)]
pub struct Readied {
    pub tid: String,
    pub next_redirect_pc_url: String,
    pub next_redirect_mobile_url: Option<String>,
}

/// The body of `approve`.
#[derive(Serialize)]
pub struct Approve<'a> {
    pub cid: &'a str,
    pub tid: &'a str,
    pub partner_order_id: &'a str,
    pub partner_user_id: &'a str,
    pub pg_token: &'a str,
    pub total_amount: Won,
}

/// The body of `order`.
#[derive(Serialize)]
pub struct Order<'a> {
    pub cid: &'a str,
    pub tid: &'a str,
}

/// The body of `cancel`.
#[derive(Serialize)]
pub struct Cancel<'a> {
    pub cid: &'a str,
    pub tid: &'a str,
    pub cancel_amount: Won,
    pub cancel_tax_free_amount: Won,
    pub cancel_available_amount: Won,
}

/// A payment, as `approve`, `order` and `cancel` tell of it.
#[derive(Deserialize)]
pub struct Payment {
    tid: String,
    cid: String,
    partner_order_id: String,
    partner_user_id: String,
    /// `approve` leaves it out.
    status: Option<String>,
    amount: Option<Amount>,
    canceled_amount: Option<Amount>,
    approved_at: Option<String>,
}

#[derive(Deserialize)]
struct Amount {
    total: Won,
}

/// What a payment must say of itself to be ours.
pub struct Ours<'a> {
    pub cid: &'a str,
    pub tid: &'a str,
    pub partner_order_id: &'a str,
    pub partner_user_id: &'a str,
    /// Whether our cid is one that moves no real money.
    pub is_test: bool,
}

impl Payment {
    /// What `approve` tells of: that it answers means that the money was taken.
    pub fn approved(mut self) -> Self {
        self.status.get_or_insert_with(|| "SUCCESS_PAYMENT".into());
        self
    }

    /// The payment as a record. It names no currency, as it knows but one.
    pub fn into_record(self, ours: &Ours<'_>) -> Result<Record, NotApproved> {
        let state = match self.status.as_deref().unwrap_or_default() {
            "READY" | "SEND_TMS" | "OPEN_PAYMENT" | "SELECT_METHOD" | "ARS_WAITING"
            | "AUTH_PASSWORD" => RecordState::Open,
            "SUCCESS_PAYMENT" | "PART_CANCEL_PAYMENT" | "CANCEL_PAYMENT" => RecordState::Paid,
            status @ ("FAIL_AUTH_PASSWORD" | "QUIT_PAYMENT" | "FAIL_PAYMENT") => {
                RecordState::Failed(Reason::new(status, "", ReasonKind::Payer))
            }
            status => return Err(NotApproved::unknown_status(status)),
        };
        let (total, canceled) = match state {
            RecordState::Paid => self
                .amounts()
                .ok_or_else(|| NotApproved::unreadable("A payment without its amounts."))?,
            _ => (
                self.amount
                    .as_ref()
                    .map_or(Won::ZERO, |amount| amount.total),
                Won::ZERO,
            ),
        };
        Ok(Record {
            state,
            total,
            canceled,
            currency: "KRW".into(),
            is_ours: self.cid == ours.cid
                && self.tid == ours.tid
                && self.partner_order_id == ours.partner_order_id
                && self.partner_user_id == ours.partner_user_id,
            is_test: ours.is_test,
            reference: Some(self.tid),
            paid_at: self.approved_at.as_deref().and_then(moment),
        })
    }

    /// What was taken and what went back, of which a payment without cancellations may say nothing.
    fn amounts(&self) -> Option<(Won, Won)> {
        let canceled = match &self.canceled_amount {
            Some(amount) => amount.total,
            None if self.status.as_deref() == Some("SUCCESS_PAYMENT") => Won::ZERO,
            None => return None,
        };
        Some((self.amount.as_ref()?.total, canceled))
    }
}

/// Times are of Korea and do not say so. One that cannot be read is as good as none: nothing hangs on it.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").ok()?;
    local.and_utc().checked_sub_signed(TimeDelta::hours(9))
}

/// An error. The payment method's own word, where there is one, is among the extras.
#[derive(Deserialize)]
pub struct Error {
    error_code: i64,
    error_message: Option<String>,
    extras: Option<Value>,
}

impl Error {
    fn extra(&self, name: &str) -> Option<&str> {
        self.extras.as_ref()?.get(name)?.as_str()
    }
}

impl ErrorBody for Error {
    fn code(&self) -> String {
        match self.extra("method_result_code") {
            Some(method) => format!("{} {method}", self.error_code),
            None => self.error_code.to_string(),
        }
    }

    fn message(&self) -> &str {
        self.extra("method_result_message")
            .or(self.error_message.as_deref())
            .unwrap_or_default()
    }

    fn verdict(&self, asked: Asked) -> Verdict {
        let method = self.extra("method_result_code");
        super::error::verdict(asked, self.error_code, method)
    }
}

#[cfg(test)]
mod tests;
