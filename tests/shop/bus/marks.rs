//! What is told late is no news, and what is told twice is told once.

use entity::{id::OrderId, order_event};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};
use serde_json::json;

use super::{MY_EVENTS, Servers, next, order, until};
use crate::support::Shop;

/// An order's first event.
async fn first_event(shop: &Shop, id: OrderId) -> order_event::Model {
    let event = order_event::Entity::find()
        .filter(order_event::COLUMN.order_id.eq(id))
        .one(shop.app().db.reader())
        .await;
    event.expect("the table reads").expect("an event")
}

both! {
    async fn what_is_told_too_late_or_twice_is_not_told_again(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let member_id = mina.member_id().await;
        let bus = &shop.app().bus;
        let before = order(&mina, &shirt, "before").await;
        let mut events = mina.subscribe(MY_EVENTS, json!({})).await;

        // A word that took its time.
        bus.publish_order_event(member_id, first_event(&shop, before).await, &[]);
        let after = order(&mina, &shirt, "after").await;
        for _ in 0..3 {
            bus.publish_order_event(member_id, first_event(&shop, after).await, &[]);
        }
        let last = order(&mina, &shirt, "last").await;

        for id in [after, last] {
            let event = events.next().await["myOrderEvents"].take();
            assert_eq!(event["order"]["id"], id.to_string());
        }
        events.expect_silence().await;
    }

    async fn a_listener_to_all_orders_that_lags_behind_misses_nothing(shop: Shop) {
        use futures_util::StreamExt;
        use jangteo::order::MemberWatch;

        let shirt = shop.product("셔츠", &[("화이트", 1, 1_000)]).await;
        let mina = shop.member_with_points(10_000).await;
        let member_id = mina.member_id().await;
        let app = shop.app();
        let watch = MemberWatch::begin(app.db.clone(), &app.bus, member_id).await;
        let placed = order(&mina, &shirt, "key").await;
        // More than the bus holds for a listener who does not listen.
        for sequence in 2..=300 {
            let status = entity::order::OrderStatus::Accepted;
            let event = crate::subscriptions::append(&shop, placed, sequence, status).await;
            app.bus.publish_order_event(member_id, event, &[]);
        }

        let seen = watch.expect("a watch").events().take(300);
        let seen = seen.map(|event| event.expect("an event").sequence);

        assert_eq!(seen.collect::<Vec<_>>().await, (1..=300).collect::<Vec<_>>());
    }
}

/// Rows of a backup bear the numbers of transactions of another server, which this one has yet to give.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_out_of_a_backup_is_no_news() {
    let servers = Servers::alone(2).await;
    let [here, there] = servers.shops.as_slice() else {
        panic!("two servers");
    };
    let shirt = here.product("셔츠", &[("화이트", 1_000, 100)]).await;
    let mina = here.member_with_points(100_000).await;
    order(&mina, &shirt, "before").await;
    let db = there.app().db.writer();
    let restore = "UPDATE order_event
        SET written_in = CAST(CAST(CAST(CAST(pg_current_xact_id() AS text) AS bigint) + 20 AS text) AS xid8)";
    db.execute_unprepared(restore).await.expect("a backup");
    let mut events = mina.subscribe(MY_EVENTS, json!({})).await;
    // Their turn comes.
    for _ in 0..40 {
        let given = "SELECT pg_current_xact_id()";
        let given = Statement::from_string(sea_orm::DbBackend::Postgres, given);
        db.query_one_raw(given).await.expect("a transaction");
    }
    let sweeps = super::figure(here, "jangteo_bus_sweeps_total").await;
    until(async || super::figure(here, "jangteo_bus_sweeps_total").await > sweeps + 1).await;

    let mina_there = mina.at(there.address());
    let news = order(&mina_there, &shirt, "news").await;

    let event = events.next().await["myOrderEvents"].take();
    assert_eq!(event["order"]["id"], news.to_string());
    events.expect_silence().await;
}

/// Numbers are given when a transaction begins to write, and rows come to light when it is committed.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_long_before_it_was_committed_is_heard() {
    let servers = Servers::alone(2).await;
    let [here, there] = servers.shops.as_slice() else {
        panic!("two servers");
    };
    let shirt = here.product("셔츠", &[("화이트", 1_000, 100)]).await;
    let mina = here.member_with_points(100_000).await;
    let id = order(&mina, &shirt, "key").await;
    let mut watch = super::watch(&mina, id, 1).await;
    let mut events = mina.subscribe(MY_EVENTS, json!({})).await;
    let slow = here.database.connect_alone().await;
    let event = format!(
        "BEGIN; INSERT INTO order_event (order_id, sequence, status, item_ids, at)
         VALUES ('{0}', 2, 'ACCEPTED', '[]', now());
         UPDATE \"order\" SET status = 'ACCEPTED', last_sequence = 2 WHERE id = '{0}'",
        id.0
    );
    slow.execute_unprepared(&event).await.expect("an event");

    // Others go by, and several looks.
    for round in 0..3 {
        let sweeps = super::figure(here, "jangteo_bus_sweeps_total").await;
        order(&mina.at(there.address()), &shirt, &format!("key {round}")).await;
        assert_eq!(next(&mut events, "status").await, "PAID");
        until(async || super::figure(here, "jangteo_bus_sweeps_total").await > sweeps).await;
    }
    slow.execute_unprepared("COMMIT").await.expect("a commit");

    assert_eq!(next(&mut watch, "status").await, "ACCEPTED");
    assert_eq!(next(&mut events, "status").await, "ACCEPTED");
    for mut subscription in [watch, events] {
        subscription.expect_silence().await;
    }
}
