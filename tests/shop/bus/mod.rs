//! Many servers as one: what is committed on one is heard on every other, whatever becomes of the first and of NATS.

mod away;
mod crowd;
mod hearing;
mod interest;
mod marks;

use std::time::Duration;

use entity::id::OrderId;
use serde_json::{Value, json};
use tokio::{
    task::block_in_place,
    time::{Instant, sleep},
};

use crate::support::{Client, Database, Nats, PATIENCE, Product, Shop, Subscription};

const MY_EVENTS: &str = "subscription { myOrderEvents { sequence status order { id } } }";

const ORDER: &str = "subscription($id: ID!, $after: Int) {
    orderStatusChanged(orderId: $id, after: $after) { sequence status } }";

const STORE: &str = "subscription($id: ID!, $after: Int) {
    storeOrderEvents(storeId: $id, after: $after) { storeSequence sequence status } }";

const GIFTS: &str = "subscription { giftReceived { id message } }";

const STOCK: &str = "subscription($id: ID!) { stockChanged(productId: $id) { id stockQuantity } }";

/// Servers on one PostgreSQL, the first of which owns it.
struct Servers {
    shops: Vec<Shop>,
    nats: Option<Nats>,
}

impl Servers {
    /// So many, with a NATS of their own between them.
    async fn with_nats(count: usize) -> Self {
        let nats = block_in_place(Nats::start);
        let servers = Self::open(count, Some(nats)).await;
        servers.until_carried().await;
        servers
    }

    /// So many, with nothing but the database between them.
    async fn alone(count: usize) -> Self {
        Self::open(count, None).await
    }

    async fn open(count: usize, nats: Option<Nats>) -> Self {
        let database = Database::Postgres.create().await;
        let url = nats.as_ref().map(|nats| nats.url.as_str());
        let mut shops = Vec::new();
        for _ in 0..count {
            shops.push(Shop::open_beside(database.again(), url).await);
        }
        Self { shops, nats }
    }

    /// One more, without NATS: nobody hears from it what it commits.
    async fn mute(&self) -> Shop {
        Shop::open_beside(self.shops[0].database.again(), None).await
    }

    fn nats(&mut self) -> &mut Nats {
        self.nats.as_mut().expect("NATS")
    }

    async fn until_carried(&self) {
        for shop in &self.shops {
            until(async || readiness(shop).await.ends_with("bus: NATS\n")).await;
        }
    }
}

/// What a server says of itself; it is ready.
async fn readiness(shop: &Shop) -> String {
    let answer = reqwest::get(shop.url("/readyz")).await;
    let answer = answer.expect("the server answers");
    assert_eq!(answer.status(), 200);
    answer.text().await.expect("a text")
}

/// One of a server's figures.
async fn figure(shop: &Shop, name: &str) -> u64 {
    let answer = reqwest::get(shop.url("/metrics")).await;
    let text = answer.expect("the server answers").text().await;
    let text = text.expect("a text");
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let value = line.unwrap_or_else(|| panic!("{name} in {text}")).trim();
    value.parse().expect("a number")
}

/// Waits for what must come.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < PATIENCE, "it did not come");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Orders a piece; gives the order's id.
async fn order(client: &Client, product: &Product, key: &str) -> OrderId {
    let placed = client.order(product, 0, 1, key).await;
    let id = placed["order"]["id"].as_str();
    let id = id.unwrap_or_else(|| panic!("placed: {placed:#}"));
    id.parse().expect("an order's id")
}

/// Moves an order on as its merchant.
async fn fulfil(merchant: &Client, mutation: &str, id: OrderId) {
    let input = json!({ "orderId": id.to_string() });
    let payload = merchant.mutate(mutation, input, "order { id }").await;
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
}

async fn watch(client: &Client, id: OrderId, after: i32) -> Subscription {
    let variables = json!({ "id": id.to_string(), "after": after });
    client.subscribe(ORDER, variables).await
}

async fn feed(merchant: &Client, product: &Product) -> Subscription {
    let variables = json!({ "id": product.store_id.to_string() });
    merchant.subscribe(STORE, variables).await
}

async fn stock(client: &Client, product: &Product) -> Subscription {
    let variables = json!({ "id": product.id.to_string() });
    client.subscribe(STOCK, variables).await
}

/// The next event's field, whatever the subscription.
async fn next(subscription: &mut Subscription, field: &str) -> Value {
    let data = subscription.next().await;
    let event = data.as_object().and_then(|data| data.values().next());
    event.unwrap_or_else(|| panic!("an event: {data:#}"))[field].clone()
}
