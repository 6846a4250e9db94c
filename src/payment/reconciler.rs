//! The reconciler: ends every payment in a certain state, and gets every refund done, whatever was lost.
//!
//! Each instance runs one a gateway, so that one that hangs holds up none of the others. It claims what is due for a
//! while (rows that another instance is just claiming are passed over), asks the gateway, and settles; what is still
//! not certain is due again later, ever more rarely. All that it needs stands in the tables, so a killed server's work
//! is another's, or its own after the start.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use entity::{
    id::{PaymentId, RefundId},
    payment::{self, PaymentProvider, PaymentStatus},
};
use futures_util::{FutureExt, future::join_all};
use sea_orm::Iterable;
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    confirmation::needs_approval,
    inquiry, refunding,
    rules::{next_check, next_watch},
    settlement::{Finding, Wish, settle},
    store,
};
use crate::{app::App, db::in_background, fault::Fault, panics::caught};

/// How often a gateway is asked about one payment or refund at most.
const QUESTIONS_MAX: u32 = 3;

/// How much longer a claim lasts than all answers may take.
const LEASE_MARGIN: Duration = Duration::from_secs(15);

/// How long to sleep at most: another instance's work becomes due without a word.
const SLEEP_MAX: Duration = Duration::from_secs(5);

/// How long to sleep at least, so that a clock that stands still does not spin.
const SLEEP_MIN: Duration = Duration::from_millis(20);

/// How many payments, and how many refunds, are claimed and asked about at once.
const CLAIM: u64 = 8;

/// Starts the loops; they end soon after `stopping`.
pub fn start(app: &Arc<App>, stopping: &CancellationToken) -> JoinHandle<()> {
    let loops = PaymentProvider::iter().map(|provider| {
        let (app, stopping) = (app.clone(), stopping.clone());
        tokio::spawn(in_background(async move {
            reconcile(&app, provider, &stopping).await;
        }))
    });
    let loops = loops.collect::<Vec<_>>();
    tokio::spawn(async move {
        for ended in join_all(loops).await {
            if let Err(error) = ended {
                tracing::error!(%error, "a reconciler died");
            }
        }
    })
}

async fn reconcile(app: &Arc<App>, provider: PaymentProvider, stopping: &CancellationToken) {
    let mut woken = app.payments.wake.subscribe();
    while !stopping.is_cancelled() {
        // What becomes due from here on wakes it once more.
        woken.mark_unchanged();
        let pause = match caught(round(app, provider)).await.flatten() {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, ?provider, "the payments could not be looked at");
                SLEEP_MAX
            }
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            _ = timeout(pause, woken.changed()) => {}
        }
    }
}

/// Does all that is due at a gateway; gives how long nothing will be.
async fn round(app: &Arc<App>, provider: PaymentProvider) -> Result<Duration, Fault> {
    let db = app.db.writer();
    loop {
        let now = app.clock.now();
        let lease = now + app.payments.patience * QUESTIONS_MAX + LEASE_MARGIN;
        let payments = store::claim_payments(db, provider, now, lease, CLAIM).await?;
        let refunds = store::claim_refunds(db, provider, now, lease, CLAIM).await?;
        if payments.is_empty() && refunds.is_empty() {
            break;
        }
        let payments = payments
            .into_iter()
            .map(|id| check(app.clone(), id, lease).boxed());
        let refunds = refunds
            .into_iter()
            .map(|id| refund(app.clone(), id).boxed());
        join_all(payments.chain(refunds)).await;
    }
    let due = store::next_due(app.db.reader(), provider).await?;
    let pause = due.and_then(|due| (due - app.clock.now()).to_std().ok());
    Ok(pause.unwrap_or(SLEEP_MAX).clamp(SLEEP_MIN, SLEEP_MAX))
}

async fn check(app: Arc<App>, id: PaymentId, lease: DateTime<Utc>) {
    let checked = caught(check_payment(&app, id, lease)).await.flatten();
    if let Err(error) = checked {
        tracing::warn!(%error, payment = %id, "a payment could not be looked at");
    }
}

async fn refund(app: Arc<App>, id: RefundId) {
    if let Err(error) = caught(refunding::perform(&app, id)).await.flatten() {
        tracing::warn!(%error, refund = %id, "a refund could not be made");
    }
}

/// Asks about one payment that was claimed until `lease`, settles it by the answer, and says when to ask next, if that is
/// still needed.
async fn check_payment(app: &App, id: PaymentId, lease: DateTime<Utc>) -> Result<(), Fault> {
    let Some(payment) = store::by_id(app.db.writer(), id).await? else {
        return Ok(());
    };
    let now = app.clock.now();
    let wish = if payment.status == PaymentStatus::Ready && payment.expires_at <= now {
        Wish::Expire
    } else {
        Wish::Observe
    };
    let learnt = inquiry::resume(app, &payment).await?;
    let wish = match learnt.wish {
        Wish::Observe => wish,
        wish => wish,
    };
    let finding = match &learnt.finding {
        // Nothing can be taken without our asking for it, which nobody will.
        None if wish == Wish::Expire
            && needs_approval(&payment)
            && payment.approving_since.is_none() =>
        {
            Some(&Finding::Unheard)
        }
        finding => finding.as_ref(),
    };
    let was_over = payment.status != PaymentStatus::Ready;
    if let Some(finding) = finding {
        let settled = settle(app, id, finding, &wish).await?;
        if settled.status != PaymentStatus::Ready && !was_over {
            // It says itself when it is looked at next.
            return Ok(());
        }
    }
    let is_certain = learnt.finding.is_some();
    inquiry::change(app, id, |payment, now| {
        payment.checks = payment.checks.saturating_add(1);
        // Else somebody has heard of it meanwhile, and wants it looked at again.
        if payment.check_at == Some(lease) {
            payment.check_at = next(payment, is_certain, now);
        }
        Vec::new()
    })
    .await
    .map(drop)
}

/// When a payment is looked at next.
fn next(payment: &payment::Model, is_certain: bool, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let again = next_check(now, payment.checks, &mut rand::rng());
    match payment.status {
        PaymentStatus::Ready
            if is_certain && payment.approving_since.is_none() && payment.expires_at > now =>
        {
            Some(payment.expires_at)
        }
        PaymentStatus::Ready => Some(again),
        // Who was not reached has said nothing.
        PaymentStatus::Failed | PaymentStatus::Expired if !is_certain => Some(again),
        PaymentStatus::Failed | PaymentStatus::Expired => next_watch(payment.expires_at, now),
        _ if !is_certain => Some(again),
        _ => None,
    }
}
