//! Deadlines: what a store does not accept in time is canceled by itself, once, and what waits for nobody waits.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::{id::OrderId, order_item};
use futures_util::future::join_all;
use jangteo::config::Limits;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    fulfilment::{adds_up, ordered, taken},
    payments::PayingShop,
    support::{Client, PATIENCE, Product, Shop, refusal},
};

const TEN_MINUTES: Duration = Duration::from_mins(10);

/// A product of a store that has ten minutes to accept.
async fn hurried(shop: &Shop) -> Product {
    let tee = shop.product("티셔츠", &[("M", 1_000, 100)]).await;
    shop.set_accept_minutes(tee.store_id, 10).await;
    tee
}

/// The order as its member sees it.
async fn look(client: &Client, order: &Value) -> Value {
    let query = "query($id: ID!) { order(id: $id) {
        status refunded items { status cancelReason acceptBy } history { status reason } } }";
    client.run(query, json!({ "id": order["id"] })).await["order"].take()
}

/// Waits until the order stands so; gives it.
async fn until(client: &Client, order: &Value, status: &str) -> Value {
    until_shown(client, order, "status", &json!(status)).await
}

/// Waits until the order's member sees this in that field; gives the order.
async fn until_shown(client: &Client, order: &Value, field: &str, value: &Value) -> Value {
    let begun = Instant::now();
    loop {
        let seen = look(client, order).await;
        if &seen[field] == value {
            return seen;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{field} is to be {value}: {seen:#}"
        );
        sleep(Duration::from_millis(20)).await;
    }
}

fn time(value: &Value) -> DateTime<Utc> {
    let time = value.as_str().unwrap_or_else(|| panic!("a time: {value}"));
    time.parse().expect("a time")
}

/// Until when each of the order's items may be accepted.
async fn deadlines(shop: &Shop, order: &Value) -> Vec<Option<DateTime<Utc>>> {
    let id: OrderId = order["id"].as_str().expect("an id").parse().expect("an id");
    let items = order_item::Entity::find()
        .filter(order_item::COLUMN.order_id.eq(id))
        .all(shop.app().db.reader())
        .await
        .expect("items");
    items.into_iter().map(|item| item.accept_by).collect()
}

both! {
    async fn what_a_store_does_not_accept_in_time_gives_everything_back(shop: Shop) {
        let tee = hurried(&shop).await;
        let mina = shop.member_with_points(10_000).await;
        let order = ordered(&mina, &[(&tee, 0, 3)], "key").await;
        let waiting = look(&mina, &order).await;
        assert_eq!(time(&waiting["items"][0]["acceptBy"]), shop.now() + TEN_MINUTES);
        let mut events = mina.subscribe("subscription { myOrderEvents { status reason } }", json!({})).await;
        shop.advance(TEN_MINUTES);
        let canceled = until(&mina, &order, "CANCELED").await;
        assert_eq!(events.next().await["myOrderEvents"], json!({ "status": "CANCELED", "reason": "NOT_ACCEPTED_IN_TIME" }));
        assert_eq!(canceled["items"], json!([{ "status": "CANCELED", "cancelReason": "NOT_ACCEPTED_IN_TIME", "acceptBy": null }]));
        assert_eq!((&canceled["refunded"], canceled["history"].as_array().map(Vec::len)), (&json!(3_000), Some(2)));
        assert_eq!(mina.balance().await, 10_000);
        assert_eq!(shop.stock(&tee).await, [100]);
        let tailor = shop.seller_of(&tee).await;
        let payload = tailor.mutate("acceptOrder", json!({ "orderId": order["id"] }), "order { id }").await;
        assert_eq!(refusal(&payload).0, "ORDER_STATE_CHANGED");
        adds_up(&shop).await;
    }

    async fn what_is_accepted_in_time_stays_and_so_does_what_another_store_sells(shop: Shop) {
        let tee = hurried(&shop).await;
        let socks = shop.product("양말", &[("한 켤레", 300, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let accepted = ordered(&mina, &[(&tee, 0, 1)], "accepted").await;
        let shared = ordered(&mina, &[(&tee, 0, 1), (&socks, 0, 1)], "shared").await;
        taken(&shop.seller_of(&tee).await, "acceptOrder", &accepted).await;
        assert_eq!(deadlines(&shop, &accepted).await, [None]);
        let late = ordered(&mina, &[(&tee, 0, 1)], "late").await;
        shop.advance(TEN_MINUTES);
        until(&mina, &late, "CANCELED").await;
        let shared = until_shown(&mina, &shared, "refunded", &json!(1_000)).await;
        assert_eq!(shared["status"], "PAID");
        assert_eq!(look(&mina, &accepted).await["status"], "ACCEPTED");
        let statuses = shared["items"].as_array().expect("items").iter().map(|item| &item["status"]);
        assert_eq!(statuses.collect::<Vec<_>>(), ["CANCELED", "PAID"]);
        assert_eq!(mina.balance().await, 10_000 - 1_300);
        adds_up(&shop).await;
    }

    async fn an_order_that_just_missed_the_closing_waits_until_the_store_opens(shop: Shop) {
        let tee = hurried(&shop).await;
        let mina = shop.member_with_points(10_000).await;
        let order = ordered(&mina, &[(&tee, 0, 1)], "key").await;
        // As if the store had closed while the order was being placed.
        shop.set_open(&tee, false).await;
        shop.advance(TEN_MINUTES);
        let begun = Instant::now();
        while deadlines(&shop, &order).await != [None] {
            assert!(begun.elapsed() < PATIENCE, "its clock stops");
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(look(&mina, &order).await["status"], "PAID");
        let input = json!({ "storeId": tee.store_id.to_string(), "isOpen": true });
        let tailor = shop.seller_of(&tee).await;
        tailor.mutate("setStoreOpen", input, "store { isOpen }").await;
        assert_eq!(deadlines(&shop, &order).await, [Some(shop.now() + TEN_MINUTES)]);
    }

    async fn any_number_of_servers_cancel_what_is_late_once(shop: Shop) {
        let tee = hurried(&shop).await;
        let mina = shop.member_with_points(100_000).await;
        let mut orders = Vec::new();
        for number in 0..10 {
            orders.push(ordered(&mina, &[(&tee, 0, 1)], &number.to_string()).await);
        }
        let mut others = Vec::new();
        for _ in 0..2 {
            let other = Shop::open_at(shop.database.again(), Limits::default()).await;
            other.set_time(shop.now() + TEN_MINUTES);
            others.push(other);
        }
        shop.advance(TEN_MINUTES);
        for order in &orders {
            let canceled = until(&mina, order, "CANCELED").await;
            assert_eq!(canceled["history"].as_array().map(Vec::len), Some(2));
        }
        assert_eq!(mina.balance().await, 100_000);
        assert_eq!(shop.stock(&tee).await, [100]);
        for other in others {
            other.stop().await;
        }
        adds_up(&shop).await;
    }

    async fn of_a_store_that_accepts_and_the_time_that_is_over_one_is_first(shop: Shop) {
        let tee = hurried(&shop).await;
        let tailor = shop.seller_of(&tee).await;
        let mina = shop.member_with_points(100_000).await;
        let mut orders = Vec::new();
        for number in 0..40 {
            orders.push(ordered(&mina, &[(&tee, 0, 1)], &number.to_string()).await);
        }
        shop.advance(TEN_MINUTES);
        let accept = |order: &Value| {
            let input = json!({ "orderId": order["id"] });
            let tailor = tailor.clone();
            async move { tailor.mutate("acceptOrder", input, "order { status }").await }
        };
        let payloads = join_all(orders.iter().map(accept)).await;
        let mut accepted = 0;
        for (order, payload) in orders.iter().zip(payloads) {
            if payload["order"].is_object() {
                assert_eq!(look(&mina, order).await["status"], "ACCEPTED");
                accepted += 1;
            } else {
                assert_eq!(refusal(&payload).0, "ORDER_STATE_CHANGED");
                assert_eq!(look(&mina, order).await["status"], "CANCELED");
            }
        }
        assert_eq!(mina.balance().await, 100_000 - 1_000 * accepted);
        adds_up(&shop).await;
    }

    async fn a_stores_time_runs_from_the_payment_on_and_only_while_it_is_open(shop: PayingShop) {
        let tee = shop.shirt();
        shop.shop.set_accept_minutes(tee.store_id, 10).await;
        let mina = shop.shop.member().await;
        for (is_open, provider) in [(true, "TOSS"), (false, "KAKAOPAY")] {
            let order = shop.order(&mina, provider, 1, 0, provider).await;
            assert_eq!(deadlines(&shop.shop, &order).await, [None], "a store does not hear of it yet");
            shop.shop.advance(Duration::from_mins(1));
            shop.shop.set_open(tee, is_open).await;
            shop.pay(provider, &order).await;
            let paid = until(&mina, &order, "PAID").await;
            let expected = is_open.then(|| shop.shop.now() + TEN_MINUTES);
            assert_eq!(deadlines(&shop.shop, &order).await, [expected]);
            assert_eq!(paid["items"][0]["acceptBy"].is_string(), is_open);
        }
    }
}
