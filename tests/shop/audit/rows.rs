//! Rows that are broken in many ways, or hold what no row should.

use crate::support::Database;

use super::{busy::BusyShop, printed};

both! {
    async fn a_change_that_was_only_half_made_is_found_everywhere(shop: BusyShop) {
        shop.take_guards_away().await;
        let (fourth, socks) = (shop.fourth, &shop.socks);
        let of_fourth = format!("order_id = {}", shop.sql(fourth));
        let (option, product) = (socks.options[0], socks.id);
        let of_store = format!("6 {} {fourth}: status by its items: expected CANCELED, found PAID", socks.store_id);
        shop.check(
            "order_item",
            &format!("UPDATE order_item SET status = 'CANCELED' WHERE {of_fourth}"),
            &[
                format!("1 {option}: quantity in stock: expected 50, found 45"),
                format!("3 {fourth}: refunded: expected 15000, found 0"),
                format!("6 {fourth}: status by its items: expected CANCELED, found PAID"),
                of_store.clone(),
                format!("7 2026-11-20T04:00:00Z {product}: quantity sold: expected 0, found 5"),
            ],
        ).await;
        shop.check(
            "order_item",
            &format!("UPDATE order_item SET status = 'PENDING_PAYMENT', paid_at = NULL WHERE {of_fourth}"),
            &[
                format!("6 {fourth}: status by its items: expected PENDING_PAYMENT, found PAID"),
                of_store.clone(),
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
                of_store.clone(),
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
                vec![format!("3 {fourth}: discounts of its items: ")],
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
