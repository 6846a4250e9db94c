//! 1: stock that is not what its ledger says.

use super::{busy::BusyShop, printed};

both! {
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
}
