//! 5: keys that buy twice.

use entity::{id::MemberId, order};
use sea_orm::ColumnTrait;

use super::{
    busy::{BusyShop, one},
    printed,
};

impl BusyShop {
    async fn buyer(&self, id: entity::id::OrderId) -> MemberId {
        one::<order::Entity>(&self.shop, order::COLUMN.id.eq(id))
            .await
            .member_id
    }
}

both! {
    async fn a_key_that_bought_twice_is_found(shop: BusyShop) {
        shop.take_guards_away().await;
        let second = shop.second;
        let mina = shop.buyer(second).await;
        shop.check(
            r#""order""#,
            &format!(r#"UPDATE "order" SET idempotency_key = 'first' WHERE id = {}"#, shop.sql(second)),
            &[format!("5 {second} {mina}: orders with its key: expected at most 1, found 2")],
        ).await;
    }

    async fn a_further_key_that_found_anothers_order_or_bought_one_is_found(shop: BusyShop) {
        shop.take_guards_away().await;
        let BusyShop { first, second, .. } = shop;
        let [mina, jun] = [shop.buyer(first).await, shop.buyer(shop.third).await];
        let gone = entity::id::OrderId(uuid::Uuid::nil());
        for (member, key, order, found) in [
            (mina, "third", first, None),
            // Everybody has keys of their own.
            (mina, "third", second, None),
            (jun, "third", first, Some(format!("5 {jun} third {first}: orders of its member: expected 1, found 0"))),
            (mina, "first", second, Some(format!("5 {mina} first {second}: orders that it bought: expected 0, found 1"))),
            (mina, "third", gone, Some(format!("9 {mina} third {gone}: orders: expected 1, found 0"))),
        ] {
            let [member, order] = [shop.sql(member), shop.sql(order)];
            let insert = format!("INSERT INTO order_alias (member_id, idempotency_key, order_id)
                                  VALUES ({member}, '{key}', {order})");
            shop.check("order_alias", &insert, &Vec::from_iter(found)).await;
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }
}
