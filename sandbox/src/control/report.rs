//! A payment as the control API shows it, whichever gateway's.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    ledger::{Attempt, Cancel, CancelState, CanceledBy, Payment, Provider, Status},
    world::World,
};

/// A payment, over all its windows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReport {
    pub provider: Provider,
    /// The shop's name of it.
    pub id: String,
    /// The gateway's name for the attempt that took the money, or else for the last.
    pub reference: Option<String>,
    /// Where that attempt stands; `None` before any window was opened.
    pub status: Option<Status>,
    /// What that attempt asks for.
    pub total: i64,
    /// What was taken, given back since or not.
    pub paid: i64,
    /// What was given back.
    pub canceled: i64,
    /// How often money was taken: more than once is a shop's mistake.
    pub approvals: u32,
    pub cancels: Vec<CancelReport>,
    pub windows: Vec<WindowReport>,
}

/// Money on its way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelReport {
    pub id: String,
    /// Of the attempt that had taken it.
    pub reference: String,
    pub amount: i64,
    pub state: CancelState,
    pub by: CanceledBy,
    pub idempotency_key: Option<String>,
}

/// An attempt to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowReport {
    pub reference: String,
    /// The payment page.
    pub url: String,
    pub status: Status,
    pub total: i64,
    pub opened_at: DateTime<Utc>,
    /// From then on the next step comes too late.
    pub due: DateTime<Utc>,
}

impl PaymentReport {
    pub(crate) fn of(world: &World, payment: &Payment) -> Self {
        let leading = payment.leading();
        let attempts = &payment.attempts;
        let cancels = attempts.iter().flat_map(|attempt| {
            let cancels = attempt.cancels.iter();
            cancels.map(|cancel| CancelReport::of(attempt, cancel))
        });
        Self {
            provider: payment.provider,
            id: payment.id.clone(),
            reference: leading.map(|attempt| attempt.reference.clone()),
            status: leading.map(|attempt| attempt.status),
            total: leading.map_or(payment.agreed.total.unwrap_or(0), |attempt| attempt.total),
            paid: attempts.iter().map(Attempt::paid).sum(),
            canceled: attempts.iter().map(Attempt::canceled).sum(),
            approvals: attempts.iter().map(|attempt| attempt.approvals).sum(),
            cancels: cancels.collect(),
            windows: attempts
                .iter()
                .map(|attempt| WindowReport::of(world, payment.provider, attempt))
                .collect(),
        }
    }
}

impl CancelReport {
    fn of(attempt: &Attempt, cancel: &Cancel) -> Self {
        Self {
            id: cancel.id.clone(),
            reference: attempt.reference.clone(),
            amount: cancel.amount,
            state: cancel.state,
            by: cancel.by,
            idempotency_key: cancel.idempotency_key.clone(),
        }
    }
}

impl WindowReport {
    fn of(world: &World, provider: Provider, attempt: &Attempt) -> Self {
        Self {
            reference: attempt.reference.clone(),
            url: world.page_url(provider, &attempt.reference),
            status: attempt.status,
            total: attempt.total,
            opened_at: attempt.opened_at,
            due: attempt.due,
        }
    }
}
