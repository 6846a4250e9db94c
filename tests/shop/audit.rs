//! The audit: silent over a busy shop, also while it is busy, and it finds whatever is put wrong by hand.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use entity::{
    id::{OrderId, OrderItemId, PointEntryId, TypedId, UserPointId},
    order, order_item, outbox, point_entry, stock_adjustment, user_point,
};
use futures_util::future::join_all;
use jangteo::{
    audit::{
        Tally, audit,
        report::{Format, Report},
    },
    config::Limits,
    db::Db,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder,
    sea_query::IntoCondition,
};
use serde_json::{Value, json};

use crate::support::{Client, Database, Product, Shop};

/// What an audit prints for people: a line for each broken row, sorted, and the table.
async fn printed(db: &Db) -> (Vec<String>, String) {
    let mut text = Vec::new();
    let mut report = Report::new(&mut text, Format::Text);
    let findings = audit(db, |row| report.tell(row))
        .await
        .expect("an audit is possible");
    let is_clean = report.end(&findings).expect("memory takes everything");
    let text = String::from_utf8(text).expect("text");
    let (lines, table) = text.split_at(text.find("invariant  checked").expect("a table"));
    let mut lines = lines
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect::<Vec<_>>();
    lines.sort_unstable();
    assert_eq!(is_clean, Some(lines.is_empty()), "{text}");
    (lines, table.to_owned())
}

async fn tallies(db: &Db) -> Vec<Tally> {
    let findings = audit(db, |row| panic!("{row:?}"))
        .await
        .expect("an audit is possible");
    assert_eq!(findings.failed, []);
    findings.tallies
}

/// A shop with a past: charges, orders in two hours, one of them canceled in part and one as a whole, and an
/// adjustment.
struct BusyShop {
    shop: Shop,
    tee: Product,
    socks: Product,
    mina: UserPointId,
    jun: UserPointId,
    /// Mina's: two tees in M, and socks that were canceled.
    first: OrderId,
    /// Mina's: a tee in L, canceled.
    second: OrderId,
    /// Jun's, an hour later: three tees in M.
    third: OrderId,
    /// Jun's: five pairs of socks.
    fourth: OrderId,
}

impl BusyShop {
    async fn open(database: Database) -> Self {
        let limits = Limits {
            instant_charge: true,
            access_token: Duration::from_hours(24),
            ..Limits::default()
        };
        let shop = Shop::open_with(database, limits).await;
        let options = [("M", 10_000, 50), ("L", 12_000, 50)];
        let tee = shop.product("티셔츠", &options).await;
        let socks = shop.product("양말", &[("한 켤레", 3_000, 50)]).await;
        let mina = shop.member_with_points(100_000).await;
        let jun = shop.member_with_points(100_000).await;
        mina.charge(50_000, "more").await;

        let lines = [(&tee, 0, 2), (&socks, 0, 1)];
        let first = place(&shop, &mina, &lines, "first").await;
        let in_first = items(&shop, first).await;
        cancel(&mina, first, Some(in_first[1].id)).await;
        let second = place(&shop, &mina, &[(&tee, 1, 1)], "second").await;
        cancel(&mina, second, None).await;
        shop.advance(Duration::from_hours(1));
        let third = place(&shop, &jun, &[(&tee, 0, 3)], "first").await;
        let fourth = place(&shop, &jun, &[(&socks, 0, 5)], "second").await;
        shop.adjust_stock(&tee, 0, 5).await;
        Self {
            mina: purse(&shop, &mina).await,
            jun: purse(&shop, &jun).await,
            shop,
            tee,
            socks,
            first,
            second,
            third,
            fourth,
        }
    }

    fn db(&self) -> &Db {
        &self.shop.app().db
    }

    /// How an id is written in SQL.
    fn sql(&self, id: impl TypedId) -> String {
        match self.db().backend() {
            DbBackend::Postgres => format!("'{}'", id.uuid()),
            _ => format!("X'{}'", id.uuid().simple()),
        }
    }

    async fn entry(&self, purse: UserPointId, sequence: i64) -> PointEntryId {
        let which = Condition::all()
            .add(point_entry::COLUMN.user_point_id.eq(purse))
            .add(point_entry::COLUMN.sequence.eq(sequence));
        one::<point_entry::Entity>(&self.shop, which).await.id
    }

    /// The id of the order's first item, as the API shows it.
    async fn item(&self, order: OrderId) -> String {
        let items = items(&self.shop, order).await;
        items[0].id.to_string()
    }

    async fn execute(&self, sql: &str) {
        let executed = self.db().writer().execute_unprepared(sql).await;
        executed.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Takes away what keeps wrong rows out of the tables.
    async fn take_guards_away(&self) {
        self.execute("DROP INDEX order_member_id_idempotency_key_key")
            .await;
        self.execute(match self.db().backend() {
            DbBackend::Postgres => {
                "DO $$ DECLARE guard record; BEGIN
                     FOR guard IN
                         SELECT conrelid::regclass AS of, conname AS name FROM pg_constraint
                         WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace
                     LOOP
                         EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', guard.of, guard.name);
                     END LOOP;
                 END $$"
            }
            _ => "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON",
        })
        .await;
    }

    /// Breaks rows of a table; asserts that the audit finds exactly these; mends the table.
    async fn check(&self, table: &str, sql: &str, found: &[String]) {
        self.execute(&format!("CREATE TABLE intact AS SELECT * FROM {table}"))
            .await;
        self.execute(sql).await;
        let mut expected = found.to_vec();
        expected.sort_unstable();
        let (mut lines, _) = printed(self.db()).await;
        // Whatever is amiss with money is amiss with all of it.
        lines.retain(|line| !line.contains("money that is accounted for"));
        assert_eq!(lines, expected, "{sql}");
        for mend in [
            &*format!("DELETE FROM {table}"),
            &*format!("INSERT INTO {table} SELECT * FROM intact"),
            "DROP TABLE intact",
        ] {
            self.execute(mend).await;
        }
    }
}

/// Orders these pieces of these options, a second after what was before.
async fn place(
    shop: &Shop,
    buyer: &Client,
    lines: &[(&Product, usize, i32)],
    key: &str,
) -> OrderId {
    shop.advance(Duration::from_secs(1));
    let lines = lines.iter().map(|(product, option, quantity)| {
        json!({ "optionId": product.options[*option].to_string(), "quantity": quantity })
    });
    let input = json!({ "lines": lines.collect::<Value>(), "idempotencyKey": key });
    let placed = buyer.place(input).await;
    let id = placed["order"]["id"].as_str();
    let id = id.unwrap_or_else(|| panic!("placed: {placed:#}"));
    id.parse().expect("an order's id")
}

async fn items(shop: &Shop, order: OrderId) -> Vec<order_item::Model> {
    order_item::Entity::find()
        .filter(order_item::COLUMN.order_id.eq(order))
        .order_by_asc(order_item::COLUMN.position)
        .all(shop.app().db.reader())
        .await
        .expect("items")
}

async fn purse(shop: &Shop, member: &Client) -> UserPointId {
    let which = user_point::COLUMN.member_id.eq(member.member_id().await);
    one::<user_point::Entity>(shop, which).await.id
}

/// Cancels the order, or one of its items.
async fn cancel(buyer: &Client, id: OrderId, item: Option<OrderItemId>) {
    let items = item.map(|id| [id.to_string()]);
    let input = json!({ "orderId": id.to_string(), "orderItemIds": items });
    let payload = buyer.mutate("cancelOrder", input, "order { id }").await;
    assert_eq!(payload["order"]["id"], id.to_string(), "{payload:#}");
}

async fn one<E: EntityTrait>(shop: &Shop, which: impl IntoCondition) -> E::Model {
    let found = E::find().filter(which).one(shop.app().db.reader()).await;
    found.expect("an answer").expect("a row")
}

fn checked(tallies: &[Tally]) -> Vec<(u8, &'static str, u64)> {
    let tallies = tallies.iter();
    tallies
        .map(|tally| (tally.invariant, tally.rows, tally.checked))
        .collect()
}

both! {
    async fn an_empty_shop_adds_up(shop: Shop) {
        let (broken, table) = printed(&shop.app().db).await;
        assert_eq!(broken, [""; 0]);
        assert!(table.ends_with("\n\nEverything adds up.\n"), "{table}");
    }

    async fn a_shop_with_a_past_adds_up_and_every_row_is_checked(shop: BusyShop) {
        assert_eq!(
            checked(&tallies(shop.db()).await),
            [
                (1, "options", 3),
                (2, "point entries", 9),
                (2, "purses", 2),
                (3, "order items", 5),
                (3, "orders", 4),
                (3, "orders' points", 4),
                (3, "points of orders", 9),
                (4, "payments in all", 0),
                (4, "payments", 0),
                (5, "orders' keys", 4),
                (6, "order events", 6),
                (6, "orders' last events", 4),
                (6, "orders' items", 4),
                (7, "hours of products", 4),
                (8, "orders' messages", 4),
                (9, "stock", 3),
                (9, "stock adjustments", 4),
                (9, "purses", 2),
                (9, "point entries", 9),
                (9, "orders", 4),
                (9, "order items", 5),
                (9, "order events", 6),
                (9, "hours of products", 4),
                (9, "outbox messages", 6),
                (9, "payments", 0),
                (9, "payments' events", 0),
                (9, "refunds", 0),
            ]
        );
    }

    async fn an_audit_disturbs_nothing_and_is_not_disturbed(shop: Shop) {
        let product = shop.product("귤", &[("한 상자", 100, 1_000_000)]).await;
        let members = join_all((0..6).map(|_| shop.member_with_points(1_000_000))).await;
        let are_done = AtomicBool::new(false);
        let order_all = async {
            let orders = members.iter().map(async |member| {
                for round in 0..25 {
                    let placed = member.order(&product, 0, 1, &format!("{round}")).await;
                    let id = placed["order"]["id"].as_str().and_then(|id| id.parse().ok());
                    let id = id.unwrap_or_else(|| panic!("placed: {placed:#}"));
                    member.charge(1_000, &format!("{round}")).await;
                    if round % 2 == 0 {
                        cancel(member, id, None).await;
                    }
                }
            });
            join_all(orders).await;
            are_done.store(true, Ordering::Relaxed);
        };
        let audit_all = async {
            let mut seen = Vec::new();
            while !are_done.load(Ordering::Relaxed) {
                seen.push(checked(&tallies(&shop.app().db).await));
            }
            seen
        };
        let ((), seen) = tokio::join!(order_all, audit_all);

        // Each audit was clean, or it would have ended the test.
        let orders = |seen: &[(u8, &str, u64)]| seen.iter().find(|seen| seen.1 == "orders").map(|seen| seen.2);
        let is_half_way = |seen: &Vec<_>| orders(seen).is_some_and(|orders| (1..150).contains(&orders));
        assert!(seen.iter().any(is_half_way), "some audit ran in between");
        assert_eq!(orders(&checked(&tallies(&shop.app().db).await)), Some(150));
    }

    async fn stock_that_is_not_what_its_ledger_says_is_found(shop: BusyShop) {
        shop.take_guards_away().await;
        let [medium, large] = [shop.tee.options[0], shop.tee.options[1]];
        let [m, l] = [shop.sql(medium), shop.sql(large)];
        for (table, sql, found) in [
            (
                "stock",
                format!("UPDATE stock SET quantity = 49 WHERE option_id = {m}"),
                format!("1 {medium}: quantity in stock: expected 50, found 49"),
            ),
            (
                "stock",
                format!("UPDATE stock SET quantity = -1 WHERE option_id = {m}"),
                format!("1 {medium}: quantity in stock: expected 50, found -1; \
                         quantity in stock: expected at least 0, found -1"),
            ),
            (
                "stock",
                format!("DELETE FROM stock WHERE option_id = {m}"),
                format!("1 {medium}: quantity in stock: expected 50, found none"),
            ),
            (
                "stock_adjustment",
                format!("DELETE FROM stock_adjustment WHERE option_id = {l}"),
                format!("1 {large}: quantity in stock: expected 0, found 50"),
            ),
            (
                "stock_adjustment",
                format!("UPDATE stock_adjustment SET delta = 7 WHERE option_id = {m} AND delta = 5"),
                format!("1 {medium}: quantity in stock: expected 52, found 50"),
            ),
        ] {
            shop.check(table, &sql, &[found]).await;
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }

    async fn a_purse_that_is_not_what_its_entries_say_is_found(shop: BusyShop) {
        shop.take_guards_away().await;
        let (mina, jun) = (shop.mina, shop.jun);
        let [m, j] = [shop.sql(mina), shop.sql(jun)];
        for (table, sql, found) in [
            (
                "user_point",
                format!("UPDATE user_point SET balance = 130001 WHERE id = {m}"),
                vec![format!("2 {mina}: balance: expected 130000, found 130001")],
            ),
            (
                "user_point",
                format!("UPDATE user_point SET balance = -1 WHERE id = {m}"),
                vec![format!("2 {mina}: balance: expected 130000, found -1; \
                              balance: expected at least 0, found -1")],
            ),
            (
                "user_point",
                format!("UPDATE user_point SET last_sequence = 7 WHERE id = {m}"),
                vec![format!("2 {mina}: last sequence: expected 6, found 7")],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET amount = 100001 WHERE user_point_id = {m} AND sequence = 1"),
                vec![
                    format!("2 {} {mina}: balance after: expected 100001, found 100000", shop.entry(mina, 1).await),
                    format!("2 {mina}: balance: expected 130001, found 130000"),
                ],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET balance_after = 150001 WHERE user_point_id = {m} AND sequence = 2"),
                vec![
                    format!("2 {} {mina}: balance after: expected 150000, found 150001", shop.entry(mina, 2).await),
                    format!("2 {} {mina}: balance after: expected 127001, found 127000", shop.entry(mina, 3).await),
                ],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET balance_after = -1 WHERE user_point_id = {j} AND sequence = 3"),
                vec![format!("2 {} {jun}: balance after: expected 55000, found -1; \
                              balance after: expected at least 0, found -1", shop.entry(jun, 3).await)],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET sequence = 4 WHERE user_point_id = {j} AND sequence = 3"),
                vec![format!("2 {} {jun}: sequence: expected 3, found 4", shop.entry(jun, 3).await)],
            ),
            (
                "point_entry",
                format!("DELETE FROM point_entry WHERE user_point_id = {j} AND sequence = 1"),
                vec![
                    format!("2 {} {jun}: sequence: expected 1, found 2; \
                             balance after: expected -30000, found 70000", shop.entry(jun, 2).await),
                    format!("2 {jun}: balance: expected -45000, found 55000; last sequence: expected 2, found 3"),
                ],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET order_id = NULL WHERE user_point_id = {j} AND sequence = 2"),
                vec![
                    format!("2 {} {jun}: orders named: expected 1, found 0", shop.entry(jun, 2).await),
                    format!("3 {}: points taken: expected at least 30000, found 0; \
                             points given back: expected -30000, found 0", shop.third),
                ],
            ),
        ] {
            shop.check(table, &sql, &found).await;
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }

    async fn an_order_whose_amounts_do_not_add_up_is_found(shop: BusyShop) {
        shop.take_guards_away().await;
        let BusyShop { first, second, third, fourth, mina, .. } = shop;
        let [sql_1, sql_2, sql_3, sql_4] = [first, second, third, fourth].map(|id| shop.sql(id));
        for (table, sql, found) in [
            (
                "order_item",
                format!("UPDATE order_item SET line_total = 15001 WHERE order_id = {sql_4}"),
                vec![
                    format!("3 {} {fourth}: line total: expected 15000, found 15001", shop.item(fourth).await),
                    format!("3 {fourth}: items total: expected 15001, found 15000; \
                             points used and amount due: expected 15001, found 15000"),
                ],
            ),
            (
                r#""order""#,
                format!(r#"UPDATE "order" SET items_total = 15001 WHERE id = {sql_4}"#),
                vec![format!("3 {fourth}: items total: expected 15000, found 15001")],
            ),
            (
                r#""order""#,
                format!(r#"UPDATE "order" SET discount = 1 WHERE id = {sql_4}"#),
                vec![format!("3 {fourth}: points used and amount due: expected 14999, found 15000")],
            ),
            (
                r#""order""#,
                format!(r#"UPDATE "order" SET amount_due = 1 WHERE id = {sql_4}"#),
                vec![format!("3 {fourth}: points used and amount due: expected 15000, found 15001")],
            ),
            (
                r#""order""#,
                format!(r#"UPDATE "order" SET points_used = 14999, amount_due = 1 WHERE id = {sql_4}"#),
                vec![format!("3 {fourth}: points given back: expected 1, found 0")],
            ),
            (
                r#""order""#,
                format!(r#"UPDATE "order" SET refunded = 1 WHERE id = {sql_4}"#),
                vec![
                    format!("3 {fourth}: refunded: expected 0, found 1"),
                    format!("3 {fourth}: points given back: expected 1, found 0"),
                ],
            ),
            (
                r#""order""#,
                format!(r#"UPDATE "order" SET refunded = 11999 WHERE id = {sql_2}"#),
                vec![
                    format!("3 {second}: refunded: expected 12000, found 11999"),
                    format!("3 {second}: points given back: expected 11999, found 12000"),
                ],
            ),
            (
                r#""order""#,
                format!(r#"UPDATE "order" SET refunded = 23001 WHERE id = {sql_1}"#),
                vec![
                    format!("3 {first}: refunded: expected at most 23000, found 23001; \
                             refunded: expected 3000, found 23001"),
                    format!("3 {first}: points given back: expected 23001, found 3000"),
                ],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET order_id = {sql_3} WHERE order_id = {sql_1} AND action = 'USE'"),
                vec![
                    format!("3 {first}: points taken: expected at least 23000, found 0; \
                             points given back: expected -20000, found 3000"),
                    format!("3 {third}: points given back: expected 23000, found 0"),
                    format!("3 {}: entries in the member's own purse: expected 1, found 0", shop.entry(mina, 3).await),
                ],
            ),
        ] {
            shop.check(table, &sql, &found).await;
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }

    async fn a_key_that_bought_twice_is_found(shop: BusyShop) {
        shop.take_guards_away().await;
        let second = shop.second;
        let mina = one::<order::Entity>(&shop.shop, order::COLUMN.id.eq(second)).await.member_id;
        shop.check(
            r#""order""#,
            &format!(r#"UPDATE "order" SET idempotency_key = 'first' WHERE id = {}"#, shop.sql(second)),
            &[format!("5 {second} {mina}: orders with its key: expected at most 1, found 2")],
        ).await;
    }

    async fn a_history_with_gaps_or_another_end_is_found(shop: BusyShop) {
        shop.take_guards_away().await;
        let BusyShop { first, second, fourth, .. } = shop;
        let [sql_1, sql_2, sql_4] = [first, second, fourth].map(|id| shop.sql(id));
        for (table, sql, found) in [
            (
                "order_event",
                format!("DELETE FROM order_event WHERE order_id = {sql_1} AND sequence = 1"),
                vec![
                    format!("6 {first} 2: sequence: expected 1, found 2"),
                    format!("6 {first}: last sequence: expected 1, found 2"),
                ],
            ),
            (
                "order_event",
                format!("DELETE FROM order_event WHERE order_id = {sql_2} AND sequence = 2"),
                vec![format!("6 {second}: last sequence: expected 1, found 2; \
                              status by its last event: expected none, found CANCELED")],
            ),
            (
                "order_event",
                format!("UPDATE order_event SET status = 'PAID' WHERE order_id = {sql_2} AND sequence = 2"),
                vec![format!("6 {second}: status by its last event: expected PAID, found CANCELED")],
            ),
            (
                r#""order""#,
                format!(r#"UPDATE "order" SET last_sequence = 5 WHERE id = {sql_4}"#),
                vec![format!("6 {fourth}: last sequence: expected 1, found 5; \
                              status by its last event: expected none, found PAID")],
            ),
            (
                r#""order""#,
                format!(r#"UPDATE "order" SET status = 'READY' WHERE id = {sql_4}"#),
                vec![
                    format!("6 {fourth}: status by its last event: expected PAID, found READY"),
                    format!("6 {fourth}: status by its items: expected PAID, found READY"),
                ],
            ),
            (
                "order_item",
                format!("UPDATE order_item SET status = 'ACCEPTED' WHERE order_id = {sql_1} AND status = 'PAID'"),
                vec![format!("6 {first}: status by its items: expected ACCEPTED, found PAID")],
            ),
        ] {
            shop.check(table, &sql, &found).await;
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }

    async fn sales_that_were_counted_wrong_are_found(shop: BusyShop) {
        shop.take_guards_away().await;
        let socks = shop.socks.id;
        let sql_socks = shop.sql(socks);
        let counted = format!("product_id = {sql_socks} AND quantity = 5");
        let extra = |quantity: i32| {
            format!("INSERT INTO product_sales VALUES ('2026-11-20T05:00:00+00:00', {sql_socks}, {quantity})")
        };
        let wrong = |hour: &str, expected: i32, found: i32| {
            vec![format!("7 {hour} {socks}: quantity sold: expected {expected}, found {found}")]
        };
        for (sql, found) in [
            (
                format!("UPDATE product_sales SET quantity = 6 WHERE {counted}"),
                wrong("2026-11-20T04:00:00Z", 5, 6),
            ),
            (
                format!("DELETE FROM product_sales WHERE {counted}"),
                wrong("2026-11-20T04:00:00Z", 5, 0),
            ),
            (extra(2), wrong("2026-11-20T05:00:00Z", 0, 2)),
            (extra(0), Vec::new()),
        ] {
            shop.check("product_sales", &sql, &found).await;
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }

    async fn a_paid_order_that_the_world_is_not_told_of_once_is_found(shop: BusyShop) {
        shop.take_guards_away().await;
        let BusyShop { second, fourth, .. } = shop;
        let [sql_2, sql_4] = [second, fourth].map(|id| shop.sql(id));
        let told = |order: OrderId, times: i32| {
            vec![format!("8 {order}: order.paid messages: expected 1, found {times}")]
        };
        for (sql, found) in [
            (format!("DELETE FROM outbox WHERE order_id = {sql_4}"), told(fourth, 0)),
            // It was paid, if also canceled since.
            (format!("DELETE FROM outbox WHERE order_id = {sql_2}"), told(second, 0)),
            (
                format!("UPDATE outbox SET topic = 'order.lost' WHERE order_id = {sql_4}"),
                told(fourth, 0),
            ),
            (
                format!("INSERT INTO outbox
                         SELECT order_id, topic, order_id, payload, created_at, delivered_at
                         FROM outbox WHERE order_id = {sql_4}"),
                told(fourth, 2),
            ),
            (format!("UPDATE outbox SET delivered_at = created_at WHERE order_id = {sql_4}"), Vec::new()),
        ] {
            shop.check("outbox", &sql, &found).await;
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }

    async fn a_change_that_was_only_half_made_is_found_everywhere(shop: BusyShop) {
        shop.take_guards_away().await;
        let (fourth, socks) = (shop.fourth, &shop.socks);
        let of_fourth = format!("order_id = {}", shop.sql(fourth));
        let (option, product) = (socks.options[0], socks.id);
        shop.check(
            "order_item",
            &format!("UPDATE order_item SET status = 'CANCELED' WHERE {of_fourth}"),
            &[
                format!("1 {option}: quantity in stock: expected 50, found 45"),
                format!("3 {fourth}: refunded: expected 15000, found 0"),
                format!("6 {fourth}: status by its items: expected CANCELED, found PAID"),
                format!("7 2026-11-20T04:00:00Z {product}: quantity sold: expected 0, found 5"),
            ],
        ).await;
        shop.check(
            "order_item",
            &format!("UPDATE order_item SET status = 'PENDING_PAYMENT', paid_at = NULL WHERE {of_fourth}"),
            &[
                format!("6 {fourth}: status by its items: expected PENDING_PAYMENT, found PAID"),
                format!("7 2026-11-20T04:00:00Z {product}: quantity sold: expected 0, found 5"),
                format!("8 {fourth}: order.paid messages: expected 0, found 1"),
            ],
        ).await;
        shop.check(
            "order_item",
            &format!("DELETE FROM order_item WHERE {of_fourth}"),
            &[
                format!("1 {option}: quantity in stock: expected 50, found 45"),
                format!("3 {fourth}: items total: expected 0, found 15000; \
                         points used and amount due: expected 0, found 15000"),
                format!("6 {fourth}: status by its items: expected CANCELED, found PAID"),
                format!("7 2026-11-20T04:00:00Z {product}: quantity sold: expected 0, found 5"),
                format!("8 {fourth}: order.paid messages: expected 0, found 1"),
            ],
        ).await;
    }

    async fn a_row_beyond_all_numbers_is_broken_and_ends_nothing(shop: BusyShop) {
        shop.take_guards_away().await;
        let BusyShop { mina, jun, fourth, .. } = shop;
        let item = shop.item(fourth).await;
        let most = i64::MAX;
        for (table, sql, found) in [
            (
                "point_entry",
                format!("UPDATE point_entry SET amount = {most}"),
                vec![format!("2 {mina}: balance: "), format!("2 {jun}: balance: ")],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET amount = -{most} - 1, balance_after = {most}"),
                vec![format!("2 {mina}: balance: "), format!("2 {jun}: balance: ")],
            ),
            (
                "order_item",
                format!("UPDATE order_item SET unit_price = {most}, line_total = {most}"),
                vec![format!("3 {item} {fourth}: line total: "), format!("3 {fourth}: items total: ")],
            ),
            (
                r#""order""#,
                format!(r#"UPDATE "order" SET points_used = {most}, amount_due = {most}, discount = {most}"#),
                vec![format!("3 {fourth}: points used and amount due: ")],
            ),
        ] {
            shop.execute(&format!("CREATE TABLE intact AS SELECT * FROM {table}")).await;
            shop.execute(&sql).await;
            let (lines, table_of_checks) = printed(shop.db()).await;
            assert!(!table_of_checks.contains("failed"), "{sql}: {table_of_checks}");
            for start in found {
                assert!(lines.iter().any(|line| line.starts_with(&start)), "{sql}: {start}: {lines:#?}");
            }
            shop.execute(&format!("DELETE FROM {table}")).await;
            shop.execute(&format!("INSERT INTO {table} SELECT * FROM intact")).await;
            shop.execute("DROP TABLE intact").await;
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }

    async fn a_sum_beyond_thirty_two_bits_is_exact(shop: BusyShop) {
        shop.take_guards_away().await;
        let jun = shop.jun;
        // What fits into 53 bits and into no half of 64.
        let much = (1_i64 << 52) + 12_345;
        shop.check(
            "point_entry",
            &format!(
                "UPDATE point_entry SET amount = {much} WHERE user_point_id = {} AND sequence = 1",
                shop.sql(jun)
            ),
            &[
                format!("2 {} {jun}: balance after: expected {much}, found 100000", shop.entry(jun, 1).await),
                format!("2 {jun}: balance: expected {}, found 55000", much - 45_000),
            ],
        ).await;
    }

    async fn rows_that_refer_to_what_is_gone_are_found(shop: BusyShop) {
        shop.take_guards_away().await;
        let BusyShop { mina, first, second, third, fourth, .. } = shop;
        let option = shop.tee.options[1];
        let adjustment = one::<stock_adjustment::Entity>(
            &shop.shop,
            stock_adjustment::COLUMN.option_id.eq(option),
        ).await.id;
        let message = one::<outbox::Entity>(&shop.shop, outbox::COLUMN.order_id.eq(fourth)).await.id;
        let entry = one::<point_entry::Entity>(&shop.shop, point_entry::COLUMN.order_id.eq(fourth)).await;
        shop.check(
            r#""order""#,
            &format!(r#"DELETE FROM "order" WHERE id = {}"#, shop.sql(fourth)),
            &[
                format!("9 {} {}: orders: expected 1, found 0", entry.id, entry.user_point_id),
                format!("9 {} {fourth}: orders: expected 1, found 0", shop.item(fourth).await),
                format!("9 {fourth} 1: orders: expected 1, found 0"),
                format!("9 {message} {fourth}: orders: expected 1, found 0"),
            ],
        ).await;
        shop.check(
            "product_option",
            &format!("DELETE FROM product_option WHERE id = {}", shop.sql(option)),
            &[
                format!("9 {option}: options: expected 1, found 0"),
                format!("9 {adjustment} {option}: options: expected 1, found 0"),
                format!("9 {} {second}: options: expected 1, found 0", shop.item(second).await),
            ],
        ).await;
        let mut found = Vec::new();
        for sequence in 1..=6 {
            let entry = shop.entry(mina, sequence).await;
            found.push(format!("9 {entry} {mina}: purses: expected 1, found 0"));
        }
        let purse = format!("DELETE FROM user_point WHERE id = {}", shop.sql(mina));
        shop.check("user_point", &purse, &found).await;
        let stores = items(&shop.shop, third).await.len() + items(&shop.shop, fourth).await.len() + 3;
        shop.execute("DELETE FROM store").await;
        let (lines, _) = printed(shop.db()).await;
        assert_eq!(lines.len(), stores, "{lines:#?}");
        assert!(lines.contains(&format!("9 {} {first}: stores: expected 1, found 0", shop.item(first).await)));
    }

    async fn a_check_that_fails_leaves_the_others_and_no_verdict(shop: BusyShop) {
        shop.execute("ALTER TABLE outbox RENAME TO mislaid").await;
        shop.execute("UPDATE stock SET quantity = quantity + 1").await;
        let mut document = Vec::new();
        let mut report = Report::new(&mut document, Format::Json);
        let findings = audit(shop.db(), |row| report.tell(row)).await.expect("an audit is possible");
        assert_eq!(report.end(&findings).expect("memory takes everything"), None);
        let document: Value = serde_json::from_slice(&document).expect("one JSON document");
        assert_eq!(document["clean"], Value::Null);
        assert_eq!(document["broken"].as_array().map(Vec::len), Some(3));
        let failed = document["failed"].as_array().expect("failed checks");
        let which = failed.iter().map(|check| (&check["invariant"], &check["rows"]));
        assert_eq!(
            which.collect::<Vec<_>>(),
            [(&json!(8), &json!("orders' messages")), (&json!(9), &json!("outbox messages"))]
        );
        for check in failed {
            assert!(check["error"].as_str().is_some_and(|error| error.contains("outbox")), "{check}");
        }
        // What was checked after the first that failed.
        let (_, after) = findings.tallies.split_at(14);
        assert_eq!(after.len(), 11, "{after:#?}");
        assert!(after.iter().all(|tally| tally.broken == 0), "{after:#?}");

        let mut text = Vec::new();
        Report::new(&mut text, Format::Text).end(&findings).expect("memory takes everything");
        let text = String::from_utf8(text).expect("text");
        assert!(text.contains("\n8 outbox   orders' messages                 -      failed\n"), "{text}");
        assert!(text.contains("\nCould not check orders' messages (8 outbox): "), "{text}");
        assert!(!text.contains("Everything adds up"), "{text}");
    }

    async fn a_report_counts_and_ends_with_what_is_broken(shop: BusyShop) {
        shop.execute("UPDATE stock SET quantity = quantity + 1").await;
        let (lines, table) = printed(shop.db()).await;
        assert_eq!(lines.len(), 3);
        let rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let rows = rows.collect::<Vec<_>>();
        assert_eq!(rows[0], ["invariant", "checked", "rows", "broken"]);
        assert_eq!(rows[1], ["1", "stock", "options", "3", "3"]);
        assert_eq!(rows[2], ["2", "points", "point", "entries", "9", "0"]);
        assert_eq!(rows[rows.len() - 1], ["3", "rows", "are", "broken."]);

        let mut document = Vec::new();
        let mut report = Report::new(&mut document, Format::Json);
        let findings = audit(shop.db(), |row| report.tell(row)).await.expect("an audit is possible");
        assert_eq!(report.end(&findings).expect("memory takes everything"), Some(false));
        let document: Value = serde_json::from_slice(&document).expect("one JSON document");
        assert_eq!(document["clean"], false);
        assert_eq!(document["broken"].as_array().map(Vec::len), Some(3));
        let medium = shop.tee.options[0].to_string();
        let broken = document["broken"].as_array().expect("rows").iter();
        let broken = broken.filter(|row| row["key"]["optionId"] == medium).collect::<Vec<_>>();
        assert_eq!(broken, [&json!({
            "invariant": 1,
            "rows": "options",
            "key": { "optionId": medium },
            "discrepancies": [{ "what": "quantity in stock", "expected": 50, "found": 51 }],
        })]);
        assert_eq!(document["checks"][0], json!({
            "invariant": 1, "name": "stock", "rows": "options", "checked": 3, "broken": 3,
        }));
        assert_eq!(document["checks"].as_array().map(Vec::len), Some(findings.tallies.len()));
        assert_eq!(document["failed"], json!([]));
    }
}

/// SQLite's columns hold whatever is put into them.
#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_values_of_other_types_are_told_as_text() {
    let shop = BusyShop::open(Database::Sqlite).await;
    shop.take_guards_away().await;
    let (socks, fourth) = (shop.socks.id, shop.fourth);
    let hour = "2026-11-20T04:00:00Z";
    let counted = format!("product_id = {} AND quantity = 5", shop.sql(shop.socks.id));
    shop.check(
        "product_sales",
        &format!("UPDATE product_sales SET hour = 'teatime' WHERE {counted}"),
        &[
            format!("7 {hour} {socks}: quantity sold: expected 5, found 0"),
            format!("7 teatime {socks}: quantity sold: expected 0, found 5"),
        ],
    )
    .await;
    shop.check(
        "product_sales",
        &format!("UPDATE product_sales SET product_id = X'07' WHERE {counted}"),
        &[
            format!("7 {hour} X'07': quantity sold: expected 0, found 5"),
            format!("7 {hour} {socks}: quantity sold: expected 5, found 0"),
            format!("9 {hour} X'07': products: expected 1, found 0"),
        ],
    )
    .await;
    let item = shop.item(fourth).await;
    shop.execute("UPDATE order_item SET quantity = 9223372036854775807")
        .await;
    let (lines, table) = printed(shop.db()).await;
    assert!(!table.contains("failed"), "{table}");
    for start in [
        format!("1 {}: quantity in stock: ", shop.socks.options[0]),
        format!("3 {item} {fourth}: line total: "),
        format!("7 {hour} {socks}: quantity sold: "),
    ] {
        let is_told = lines.iter().any(|line| line.starts_with(&start));
        assert!(is_told, "{start}: {lines:#?}");
    }
}
