//! What leaves the outbox, and that the audit and later events do not miss it.

use entity::outbox_purged;
use jangteo::outbox::retention::purge;

use super::*;
use crate::support::Shop;

async fn purged(shop: &Shop) -> Vec<i32> {
    let rows = outbox_purged::Entity::find()
        .all(shop.app().db.reader())
        .await;
    rows.expect("the table reads")
        .iter()
        .map(|row| row.sequence)
        .collect()
}

both! {
    async fn what_was_delivered_long_ago_leaves_and_nothing_is_missed(shop: TellingShop) {
        let mina = shop.paying.shop.member_with_points(100_000).await;
        let order = shop.order(&mina, "key").await;
        shop.cancel_item(&mina, &order, 0).await;
        shop.let_time_pass_until_all_is_delivered().await;
        let db = &shop.paying.shop.app().db;
        let before = shop.now();
        assert_eq!(purge(db, before - Duration::from_hours(1), false).await.expect("a purge"), 0);
        shop.paying.shop.advance(Duration::from_secs(1));
        assert_eq!(purge(db, shop.now(), false).await.expect("a purge"), 3);
        assert!(shop.rows().await.is_empty());
        assert_eq!(purged(&shop.paying.shop).await, [3]);
        shop.paying.assert_adds_up().await;

        // The order goes on where it was.
        shop.cancel_item(&mina, &order, 1).await;
        shop.let_time_pass_until_all_is_delivered().await;
        assert_eq!(sequences(&shop.report().await, &order), ["1", "2", "3", "4", "5"]);
        shop.paying.shop.advance(Duration::from_secs(1));
        assert_eq!(purge(db, shop.now(), false).await.expect("a purge"), 2);
        assert_eq!(purged(&shop.paying.shop).await, [5]);
        shop.paying.assert_adds_up().await;
    }

    async fn what_was_not_delivered_stays_and_all_behind_it(shop: TellingShop) {
        shop.set(Mode::Drop).await;
        let mina = shop.paying.shop.member_with_points(100_000).await;
        let order = shop.order(&mina, "key").await;
        shop.cancel_item(&mina, &order, 0).await;
        let before = shop.rows().await.len();
        let db = &shop.paying.shop.app().db;
        let later = shop.now() + Duration::from_hours(24 * 400);
        assert_eq!(purge(db, later, false).await.expect("a purge"), 0);
        assert_eq!((before, shop.rows().await.len()), (3, 3));
    }

    async fn where_nobody_is_told_what_is_old_leaves(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        mina.order(&shirt, 0, 1, "old").await;
        shop.advance(Duration::from_hours(1));
        let db = &shop.app().db;
        let before = shop.now();
        shop.member_with_points(10_000).await.order(&shirt, 0, 1, "new").await;
        assert_eq!(purge(db, before, false).await.expect("a purge"), 0);
        assert_eq!(purge(db, before, true).await.expect("a purge"), 1);
        assert_eq!(purged(&shop).await, [1]);
        let contents = shop.contents().await;
        assert_eq!(contents.count("outbox"), 1);
        assert_eq!(crate::audit::printed(db).await.0, [""; 0]);
    }
}
