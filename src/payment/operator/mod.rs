//! What an operator sees of payments: the newest, those that somebody should look at, and the whole story of one.
//! Nothing here changes anything or asks a gateway.

pub mod figures;
pub mod json;
pub mod store;
pub mod text;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::{
    id::{OrderId, PaymentId},
    order,
    payment::{self, PaymentStatus},
    payment_event, refund,
};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::Value;

use super::store::{by_id, by_ids, events_of, refunds_of};
use crate::{db::Db, fault::Fault, order as orders};

/// How often a gateway is asked in vain before somebody should look: the pauses have become more than an hour by
/// then, and a bank's slowest answer takes half of one.
pub const ASKED_OFTEN: i32 = 15;

/// A payment in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    pub payment: payment::Model,
    /// The key of the order that it pays for.
    pub order_key: Option<String>,
    /// Why somebody should look, where that is asked.
    pub worries: Vec<Worry>,
}

/// Why somebody should look at a payment.
#[derive(Clone, Debug)]
pub enum Worry {
    /// The gateway refuses to give money back, or was asked to so often.
    Refund(refund::Model),
    /// The gateway was asked about the payment so often, and what it said last settled nothing.
    InDoubt { said: Option<String> },
}

/// The whole story of a payment.
#[derive(Clone, Debug)]
pub struct Story {
    pub payment: payment::Model,
    pub order: Option<order::Model>,
    pub events: Vec<payment_event::Model>,
    pub refunds: Vec<refund::Model>,
}

/// What the reconciler does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextStep {
    pub what: String,
    pub at: DateTime<Utc>,
}

/// The newest payments, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn newest(db: &Db, most: u64) -> Result<Vec<Listed>, Fault> {
    let snapshot = db.snapshot().await?;
    let payments = store::newest(&snapshot, most).await?;
    Ok(listed(&snapshot, payments, BTreeMap::new()).await?)
}

/// Payments that somebody should look at, the oldest first, each with the reasons.
///
/// # Errors
/// When the database fails.
pub async fn stuck(db: &Db, most: u64) -> Result<Vec<Listed>, Fault> {
    let snapshot = db.snapshot().await?;
    let mut worries = BTreeMap::<PaymentId, Vec<Worry>>::new();
    for refund in store::stuck_refunds(&snapshot, ASKED_OFTEN, most).await? {
        let of_payment = worries.entry(refund.payment_id).or_default();
        of_payment.push(Worry::Refund(refund));
    }
    let in_doubt = store::asked_often(&snapshot, ASKED_OFTEN, most).await?;
    let answers = store::answers_of(&snapshot, &in_doubt).await?;
    // The last one of each stays.
    let said = answers
        .iter()
        .map(|event| (event.payment_id, told(&event.detail)))
        .collect::<BTreeMap<_, _>>();
    for id in in_doubt {
        let said = said.get(&id).cloned().flatten();
        worries.entry(id).or_default().push(Worry::InDoubt { said });
    }
    let ids = worries.keys().copied().collect::<Vec<_>>();
    let mut payments = by_ids(&snapshot, &ids).await?;
    // Ids grow with time.
    payments.sort_unstable_by_key(|payment| payment.id);
    Ok(listed(&snapshot, payments, worries).await?)
}

async fn listed(
    db: &impl ConnectionTrait,
    payments: Vec<payment::Model>,
    mut worries: BTreeMap<PaymentId, Vec<Worry>>,
) -> Result<Vec<Listed>, DbErr> {
    let ids = payments.iter().filter_map(|payment| payment.order_id);
    let orders = orders::store::by_ids(db, &ids.collect::<Vec<_>>()).await?;
    let keys = orders
        .into_iter()
        .map(|order| (order.id, order.order_key))
        .collect::<BTreeMap<OrderId, String>>();
    let listed = payments.into_iter().map(|payment| Listed {
        order_key: payment.order_id.and_then(|id| keys.get(&id).cloned()),
        worries: worries.remove(&payment.id).unwrap_or_default(),
        payment,
    });
    Ok(listed.collect())
}

/// The whole story of a payment, as at one moment; `None` if there is no such payment.
///
/// # Errors
/// When the database fails.
pub async fn story(db: &Db, id: PaymentId) -> Result<Option<Story>, Fault> {
    let snapshot = db.snapshot().await?;
    let Some(payment) = by_id(&snapshot, id).await? else {
        return Ok(None);
    };
    let order_ids = payment.order_id.into_iter().collect::<Vec<_>>();
    Ok(Some(Story {
        order: orders::store::by_ids(&snapshot, &order_ids).await?.pop(),
        events: events_of(&snapshot, id).await?,
        refunds: refunds_of(&snapshot, id).await?,
        payment,
    }))
}

impl Story {
    /// What comes next by itself, the soonest first.
    #[must_use]
    pub fn next(&self) -> Vec<NextStep> {
        let payment = self.payment.check_at.map(|at| NextStep {
            what: match self.payment.status {
                PaymentStatus::Ready if self.payment.approving_since.is_some() => {
                    "the gateway is asked whether it has taken the money"
                }
                PaymentStatus::Ready if at < self.payment.expires_at => {
                    "the gateway's record is looked up, because a webhook came"
                }
                PaymentStatus::Ready => {
                    "the payment expires, if the gateway, asked a last time, has not taken the money"
                }
                PaymentStatus::Failed | PaymentStatus::Expired => {
                    "the gateway is asked whether money has come after all"
                }
                _ => "the gateway's record is looked up",
            }
            .to_owned(),
            at,
        });
        let refunds = self.refunds.iter().filter_map(|refund| {
            let again = if refund.attempts > 0 { " again" } else { "" };
            Some(NextStep {
                what: format!("refund {} is asked for{again}", refund.sequence),
                at: refund.check_at?,
            })
        });
        let mut steps = payment.into_iter().chain(refunds).collect::<Vec<_>>();
        steps.sort_by_key(|step| step.at);
        steps
    }
}

/// What a gateway said, by a line of the history: its reason, or where its record has the payment.
fn told(detail: &Value) -> Option<String> {
    let text = |name: &str| detail[name].as_str();
    match (text("code"), text("message"), text("state")) {
        (Some(code), Some(message), _) => Some(format!("{code}: {message}")),
        (_, _, Some(state)) => Some(format!("its record says {state}")),
        _ => None,
    }
}
