//! 7: sales that were counted wrong.

use super::{busy::BusyShop, printed};

both! {
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
}
