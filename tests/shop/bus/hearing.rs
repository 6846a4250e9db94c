//! Each subscription hears on one server what was committed on another.

use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{GIFTS, MY_EVENTS, Servers, feed, figure, fulfil, next, order, stock, until, watch};
use crate::support::{Client, Shop};

#[tokio::test(flavor = "multi_thread")]
async fn over_nats_every_subscription_hears_of_another_server() {
    let servers = Servers::with_nats(2).await;
    let [here, there] = servers.shops.as_slice() else {
        panic!("two servers");
    };
    check_every_subscription(here, there).await;
    // The sweep may have been first with some of it, but not with all.
    until(async || figure(here, "jangteo_bus_received_total").await > 0).await;
    assert!(figure(there, "jangteo_bus_published_total").await > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_nats_every_subscription_hears_of_another_server() {
    let servers = Servers::alone(2).await;
    let [here, there] = servers.shops.as_slice() else {
        panic!("two servers");
    };
    check_every_subscription(here, there).await;
    assert!(figure(here, "jangteo_bus_swept_total").await > 0);
}

/// A server that commits and cannot tell is to the others one that is killed right after its commit.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_could_not_tell_is_heard_all_the_same() {
    let servers = Servers::with_nats(1).await;
    let mute = servers.mute().await;
    check_every_subscription(&servers.shops[0], &mute).await;
    assert!(figure(&servers.shops[0], "jangteo_bus_swept_total").await > 0);
}

/// Listens on one server to what happens on another.
async fn check_every_subscription(here: &Shop, there: &Shop) {
    let shirt = here.product("셔츠", &[("화이트", 1_000, 10)]).await;
    let merchant = here.seller_of(&shirt).await;
    let mina = here.member_with_points(10_000).await;
    let jun = here.member_with_points(10_000).await;
    let (mina_there, jun_there) = (mina.at(there.address()), jun.at(there.address()));
    let merchant_there = merchant.at(there.address());

    let mut events = mina.subscribe(MY_EVENTS, json!({})).await;
    let mut feed = feed(&merchant, &shirt).await;
    let mut stock = stock(&here.anonymous(), &shirt).await;
    let mut gifts = mina.subscribe(GIFTS, json!({})).await;

    let id = order(&mina_there, &shirt, "key").await;
    assert_eq!(next(&mut events, "status").await, "PAID");
    assert_eq!(next(&mut feed, "status").await, "PAID");
    assert_eq!(next(&mut stock, "stockQuantity").await, 9);

    let mut order = watch(&mina, id, 0).await;
    assert_eq!(next(&mut order, "status").await, "PAID");
    for (mutation, status) in [
        ("acceptOrder", "ACCEPTED"),
        ("markOrderReady", "READY"),
        ("completeOrder", "COMPLETED"),
    ] {
        fulfil(&merchant_there, mutation, id).await;
        assert_eq!(next(&mut order, "status").await, status);
        assert_eq!(next(&mut events, "status").await, status);
        assert_eq!(next(&mut feed, "status").await, status);
    }
    order.expect_complete().await;

    let mina_id = user_id(here, &mina).await;
    let gift = json!({
        "toUserId": mina_id,
        "optionId": shirt.options[0].to_string(),
        "message": "축하해!",
        "idempotencyKey": "gift",
    });
    let sent = jun_there.mutate("sendGift", gift, "gift { id }").await;
    assert_eq!(next(&mut gifts, "id").await, sent["gift"]["id"]);
    there.adjust_stock(&shirt, 0, 5).await;
    assert_eq!(next(&mut stock, "stockQuantity").await, 14);

    for mut subscription in [events, feed, stock, gifts] {
        subscription.expect_silence().await;
    }
}

async fn user_id(shop: &Shop, client: &Client) -> Value {
    let id = client.member_id().await;
    let member = entity::member::Entity::find_by_id(id)
        .one(shop.app().db.reader())
        .await;
    let member = member.expect("the table reads").expect("a member");
    member.user_id.into()
}
