//! Gifts that nobody uses go back to their senders, once.

use std::time::Duration;

use entity::gift::{self, GiftStatus};
use futures_util::future::join_all;
use jangteo::config::Limits;
use sea_orm::EntityTrait;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{GivingShop, entries, list};
use crate::support::{Client, PATIENCE, Shop};

const DAY: Duration = Duration::from_hours(24);

/// Waits until every gift has come to this.
pub async fn until_all_are(shop: &Shop, status: GiftStatus) {
    let begun = Instant::now();
    loop {
        shop.app().gift_expiry.wake();
        let gifts = gift::Entity::find().all(shop.app().db.reader()).await;
        let gifts = gifts.expect("gifts");
        if gifts.iter().all(|gift| gift.status == status) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{gifts:#?}");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn status(client: &Client, gift: &serde_json::Value) -> serde_json::Value {
    let query = "query($id: ID!) { node(id: $id) { ... on Gift { status } } }";
    let data = client.run(query, json!({ "id": gift["id"] })).await;
    data["node"]["status"].clone()
}

both! {
    async fn an_unused_gift_goes_back_when_its_time_is_over(shop: GivingShop) {
        let mina = shop.shop.member_with_points(50_000).await;
        let jun = shop.shop.member_named("jun").await;
        let first = shop.send(&mina, "jun", "first").await;
        shop.shop.advance(DAY);
        let second = shop.send(&mina, "jun", "second").await;
        shop.shop.advance(89 * DAY);
        until_is_back(&shop.shop, &first).await;

        assert_eq!(status(&mina, &second).await, "SENT", "a day is left of it");
        assert_eq!(status(&jun, &first).await, "RETURNED");
        assert_eq!(mina.balance().await, 38_000);
        assert_eq!(entries(&mina).await[0], ("REFUND".into(), 12_000, first["id"].clone()));
        assert_eq!(list(&jun, "gifts").await.len(), 2, "what was given stays in the list");

        shop.shop.advance(DAY);
        until_all_are(&shop.shop, GiftStatus::Returned).await;
        assert_eq!(mina.balance().await, 50_000);
    }

    async fn any_number_of_servers_give_a_gift_back_once(shop: GivingShop) {
        let limits = || Limits { instant_charge: true, access_token: 1_000 * DAY, ..Limits::default() };
        let others = join_all((0..3).map(|_| Shop::open_at(shop.shop.database.again(), limits()))).await;
        let mina = shop.shop.member_with_points(600_000).await;
        shop.shop.member_named("jun").await;
        let keys = (0..50).map(|number| number.to_string()).collect::<Vec<_>>();
        for key in &keys {
            shop.send(&mina, "jun", key).await;
        }
        assert_eq!(mina.balance().await, 0);

        shop.shop.advance(90 * DAY);
        for other in &others {
            other.set_time(shop.shop.now());
            other.app().gift_expiry.wake();
        }
        until_all_are(&shop.shop, GiftStatus::Returned).await;

        assert_eq!(mina.balance().await, 600_000);
        let refunds = entries(&mina).await;
        assert!(refunds.iter().take(20).all(|(action, amount, _)| action == "REFUND" && *amount == 12_000));
        for other in others {
            other.stop().await;
        }
    }
}

/// Waits until this gift has gone back.
pub async fn until_is_back(shop: &Shop, gift: &serde_json::Value) {
    let id = gift["id"]
        .as_str()
        .expect("an id")
        .parse()
        .expect("a gift's id");
    let begun = Instant::now();
    loop {
        shop.app().gift_expiry.wake();
        let gift = gift::Entity::find_by_id::<entity::id::GiftId>(id)
            .one(shop.app().db.reader())
            .await;
        let gift = gift.expect("an answer").expect("the gift");
        if gift.status == GiftStatus::Returned {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{gift:#?}");
        sleep(Duration::from_millis(20)).await;
    }
}
