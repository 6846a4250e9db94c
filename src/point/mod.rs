//! Points: a purse a member, and a ledger that is only ever added to.

pub mod graphql;
mod rules;
pub mod store;

use entity::{
    Won,
    id::MemberId,
    point_entry::{self, PointAction},
    user_point,
};

use scoped_futures::ScopedFutureExt;

use crate::{
    app::App,
    clock::new_id,
    db::Transaction,
    fault::{Failure, Fault, Outcome},
};

pub use rules::{ChargeLimits, ChargeRefusal};

/// A wish to charge points.
#[derive(Clone, Debug)]
pub struct Charge {
    pub member_id: MemberId,
    pub amount: Won,
    /// The client's key: the same key charges once.
    pub idempotency_key: String,
}

/// Why points were not charged.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// Charging at once is off, and there is no gateway yet.
    PaymentUnavailable,
    Limit(ChargeRefusal),
    /// The key was used for a charge of another amount.
    KeyReused,
}

/// The member's purse, made empty at the first look.
pub async fn user_point(app: &App, member_id: MemberId) -> Result<user_point::Model, Fault> {
    if let Some(purse) = store::by_member(app.db.reader(), member_id).await? {
        return Ok(purse);
    }
    store::insert_empty(app.db.writer(), &[member_id], app.clock.now()).await?;
    store::by_member(app.db.writer(), member_id)
        .await?
        .ok_or_else(|| Fault::internal("a user_point vanished after it was made"))
}

/// Charges points at once, where that is allowed. The same key again gives the purse as it is.
pub async fn charge_points(app: &App, charge: &Charge) -> Outcome<user_point::Model, Refusal> {
    if !app.limits.instant_charge {
        return Err(Failure::Refused(Refusal::PaymentUnavailable));
    }
    user_point(app, charge.member_id).await?;
    app.db
        .transaction(|tx| charge_in(app, tx, charge).scope_boxed())
        .await
}

async fn charge_in(
    app: &App,
    tx: &Transaction,
    charge: &Charge,
) -> Outcome<user_point::Model, Refusal> {
    let mut purse = store::lock_by_member(tx, charge.member_id)
        .await?
        .ok_or_else(|| Fault::internal("a user_point vanished before it was charged"))?;
    if let Some(earlier) = store::entry_by_key(tx, purse.id, &charge.idempotency_key).await? {
        return if earlier.amount == charge.amount {
            Ok(purse)
        } else {
            Err(Failure::Refused(Refusal::KeyReused))
        };
    }
    let limits = ChargeLimits {
        min: app.limits.charge_min,
        max: app.limits.charge_max,
        balance_max: app.limits.balance_max,
    };
    purse.balance = rules::charge(purse.balance, charge.amount, limits)
        .map_err(|refusal| Failure::Refused(Refusal::Limit(refusal)))?;
    purse.last_sequence += 1;
    let now = app.clock.now();
    let entry = point_entry::Model {
        id: new_id(now, &mut rand::rng()),
        user_point_id: purse.id,
        sequence: purse.last_sequence,
        action: PointAction::Charge,
        amount: charge.amount,
        balance_after: purse.balance,
        order_id: None,
        idempotency_key: Some(charge.idempotency_key.clone()),
        created_at: now,
    };
    store::insert_entries(tx, vec![entry]).await?;
    store::set_balances(tx, &[purse.clone()]).await?;
    Ok(purse)
}
