//! 9: rows that refer to what is gone.

use entity::{outbox, point_entry, stock_adjustment};
use sea_orm::ColumnTrait;

use super::{
    busy::{BusyShop, items, one},
    printed,
};

both! {
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
        // Their wallets are left behind, too.
        let stores = stores + 2;
        shop.execute("DELETE FROM store").await;
        let (lines, _) = printed(shop.db()).await;
        assert_eq!(lines.len(), stores, "{lines:#?}");
        assert!(lines.contains(&format!("9 {} {first}: stores: expected 1, found 0", shop.item(first).await)));
    }
}
