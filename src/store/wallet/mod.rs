//! Wallets: what stores have earned and were not paid out yet. A store earns with an item when it hands it over.

pub mod graphql;
pub mod rules;
pub mod store;

use chrono::{DateTime, Utc};
use entity::{Won, id::StoreId};

use crate::{
    clock::new_id, db::Transaction, fault::Fault, order::movement::Movement, rows::insert,
};

use rules::{Booking, book, earnings};

/// Credits the stores with the items that a movement has handed over: one entry a store. The last locks that a
/// transaction takes.
pub async fn credit(
    tx: &Transaction,
    movement: &Movement,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let earnings = earnings(&movement.items);
    let mut earnings = earnings.ok_or_else(|| Fault::internal("earnings are beyond counting"))?;
    earnings.retain(|_, amount| *amount > Won::ZERO);
    let ids = earnings.keys().copied().collect::<Vec<StoreId>>();
    let mut wallets = store::lock_by_stores(tx, &ids).await?;
    if wallets.len() < ids.len() {
        return Err(Fault::internal("a store without a wallet"));
    }
    let mut entries = Vec::with_capacity(wallets.len());
    for wallet in &mut wallets {
        let booking = Booking::Sale {
            order_id: movement.order.id,
            order_sequence: movement.event.sequence,
            amount: earnings.get(&wallet.store_id).copied().unwrap_or_default(),
        };
        let id = new_id(now, &mut rand::rng());
        let entry = book(wallet, &booking, id, now);
        entries.push(entry.ok_or_else(|| Fault::internal("a wallet would leave its range"))?);
        store::set_balance(tx, wallet).await?;
    }
    insert(tx, &entries).await?;
    Ok(())
}
