//! What gateways tell by themselves. A webhook is a hint and no more: it makes the reconciler ask the gateway at once,
//! and what is settled is settled by that answer.

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use entity::{
    id::PaymentId,
    payment::{self, PaymentProvider},
    payment_event::PaymentEventKind,
    webhook_receipt,
};
use scoped_futures::ScopedFutureExt;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    rules::event,
    store,
    webhook::{portone, toss},
};
use crate::{
    app::App,
    db::Transaction,
    fault::{Failure, Fault, Never, Outcome},
    signature::Rejection,
};

/// Why a webhook is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// This server knows no secret that it could be checked with.
    #[error("no webhook secret is configured")]
    Unconfigured,
    #[error("it is not believed: {0}")]
    Forged(#[from] Rejection),
    #[error("it cannot be read")]
    Unreadable,
    #[error("{0}")]
    Fault(#[from] Fault),
}

/// A webhook that was understood.
struct Notice<'n> {
    provider: PaymentProvider,
    /// The sender's id of it, where it has one.
    webhook_id: Option<&'n str>,
    kind: &'n str,
    payment_id: PaymentId,
    body: &'n [u8],
}

/// Takes a webhook of PortOne: signed, and heard once.
pub async fn portone(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
    let verifier = app
        .payments
        .webhooks
        .as_ref()
        .ok_or(Refused::Unconfigured)?;
    let webhook_id = verifier.verify(headers, body, app.clock.now())?;
    let Some(notice) = portone::read(body).map_err(|_| Refused::Unreadable)? else {
        return Ok(());
    };
    let notice = Notice {
        provider: PaymentProvider::PortOne,
        webhook_id: Some(webhook_id),
        kind: &notice.kind,
        payment_id: notice.payment_id,
        body,
    };
    take(app, &notice).await
}

/// Takes a webhook of Toss: unsigned, so that anybody may have sent it, and nothing in it is believed.
pub async fn toss(app: &App, body: &[u8]) -> Result<(), Refused> {
    let Some(notice) = toss::read(body).map_err(|_| Refused::Unreadable)? else {
        return Ok(());
    };
    let notice = Notice {
        provider: PaymentProvider::Toss,
        webhook_id: None,
        kind: notice.kind,
        payment_id: notice.payment_id,
        body,
    };
    take(app, &notice).await
}

async fn take(app: &App, notice: &Notice<'_>) -> Result<(), Refused> {
    let is_news = app
        .db
        .transaction(|tx| receive(tx, notice, app.clock.now()).scope_boxed())
        .await
        .map_err(Failure::<Never>::into_fault)?;
    if is_news {
        app.payments.wake();
    }
    Ok(())
}

/// Remembers the webhook and that its payment is to be looked at, both or neither; gives whether that is news.
async fn receive(
    tx: &Transaction,
    notice: &Notice<'_>,
    now: DateTime<Utc>,
) -> Outcome<bool, Never> {
    let payment = store::lock(tx, notice.payment_id).await?;
    let Some(mut payment) = payment.filter(|payment| payment.provider == notice.provider) else {
        tracing::warn!(payment = %notice.payment_id, kind = notice.kind, "a webhook names a payment that there is not");
        return Ok(false);
    };
    if let Some(webhook_id) = notice.webhook_id {
        let receipt = webhook_receipt::Model {
            provider: notice.provider,
            webhook_id: webhook_id.to_owned(),
            body_hash: Sha256::digest(notice.body).to_vec(),
            received_at: now,
        };
        if !store::receive(tx, receipt.clone()).await? {
            warn_if_other(tx, &receipt).await?;
            return Ok(false);
        }
    }
    note(tx, &mut payment, notice, now).await?;
    Ok(true)
}

async fn note(
    tx: &Transaction,
    payment: &mut payment::Model,
    notice: &Notice<'_>,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    payment.check_at = Some(now);
    let mut events = Vec::new();
    // Anybody can send an unsigned one, as often as they like: it leaves no trace.
    if notice.webhook_id.is_some() {
        let detail = json!({ "kind": notice.kind, "webhookId": notice.webhook_id });
        events.push(event(
            payment,
            PaymentEventKind::WebhookReceived,
            detail,
            now,
        ));
    }
    store::save(tx, payment, &events).await?;
    Ok(())
}

/// The same id with another body is nothing that a sender in order does.
async fn warn_if_other(tx: &Transaction, receipt: &webhook_receipt::Model) -> Result<(), Fault> {
    let earlier = store::receipt(tx, receipt.provider, &receipt.webhook_id).await?;
    if earlier.is_some_and(|earlier| earlier.body_hash != receipt.body_hash) {
        tracing::warn!(
            webhook = receipt.webhook_id,
            "a webhook came twice with different bodies"
        );
    }
    Ok(())
}
