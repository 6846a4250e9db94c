//! 6: histories with gaps, or another end.

use super::{busy::BusyShop, printed};

both! {
    async fn a_history_with_gaps_or_another_end_is_found(shop: BusyShop) {
        shop.take_guards_away().await;
        let BusyShop { first, second, fourth, .. } = shop;
        let [tees, socks] = [shop.tee.store_id, shop.socks.store_id];
        let [sql_1, sql_2, sql_4] = [first, second, fourth].map(|id| shop.sql(id));
        for (table, sql, found) in [
            (
                "order_event",
                format!("DELETE FROM order_event WHERE order_id = {sql_1} AND sequence = 1"),
                vec![
                    format!("6 {first} 2: sequence: expected 1, found 2"),
                    format!("6 {first}: last sequence: expected 1, found 2"),
                    format!("6 {tees} {first} 1: events of the order: expected 1, found 0"),
                    format!("6 {socks} {first} 1: events of the order: expected 1, found 0"),
                ],
            ),
            (
                "order_event",
                format!("DELETE FROM order_event WHERE order_id = {sql_2} AND sequence = 2"),
                vec![
                    format!("6 {second}: last sequence: expected 1, found 2; \
                             status by its last event: expected none, found CANCELED"),
                    format!("6 {tees} {second} 2: events of the order: expected 1, found 0"),
                ],
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
                vec![
                    format!("6 {first}: status by its items: expected ACCEPTED, found PAID"),
                    format!("6 {tees} {first}: status by its items: expected ACCEPTED, found PAID"),
                ],
            ),
        ] {
            shop.check(table, &sql, &found).await;
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }
}
