//! NATS goes, comes back, or is not there yet: orders go on, and nobody who listens misses anything.

use serde_json::json;
use tokio::task::block_in_place;

use super::{MY_EVENTS, Servers, figure, next, order, readiness, until};
use crate::support::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn nats_may_go_and_come_back() {
    let mut servers = Servers::with_nats(2).await;
    let shirt = servers.shops[0]
        .product("셔츠", &[("화이트", 1_000, 100)])
        .await;
    let mina = servers.shops[0].member_with_points(100_000).await;
    let mina_there = mina.at(servers.shops[1].address());
    let mut events = mina.subscribe(MY_EVENTS, json!({})).await;
    let mut placed = Vec::new();
    let mut buy = async |key: &str| placed.push(order(&mina_there, &shirt, key).await);

    buy("with NATS").await;
    block_in_place(|| servers.nats().kill());
    for shop in &servers.shops {
        until(async || readiness(shop).await.contains("bus: NATS is away")).await;
        assert_eq!(figure(shop, "jangteo_bus_connected").await, 0);
    }
    for round in 0..5 {
        buy(&format!("without NATS {round}")).await;
    }
    block_in_place(|| servers.nats().start_again());
    buy("while they find each other").await;
    servers.until_carried().await;
    assert_eq!(figure(&servers.shops[0], "jangteo_bus_connected").await, 1);
    for round in 0..5 {
        buy(&format!("with NATS again {round}")).await;
    }

    let mut heard = Vec::new();
    for _ in &placed {
        let event = events.next().await["myOrderEvents"].take();
        assert_eq!(event["sequence"], 1);
        heard.push(event["order"]["id"].as_str().expect("an id").to_owned());
    }
    heard.sort();
    let mut placed = placed.iter().map(ToString::to_string).collect::<Vec<_>>();
    placed.sort();
    assert_eq!(heard, placed);
    events.expect_silence().await;
    assert!(figure(&servers.shops[1], "jangteo_bus_dropped_total").await > 0);
    // What it subscribed to before it does now.
    let received = figure(&servers.shops[0], "jangteo_bus_received_total").await;
    order(&mina_there, &shirt, "the last").await;
    until(async || figure(&servers.shops[0], "jangteo_bus_received_total").await > received).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_though_nats_is_not_there_yet() {
    let mut servers = Servers::with_nats(1).await;
    block_in_place(|| servers.nats().kill());
    let url = servers.nats().url.clone();
    let early = Shop::open_beside(servers.shops[0].database.again(), Some(&url)).await;
    assert!(readiness(&early).await.contains("bus: NATS is away"));
    let shirt = early.product("셔츠", &[("화이트", 1_000, 100)]).await;
    let mina = early.member_with_points(100_000).await;
    let mut events = mina
        .at(servers.shops[0].address())
        .subscribe(MY_EVENTS, json!({}))
        .await;

    order(&mina, &shirt, "early").await;
    assert_eq!(next(&mut events, "status").await, "PAID");

    block_in_place(|| servers.nats().start_again());
    until(async || readiness(&early).await.ends_with("bus: NATS\n")).await;
    servers.until_carried().await;
    order(&mina, &shirt, "late").await;
    assert_eq!(next(&mut events, "status").await, "PAID");
    until(async || figure(&early, "jangteo_bus_published_total").await > 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_words_of_a_server_that_stops_in_order_are_heard() {
    let mut servers = Servers::with_nats(2).await;
    let shirt = servers.shops[0]
        .product("셔츠", &[("화이트", 1_000, 100)])
        .await;
    let mina = servers.shops[0].member_with_points(100_000).await;
    let mut events = mina.subscribe(MY_EVENTS, json!({})).await;
    let leaving = servers.shops.pop().expect("two servers");
    let mina_there = mina.at(leaving.address());
    for round in 0..5 {
        order(&mina_there, &shirt, &format!("key {round}")).await;
    }
    leaving.stop().await;
    for _ in 0..5 {
        assert_eq!(next(&mut events, "sequence").await, 1);
    }
    events.expect_silence().await;
}
