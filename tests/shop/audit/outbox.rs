//! 8: orders that the world is not told of once.

use entity::id::OrderId;

use super::{busy::BusyShop, printed};

both! {
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
                         SELECT order_id, topic, order_id, sequence + 1, payload, created_at, attempts, due_at, failure, dead_at, delivered_at
                         FROM outbox WHERE order_id = {sql_4}"),
                told(fourth, 2),
            ),
            (format!("UPDATE outbox SET delivered_at = created_at WHERE order_id = {sql_4}"), Vec::new()),
        ] {
            shop.check("outbox", &sql, &found).await;
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }
}
