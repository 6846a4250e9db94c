//! The audit: silent over a busy shop, also while it is busy, and it finds whatever is put wrong by hand.

mod busy;
mod coupons;
mod gateway;
mod gifts;
mod hand;
mod history;
mod keys;
mod money;
mod orders;
mod outbox;
mod parents;
mod points;
mod report;
mod rows;
mod sales;
mod stock;
mod wallets;

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use jangteo::{
    audit::{
        Tally, audit,
        report::{Format, Report},
    },
    db::Db,
};

use self::busy::{BusyShop, cancel};
use crate::support::Shop;

/// What an audit prints for people: a line for each broken row, sorted, and the table.
pub async fn printed(db: &Db) -> (Vec<String>, String) {
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
                (4, "gifts", 0),
                (4, "gifts' money", 0),
                (4, "points of gifts", 0),
                (5, "orders' keys", 4),
                (5, "further keys", 0),
                (6, "order events", 6),
                (6, "orders' last events", 4),
                (6, "orders' items", 4),
                (6, "stores' parts", 7),
                (6, "stores' events", 7),
                (7, "hours of products", 4),
                (8, "orders' messages", 4),
                (9, "stock", 3),
                (9, "stock adjustments", 4),
                (9, "purses", 2),
                (9, "point entries", 9),
                (9, "orders", 4),
                (9, "further keys", 0),
                (9, "order items", 5),
                (9, "order events", 6),
                (9, "hours of products", 4),
                (9, "outbox messages", 8),
                (9, "purged messages", 0),
                (9, "payments", 0),
                (9, "payments' events", 0),
                (9, "refunds", 0),
                (9, "gifts", 0),
                (9, "wallets", 2),
                (9, "wallet entries", 0),
                (9, "settlements", 0),
                (9, "publications", 0),
                (9, "coupons", 0),
                (11, "wallet entries", 0),
                (11, "wallets", 2),
                (11, "orders' earnings", 4),
                (11, "settlements", 0),
                (12, "coupons", 0),
                (12, "orders' coupons", 4),
                (12, "items of orders by coupon", 5),
                (12, "publications", 0),
                (12, "members' coupons", 0),
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
}
