//! Points: a purse a member, and a ledger that is only ever added to.

pub mod graphql;
mod rules;
pub mod store;

use chrono::{DateTime, Utc};
use entity::{
    Won,
    id::{MemberId, OrderId},
    point_entry::PointAction,
    user_point,
};

use scoped_futures::ScopedFutureExt;

use crate::{
    app::App,
    clock::new_id,
    db::Transaction,
    fault::{Failure, Fault, Outcome},
    payment,
    rows::insert,
};

pub use rules::{Booking, ChargeLimits, ChargeRefusal, book};

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
    /// Charging at once is off: it takes a gateway.
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
    if payment::store::by_charge_key(tx, charge.member_id, &charge.idempotency_key)
        .await?
        .is_some()
    {
        return Err(Failure::Refused(Refusal::KeyReused));
    }
    check_charge(app, &purse, charge.amount)
        .map_err(|refusal| Failure::Refused(Refusal::Limit(refusal)))?;
    let booking = Booking {
        action: PointAction::Charge,
        amount: charge.amount,
        order_id: None,
        payment_id: None,
        gift_id: None,
        idempotency_key: Some(charge.idempotency_key.clone()),
    };
    write(tx, &mut purse, booking, app.clock.now()).await?;
    Ok(purse)
}

/// Whether the shop lets the purse be charged with so much.
pub fn check_charge(
    app: &App,
    purse: &user_point::Model,
    amount: Won,
) -> Result<(), ChargeRefusal> {
    let limits = ChargeLimits {
        min: app.limits.charge_min,
        max: app.limits.charge_max,
        balance_max: app.limits.balance_max,
    };
    rules::charge(purse.balance, amount, limits).map(drop)
}

/// The member's purse, locked; made empty where there is none.
pub async fn lock_purse(
    tx: &Transaction,
    member_id: MemberId,
    now: DateTime<Utc>,
) -> Result<user_point::Model, Fault> {
    if let Some(purse) = store::lock_by_member(tx, member_id).await? {
        return Ok(purse);
    }
    store::insert_empty(tx, &[member_id], now).await?;
    store::lock_by_member(tx, member_id)
        .await?
        .ok_or_else(|| Fault::internal("a user_point vanished after it was made"))
}

/// Books something in the member's purse and writes it down.
pub async fn book_for(
    tx: &Transaction,
    member_id: MemberId,
    booking: Booking,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let mut purse = lock_purse(tx, member_id, now).await?;
    write(tx, &mut purse, booking, now).await
}

/// Gives points back for an order. Nothing is written where there is nothing to give.
pub async fn refund(
    tx: &Transaction,
    member_id: MemberId,
    order_id: OrderId,
    amount: Won,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    if amount == Won::ZERO {
        return Ok(());
    }
    let booking = Booking {
        action: PointAction::Refund,
        amount,
        order_id: Some(order_id),
        payment_id: None,
        gift_id: None,
        idempotency_key: None,
    };
    book_for(tx, member_id, booking, now).await
}

async fn write(
    tx: &Transaction,
    purse: &mut user_point::Model,
    booking: Booking,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let id = new_id(now, &mut rand::rng());
    let entry = book(purse, booking, id, now)
        .ok_or_else(|| Fault::internal("a balance would leave its range"))?;
    insert(tx, &[entry]).await?;
    store::set_balances(tx, std::slice::from_ref(purse)).await?;
    Ok(())
}
