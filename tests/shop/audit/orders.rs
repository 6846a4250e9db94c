//! 3: orders whose amounts do not add up.

use super::{busy::BusyShop, printed};

both! {
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
                "order_item",
                format!("UPDATE order_item SET discount = 15001, store_discount = 15002 WHERE order_id = {sql_4}"),
                vec![
                    format!("3 {} {fourth}: discount: expected at most 15000, found 15001; \
                             discount that the store bears: expected at most 15001, found 15002", shop.item(fourth).await),
                    format!("3 {fourth}: discounts of its items: expected 0, found 15001"),
                    format!("12 {fourth}: coupons held: expected 1, found 0"),
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
                vec![
                    format!("3 {fourth}: discounts of its items: expected 1, found 0; \
                             points used and amount due: expected 14999, found 15000"),
                    format!("12 {fourth}: coupons named: expected 1, found 0"),
                ],
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
}
