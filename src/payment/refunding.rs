//! Giving money back at a gateway: a row first, in the transaction that owes it; then calls, until the gateway's own
//! record says that it is done.
//!
//! A refund is not "give back 3,000 won" but "have given back 8,000 in all": the record is read first, and only what
//! is missing is asked for, under the guard of what the gateway holds by that record. So a lost answer, a refund
//! made in the gateway's own console, a second instance at the same work: none of them gives anything back twice.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Won,
    id::{OrderId, RefundId},
    payment,
    payment_event::PaymentEventKind,
    refund::{self, RefundStatus},
};
use scoped_futures::ScopedFutureExt;
use serde_json::{Value, json};

use super::{
    bill,
    gateway::{Answer, Cancellation, Reason, ReasonKind, Record, RecordState},
    rules::{at_gateway, event, next_check, paid_status},
    store,
};
use crate::{
    app::App,
    clock::new_id,
    db::Transaction,
    fault::{Failure, Fault, Never, Outcome},
    order::{self as orders, announcement::payment_refunded},
    outbox::{self, Appended},
    rows::insert,
};

/// How long a refund that its gateway refuses waits before it is tried again: a person must look.
const STUCK_PAUSE: TimeDelta = TimeDelta::hours(1);

/// Writes down that a gateway owes the member money. The payment's row is locked and saved by the caller.
pub async fn owe(
    tx: &Transaction,
    payment: &mut payment::Model,
    amount: Won,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let before = store::refunds_of(tx, payment.id).await?;
    let sequence = before.last().map_or(1, |refund| refund.sequence + 1);
    let refund = refund::Model {
        id: new_id(now, &mut rand::rng()),
        payment_id: payment.id,
        sequence,
        amount,
        status: RefundStatus::Owed,
        reason: reason.to_owned(),
        canceled_before: None,
        keys: 0,
        attempts: 0,
        failure: None,
        created_at: now,
        check_at: Some(now),
        done_at: None,
    };
    let detail = json!({ "refund": refund.id.to_string(), "amount": amount, "reason": reason });
    let event = event(payment, PaymentEventKind::RefundOwed, detail, now);
    insert(tx, &[refund]).await?;
    insert(tx, &[event]).await?;
    Ok(())
}

/// Writes down what of an order's refund its gateway owes: as much as it took and does not owe yet. Gives that; the
/// rest goes back as points. The order's row is locked.
pub async fn owe_of_order(
    tx: &Transaction,
    order_id: OrderId,
    refund: Won,
    now: DateTime<Utc>,
) -> Result<Won, Fault> {
    let Some(mut payment) = store::lock_of_order(tx, order_id).await? else {
        return Ok(Won::ZERO);
    };
    let owed = store::owed(&store::refunds_of(tx, payment.id).await?);
    let amount = at_gateway(refund, payment.taken, owed);
    if amount > Won::ZERO {
        owe(tx, &mut payment, amount, "The order was canceled.", now).await?;
        store::save(tx, &payment, &[]).await?;
    }
    Ok(amount)
}

/// What a try at a refund found out.
enum Step {
    /// So much was given back in all, which is enough.
    Done(Record),
    /// To be asked again; with another key if this one only repeats its answer.
    Later { reason: Reason, is_key_used: bool },
    /// A person must look.
    Refused(Reason),
}

/// Tries to get a refund done; gives whether it is. Whoever calls has claimed it.
pub async fn perform(app: &App, id: RefundId) -> Result<bool, Fault> {
    let db = app.db.writer();
    let Some(refund) = store::refund_by_id(db, id).await? else {
        return Ok(true);
    };
    let payment = store::by_id(db, refund.payment_id).await?;
    let payment = payment.ok_or_else(|| Fault::internal("a refund without its payment"))?;
    let refunds = store::refunds_of(db, payment.id).await?;
    // Earlier ones first: what each must reach builds on them. Asking for both at once is as good.
    let upto = refunds
        .iter()
        .filter(|other| other.sequence <= refund.sequence);
    let target = Won(upto.map(|refund| refund.amount.0).sum());
    if refund.status == RefundStatus::Done {
        return Ok(true);
    }
    let step = ask(app, &payment, &refund, target).await?;
    let is_done = matches!(step, Step::Done(_));
    let (status, messages) = app
        .db
        .transaction(|tx| record_step(app, tx, id, target, &step).scope_boxed())
        .await
        .map_err(Failure::<Never>::into_fault)?;
    app.outbox.hand_over(messages);
    if let Step::Refused(reason) = &step
        && status == RefundStatus::Stuck
        && refund.status != RefundStatus::Stuck
    {
        tracing::error!(refund = %id, payment = %payment.id, reason = told(reason), "a refund is stuck");
    }
    Ok(is_done)
}

async fn ask(
    app: &App,
    payment: &payment::Model,
    refund: &refund::Model,
    target: Won,
) -> Result<Step, Fault> {
    let Some(gateway) = app.payments.gateways.get(payment.provider) else {
        return Ok(Step::Refused(Reason::new(
            "NO_KEYS",
            "This gateway is not configured.",
            ReasonKind::Configuration,
        )));
    };
    let bill = bill(payment);
    let record = match gateway.look_up(&bill).await {
        Answer::Approved(record) => record,
        Answer::Declined(reason) => return Ok(Step::Refused(reason)),
        Answer::Unknown(reason) => {
            return Ok(Step::Later {
                reason,
                is_key_used: false,
            });
        }
    };
    if !record.is_ours {
        return Ok(Step::Refused(Reason::new(
            "NOT_OURS",
            "The gateway's record is of another shop.",
            ReasonKind::Configuration,
        )));
    }
    if record.canceled >= target {
        return Ok(Step::Done(record));
    }
    if record.state != RecordState::Paid {
        return Ok(Step::Refused(Reason::new(
            "NOT_PAID",
            "The gateway's record does not say that it took the money.",
            ReasonKind::Other,
        )));
    }
    let key = claim_key(app, refund.id, record.canceled).await?;
    let cancellation = Cancellation {
        refund_id: refund.id,
        key,
        amount: Won(target.0 - record.canceled.0),
        cancelable: Won(record.total.0 - record.canceled.0),
        reason: refund.reason.clone(),
    };
    let answer = gateway.cancel(&bill, &cancellation).await;
    let is_key_used = answer.uses_up_key();
    Ok(match answer {
        Answer::Approved(record) if record.canceled >= target => Step::Done(record),
        Answer::Approved(_) => Step::Later {
            reason: Reason::new(
                "NOT_YET",
                "The gateway has not given all of it back yet.",
                ReasonKind::Later,
            ),
            is_key_used,
        },
        Answer::Declined(reason) if reason.kind != ReasonKind::Later => Step::Refused(reason),
        Answer::Declined(reason) | Answer::Unknown(reason) => Step::Later {
            reason,
            is_key_used,
        },
    })
}

/// The key to ask with, written down before it is used: the same one only for the same request, of which no
/// answer came.
async fn claim_key(app: &App, id: RefundId, canceled: Won) -> Result<i32, Fault> {
    let claimed = app
        .db
        .transaction(|tx| {
            async move {
                let vanished = || Fault::internal("a refund vanished");
                let refund = store::refund_by_id(tx, id).await?.ok_or_else(vanished)?;
                store::lock(tx, refund.payment_id).await?;
                // Once more, under the lock.
                let mut refund = store::refund_by_id(tx, id).await?.ok_or_else(vanished)?;
                if refund.canceled_before != Some(canceled) {
                    refund.canceled_before = Some(canceled);
                    refund.keys += 1;
                    store::save_refund(tx, &refund).await?;
                }
                Ok(refund.keys)
            }
            .scope_boxed()
        })
        .await;
    claimed.map_err(Failure::<Never>::into_fault)
}

/// Writes down what a try found out; gives where the refund stands then, and what the world outside hears of it.
async fn record_step(
    app: &App,
    tx: &Transaction,
    id: RefundId,
    target: Won,
    step: &Step,
) -> Outcome<(RefundStatus, Appended), Never> {
    let vanished = || Fault::internal("a refund vanished");
    let refund = store::refund_by_id(tx, id).await?.ok_or_else(vanished)?;
    let unlocked = store::by_id(tx, refund.payment_id).await?;
    // The order's messages are numbered under its lock.
    let order = match unlocked.ok_or_else(vanished)?.order_id {
        Some(order_id) => orders::store::lock(tx, order_id).await?,
        None => None,
    };
    let payment = store::lock(tx, refund.payment_id).await?;
    let mut payment = payment.ok_or_else(vanished)?;
    let refunded_before = payment.refunded;
    // Once more, under the lock.
    let mut refund = store::refund_by_id(tx, id).await?.ok_or_else(vanished)?;
    if refund.status == RefundStatus::Done {
        return Ok((refund.status, Appended::default()));
    }
    let now = app.clock.now();
    refund.attempts += 1;
    match step {
        Step::Done(record) => {
            refund.status = RefundStatus::Done;
            refund.done_at = Some(now);
            refund.check_at = None;
            refund.failure = None;
            let given_back = record.canceled.min(payment.taken);
            payment.refunded = payment.refunded.max(given_back);
            payment.status = paid_status(payment.taken, payment.refunded);
        }
        Step::Later {
            reason,
            is_key_used,
        } => {
            refund.failure = Some(told(reason));
            refund.check_at = Some(next_check(now, refund.attempts, &mut rand::rng()));
            if *is_key_used {
                refund.canceled_before = None;
            }
        }
        Step::Refused(reason) => {
            refund.status = RefundStatus::Stuck;
            refund.failure = Some(told(reason));
            refund.check_at = Some(now + STUCK_PAUSE);
            refund.canceled_before = None;
        }
    }
    let event = event(
        &mut payment,
        PaymentEventKind::RefundAnswered,
        detail(&refund, target),
        now,
    );
    store::save_refund(tx, &refund).await?;
    store::save(tx, &payment, &[event]).await?;
    // What was given back in the gateway's own console, and found only now, is told with it.
    let amount = Won(payment.refunded.0 - refunded_before.0);
    let messages = match order {
        Some(order) if amount > Won::ZERO => {
            let id = new_id(now, &mut rand::rng());
            let message = payment_refunded(id, &order, &payment, amount, now);
            outbox::append(tx, order.id, vec![message]).await?
        }
        _ => Appended::default(),
    };
    Ok((refund.status, messages))
}

fn told(reason: &Reason) -> String {
    format!("{}: {}", reason.code, reason.message)
}

fn detail(refund: &refund::Model, target: Won) -> Value {
    json!({
        "refund": refund.id.to_string(),
        "amount": refund.amount,
        "inAll": target,
        "attempt": refund.attempts,
        "isDone": refund.status == RefundStatus::Done,
        "failure": refund.failure,
    })
}
