//! 11: wallets that are not what was sold; and 6: stores that heard something else than what happened.

use std::time::Duration;

use entity::{
    id::{OrderId, StoreId, StoreWalletId},
    store_wallet, wallet_entry,
};
use jangteo::payout::settle;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;

use super::{
    busy::one,
    hand::{broken_by, sql, take_guards_away},
    printed,
};
use crate::{
    fulfilment::{complete, ordered},
    support::{Database, Shop},
};

/// A store that has handed over two orders for 1,000 and 2,000 won, and has a third for 3,000.
struct EarningShop {
    shop: Shop,
    store: StoreId,
    wallet: StoreWalletId,
    orders: [OrderId; 3],
}

impl EarningShop {
    async fn open(database: Database) -> Self {
        let shop = Shop::open(database).await;
        let tee = shop.product("티셔츠", &[("M", 1_000, 100)]).await;
        let tailor = shop.seller_of(&tee).await;
        let mina = shop.member_with_points(100_000).await;
        let mut orders = Vec::new();
        for pieces in 1..=3 {
            let order = ordered(&mina, &[(&tee, 0, pieces)], &pieces.to_string()).await;
            if pieces < 3 {
                complete(&tailor, &order).await;
            }
            orders.push(id(&order));
        }
        let of_store = store_wallet::COLUMN.store_id.eq(tee.store_id);
        let wallet = one::<store_wallet::Entity>(&shop, of_store).await.id;
        Self {
            shop,
            store: tee.store_id,
            wallet,
            orders: orders.try_into().expect("three orders"),
        }
    }

    /// Breaks rows of a table; asserts that the audit finds exactly these, besides that money is amiss; mends the table.
    async fn check(&self, table: &str, sql: &str, found: &[String]) {
        let mut lines = broken_by(&self.shop.app().db, table, sql).await;
        lines.retain(|line| !line.contains("money that is accounted for"));
        let mut expected = found.to_vec();
        expected.sort_unstable();
        assert_eq!(lines, expected, "{sql}");
    }
}

fn id(order: &Value) -> OrderId {
    order["id"].as_str().expect("an id").parse().expect("an id")
}

both! {
    async fn a_wallet_that_is_not_what_was_sold_is_found(shop: EarningShop) {
        let EarningShop { shop: open, store, wallet, orders: [first, second, third] } = &shop;
        let db = &open.app().db;
        assert_eq!(printed(db).await.0, [""; 0]);
        take_guards_away(db).await;
        let entries = wallet_entry::Entity::find().filter(wallet_entry::COLUMN.sequence.lte(2)).all(db.reader()).await;
        let mut entries = entries.expect("entries");
        entries.sort_by_key(|entry| entry.sequence);
        let [one, two] = &entries[..] else { panic!("two entries") };
        let (one, two) = (one.id, two.id);
        let [sql_first, sql_third] = [first, third].map(|id| sql(db, *id));
        let sql_two = sql(db, two);
        for (table, sql, found) in [
            (
                "store_wallet",
                "UPDATE store_wallet SET balance = 2999, last_sequence = 3 WHERE balance = 3000".to_owned(),
                vec![format!("11 {wallet}: balance: expected 3000, found 2999; last sequence: expected 2, found 3")],
            ),
            (
                "wallet_entry",
                format!("UPDATE wallet_entry SET amount = 2001 WHERE id = {sql_two}"),
                vec![
                    format!("11 {two} {wallet}: balance after: expected 3001, found 3000"),
                    format!("11 {wallet}: balance: expected 3001, found 3000"),
                    format!("11 {store} {second}: earned: expected 2000, found 2001"),
                ],
            ),
            (
                "wallet_entry",
                "UPDATE wallet_entry SET sequence = 3 WHERE sequence = 2".to_owned(),
                vec![format!("11 {two} {wallet}: sequence: expected 2, found 3")],
            ),
            (
                "wallet_entry",
                format!("UPDATE wallet_entry SET order_id = {sql_third} WHERE id = {sql_two}"),
                vec![
                    format!("11 {store} {second}: earned: expected 2000, found 0"),
                    format!("11 {store} {third}: earned: expected 0, found 2000"),
                ],
            ),
            (
                "wallet_entry",
                format!("UPDATE wallet_entry SET order_id = NULL, action = 'PAYOUT' WHERE order_id = {sql_first}"),
                vec![
                    format!("11 {one} {wallet}: settlements named: expected 1, found 0"),
                    format!("11 {store} {first}: earned: expected 1000, found 0"),
                ],
            ),
            (
                "order_item",
                format!("UPDATE order_item SET discount = 10, store_discount = 10 WHERE order_id = {sql_first}"),
                vec![
                    format!("11 {store} {first}: earned: expected 990, found 1000"),
                    format!("12 {first}: coupons held: expected 1, found 0"),
                    format!("3 {first}: discounts of its items: expected 0, found 10"),
                ],
            ),
        ] {
            shop.check(table, &sql, &found).await;
        }
        assert_eq!(printed(db).await.0, [""; 0], "all is mended");
    }

    async fn a_settlement_that_is_not_what_it_paid_for_is_found(shop: EarningShop) {
        let (app, wallet) = (shop.shop.app(), shop.wallet);
        shop.shop.advance(Duration::from_mins(1));
        let payouts = settle(&app.db, &app.clock, shop.shop.now(), false).await.expect("payouts");
        let id = payouts[0].settlement.as_ref().expect("a settlement").id;
        assert_eq!(printed(&app.db).await.0, [""; 0]);
        take_guards_away(&app.db).await;
        for (table, sql, found) in [
            (
                "settlement",
                "UPDATE settlement SET amount = amount + 1",
                vec![format!("11 {id}: amount: expected 3000, found 3001; paid out: expected 3001, found 3000")],
            ),
            (
                "settlement",
                "UPDATE settlement SET first_sequence = 2",
                vec![format!("11 {id}: first sequence: expected 1, found 2; amount: expected 2000, found 3000")],
            ),
            (
                "settlement",
                "UPDATE settlement SET last_sequence = 1",
                vec![format!("11 {id}: amount: expected 1000, found 3000")],
            ),
            (
                "wallet_entry",
                "DELETE FROM wallet_entry WHERE action = 'PAYOUT'",
                vec![
                    format!("11 {id}: paid out: expected 3000, found 0"),
                    format!("11 {wallet}: balance: expected 3000, found 0; last sequence: expected 2, found 3"),
                ],
            ),
        ] {
            shop.check(table, sql, &found).await;
        }
        assert_eq!(printed(&app.db).await.0, [""; 0], "all is mended");
    }

    async fn money_that_a_store_earned_is_accounted_for(shop: EarningShop) {
        let db = &shop.shop.app().db;
        take_guards_away(db).await;
        let money = |came_in: i64, is_there: i64| format!("4 : money that is accounted for: expected {came_in}, found {is_there}");
        for (sql, found) in [
            ("UPDATE store_wallet SET balance = balance + 1 WHERE balance > 0", money(100_000, 100_001)),
            // What was handed over is no longer held by its order.
            ("UPDATE store_wallet SET balance = 0", money(100_000, 97_000)),
        ] {
            let lines = broken_by(db, "store_wallet", sql).await;
            assert!(lines.contains(&found), "{sql}: {lines:#?}");
        }
        // A discount of what was handed over that nobody bears.
        let lines = broken_by(db, "order_item", "UPDATE order_item SET discount = 100 WHERE status = 'COMPLETED'").await;
        assert!(lines.contains(&money(100_000, 100_200)), "{lines:#?}");
    }

    async fn a_store_that_heard_something_else_is_found(shop: EarningShop) {
        let EarningShop { shop: open, store, orders: [first, ..], .. } = &shop;
        let db = &open.app().db;
        take_guards_away(db).await;
        let sql_first = sql(db, *first);
        let newest = format!("order_id = {sql_first} AND order_sequence = 4");
        for (sql, found) in [
            (
                format!("UPDATE store_event SET status = 'READY' WHERE {newest}"),
                vec![format!("6 {store} {first}: status by its items: expected COMPLETED, found READY")],
            ),
            (
                format!("DELETE FROM store_event WHERE {newest}"),
                vec![
                    format!("6 {store} {first}: newest events: expected 1, found 0; \
                             status by its items: expected COMPLETED, found none"),
                    format!("6 {store} {first} 3: newest: expected 1, found 0"),
                ],
            ),
            (
                format!("UPDATE store_event SET order_sequence = 5 WHERE {newest}"),
                vec![format!("6 {store} {first} 5: events of the order: expected 1, found 0")],
            ),
            (
                format!("UPDATE store_event SET sequence = 2 WHERE {newest}"),
                vec![format!("6 {store} {first} 4: number in the feed: expected 1, found 2")],
            ),
        ] {
            shop.check("store_event", &sql, &found).await;
        }
        assert_eq!(printed(db).await.0, [""; 0], "all is mended");
    }
}
