//! How a store's balance moves.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::{
    Won,
    id::{OrderId, SettlementId, StoreId, WalletEntryId},
    order_item, store_wallet,
    wallet_entry::{self, WalletAction},
};

/// A movement of a store's balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Booking {
    /// Items of an order were handed over, which this event of its history tells.
    Sale {
        order_id: OrderId,
        order_sequence: i32,
        amount: Won,
    },
    /// A settlement pays this much out.
    Payout { id: SettlementId, amount: Won },
}

/// What a store earns with an item: its line total less what the store itself bears of its discount.
pub fn earned(item: &order_item::Model) -> Won {
    Won(item.line_total.0 - item.store_discount.0)
}

/// What each store earns with items that are handed over together; `None` beyond what can be counted.
pub fn earnings(items: &[order_item::Model]) -> Option<BTreeMap<StoreId, Won>> {
    let mut earnings = BTreeMap::new();
    for item in items {
        let of_store = earnings.entry(item.store_id).or_insert(Won::ZERO);
        *of_store = of_store.checked_add(earned(item))?;
    }
    Some(earnings)
}

/// Moves the balance and gives the ledger's line for it. `None`, and nothing is moved, where the balance would leave
/// its range.
pub fn book(
    wallet: &mut store_wallet::Model,
    booking: &Booking,
    id: WalletEntryId,
    now: DateTime<Utc>,
) -> Option<wallet_entry::Model> {
    let amount = match booking {
        Booking::Sale { amount, .. } => *amount,
        Booking::Payout { amount, .. } => amount.negated(),
    };
    let balance = wallet.balance.checked_add(amount);
    let balance = balance.filter(|after| *after >= Won::ZERO)?;
    wallet.balance = balance;
    wallet.last_sequence += 1;
    let blank = wallet_entry::Model {
        id,
        store_wallet_id: wallet.id,
        sequence: wallet.last_sequence,
        action: WalletAction::Sale,
        amount,
        balance_after: balance,
        order_id: None,
        order_sequence: None,
        settlement_id: None,
        created_at: now,
    };
    Some(match booking {
        Booking::Sale {
            order_id,
            order_sequence,
            ..
        } => wallet_entry::Model {
            order_id: Some(*order_id),
            order_sequence: Some(*order_sequence),
            ..blank
        },
        Booking::Payout { id, .. } => wallet_entry::Model {
            action: WalletAction::Payout,
            settlement_id: Some(*id),
            ..blank
        },
    })
}

#[cfg(test)]
mod tests {
    use entity::{
        id::{OptionId, OrderItemId, ProductId, StoreWalletId},
        order::OrderStatus,
    };
    use uuid::Uuid;

    use super::*;

    fn item(store: u128, line_total: i64, store_discount: i64) -> order_item::Model {
        order_item::Model {
            id: OrderItemId(Uuid::nil()),
            order_id: OrderId(Uuid::nil()),
            position: 0,
            option_id: OptionId(Uuid::nil()),
            product_id: ProductId(Uuid::nil()),
            store_id: StoreId(Uuid::from_u128(store)),
            product_name: String::new(),
            option_name: String::new(),
            unit_price: Won(line_total),
            quantity: 1,
            line_total: Won(line_total),
            discount: Won(store_discount),
            store_discount: Won(store_discount),
            status: OrderStatus::Completed,
            cancel_reason: None,
            paid_at: None,
            accept_by: None,
        }
    }

    fn sale(amount: i64) -> Booking {
        Booking::Sale {
            order_id: OrderId(Uuid::nil()),
            order_sequence: 4,
            amount: Won(amount),
        }
    }

    fn payout(amount: i64) -> Booking {
        Booking::Payout {
            id: SettlementId(Uuid::nil()),
            amount: Won(amount),
        }
    }

    #[test]
    fn every_store_earns_what_its_items_cost_less_what_it_bears() {
        let items = [item(1, 1_000, 0), item(2, 500, 200), item(1, 700, 700)];
        let earnings = earnings(&items).unwrap().into_iter();
        let earnings = earnings.map(|(store, won)| (store.0.as_u128(), won.0));
        assert_eq!(earnings.collect::<Vec<_>>(), [(1, 1_000), (2, 300)]);
        let treasures = [item(1, Won::MAX.0, 0), item(1, 1, 0)];
        assert_eq!(super::earnings(&treasures), None);
    }

    #[test]
    fn every_line_of_the_ledger_follows_from_the_one_before() {
        let mut wallet = store_wallet::Model {
            id: StoreWalletId(Uuid::nil()),
            store_id: StoreId(Uuid::nil()),
            balance: Won(1_000),
            last_sequence: 7,
        };
        let mut moved = |booking: &Booking| {
            let id = WalletEntryId(Uuid::nil());
            let entry = book(&mut wallet, booking, id, DateTime::UNIX_EPOCH)?;
            let of = (entry.order_sequence, entry.settlement_id.is_some());
            Some((entry.sequence, entry.amount.0, entry.balance_after.0, of))
        };
        assert_eq!(moved(&sale(500)), Some((8, 500, 1_500, (Some(4), false))));
        assert_eq!(moved(&payout(1_501)), None);
        assert_eq!(moved(&sale(Won::MAX.0)), None);
        assert_eq!(moved(&payout(1_500)), Some((9, -1_500, 0, (None, true))));
        assert_eq!((wallet.balance, wallet.last_sequence), (Won::ZERO, 9));
    }
}
