//! Many events on many servers: each listener hears each of its own once, each order's in sequence.

use std::collections::BTreeMap;

use entity::id::OrderId;
use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::json;
use tokio::task::block_in_place;

use super::{MY_EVENTS, Servers, feed, fulfil, next, order, watch};
use crate::support::{Client, Product, Shop, Subscription};

const MEMBERS: usize = 6;
const ORDERS_EACH: usize = 4;

/// The steps of an order after it was placed.
const STEPS: [&str; 3] = ["acceptOrder", "markOrderReady", "completeOrder"];

#[tokio::test(flavor = "multi_thread")]
async fn over_nats_everybody_hears_everything_once_and_in_order() {
    let servers = Servers::with_nats(3).await;
    check(&servers.shops, async || {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_nats_everybody_hears_everything_once_and_in_order() {
    let servers = Servers::alone(3).await;
    check(&servers.shops, async || {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nats_goes_and_comes_everybody_hears_everything_once_and_in_order() {
    let mut servers = Servers::with_nats(3).await;
    let mut nats = servers.nats.take().expect("NATS");
    check(&servers.shops, async || {
        block_in_place(|| nats.kill());
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        block_in_place(|| nats.start_again());
    })
    .await;
}

/// Has members order and a store fulfil, each step at a server by chance, with everybody listening at one of their own.
#[expect(clippy::print_stdout, reason = "seen only where the test fails")]
async fn check(shops: &[Shop], trouble: impl AsyncFnOnce()) {
    let seed = rand::rng().random::<u64>();
    println!("seed: {seed}");
    let rng = &mut StdRng::seed_from_u64(seed);
    let shirt = shops[0].product("셔츠", &[("화이트", 1_000, 1_000)]).await;
    let merchant = shops[0].seller_of(&shirt).await;
    let mut members = Vec::new();
    for index in 0..MEMBERS {
        let member = shops[0].member_with_points(1_000_000).await;
        members.push(member.at(shops[index % shops.len()].address()));
    }
    let of_store = feed(&merchant.at(shops[1].address()), &shirt).await;
    let mut of_members = Vec::new();
    for member in &members {
        of_members.push(member.subscribe(MY_EVENTS, json!({})).await);
    }

    let plans = plans(rng, shops.len());
    let living = join_all(members.iter().zip(plans).map(async |(member, plans)| {
        join_all(
            plans
                .into_iter()
                .enumerate()
                .map(async |(key, plan)| live(shops, member, &merchant, &shirt, key, plan).await),
        )
        .await
    }));
    let (orders, ()) = tokio::join!(living, trouble());

    let all = MEMBERS * ORDERS_EACH;
    let expected = |ids: &[OrderId]| {
        let all = 1..=i64::try_from(1 + STEPS.len()).expect("a number");
        let of_order = |id: &OrderId| (id.to_string(), all.clone().collect::<Vec<_>>());
        ids.iter().map(of_order).collect::<BTreeMap<_, _>>()
    };
    for (subscription, ids) in of_members.into_iter().zip(&orders) {
        let heard = heard(subscription, ORDERS_EACH, "myOrderEvents").await;
        assert_eq!(heard, expected(ids));
    }
    check_feed(of_store, all).await;
}

/// At which server each step of each order happens.
fn plans(rng: &mut StdRng, servers: usize) -> Vec<Vec<Vec<usize>>> {
    let step = |rng: &mut StdRng| rng.random_range(0..servers);
    let order = |rng: &mut StdRng| (0..=STEPS.len()).map(|_| step(rng)).collect::<Vec<_>>();
    let member = |rng: &mut StdRng| {
        let mut orders = (0..ORDERS_EACH).map(|_| order(rng)).collect::<Vec<_>>();
        orders.shuffle(rng);
        orders
    };
    (0..MEMBERS).map(|_| member(rng)).collect()
}

/// An order's life, watched by its member from the start.
async fn live(
    shops: &[Shop],
    member: &Client,
    merchant: &Client,
    product: &Product,
    key: usize,
    plan: Vec<usize>,
) -> OrderId {
    let at = |step: usize| shops[plan[step]].address();
    let id = order(&member.at(at(0)), product, &format!("key {key}")).await;
    let mut watch = watch(member, id, 0).await;
    for (step, mutation) in STEPS.into_iter().enumerate() {
        fulfil(&merchant.at(at(step + 1)), mutation, id).await;
    }
    for sequence in 1..=1 + STEPS.len() {
        assert_eq!(next(&mut watch, "sequence").await, sequence);
    }
    watch.expect_complete().await;
    id
}

/// The sequences that a subscription hears of each of so many orders, in the order in which it does.
async fn heard(
    mut subscription: Subscription,
    orders: usize,
    field: &str,
) -> BTreeMap<String, Vec<i64>> {
    let mut heard = BTreeMap::<_, Vec<_>>::new();
    for _ in 0..orders * (1 + STEPS.len()) {
        let event = subscription.next().await[field].take();
        let id = event["order"]["id"].as_str().expect("an id").to_owned();
        let sequence = event["sequence"].as_i64().expect("a sequence");
        heard.entry(id).or_default().push(sequence);
    }
    subscription.expect_silence().await;
    heard
}

/// A store's feed is numbered without gaps.
async fn check_feed(mut subscription: Subscription, orders: usize) {
    for number in 1..=orders * (1 + STEPS.len()) {
        assert_eq!(next(&mut subscription, "storeSequence").await, number);
    }
    subscription.expect_silence().await;
}
