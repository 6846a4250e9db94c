//! 4: money that came in and is not there, and payments that do not say where.

use entity::id::{OrderId, PaymentId};
use jangteo::db::Db;
use serde_json::{Value, json};

use super::{
    hand::{broken_by, sql, take_guards_away},
    printed,
};
use crate::{
    payments::{PayingShop, text},
    support::Database,
};

/// A shop that took 55,000 won at gateways, gave back 10,000, and let 5,000 be charged without one.
struct TakingShop {
    shop: PayingShop,
    /// Mina's, of 15,000 won for an order of 20,000.
    paid: PaymentId,
    /// Jun's, of 10,000 won; all of it went back.
    canceled: PaymentId,
    canceled_order: OrderId,
    /// Mina's, of 30,000 won for points.
    charged: PaymentId,
    /// Jun's, which waits.
    waiting: PaymentId,
}

impl TakingShop {
    async fn open(database: Database) -> Self {
        let shop = PayingShop::open(database).await;
        let mina = shop.shop.member_with_points(5_000).await;
        let jun = shop.shop.member().await;
        let paid = shop.order(&mina, "KAKAOPAY", 2, 5_000, "first").await;
        shop.pay("KAKAOPAY", &paid).await;
        let canceled = shop.order(&jun, "TOSS", 1, 0, "first").await;
        shop.pay("TOSS", &canceled).await;
        let input = json!({ "orderId": canceled["id"] });
        jun.mutate("cancelOrder", input, "order { id }").await;
        let input = json!({ "amount": 30_000, "idempotencyKey": "charge", "provider": "KAKAOPAY" });
        let charge = as_order(
            &mina
                .mutate("chargePoints", input, "payment { id amount }")
                .await,
        );
        shop.pay("KAKAOPAY", &charge).await;
        shop.settle().await;
        let waiting = shop.order(&jun, "KAKAOPAY", 1, 0, "second").await;
        Self {
            paid: payment(&paid),
            canceled: payment(&canceled),
            canceled_order: text(&canceled["id"]).parse().expect("an order's id"),
            charged: payment(&charge),
            waiting: payment(&waiting),
            shop,
        }
    }

    fn db(&self) -> &Db {
        &self.shop.shop.app().db
    }

    /// Breaks rows of a table; asserts that the audit finds exactly these; mends the table.
    async fn check(&self, table: &str, sql: &str, found: &[String]) {
        let mut expected = found.to_vec();
        expected.sort_unstable();
        assert_eq!(broken_by(self.db(), table, sql).await, expected, "{sql}");
    }
}

/// A charge's payload, as if an order were paid.
fn as_order(payload: &Value) -> Value {
    json!({ "payments": [payload["payment"]] })
}

fn payment(order: &Value) -> PaymentId {
    text(&order["payments"][0]["id"])
        .parse()
        .expect("a payment's id")
}

/// What is said where so much more or less than 70,000 won came in, or is there.
fn all(came_in: i64, is_there: i64) -> String {
    format!("4 : money that is accounted for: expected {came_in}, found {is_there}")
}

both! {
    async fn money_that_came_in_and_is_nowhere_is_found(shop: TakingShop) {
        assert_eq!(printed(shop.db()).await.0, [""; 0]);
        take_guards_away(shop.db()).await;
        let TakingShop { paid, canceled, canceled_order, charged, .. } = shop;
        let [sql_paid, sql_canceled, sql_charged] = [paid, canceled, charged].map(|id| sql(shop.db(), id));
        let order = sql(shop.db(), canceled_order);
        for (table, sql, mut found) in [
            (
                "payment",
                format!("UPDATE payment SET taken = 15001 WHERE id = {sql_paid}"),
                vec![all(70_001, 70_000)],
            ),
            (
                "payment",
                format!("DELETE FROM payment WHERE id = {sql_paid}"),
                vec![all(55_000, 70_000)],
            ),
            (
                "refund",
                format!("DELETE FROM refund WHERE payment_id = {sql_canceled}"),
                vec![all(70_000, 60_000), format!("3 {canceled_order}: points given back: expected 10000, found 0")],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET payment_id = NULL WHERE payment_id = {sql_charged}"),
                vec![
                    all(100_000, 70_000),
                    format!("4 {charged}: points charged: expected 30000, found 0"),
                ],
            ),
            (
                r#""order""#,
                format!(r#"UPDATE "order" SET refunded = 9999 WHERE id = {order}"#),
                vec![
                    all(69_999, 70_000),
                    format!("3 {canceled_order}: refunded: expected 10000, found 9999"),
                    format!("3 {canceled_order}: points given back: expected -1, found 0"),
                ],
            ),
            (
                r#""order""#,
                format!(r#"UPDATE "order" SET amount_due = 9999 WHERE id = {order}"#),
                vec![
                    all(70_000, 69_999),
                    format!("3 {canceled_order}: points used and amount due: expected 10000, found 9999; \
                             refunded: expected at most 9999, found 10000; refunded: expected 9999, found 10000"),
                ],
            ),
            (
                r#""order""#,
                format!(r#"UPDATE "order" SET points_used = 1, amount_due = 9999 WHERE id = {order}"#),
                // The same in all.
                vec![
                    format!("3 {canceled_order}: points taken: expected at least 1, found 0; \
                             points given back: expected -1, found 0"),
                ],
            ),
            (
                "user_point",
                "UPDATE user_point SET balance = balance + 1 WHERE balance > 0".to_owned(),
                vec![all(70_000, 70_001)],
            ),
        ] {
            let lines = broken_by(shop.db(), table, &sql).await;
            // Purses and parents are others' to find here.
            let lines = lines.into_iter().filter(|line| !line.starts_with('2') && !line.starts_with('9'));
            found.sort_unstable();
            assert_eq!(lines.collect::<Vec<_>>(), found, "{sql}");
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }

    async fn a_payment_that_does_not_say_what_was_taken_and_given_back_is_found(shop: TakingShop) {
        take_guards_away(shop.db()).await;
        let TakingShop { paid, canceled, canceled_order, charged, waiting, .. } = shop;
        let [sql_paid, sql_canceled, sql_charged, sql_waiting] =
            [paid, canceled, charged, waiting].map(|id| sql(shop.db(), id));
        let status = |id: PaymentId, expected: &str, found: &str| {
            format!("4 {id}: status: expected {expected}, found {found}")
        };
        for (table, sql, found) in [
            (
                "payment",
                format!("UPDATE payment SET status = 'CANCELED' WHERE id = {sql_paid}"),
                vec![status(paid, "PAID", "CANCELED")],
            ),
            (
                "payment",
                format!("UPDATE payment SET status = 'READY' WHERE id = {sql_paid}"),
                vec![status(paid, "PAID", "READY")],
            ),
            (
                "payment",
                format!("UPDATE payment SET status = 'PAID' WHERE id = {sql_canceled}"),
                vec![status(canceled, "CANCELED", "PAID")],
            ),
            (
                "payment",
                format!("UPDATE payment SET status = 'PAID' WHERE id = {sql_waiting}"),
                vec![status(waiting, "none", "PAID")],
            ),
            (
                "payment",
                format!("UPDATE payment SET refunded = 1 WHERE id = {sql_paid}"),
                vec![status(paid, "PARTIALLY_CANCELED", "PAID")],
            ),
            // What a gateway gave back in its own console nobody was asked for.
            (
                "payment",
                format!("UPDATE payment SET refunded = 1, status = 'PARTIALLY_CANCELED' WHERE id = {sql_paid}"),
                Vec::new(),
            ),
            (
                "payment",
                format!("UPDATE payment SET refunded = 15001, status = 'PARTIALLY_CANCELED' WHERE id = {sql_paid}"),
                vec![format!("4 {paid}: refunded: expected at most 15000, found 15001")],
            ),
            (
                "payment",
                format!("UPDATE payment SET refunded = 9999, status = 'PARTIALLY_CANCELED' WHERE id = {sql_canceled}"),
                vec![format!("4 {canceled}: refunded: expected at least 10000, found 9999")],
            ),
            (
                "refund",
                format!("UPDATE refund SET amount = 10001, status = 'OWED' WHERE payment_id = {sql_canceled}"),
                vec![
                    all(70_000, 70_001),
                    format!("3 {canceled_order}: points given back: expected -1, found 0"),
                    format!("4 {canceled}: refunds: expected at most 10000, found 10001"),
                ],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET payment_id = {sql_paid} WHERE payment_id = {sql_charged}"),
                vec![
                    format!("4 {charged}: points charged: expected 30000, found 0"),
                    format!("4 {paid}: points charged: expected 0, found 30000"),
                ],
            ),
        ] {
            shop.check(table, &sql, &found).await;
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }
}
