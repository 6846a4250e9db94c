//! What is told as it happens: nothing twice, nothing not at all, nothing to others.

use std::{sync::Arc, time::Duration};

use entity::{
    id::{OptionId, OrderId, ProductId},
    order::{self, OrderStatus},
    order_event, product_option,
};
use futures_util::{StreamExt, future::join_all};
use jangteo::{
    db::Transaction,
    event::StockLevel,
    fault::{Never, Outcome},
    order::OrderWatch,
    stock,
};
use scoped_futures::ScopedFutureExt;
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};
use tokio::sync::{Barrier, Notify};
use uuid::Uuid;

use crate::support::{Blockade, Client, Database, Product, Received, Shop, Socket, Subscription};

const STATUS_CHANGED: &str = "subscription($id: ID!, $after: Int) {
    orderStatusChanged(orderId: $id, after: $after) { sequence status } }";

const MY_EVENTS: &str =
    "subscription { myOrderEvents { sequence status order { id orderKey } items { quantity } } }";

const STOCK_CHANGED: &str =
    "subscription($id: ID!) { stockChanged(productId: $id) { id stockQuantity } }";

/// Orders a piece; gives the order's id.
async fn order_one(client: &Client, product: &Product, key: &str) -> OrderId {
    let placed = client.order(product, 0, 1, key).await;
    let id = placed["order"]["id"].as_str();
    let id = id.unwrap_or_else(|| panic!("placed: {placed:#}"));
    id.parse().expect("an order's id")
}

/// Moves an order to a status, as a slice of later will, but tells nobody.
pub async fn append(
    shop: &Shop,
    order_id: OrderId,
    sequence: i32,
    status: OrderStatus,
) -> order_event::Model {
    let event = order_event::Model {
        order_id,
        sequence,
        status,
        item_ids: [].into_iter().collect(),
        reason: None,
        note: None,
        at: shop.now(),
    };
    let db = shop.app().db.writer();
    order_event::Entity::insert(order_event::ActiveModel::from(event.clone()))
        .exec_without_returning(db)
        .await
        .expect("an event more");
    let moved = order::ActiveModel {
        id: Set(order_id),
        status: Set(status),
        last_sequence: Set(sequence),
        ..Default::default()
    };
    order::Entity::update(moved)
        .exec(db)
        .await
        .expect("an order");
    event
}

async fn watch(client: &Client, id: OrderId, after: Option<i32>) -> Subscription {
    let variables = json!({ "id": id.to_string(), "after": after });
    client.subscribe(STATUS_CHANGED, variables).await
}

/// The sequence and status of the next event.
async fn step(subscription: &mut Subscription) -> (i64, String) {
    let event = subscription.next().await["orderStatusChanged"].take();
    let status = event["status"].as_str().expect("a status").to_owned();
    (event["sequence"].as_i64().expect("a sequence"), status)
}

/// Asserts that the server refuses to subscribe.
async fn option_row(shop: &Shop, id: OptionId) -> product_option::Model {
    let option = product_option::Entity::find_by_id(id).one(shop.app().db.reader());
    option.await.expect("the table reads").expect("an option")
}

async fn assert_refused(client: &Client, query: &str, variables: Value, code: &str) {
    let mut subscription = client.subscribe(query, variables).await;
    let errors = match subscription.receive().await {
        Received::Next(payload) => payload["errors"].clone(),
        Received::Error(errors) => errors,
        other => panic!("expected a refusal, got {other:?}"),
    };
    assert_eq!(errors[0]["extensions"]["code"], code, "{errors:#}");
    assert!(
        errors[0]["extensions"]["requestId"].is_string(),
        "{errors:#}"
    );
}

both! {
    async fn an_order_is_watched_from_where_the_listener_was(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let id = order_one(&mina, &shirt, "key").await;
        let member_id = mina.member_id().await;
        append(&shop, id, 2, OrderStatus::Accepted).await;

        let mut from_the_start = watch(&mina, id, None).await;
        let mut after_the_first = watch(&mina, id, Some(1)).await;
        let mut after_the_second = watch(&mina, id, Some(2)).await;
        assert_eq!(step(&mut from_the_start).await, (1, "PAID".into()));
        assert_eq!(step(&mut from_the_start).await, (2, "ACCEPTED".into()));
        assert_eq!(step(&mut after_the_first).await, (2, "ACCEPTED".into()));
        after_the_second.expect_silence().await;

        let ready = append(&shop, id, 3, OrderStatus::Ready).await;
        shop.app().bus.publish_order_event(member_id, ready, &[]);
        for subscription in [&mut from_the_start, &mut after_the_first, &mut after_the_second] {
            assert_eq!(step(subscription).await, (3, "READY".into()));
            subscription.expect_silence().await;
        }

        let completed = append(&shop, id, 4, OrderStatus::Completed).await;
        shop.app().bus.publish_order_event(member_id, completed, &[]);
        for mut subscription in [from_the_start, after_the_first, after_the_second] {
            assert_eq!(step(&mut subscription).await, (4, "COMPLETED".into()));
            subscription.expect_complete().await;
        }
    }

    async fn whoever_comes_after_the_end_sees_the_history_and_the_end(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let id = order_one(&mina, &shirt, "key").await;
        append(&shop, id, 2, OrderStatus::Canceled).await;

        let mut late = watch(&mina, id, None).await;
        assert_eq!(step(&mut late).await, (1, "PAID".into()));
        assert_eq!(step(&mut late).await, (2, "CANCELED".into()));
        late.expect_complete().await;
        watch(&mina, id, Some(2)).await.expect_complete().await;
        watch(&mina, id, Some(99)).await.expect_complete().await;
    }

    async fn a_sequence_below_the_first_is_the_start(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let id = order_one(&mina, &shirt, "key").await;
        let mut subscription = watch(&mina, id, Some(-5)).await;
        assert_eq!(step(&mut subscription).await, (1, "PAID".into()));
        subscription.expect_silence().await;
    }

    async fn events_that_are_told_out_of_order_or_not_at_all_come_in_order_once(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let id = order_one(&mina, &shirt, "key").await;
        let member_id = mina.member_id().await;
        let bus = &shop.app().bus;
        let mut subscription = watch(&mina, id, Some(1)).await;

        let second = append(&shop, id, 2, OrderStatus::Accepted).await;
        let third = append(&shop, id, 3, OrderStatus::Ready).await;
        bus.publish_order_event(member_id, third.clone(), &[]);
        bus.publish_order_event(member_id, second.clone(), &[]);
        bus.publish_order_event(member_id, third, &[]);
        assert_eq!(step(&mut subscription).await, (2, "ACCEPTED".into()));
        assert_eq!(step(&mut subscription).await, (3, "READY".into()));
        subscription.expect_silence().await;

        append(&shop, id, 4, OrderStatus::Accepted).await;
        let fifth = append(&shop, id, 5, OrderStatus::Completed).await;
        bus.publish_order_event(member_id, fifth, &[]);
        assert_eq!(step(&mut subscription).await, (4, "ACCEPTED".into()));
        assert_eq!(step(&mut subscription).await, (5, "COMPLETED".into()));
        subscription.expect_complete().await;
    }

    async fn whenever_one_subscribes_every_event_comes_once(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let id = order_one(&mina, &shirt, "key").await;
        let member_id = mina.member_id().await;
        let events = 40;
        let happening = async {
            for sequence in 2..=events {
                let status = if sequence == events { OrderStatus::Completed } else { OrderStatus::Accepted };
                let event = append(&shop, id, sequence, status).await;
                shop.app().bus.publish_order_event(member_id, event, &[]);
            }
        };
        let listening = join_all((0..10).map(async |after| {
            let mut subscription = watch(&mina, id, Some(after)).await;
            for sequence in after + 1..=events {
                assert_eq!(step(&mut subscription).await.0, i64::from(sequence));
            }
            subscription.expect_complete().await;
        }));
        tokio::join!(happening, listening);
    }

    async fn a_watch_that_lags_behind_the_bus_misses_nothing(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let id = order_one(&mina, &shirt, "key").await;
        let member_id = mina.member_id().await;
        let app = shop.app();
        let watch = OrderWatch::begin(app.db.clone(), &app.bus, (member_id, id), 0).await.expect("a watch");
        // More than the bus holds for a listener who does not listen.
        for sequence in 2..=300 {
            let status = if sequence == 300 { OrderStatus::Completed } else { OrderStatus::Accepted };
            let event = append(&shop, id, sequence, status).await;
            app.bus.publish_order_event(member_id, event, &[]);
        }

        let seen = watch.events().map(|event| event.expect("an event").sequence);

        assert_eq!(seen.collect::<Vec<_>>().await, (1..=300).collect::<Vec<_>>());
    }

    async fn only_its_owner_watches_an_order(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let jun = shop.member().await;
        let id = order_one(&mina, &shirt, "key").await.to_string();
        let unknown = OrderId(Uuid::from_u128(7)).to_string();

        assert_refused(&jun, STATUS_CHANGED, json!({ "id": id }), "BAD_REQUEST").await;
        assert_refused(&mina, STATUS_CHANGED, json!({ "id": unknown }), "BAD_REQUEST").await;
        assert_refused(&mina, STATUS_CHANGED, json!({ "id": shirt.id.to_string() }), "BAD_REQUEST").await;
        assert_refused(&shop.anonymous(), STATUS_CHANGED, json!({ "id": id }), "UNAUTHENTICATED").await;
        assert_refused(&shop.anonymous(), MY_EVENTS, json!({}), "UNAUTHENTICATED").await;
    }

    async fn a_member_hears_of_all_orders_of_theirs_and_of_no_other(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let jun = shop.member_with_points(10_000).await;
        order_one(&mina, &shirt, "before").await;
        let mut events = mina.subscribe(MY_EVENTS, json!({})).await;
        events.expect_silence().await;

        order_one(&jun, &shirt, "jun's").await;
        let first = order_one(&mina, &shirt, "first").await;
        let second = order_one(&mina, &shirt, "second").await;
        // A replay is no event.
        order_one(&mina, &shirt, "second").await;

        for id in [first, second] {
            let event = events.next().await["myOrderEvents"].take();
            assert_eq!(event["order"]["id"], id.to_string());
            assert_eq!((&event["sequence"], &event["status"]), (&json!(1), &json!("PAID")));
            assert_eq!(event["items"], json!([{ "quantity": 1 }]));
        }
        let accepted = append(&shop, first, 2, OrderStatus::Accepted).await;
        shop.app().bus.publish_order_event(mina.member_id().await, accepted, &[]);
        assert_eq!(events.next().await["myOrderEvents"]["sequence"], 2);
        events.expect_silence().await;
    }

    async fn what_a_client_began_is_done_and_told_though_it_hangs_up(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let id = order_one(&mina, &shirt, "key").await;
        let mut events = mina.subscribe("subscription { myOrderEvents { status } }", json!({})).await;
        let blockade = Blockade::of(&shop.database, &shirt, 0).await;

        let query = "mutation($id: ID!) { cancelOrder(input: { orderId: $id }) { order { status } } }";
        drop(mina.subscribe(query, json!({ "id": id.to_string() })).await);
        events.expect_silence().await;
        blockade.lift().await;

        assert_eq!(events.next().await["myOrderEvents"]["status"], "CANCELED");
        assert_eq!(mina.balance().await, 10_000);
    }

    async fn anyone_hears_of_stock_that_is_sold_or_adjusted(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10), ("네이비", 1_000, 10)]).await;
        let other = shop.product("모자", &[("하나", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let variables = json!({ "id": shirt.id.to_string() });
        let mut changes = shop.anonymous().subscribe(STOCK_CHANGED, variables).await;

        order_one(&mina, &other, "other").await;
        order_one(&mina, &shirt, "one").await;
        let change = changes.next().await["stockChanged"].take();
        assert_eq!(change, json!({ "id": shirt.options[0].to_string(), "stockQuantity": 9 }));

        shop.adjust_stock(&shirt, 1, -4).await;
        let change = changes.next().await["stockChanged"].take();
        assert_eq!(change, json!({ "id": shirt.options[1].to_string(), "stockQuantity": 6 }));

        mina.order(&shirt, 0, 100, "refused").await;
        changes.expect_silence().await;
    }

    async fn however_many_hear_of_stock_nobody_looks_it_up_by_themselves(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let anonymous = shop.anonymous();
        let ((), alone) = shop.statements(shop.adjust_stock(&shirt, 0, -1)).await;
        let query = "subscription($id: ID!) { stockChanged(productId: $id) { id name price stockQuantity isDeleted } }";
        let listen = async || anonymous.subscribe(query, json!({ "id": shirt.id.to_string() })).await;
        let before = shop.app().db.statements();
        let mut crowd = join_all((0..30).map(|_| listen())).await;
        // Each asks once whether there is such a product; then all of them listen.
        shop.until_statements(before + 30).await;

        let hearing = async {
            shop.adjust_stock(&shirt, 0, -1).await;
            join_all(crowd.iter_mut().map(Subscription::next)).await
        };
        let (heard, together) = shop.statements(hearing).await;

        let expected = json!({ "stockChanged": {
            "id": shirt.options[0].to_string(), "name": "화이트", "price": 1_000, "stockQuantity": 8,
            "isDeleted": false,
        } });
        for heard in heard {
            assert_eq!(heard, expected);
        }
        assert_eq!(together, alone, "the change itself takes so many");
    }

    async fn what_is_heard_of_stock_leads_to_its_product_and_store(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10), ("네이비", 1_000, 10)]).await;
        let query = "subscription($id: ID!) { stockChanged(productId: $id) {
            stockQuantity product { name stockQuantity store { isOpen } } } }";
        let variables = json!({ "id": shirt.id.to_string() });
        let mut changes = shop.anonymous().subscribe(query, variables).await;

        shop.adjust_stock(&shirt, 1, -4).await;

        let change = changes.next().await["stockChanged"].take();
        let product = json!({ "name": "셔츠", "stockQuantity": 16, "store": { "isOpen": true } });
        assert_eq!(change, json!({ "stockQuantity": 6, "product": product }));
    }

    async fn whoever_lags_behind_hears_how_all_stock_is_now(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10), ("네이비", 1_000, 20)]).await;
        let variables = json!({ "id": shirt.id.to_string() });
        let mut changes = shop.anonymous().subscribe(STOCK_CHANGED, variables).await;

        // Far more than the bus holds, and faster than anyone can be told.
        let level = Arc::new(StockLevel {
            option: option_row(&shop, shirt.options[0]).await,
            quantity: 10,
        });
        for _ in 0..100_000 {
            shop.app().bus.stock.publish(&shirt.id, level.clone());
        }

        // Nobody said anything of the second option.
        let other = json!({ "id": shirt.options[1].to_string(), "stockQuantity": 20 });
        while changes.next().await["stockChanged"] != other {}
    }

    async fn the_stock_of_no_product_is_not_watched(shop: Shop) {
        let unknown = ProductId(Uuid::from_u128(7)).to_string();
        let anonymous = shop.anonymous();
        assert_refused(&anonymous, STOCK_CHANGED, json!({ "id": unknown }), "BAD_REQUEST").await;
        assert_refused(&anonymous, STOCK_CHANGED, json!({ "id": "nonsense" }), "BAD_REQUEST").await;
    }

    async fn a_bad_token_is_refused_at_the_door(shop: Shop) {
        for authorization in ["Bearer nonsense", "nonsense", ""] {
            let mut socket = Socket::open(shop.address()).await;
            socket.introduce(Some(authorization)).await;
            match socket.receive().await {
                Received::Closed(Some(frame)) => {
                    assert!(frame.reason.contains("access token"), "{frame:?}");
                }
                other => panic!("expected a refusal, got {other:?}"),
            }
        }
        let mina = shop.member().await;
        shop.advance(Duration::from_hours(1));
        let mut socket = Socket::open(shop.address()).await;
        let expired = format!("Bearer {}", mina.token.expect("a token"));
        socket.introduce(Some(&expired)).await;
        assert!(matches!(socket.receive().await, Received::Closed(Some(_))));
    }

    async fn queries_and_mutations_work_over_the_socket(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let option = shirt.options[0].to_string();

        let mut query = mina.subscribe("{ me { userPoint { balance } } }", json!({})).await;
        assert_eq!(query.next().await["me"]["userPoint"]["balance"], 10_000);
        query.expect_complete().await;

        let input = json!({ "lines": [{ "optionId": option, "quantity": 1 }], "idempotencyKey": "key" });
        let variables = json!({ "input": input });
        let mut mutation = mina.subscribe(crate::support::PLACE_ORDER, variables.clone()).await;
        assert_eq!(mutation.next().await["placeOrder"]["order"]["status"], "PAID");
        mutation.expect_complete().await;

        let anonymous = shop.anonymous();
        assert_refused(&anonymous, crate::support::PLACE_ORDER, variables, "UNAUTHENTICATED").await;
        assert_eq!(shop.stock(&shirt).await, [9]);
    }

    async fn a_server_that_stops_asks_its_listeners_to_come_again(shop: Shop) {
        let mina = shop.member().await;
        let mut events = mina.subscribe(MY_EVENTS, json!({})).await;
        let mut idle = Socket::open(shop.address()).await;

        let (_database, received, idle) = tokio::join!(shop.stop(), events.receive(), idle.receive());

        for received in [received, idle] {
            match received {
                Received::Closed(Some(frame)) => assert_eq!(u16::from(frame.code), 1012),
                other => panic!("expected a close frame, got {other:?}"),
            }
        }
    }

    async fn a_server_that_stops_still_answers_what_was_begun(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let option = shirt.options[0];
        let (db, is_held, is_enough) = (shop.app().db.clone(), Barrier::new(2), Notify::new());
        let holding = db.transaction(|tx| hold(tx, option, &is_held, &is_enough).scope_boxed());
        let ordering = async {
            is_held.wait().await;
            let line = json!({ "optionId": option.to_string(), "quantity": 1 });
            let variables = json!({ "input": { "lines": [line], "idempotencyKey": "key" } });
            let mut order = mina.subscribe(crate::support::PLACE_ORDER, variables).await;
            let answering = async {
                is_enough.notify_one();
                assert_eq!(order.next().await["placeOrder"]["order"]["status"], "PAID");
                order.expect_complete().await;
                assert!(matches!(order.receive().await, Received::Closed(Some(_))));
            };
            // The server begins to stop before the order can be placed.
            tokio::join!(shop.stop(), answering);
        };

        let (held, ()) = tokio::join!(holding, ordering);

        held.expect("the lock is given back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_may_be_silent() {
    let shop = Shop::open(Database::Sqlite).await;
    let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
    let mina = shop.member_with_points(10_000).await;
    let mut events = mina.subscribe(MY_EVENTS, json!({})).await;

    // Longer than servers commonly wait for a ping that the protocol does not ask of clients.
    tokio::time::sleep(Duration::from_secs(32)).await;

    order_one(&mina, &shirt, "key").await;
    assert_eq!(events.next().await["myOrderEvents"]["sequence"], 1);
}

/// Holds an option's stock until it is enough.
async fn hold(
    tx: &Transaction,
    option: OptionId,
    is_held: &Barrier,
    is_enough: &Notify,
) -> Outcome<(), Never> {
    stock::store::lock(tx, &[option]).await?;
    is_held.wait().await;
    is_enough.notified().await;
    Ok(())
}
