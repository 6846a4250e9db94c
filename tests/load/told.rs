//! What a server committed is told by the others, though it was killed before it could say a word.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use entity::order_event;
use futures_util::future::join_all;
use jangteo::db::Db;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use tokio::{sync::Notify, task::block_in_place, time::sleep};

use crate::{
    crowd::{seed, sign_up, stock_up},
    program::{Program, assert_audit_is_clean},
    support::{Client, Database, Nats, Subscription},
    turn,
};

/// How often a server is killed.
const KILLS: usize = 10;

/// How many orders one member has on their way at once.
const HANDS: usize = 8;

const EVENTS: &str = "subscription { myOrderEvents { sequence order { id } } }";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_committed_is_heard_over_nats_or_without() {
    let _turn = turn().await;
    let seed = seed();
    let rng = &mut StdRng::seed_from_u64(seed);
    let database = Database::Postgres.create().await;
    let options = stock_up(&database).await;
    let nats = block_in_place(Nats::start);
    let with_nats = ["--nats-url", &nats.url];
    let listening = [&with_nats[..], &[]].map(|flags| Program::start_with(&database.url, flags));
    let member = sign_up(listening[0].address, 0).await;
    charge(&member).await;
    let mut subscriptions = Vec::new();
    for server in &listening {
        let member = member.at(server.address);
        subscriptions.push(member.subscribe(EVENTS, json!({})).await);
    }

    for kill in 0..KILLS {
        let dying = Program::start_with(&database.url, &with_nats);
        let address = dying.address;
        let sold = Notify::new();
        let buying = (0..HANDS).map(|hand| {
            let name = format!("{kill}/{hand}");
            buy_until_killed(&member, address, &options[1], name, &sold)
        });
        let killing = async {
            sold.notified().await;
            sleep(Duration::from_micros(rng.random_range(0..=300_000))).await;
            block_in_place(|| dying.kill());
        };
        tokio::join!(join_all(buying), killing);
    }
    // What the database was told to commit by the dead it has committed by now, or never will.
    let last = member.at(listening[1].address);
    let payload = last.place(input(&options[1], "the last")).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");

    let db = database.connect().await;
    let all = count(&db).await;
    assert!(
        all > u64::try_from(KILLS).expect("a number"),
        "they sold: {all}"
    );
    for subscription in &mut subscriptions {
        hear(subscription, all).await;
    }
    assert_eq!(count(&db).await, all);
    assert_audit_is_clean(&database.url);
}

async fn charge(member: &Client) {
    for number in 0..10 {
        member.charge(5_000_000, &format!("charge {number}")).await;
    }
}

fn input(option: &str, key: &str) -> serde_json::Value {
    json!({ "lines": [{ "optionId": option, "quantity": 1 }], "idempotencyKey": key })
}

/// Orders one piece after the other, and says when it was sold, until the server is there no more.
async fn buy_until_killed(
    member: &Client,
    server: SocketAddr,
    option: &str,
    name: String,
    sold: &Notify,
) {
    let member = member.at(server);
    let query = "mutation($input: PlaceOrderInput!) { placeOrder(input: $input) {
        order { id } userErrors { code } } }";
    for number in 0.. {
        let input = input(option, &format!("{name}/{number}"));
        let answer = member.try_send(query, json!({ "input": input })).await;
        if answer.is_err() {
            return;
        }
        sold.notify_one();
    }
}

/// Hears of so many orders, of each once, and of nothing else.
async fn hear(subscription: &mut Subscription, count: u64) {
    let mut heard = BTreeSet::new();
    for _ in 0..count {
        let event = subscription.next().await["myOrderEvents"].take();
        assert_eq!(event["sequence"], 1);
        let id = event["order"]["id"].as_str().expect("an id").to_owned();
        assert!(heard.insert(id), "twice: {event:#}");
    }
    subscription.expect_silence().await;
}

async fn count(db: &Db) -> u64 {
    let count = order_event::Entity::find().count(db.reader()).await;
    count.expect("the table reads")
}
