//! PortOne's JSON, as much of it as the shop reads. New members, statuses and types may come any day.

use chrono::{DateTime, Utc};
use entity::Won;
use serde::{Deserialize, Serialize};

use crate::payment::gateway::{
    Reason, ReasonKind, Record, RecordState,
    answer::{NotApproved, Verdict},
    http::{Asked, ErrorBody},
};

/// The body of `pre-register`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PreRegister<'a> {
    pub store_id: &'a str,
    pub total_amount: Won,
    pub currency: &'static str,
}

/// The body of `cancel`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancel<'a> {
    pub store_id: &'a str,
    pub reason: &'a str,
    pub amount: Won,
    pub current_cancellable_amount: Won,
}

/// An answer of which nothing is read.
#[derive(Deserialize)]
pub struct Nothing {}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    status: String,
    id: String,
    store_id: String,
    transaction_id: Option<String>,
    channel: Option<Channel>,
    amount: Amount,
    currency: String,
    paid_at: Option<String>,
    failure: Option<Failure>,
}

#[derive(Deserialize)]
struct Channel {
    r#type: String,
}

#[derive(Deserialize)]
struct Amount {
    total: Won,
    cancelled: Won,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    reason: Option<String>,
    pg_code: Option<String>,
    pg_message: Option<String>,
}

impl Payment {
    /// The payment as a record. It is ours if it has the id and the store that it must have.
    pub fn into_record(self, id: &str, store_id: &str) -> Result<Record, NotApproved> {
        let state = match self.status.as_str() {
            "READY" | "PAY_PENDING" | "VIRTUAL_ACCOUNT_ISSUED" => RecordState::Open,
            "PAID" | "PARTIAL_CANCELLED" => RecordState::Paid,
            // A virtual account that is canceled before anybody paid into it gives nothing back.
            "CANCELLED" if self.amount.cancelled > Won::ZERO => RecordState::Paid,
            "CANCELLED" => RecordState::Failed(Reason::new(
                "CANCELLED",
                "It was canceled before it was paid.",
                ReasonKind::Payer,
            )),
            "FAILED" => RecordState::Failed(self.failure.as_ref().map_or_else(
                || Reason::new("FAILED", "", ReasonKind::Payer),
                Failure::reason,
            )),
            status => return Err(NotApproved::unknown_status(status)),
        };
        Ok(Record {
            state,
            total: self.amount.total,
            canceled: self.amount.cancelled,
            currency: self.currency,
            is_ours: self.id == id && self.store_id == store_id,
            is_test: self.channel.is_none_or(|channel| channel.r#type != "LIVE"),
            reference: self.transaction_id,
            paid_at: self.paid_at.as_deref().and_then(moment),
        })
    }
}

impl Failure {
    fn reason(&self) -> Reason {
        let message = self.reason.as_deref().or(self.pg_message.as_deref());
        Reason::new(
            self.pg_code.as_deref().unwrap_or("FAILED"),
            message.unwrap_or_default(),
            ReasonKind::Payer,
        )
    }
}

/// A time that cannot be read is as good as none: nothing hangs on it.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
}

/// The answer of `cancel`.
#[derive(Deserialize)]
pub struct Canceled {
    cancellation: Cancellation,
}

#[derive(Deserialize)]
struct Cancellation {
    status: String,
}

impl Canceled {
    /// Whether the money went back: a success of HTTP may carry that it did not, or not yet.
    pub fn check(&self) -> Result<(), NotApproved> {
        match self.cancellation.status.as_str() {
            "SUCCEEDED" => Ok(()),
            "REQUESTED" => Err(Verdict::Unknown(ReasonKind::Later)
                .because("REQUESTED", "The cancellation is under way.")),
            "FAILED" => {
                Err(Verdict::Declined(ReasonKind::Later)
                    .because("FAILED", "The cancellation failed."))
            }
            status => Err(NotApproved::unknown_status(status)),
        }
    }
}

/// An error. Where the company behind PortOne had the word, its own is there too.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Error {
    r#type: String,
    message: Option<String>,
    pg_code: Option<String>,
    pg_message: Option<String>,
}

impl ErrorBody for Error {
    fn code(&self) -> String {
        match &self.pg_code {
            Some(pg_code) => format!("{} {pg_code}", self.r#type),
            None => self.r#type.clone(),
        }
    }

    fn message(&self) -> &str {
        let message = self.pg_message.as_deref().or(self.message.as_deref());
        message.unwrap_or_default()
    }

    fn verdict(&self, asked: Asked) -> Verdict {
        super::error::verdict(asked, &self.r#type)
    }
}

#[cfg(test)]
mod tests;
