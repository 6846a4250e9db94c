//! Three instances behind a balancer: each is restarted, or killed, while people buy and follow what happens. Nobody
//! who buys is told of it by a restart; whoever listens sees every event once, in order.

use std::{collections::HashMap, time::Duration};

use entity::{
    id::{OrderId, StoreId},
    order_event, store_event,
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    crowd::{Crowd, seed, sign_in, sign_up, stock_up},
    fleet::Fleet,
    follower::{Follower, ORDER, STORE},
    program::assert_audit_is_clean,
    support::{Client, Database, TestDatabase},
    turn,
};

const BUYERS: u64 = 24;

/// Who follows each store's feed, and how many orders are followed.
const FOLLOWERS: usize = 4;
const FOLLOWED_ORDERS: u32 = 6;

/// Steps that a followed order goes, one a restart: all statuses that it is told of.
const STEPS: [&str; 3] = ["acceptOrder", "markOrderReady", "completeOrder"];

/// How many are served between two restarts.
const BETWEEN: u64 = 150;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_mins(3);

#[tokio::test(flavor = "multi_thread")]
async fn instances_are_restarted_one_by_one_and_no_order_fails_and_no_event_is_missed() {
    let _turn = turn().await;
    let mut day = Day::begin().await;
    let crowd = day.crowd.take().expect("a crowd");

    let busy = crowd.begin(&[day.fleet.address]);
    for (number, step) in STEPS.iter().enumerate() {
        busy.until_answered(BETWEEN).await;
        day.fleet.stop(number);
        busy.until_answered(BETWEEN).await;
        day.move_orders(step).await;
        day.fleet.open(number);
        day.fleet.until_serving(3).await;
    }
    busy.until_answered(BETWEEN).await;
    // Nobody saw a connection break, nor an answer that is none: it would not be served to the end.
    let crowd = busy.end().await;

    let faults = crowd.faults();
    assert!(faults.keys().all(|code| code == "OVERLOADED"), "{faults:?}");
    day.end(crowd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_are_killed_one_by_one_and_nothing_happens_twice_and_no_event_is_missed() {
    let _turn = turn().await;
    let mut day = Day::begin().await;
    let crowd = day.crowd.take().expect("a crowd");

    // Who is not answered asks again, with the same key.
    let busy = crowd.begin_patiently(&[day.fleet.address]);
    for (number, step) in STEPS.iter().enumerate() {
        busy.until_answered(BETWEEN).await;
        day.fleet.kill(number);
        busy.until_answered(BETWEEN).await;
        day.move_orders(step).await;
        day.fleet.open(number);
        day.fleet.until_serving(3).await;
    }
    busy.until_answered(BETWEEN).await;
    let crowd = busy.end().await;

    day.end(crowd).await;
}

/// A day of a shop with several instances.
struct Day {
    database: TestDatabase,
    fleet: Fleet,
    crowd: Option<Crowd>,
    merchant: Client,
    store_id: String,
    store_followers: Vec<Follower>,
    /// By the order that each follows.
    order_followers: HashMap<String, Follower>,
}

impl Day {
    async fn begin() -> Self {
        let seed = seed();
        let database = Database::Postgres.create().await;
        let options = stock_up(&database).await;
        let fleet = Fleet::start(&database.url).await;
        let crowd = Crowd::gather(fleet.address, BUYERS, &options, seed).await;
        let merchant = sign_in(fleet.address, "merchant0").await;
        let me = merchant.run("{ me { store { id } } }", json!({})).await;
        let store_id = text(&me["me"]["store"]["id"]);
        let token = merchant.token.clone().expect("signed in");
        let store_followers = (0..FOLLOWERS)
            .map(|_| Follower::of(fleet.address, &token, STORE, &store_id))
            .collect();

        let mina = sign_up(fleet.address, 1_000_000).await;
        mina.charge(1_000_000, "charge").await;
        let mut order_followers = HashMap::new();
        for number in 0..FOLLOWED_ORDERS {
            let line = json!({ "optionId": options[0], "quantity": 1 });
            let input = json!({ "lines": [line], "idempotencyKey": format!("order {number:02}") });
            let placed = mina.place(input).await;
            let id = text(&placed["order"]["id"]);
            let token = mina.token.clone().expect("signed in");
            let follower = Follower::of(fleet.address, &token, ORDER, &id);
            order_followers.insert(id, follower);
        }
        Self {
            database,
            fleet,
            crowd: Some(crowd),
            merchant,
            store_id,
            store_followers,
            order_followers,
        }
    }

    /// The merchant moves the followed orders on.
    async fn move_orders(&self, mutation: &str) {
        for id in self.order_followers.keys() {
            let moved = self
                .merchant
                .mutate(mutation, json!({ "orderId": id }), "order { id }")
                .await;
            assert_eq!(moved["order"]["id"], **id, "{moved:#}");
        }
    }

    /// Everything adds up, and each follower has seen everything, once and in order.
    async fn end(self, crowd: Crowd) {
        crowd.check(&self.database).await;
        assert_audit_is_clean(&self.database.url);
        let db = self.database.connect().await;
        for (id, follower) in &self.order_followers {
            until("an order's followers saw its end", || follower.is_over()).await;
            let order_id: OrderId = id.parse().expect("an id");
            let told = order_event::Entity::find()
                .filter(order_event::COLUMN.order_id.eq(order_id))
                .order_by_asc(order_event::COLUMN.sequence)
                .all(db.reader())
                .await
                .expect("the history reads");
            let seen = follower.seen();
            assert_eq!(seen.len(), told.len(), "{seen:#?}");
            assert_eq!(seen.len(), 1 + STEPS.len());
        }
        let store_id: StoreId = self.store_id.parse().expect("an id");
        let told = store_event::Entity::find()
            .filter(store_event::COLUMN.store_id.eq(store_id))
            .count(db.reader())
            .await
            .expect("the feed reads");
        assert!(told > BETWEEN, "only {told} events");
        let told = usize::try_from(told).expect("not so many");
        for follower in &self.store_followers {
            until("a store's followers saw everything", || {
                follower.seen().len() >= told
            })
            .await;
            // They stand in the order of their numbers, from 1, which the follower has asserted of each.
            assert_eq!(follower.seen().len(), told);
        }
        let connections = self
            .store_followers
            .iter()
            .chain(self.order_followers.values());
        let connections = connections.map(Follower::connections).max();
        assert!(connections > Some(1), "somebody had to come back");
        db.close().await.expect("the database closes");
        self.fleet.close();
        assert_audit_is_clean(&self.database.url);
    }
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it never came about: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

fn text(value: &Value) -> String {
    let text = value.as_str();
    text.unwrap_or_else(|| panic!("no text: {value:#}"))
        .to_owned()
}
