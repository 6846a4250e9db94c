//! Confirming and giving up: what a client, or a browser that a gateway sent back, brings to an end.

use std::sync::{Mutex, PoisonError};

use entity::{
    id::{MemberId, PaymentId},
    payment::{self, PaymentProvider, PaymentStatus},
    payment_event::PaymentEventKind,
};
use serde_json::json;

use super::{
    PaymentFailure,
    checkout::Checkout,
    gateway::{Proof, ReasonKind},
    inquiry::{self, Learnt},
    rules::{event, next_check},
    settlement::{Finding, Wish, is_mismatched, settle},
    store,
};
use crate::{
    app::App,
    fault::{Failure, Outcome},
};

/// Why a payment was not confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    NoSuchPayment,
    /// The proof is not the one that this provider gives.
    ProofMissing(PaymentProvider),
    /// The gateway does not know the proof.
    ProofUnknown,
    /// The payment failed.
    Declined(PaymentFailure),
    /// What was taken is not what was agreed; it goes back.
    Mismatch(PaymentFailure),
    Expired,
    /// The gateway is not to be asked at the moment.
    Unavailable,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Asker {
    Member(MemberId),
    /// A browser that came back from this gateway: it knows the payment's id, and no more.
    Browser(PaymentProvider),
}

async fn find(app: &App, asker: Asker, id: PaymentId) -> Outcome<payment::Model, Refusal> {
    let payment = store::by_id(app.db.writer(), id).await?;
    payment
        .filter(|payment| match asker {
            Asker::Member(member_id) => payment.member_id == member_id,
            Asker::Browser(provider) => payment.provider == provider,
        })
        .ok_or(Failure::Refused(Refusal::NoSuchPayment))
}

/// Brings a payment to its end with the client's proof. Given again, or by several at once, it ends once; a payment
/// that is READY afterwards is being settled, and its order's events tell how.
pub async fn confirm(
    app: &App,
    asker: Asker,
    id: PaymentId,
    proof: &Proof,
) -> Outcome<payment::Model, Refusal> {
    let payment = find(app, asker, id).await?;
    if payment.status != PaymentStatus::Ready {
        // A window of PortOne may have taken the money just now.
        return if payment.provider == PaymentProvider::PortOne && payment.paid_at.is_none() {
            finish(app, &payment, Wish::Observe).await
        } else {
            ended(payment)
        };
    }
    let fits = matches!(
        (payment.provider, proof),
        (PaymentProvider::Toss, Proof::PaymentKey(_))
            | (PaymentProvider::KakaoPay, Proof::PgToken(_))
            | (PaymentProvider::PortOne, Proof::None)
    );
    if !fits {
        return Err(Failure::Refused(Refusal::ProofMissing(payment.provider)));
    }
    if payment.expires_at <= app.clock.now() && payment.approving_since.is_none() {
        return finish(app, &payment, Wish::Expire).await;
    }
    let before = Mutex::new(payment);
    let payment = inquiry::change(app, id, |payment, now| {
        if payment.status != PaymentStatus::Ready {
            return Vec::new();
        }
        before
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(payment);
        // Should this server die now, another takes over.
        payment.check_at = Some(next_check(now, 6, &mut rand::rng()));
        if payment.provider != PaymentProvider::PortOne {
            payment.approving_since = Some(now);
            payment.approvals = payment.approvals.max(1);
        }
        if let Proof::PaymentKey(key) = proof
            && let Some(checkout) = Checkout::asked_with(payment, key)
        {
            payment.checkout = Some(checkout);
        }
        vec![event(
            payment,
            PaymentEventKind::ApprovalAsked,
            json!({}),
            now,
        )]
    })
    .await?;
    if payment.status != PaymentStatus::Ready {
        return ended(payment);
    }
    let learnt = inquiry::approve(app, &payment, proof).await?;
    let before = before.into_inner().unwrap_or_else(PoisonError::into_inner);
    conclude(app, &before, payment, learnt).await
}

async fn conclude(
    app: &App,
    before: &payment::Model,
    payment: payment::Model,
    learnt: Learnt,
) -> Outcome<payment::Model, Refusal> {
    if let Some(finding) = learnt.finding {
        return ended(settle(app, payment.id, &finding, &learnt.wish).await?);
    }
    if !learnt.is_no {
        return ask_soon(app, payment.id).await;
    }
    let forgotten = forget_approval(app, before, &payment).await?;
    match learnt.reason.map(|reason| reason.kind) {
        Some(ReasonKind::Later) => Ok(forgotten),
        Some(ReasonKind::Configuration) => Err(Failure::Refused(Refusal::Unavailable)),
        _ => Err(Failure::Refused(Refusal::ProofUnknown)),
    }
}

/// A proof that the gateway does not take was nobody's: the right one may still come, and is asked for with another
/// key, since this one repeats its answer. An approval that somebody else has asked for, before or meanwhile, stays.
async fn forget_approval(
    app: &App,
    before: &payment::Model,
    asked: &payment::Model,
) -> Outcome<payment::Model, Refusal> {
    let forgotten = inquiry::change(app, asked.id, |payment, now| {
        if payment.status == PaymentStatus::Ready {
            payment.approvals += 1;
            if payment.approving_since == asked.approving_since {
                payment.approving_since = before.approving_since;
                payment.checkout.clone_from(&before.checkout);
                payment.check_at = Some(match payment.approving_since {
                    Some(_) => next_check(now, payment.checks, &mut rand::rng()),
                    None => payment.expires_at,
                });
            }
        }
        Vec::new()
    });
    Ok(forgotten.await?)
}

/// Leaves what is not certain to the reconciler.
async fn ask_soon(app: &App, id: PaymentId) -> Outcome<payment::Model, Refusal> {
    let payment = inquiry::change(app, id, |payment, now| {
        if payment.status == PaymentStatus::Ready {
            payment.check_at = Some(next_check(now, payment.checks, &mut rand::rng()));
        }
        Vec::new()
    })
    .await?;
    app.payments.wake();
    Ok(payment)
}

/// Gives a payment up, unless the gateway has taken it: then it is paid.
pub async fn abandon(app: &App, asker: Asker, id: PaymentId) -> Outcome<payment::Model, Refusal> {
    let payment = find(app, asker, id).await?;
    if payment.status != PaymentStatus::Ready {
        return Ok(payment);
    }
    finish_as(app, &payment, Wish::Abandon).await
}

/// Gives a payment up because its member orders something else.
pub async fn supersede(app: &App, payment: payment::Model) -> Outcome<payment::Model, Refusal> {
    if payment.status != PaymentStatus::Ready {
        return Ok(payment);
    }
    finish_as(app, &payment, Wish::Supersede).await
}

/// Ends a payment that the gateway's page says was declined, unless its record says otherwise.
pub async fn decline(
    app: &App,
    asker: Asker,
    id: PaymentId,
    why: PaymentFailure,
) -> Outcome<payment::Model, Refusal> {
    let payment = find(app, asker, id).await?;
    if payment.status != PaymentStatus::Ready {
        return Ok(payment);
    }
    finish_as(app, &payment, Wish::Decline(why)).await
}

async fn finish(
    app: &App,
    payment: &payment::Model,
    wish: Wish,
) -> Outcome<payment::Model, Refusal> {
    ended(finish_as(app, payment, wish).await?)
}

async fn finish_as(
    app: &App,
    payment: &payment::Model,
    wish: Wish,
) -> Outcome<payment::Model, Refusal> {
    let learnt = inquiry::look_up(app, payment).await?;
    match learnt.finding {
        Some(finding) => Ok(settle(app, payment.id, &finding, &wish).await?),
        // Nothing can be taken without our asking for it, and nobody will.
        None if needs_approval(payment)
            && payment.approving_since.is_none()
            && wish != Wish::Observe =>
        {
            Ok(settle(app, payment.id, &Finding::Unheard, &wish).await?)
        }
        None if payment.status == PaymentStatus::Ready => ask_soon(app, payment.id).await,
        None => Ok(payment.clone()),
    }
}

/// Whether its gateway takes nothing before it is asked to.
pub fn needs_approval(payment: &payment::Model) -> bool {
    payment.provider != PaymentProvider::PortOne
}

/// A payment that was wanted to be paid, as the answer to that.
fn ended(payment: payment::Model) -> Outcome<payment::Model, Refusal> {
    let failure = PaymentFailure::of(&payment);
    let refusal = match (payment.status, failure) {
        (PaymentStatus::Expired, _) | (_, Some(PaymentFailure::TooLate)) => Refusal::Expired,
        (PaymentStatus::Failed, failure) => {
            Refusal::Declined(failure.unwrap_or(PaymentFailure::Declined))
        }
        (_, Some(failure)) if is_mismatched(&payment) => Refusal::Mismatch(failure),
        _ => return Ok(payment),
    };
    Err(Failure::Refused(refusal))
}
