//! A server asks NATS for what its listeners want, and for nothing else.

use serde_json::json;

use super::{GIFTS, MY_EVENTS, Servers, feed, figure, order, stock, until, watch};

#[tokio::test(flavor = "multi_thread")]
async fn only_what_somebody_listens_to_is_subscribed_to() {
    let servers = Servers::with_nats(2).await;
    let here = &servers.shops[0];
    let shirt = here.product("셔츠", &[("화이트", 1_000, 10)]).await;
    let hat = here.product("모자", &[("하나", 1_000, 10)]).await;
    let merchant = here.seller_of(&shirt).await;
    let mina = here.member_with_points(10_000).await;
    let jun = here.member_with_points(10_000).await;
    let nats = servers.nats.as_ref().expect("NATS");
    let id = order(&mina, &shirt, "key").await;
    order(&jun, &hat, "key").await;
    assert_eq!(nats.subscribed("jangteo.").await, [""; 0]);

    // What a member listens to in several ways is subscribed to once, and so is what several listen to.
    let of_mina = [
        mina.subscribe(MY_EVENTS, json!({})).await,
        mina.subscribe(GIFTS, json!({})).await,
        watch(&mina, id, 0).await,
    ];
    let of_shirt = [
        stock(&here.anonymous(), &shirt).await,
        stock(&mina, &shirt).await,
    ];
    let of_store = feed(&merchant, &shirt).await;

    let member = format!("jangteo.member.{}", mina.member_id().await.0);
    let product = format!("jangteo.product.{}", shirt.id.0);
    let store = format!("jangteo.store.{}", shirt.store_id.0);
    let all = [member.clone(), product.clone(), store.clone()];
    until(async || nats.subscribed("jangteo.").await == all).await;
    assert_eq!(here.app().bus.subscriptions(), 3);

    drop(of_store);
    let [first, second] = of_shirt;
    drop(first);
    until(async || nats.subscribed("jangteo.").await == [member.clone(), product.clone()]).await;
    drop((of_mina, second));
    until(async || nats.subscribed("jangteo.").await.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_words_do_not_come_back() {
    let servers = Servers::with_nats(2).await;
    let (here, there) = (&servers.shops[0], &servers.shops[1]);
    let shirt = here.product("셔츠", &[("화이트", 1_000, 100)]).await;
    let mina = here.member_with_points(100_000).await;
    let mut events = mina.subscribe(MY_EVENTS, json!({})).await;
    let nats = servers.nats.as_ref().expect("NATS");
    until(async || nats.subscribed("jangteo.").await.len() == 1).await;

    order(&mina, &shirt, "here").await;
    events.next().await;
    // To the member, the store, and whoever watches the stock.
    until(async || figure(here, "jangteo_bus_published_total").await == 3).await;
    order(&mina.at(there.address()), &shirt, "there").await;
    events.next().await;
    until(async || figure(there, "jangteo_bus_published_total").await == 3).await;

    until(async || figure(here, "jangteo_bus_received_total").await > 0).await;
    assert_eq!(figure(here, "jangteo_bus_received_total").await, 1);
    assert_eq!(figure(there, "jangteo_bus_received_total").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_back_soon_hears_on() {
    let servers = Servers::with_nats(2).await;
    let (here, there) = (&servers.shops[0], &servers.shops[1]);
    let shirt = here.product("셔츠", &[("화이트", 1_000, 100)]).await;
    let mina = here.member_with_points(100_000).await;
    let mina_there = mina.at(there.address());
    for round in 0..5 {
        let mut events = mina.subscribe(MY_EVENTS, json!({})).await;
        let id = order(&mina_there, &shirt, &format!("key {round}")).await;
        let event = events.next().await["myOrderEvents"].take();
        assert_eq!(event["order"]["id"], id.to_string());
        events.expect_silence().await;
    }
}
