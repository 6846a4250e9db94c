//! Asking gateways, and keeping what was asked and answered in the payment's history. No transaction is open while a
//! gateway is asked.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    id::PaymentId,
    payment::{self, PaymentProvider, PaymentStatus},
    payment_event::{self, PaymentEventKind},
};
use scoped_futures::ScopedFutureExt;
use serde_json::{Value, json};

use super::{
    PaymentFailure,
    checkout::Checkout,
    gateway::{Answer, Bill, Proof, Reason, ReasonKind, Record, RecordState},
    rules::event,
    settlement::{Finding, Wish},
    store,
};
use crate::{
    app::App,
    fault::{Failure, Fault, Never},
};

/// How long an approval of which no certain answer came may still come true: a bank's answer can take a gateway
/// twenty minutes.
const DOUBT: TimeDelta = TimeDelta::minutes(30);

/// How long after it was asked for an approval of Toss is asked for again with its key: it replays its first
/// answer, and takes a payment up to ten minutes after the member has agreed to it.
const ASKED_AGAIN: TimeDelta = TimeDelta::minutes(9);

/// Whether an approval that was asked for may still come true, whatever the gateway's record says.
pub fn is_in_doubt(payment: &payment::Model, now: DateTime<Utc>) -> bool {
    payment.status == PaymentStatus::Ready
        && payment
            .approving_since
            .is_some_and(|since| now < since + DOUBT)
}

/// What asking brought.
#[derive(Debug)]
pub struct Learnt {
    /// What the gateway knows, if that is certain.
    pub finding: Option<Finding>,
    /// What follows from it for a payment that was not taken.
    pub wish: Wish,
    /// Why it is not certain, or why the gateway said no.
    pub reason: Option<Reason>,
    /// Whether the gateway said for sure that it will not take the money by what it was asked with.
    pub is_no: bool,
}

/// A payment as its gateway must know it.
pub fn bill(payment: &payment::Model) -> Bill {
    Bill {
        payment_id: payment.id,
        member_id: payment.member_id,
        order_name: payment.order_name.clone(),
        amount: payment.amount,
        expires_at: payment.expires_at,
        reference: payment.reference.clone(),
        approval: payment.approvals.max(1),
    }
}

/// Changes a payment under its lock, with what that adds to its history; gives it as it is then.
pub async fn change(
    app: &App,
    id: PaymentId,
    change: impl Fn(&mut payment::Model, DateTime<Utc>) -> Vec<payment_event::Model> + Send + Sync,
) -> Result<payment::Model, Fault> {
    let change = &change;
    let changed = app
        .db
        .transaction(|tx| {
            async move {
                let payment = store::lock(tx, id).await?;
                let mut payment = payment.ok_or_else(|| Fault::internal("a payment vanished"))?;
                let before = payment.clone();
                let events = change(&mut payment, app.clock.now());
                if payment != before {
                    store::save(tx, &payment, &events).await?;
                }
                Ok(payment)
            }
            .scope_boxed()
        })
        .await;
    changed.map_err(Failure::<Never>::into_fault)
}

/// Asks what the gateway knows; what it does not know for certain, or an approval under way, is `finding: None`.
pub async fn look_up(app: &App, payment: &payment::Model) -> Result<Learnt, Fault> {
    let Some(gateway) = app.payments.gateways.get(payment.provider) else {
        return Ok(Learnt::unconfigured());
    };
    let answer = gateway.look_up(&bill(payment)).await;
    keep(app, payment, PaymentEventKind::LookedUp, &answer).await?;
    Ok(Learnt::by_look_up(payment, answer, app.clock.now()))
}

/// Goes on where somebody stopped: asks again for an approval that was asked for, where that is safe; else looks up.
pub async fn resume(app: &App, payment: &payment::Model) -> Result<Learnt, Fault> {
    let learnt = look_up(app, payment).await?;
    let is_open = learnt.finding.is_none() && learnt.reason.is_none();
    let now = app.clock.now();
    let payment_key = Checkout::of(payment).and_then(|checkout| checkout.payment_key);
    match (payment.provider, payment.approving_since, payment_key) {
        (PaymentProvider::Toss, Some(since), Some(payment_key))
            if is_open && now < since + ASKED_AGAIN =>
        {
            approve(app, payment, &Proof::PaymentKey(payment_key)).await
        }
        _ => Ok(learnt),
    }
}

/// Asks the gateway to take the money; where its answer is not certain, looks up.
pub async fn approve(app: &App, payment: &payment::Model, proof: &Proof) -> Result<Learnt, Fault> {
    let Some(gateway) = app.payments.gateways.get(payment.provider) else {
        return Ok(Learnt::unconfigured());
    };
    let answer = gateway.approve(&bill(payment), proof).await;
    keep(app, payment, PaymentEventKind::ApprovalAnswered, &answer).await?;
    let is_key_used = answer.uses_up_key();
    match answer {
        Answer::Approved(record) => Ok(Learnt::by_look_up(
            payment,
            Answer::Approved(record),
            app.clock.now(),
        )),
        Answer::Declined(reason) => Ok(Learnt::declined(reason)),
        Answer::Unknown(reason) => {
            let learnt = look_up(app, payment).await?;
            let is_open = learnt.finding.is_none() && learnt.reason.is_none();
            // The gateway told why it would not, and its record shows that it did not.
            if is_open && matches!(reason.kind, ReasonKind::Payer | ReasonKind::NotFound) {
                return Ok(Learnt::declined(reason));
            }
            if is_open && is_key_used {
                // The key would only repeat its answer.
                change(app, payment.id, |payment, _| {
                    payment.approvals += 1;
                    Vec::new()
                })
                .await?;
            }
            Ok(Learnt {
                reason: learnt.reason.or(Some(reason)),
                ..learnt
            })
        }
    }
}

impl Learnt {
    fn unconfigured() -> Self {
        Self {
            finding: None,
            wish: Wish::Observe,
            reason: Some(Reason::new(
                "NO_KEYS",
                "This gateway is not configured.",
                ReasonKind::Configuration,
            )),
            is_no: true,
        }
    }

    /// A certain no. Only the payer's ends the payment: a proof that is not good says nothing of a better one.
    fn declined(reason: Reason) -> Self {
        let is_final = reason.kind == ReasonKind::Payer;
        Self {
            finding: is_final.then_some(Finding::Unheard),
            wish: if is_final {
                Wish::Decline(PaymentFailure::in_words(&reason.message))
            } else {
                Wish::Observe
            },
            reason: Some(reason),
            is_no: true,
        }
    }

    fn by_look_up(payment: &payment::Model, answer: Answer<Record>, now: DateTime<Utc>) -> Self {
        let in_doubt = is_in_doubt(payment, now);
        let (finding, reason) = match answer {
            Answer::Approved(record) if in_doubt && record.state == RecordState::Open => {
                (None, None)
            }
            Answer::Approved(record) => (Some(Finding::Record(record)), None),
            Answer::Declined(reason) if reason.kind == ReasonKind::NotFound => {
                ((!in_doubt).then_some(Finding::Unheard), None)
            }
            Answer::Declined(reason) | Answer::Unknown(reason) => (None, Some(reason)),
        };
        Self {
            finding,
            wish: Wish::Observe,
            reason,
            is_no: false,
        }
    }
}

/// How many look-ups that said the same stand in a history: a payment that is watched for a day is not a diary.
const LOOK_UPS_KEPT: i32 = 20;

async fn keep(
    app: &App,
    payment: &payment::Model,
    kind: PaymentEventKind,
    answer: &Answer<Record>,
) -> Result<(), Fault> {
    if kind == PaymentEventKind::LookedUp && payment.checks > LOOK_UPS_KEPT {
        return Ok(());
    }
    let detail = told(answer);
    change(app, payment.id, |payment, now| {
        vec![event(payment, kind, detail.clone(), now)]
    })
    .await
    .map(drop)
}

/// An answer as the history keeps it.
pub fn told(answer: &Answer<Record>) -> Value {
    match answer {
        Answer::Approved(record) => json!({
            "answer": "RECORD",
            "state": match &record.state {
                RecordState::Open => "OPEN",
                RecordState::Paid => "PAID",
                RecordState::Failed(_) => "FAILED",
                RecordState::Expired => "EXPIRED",
            },
            "total": record.total,
            "canceled": record.canceled,
            "currency": record.currency,
            "isOurs": record.is_ours,
            "isTest": record.is_test,
        }),
        Answer::Declined(reason) => told_reason("DECLINED", reason),
        Answer::Unknown(reason) => told_reason("UNKNOWN", reason),
    }
}

/// A reason as the history keeps it.
pub fn told_reason(answer: &str, reason: &Reason) -> Value {
    json!({ "answer": answer, "code": reason.code, "message": reason.message })
}
