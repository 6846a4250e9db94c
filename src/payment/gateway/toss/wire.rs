//! Toss Payments' JSON, as much of it as the shop reads. Most members may be null, and new ones may come any day.

#![expect(clippy::struct_field_names, reason = "the names are Toss's")]

use chrono::{DateTime, Utc};
use entity::Won;
use serde::{Deserialize, Serialize};

use crate::payment::gateway::{
    Reason, ReasonKind, Record, RecordState,
    answer::{NotApproved, Verdict},
    http::{Asked, ErrorBody},
};

/// The body of `confirm`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Confirm<'a> {
    pub payment_key: &'a str,
    pub order_id: &'a str,
    pub amount: Won,
}

/// The body of `cancel`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancel<'a> {
    pub cancel_reason: &'a str,
    pub cancel_amount: Won,
    pub refundable_amount: Won,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    m_id: Option<String>,
    payment_key: String,
    order_id: String,
    currency: Option<String>,
    status: String,
    total_amount: Option<Won>,
    /// What can still be canceled.
    balance_amount: Option<Won>,
    approved_at: Option<String>,
    failure: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    code: Option<String>,
    message: Option<String>,
}

/// What a payment must say of itself to be ours.
pub struct Ours<'a> {
    pub order_id: &'a str,
    pub payment_key: Option<&'a str>,
    /// The merchant account, if the shop was told which it is.
    pub merchant_id: Option<&'a str>,
    /// Whether our key is one that moves no real money.
    pub is_test: bool,
}

impl Payment {
    /// The payment as a record.
    pub fn into_record(self, ours: &Ours<'_>) -> Result<Record, NotApproved> {
        let state = match self.status.as_str() {
            "READY" | "IN_PROGRESS" | "WAITING_FOR_DEPOSIT" => RecordState::Open,
            "DONE" | "PARTIAL_CANCELED" => RecordState::Paid,
            // A virtual account that is canceled before anybody paid into it gives nothing back.
            "CANCELED" if self.approved_at.is_some() => RecordState::Paid,
            "CANCELED" | "ABORTED" => RecordState::Failed(self.failure_reason()),
            "EXPIRED" => RecordState::Expired,
            status => return Err(NotApproved::unknown_status(status)),
        };
        // Only a payment that was made has to say how much it is.
        let canceled = match state {
            RecordState::Paid => self
                .canceled()
                .ok_or_else(|| NotApproved::unreadable("A payment without its amounts."))?,
            _ => Won::ZERO,
        };
        Ok(Record {
            state,
            total: self.total_amount.unwrap_or_default(),
            canceled,
            currency: self.currency.unwrap_or_default(),
            is_ours: self.order_id == ours.order_id
                && ours.payment_key.is_none_or(|key| self.payment_key == key)
                && (ours.merchant_id).is_none_or(|id| self.m_id.as_deref() == Some(id)),
            is_test: ours.is_test,
            reference: Some(self.payment_key),
            paid_at: self.approved_at.as_deref().and_then(moment),
        })
    }

    fn canceled(&self) -> Option<Won> {
        let (total, balance) = (self.total_amount?, self.balance_amount?);
        total.0.checked_sub(balance.0).map(Won)
    }

    fn failure_reason(&self) -> Reason {
        let failure = self.failure.as_ref();
        Reason::new(
            failure
                .and_then(|failure| failure.code.as_deref())
                .unwrap_or(&self.status),
            failure
                .and_then(|failure| failure.message.as_deref())
                .unwrap_or_default(),
            ReasonKind::Payer,
        )
    }
}

/// A time that cannot be read is as good as none: nothing hangs on it.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
}

#[derive(Deserialize)]
pub struct Error {
    code: String,
    message: Option<String>,
}

impl ErrorBody for Error {
    fn code(&self) -> String {
        self.code.clone()
    }

    fn message(&self) -> &str {
        self.message.as_deref().unwrap_or_default()
    }

    fn verdict(&self, asked: Asked) -> Verdict {
        super::error::verdict(asked, &self.code)
    }
}

#[cfg(test)]
mod tests;
