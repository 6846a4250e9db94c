//! Paying stores out: a period is closed, what each wallet has earned in it leaves the wallet as one entry, and a
//! settlement says which entries that were.
//!
//! Each wallet is settled in a transaction of its own, under its lock, so whoever settles the same period at the same
//! moment, or again after a crash, finds it done, and nothing is paid out twice.

pub mod rules;
pub mod sheet;
pub mod store;

use chrono::{DateTime, Utc};
use entity::{Won, id::StoreId, settlement, store_wallet};
use scoped_futures::ScopedFutureExt;

use rules::Entries;

use crate::{
    clock::{Clock, in_seoul, new_id},
    db::{Db, Transaction},
    fault::{Failure, Fault, Outcome},
    rows::insert,
    store::wallet::{
        self,
        rules::{Booking, book},
    },
};

/// Why a period was not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something may still be sold in it.
    #[error("this period is not over yet: its end must not be later than now")]
    NotOver,
    /// A later period is closed already, and with it this one.
    #[error(
        "stores are settled until {} in Korea already: a period ends after the one before",
        in_seoul(*.0)
    )]
    SettledLater(DateTime<Utc>),
}

/// What a store is paid for a period, or would be.
#[derive(Clone, Debug)]
pub struct Payout {
    pub store_id: StoreId,
    pub store_name: String,
    pub sales: i64,
    pub amount: Won,
    /// The settlement; `None` if it was only asked what it would be.
    pub settlement: Option<settlement::Model>,
    /// Whether it was paid before.
    pub is_old: bool,
}

/// How many wallets are looked at together.
const PAGE: u64 = 500;

/// Closes the period that ends at `until`, exclusively, for every store; gives those that are paid something in it, or
/// were when it was closed before. With `is_trial` nothing is changed.
///
/// # Errors
/// The refusal, or a fault: stores may be settled then, and settling once more goes on with the rest.
pub async fn settle(
    db: &Db,
    clock: &Clock,
    until: DateTime<Utc>,
    is_trial: bool,
) -> Outcome<Vec<Payout>, Refusal> {
    if until > clock.now() {
        return Err(Failure::Refused(Refusal::NotOver));
    }
    if let Some(later) = store::settled_after(db.writer(), until).await?
        && !store::is_settled(db.writer(), until).await?
    {
        return Err(Failure::Refused(Refusal::SettledLater(later)));
    }
    let (mut payouts, mut after) = (Vec::new(), None);
    loop {
        let page = store::wallets_after(db.writer(), after, PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Ok(payouts);
        };
        after = Some(last.id);
        for (wallet, store_name) in page {
            let settled = db.transaction(|tx| {
                settle_wallet(tx, clock, wallet.store_id, until, is_trial).scope_boxed()
            });
            if let Some(settled) = settled.await? {
                payouts.push(Payout {
                    store_id: wallet.store_id,
                    store_name,
                    sales: settled.sales,
                    amount: settled.amount,
                    settlement: settled.settlement,
                    is_old: settled.is_old,
                });
            }
        }
    }
}

/// What a wallet is paid.
struct Settled {
    sales: i64,
    amount: Won,
    settlement: Option<settlement::Model>,
    is_old: bool,
}

async fn settle_wallet(
    tx: &Transaction,
    clock: &Clock,
    store_id: StoreId,
    until: DateTime<Utc>,
    is_trial: bool,
) -> Outcome<Option<Settled>, Refusal> {
    let wallet = wallet::store::lock_by_stores(tx, &[store_id]).await?.pop();
    let wallet = wallet.ok_or_else(|| Fault::internal("a wallet vanished"))?;
    let wallet_id = wallet.id;
    if let Some(old) = store::settlement(tx, wallet_id, until).await? {
        let sales = store::sales(tx, wallet_id, paid_by(&old)).await?;
        return Ok(Some(Settled {
            sales: sales.count,
            amount: old.amount,
            settlement: Some(old),
            is_old: true,
        }));
    }
    let settled_to = match store::last_settlement(tx, wallet_id).await? {
        // The period is closed, and has nothing of this store.
        Some(last) if last.period_end > until => return Ok(None),
        Some(last) => last.last_sequence,
        None => 0,
    };
    let first_beyond = store::first_at_or_after(tx, wallet_id, settled_to, until).await?;
    let due = rules::due(settled_to, first_beyond, wallet.last_sequence);
    let sales = store::sales(tx, wallet_id, due).await?;
    if sales.count == 0 {
        return Ok(None);
    }
    let settlement = if is_trial {
        None
    } else {
        let now = clock.now();
        let settlement = settlement::Model {
            id: new_id(now, &mut rand::rng()),
            store_wallet_id: wallet_id,
            period_end: until,
            first_sequence: due.first,
            last_sequence: due.last,
            amount: sales.amount,
            created_at: now,
        };
        pay_out(tx, wallet, &settlement).await?;
        Some(settlement)
    };
    Ok(Some(Settled {
        sales: sales.count,
        amount: sales.amount,
        settlement,
        is_old: false,
    }))
}

/// The entries that a settlement pays out.
fn paid_by(settlement: &settlement::Model) -> Entries {
    Entries {
        first: settlement.first_sequence,
        last: settlement.last_sequence,
    }
}

async fn pay_out(
    tx: &Transaction,
    mut wallet: store_wallet::Model,
    settlement: &settlement::Model,
) -> Result<(), Fault> {
    insert(tx, std::slice::from_ref(settlement)).await?;
    let booking = Booking::Payout {
        id: settlement.id,
        amount: settlement.amount,
    };
    let id = new_id(settlement.created_at, &mut rand::rng());
    let entry = book(&mut wallet, &booking, id, settlement.created_at);
    let entry = entry.ok_or_else(|| Fault::internal("a wallet holds less than it has earned"))?;
    wallet::store::set_balance(tx, &wallet).await?;
    insert(tx, &[entry]).await?;
    Ok(())
}
