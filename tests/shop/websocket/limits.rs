//! Who may stay, how many, and how long.

use std::time::Duration;

use jangteo::{config::Limits, graphql::DocumentRules, listener::ListenerLimits};
use serde_json::json;

use super::{MY_EVENTS, STOCK_CHANGED, complete, entered, next};
use crate::support::{Blockade, Database, PLACE_ORDER, Shop, Socket, narrow};

/// A shop with these limits for listeners.
async fn shop(listeners: ListenerLimits) -> Shop {
    let limits = Limits {
        instant_charge: true,
        listeners,
        // It is long to tell.
        documents: DocumentRules {
            introspection: true,
            ..DocumentRules::default()
        },
        ..Limits::default()
    };
    Shop::open_with(Database::Sqlite, limits).await
}

/// Soon enough for a test to wait for it, and late enough for a busy machine to be in time for what is not late.
const SOON: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_so_many_operations_at_once() {
    let shop = shop(ListenerLimits {
        operations_max: 2,
        ..ListenerLimits::default()
    })
    .await;
    let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
    let mut socket = entered(&shop, None).await;
    let variables = json!({ "id": shirt.id.to_string() });
    for id in ["1", "2", "3"] {
        socket.subscribe(id, STOCK_CHANGED, variables.clone()).await;
    }
    let refused = socket.message().await;
    assert_eq!(
        (&refused["id"], &refused["type"]),
        (&json!("3"), &json!("error"))
    );
    let code = &refused["payload"][0]["extensions"]["code"];
    assert_eq!(code, "TOO_MANY_LISTENERS");

    socket.send(complete("1")).await;
    socket.subscribe("3", "{ __typename }", json!({})).await;
    assert_eq!(
        socket.message().await,
        next("3", &json!({ "__typename": "Query" }))
    );
    assert_eq!(socket.message().await, complete("3"));
    shop.adjust_stock(&shirt, 0, -1).await;
    assert_eq!(socket.message().await["id"], "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_has_so_many_connections_and_others_have_their_own() {
    let shop = shop(ListenerLimits {
        per_member_max: 2,
        ..ListenerLimits::default()
    })
    .await;
    let (mina, jun) = (shop.member().await, shop.member().await);
    let first = entered(&shop, mina.token.as_deref()).await;
    let _second = entered(&shop, mina.token.as_deref()).await;
    let mut third = Socket::open(shop.address()).await;
    let bearer = format!("Bearer {}", mina.token.as_deref().expect("a token"));
    third.introduce(Some(&bearer)).await;
    let reason = "Too many connections of this member";
    assert_eq!(third.expect_close().await, (4413, reason.into()));

    entered(&shop, jun.token.as_deref()).await;
    entered(&shop, None).await;
    drop(first);
    let left = r#"jangteo_connections_closed_total{transport="websocket",code="client"}"#;
    shop.until_figure(left, 3.0).await;
    entered(&shop, mina.token.as_deref()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_house_asks_to_come_later() {
    let shop = shop(ListenerLimits {
        listeners_max: 2,
        ..ListenerLimits::default()
    })
    .await;
    let first = entered(&shop, None).await;
    let _second = Socket::open(shop.address()).await;
    shop.until_figure(r#"jangteo_listeners{transport="websocket"}"#, 2.0)
        .await;
    let (code, reason) = Socket::open(shop.address()).await.expect_close().await;
    assert_eq!(
        (code, reason.contains("try again later")),
        (1013, true),
        "{reason}"
    );
    let turned_away = r#"jangteo_connections_closed_total{transport="websocket",code="1013"}"#;
    assert!((shop.figure(turned_away).await - 1.0).abs() < 0.1);
    drop(first);
    shop.until_figure(r#"jangteo_listeners{transport="websocket"}"#, 1.0)
        .await;
    entered(&shop, None).await;
}

/// Makes the server look at the shop's clock, which the test has moved, before the machine's says that it is time.
async fn look_at_the_clock(socket: &mut Socket) {
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.message().await, json!({ "type": "pong" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_ends_with_its_token() {
    let shop = shop(ListenerLimits::default()).await;
    let mina = shop.member().await;
    let mut listener = entered(&shop, mina.token.as_deref()).await;
    listener.subscribe("1", MY_EVENTS, json!({})).await;
    let mut idle = entered(&shop, mina.token.as_deref()).await;
    let mut stranger = entered(&shop, None).await;
    listener.expect_silence().await;

    shop.advance(Duration::from_hours(1));

    for socket in [&mut listener, &mut idle] {
        look_at_the_clock(socket).await;
        let (code, reason) = socket.expect_close().await;
        assert_eq!(code, 4403);
        assert!(reason.contains("expired"), "{reason}");
    }
    // Who needed no token has none that could expire.
    stranger.expect_silence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_to_a_token_that_has_expired() {
    let shop = shop(ListenerLimits::default()).await;
    let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
    let mina = shop.member().await;
    let mut socket = entered(&shop, mina.token.as_deref()).await;
    let variables = json!({ "id": shirt.id.to_string() });
    socket.subscribe("1", STOCK_CHANGED, variables).await;
    socket.expect_silence().await;
    shop.advance(Duration::from_hours(1));
    // Long before anybody looks at the clock by themselves.
    shop.adjust_stock(&shirt, 0, -1).await;
    assert_eq!(socket.expect_close().await.0, 4403);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_with_a_good_token_is_answered() {
    let shop = shop(ListenerLimits::default()).await;
    let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
    let mina = shop.member_with_points(10_000).await;
    let blockade = Blockade::of(&shop.database, &shirt, 0).await;
    let mut socket = entered(&shop, mina.token.as_deref()).await;
    socket.subscribe("events", MY_EVENTS, json!({})).await;
    let line = json!({ "optionId": shirt.options[0].to_string(), "quantity": 1 });
    let input = json!({ "lines": [line], "idempotencyKey": "key" });
    socket
        .subscribe("order", PLACE_ORDER, json!({ "input": input }))
        .await;
    socket.expect_silence().await;

    shop.advance(Duration::from_hours(1));
    look_at_the_clock(&mut socket).await;
    shop.until_figure("jangteo_subscriptions", 0.0).await;
    // Whoever is about to be sent away begins nothing.
    socket.subscribe("late", "{ __typename }", json!({})).await;
    blockade.lift().await;

    let answer = socket.message().await;
    assert_eq!(
        (&answer["id"], &answer["type"]),
        (&json!("order"), &json!("next")),
        "{answer:#}"
    );
    assert_eq!(
        answer["payload"]["data"]["placeOrder"]["order"]["status"], "PAID",
        "{answer:#}"
    );
    assert_eq!(socket.message().await, complete("order"));
    assert_eq!(socket.expect_close().await.0, 4403);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_nothing_is_sent_away() {
    let shop = shop(ListenerLimits {
        idle_within: SOON,
        ..ListenerLimits::default()
    })
    .await;
    let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
    let mut listener = entered(&shop, None).await;
    let variables = json!({ "id": shirt.id.to_string() });
    listener.subscribe("1", STOCK_CHANGED, variables).await;
    listener.expect_silence().await;
    let mut idle = entered(&shop, None).await;
    assert_eq!(idle.expect_close().await.0, 1000);
    listener.expect_silence().await;
    listener.send(complete("1")).await;
    assert_eq!(listener.expect_close().await.0, 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_answers_no_ping_is_dropped_and_whoever_does_stays() {
    let shop = shop(ListenerLimits {
        ping_every: SOON,
        ..ListenerLimits::default()
    })
    .await;
    let mut dead = entered(&shop, None).await;
    let silent = r#"jangteo_connections_closed_total{transport="websocket",code="4415"}"#;
    let mut alive = entered(&shop, None).await;
    // A client answers pings where it reads, which the dead one does not.
    let answering = async {
        loop {
            alive.wait_for_ping().await;
        }
    };
    tokio::select! {
        () = answering => {}
        () = shop.until_figure(silent, 1.0) => {}
    }
    alive.expect_silence().await;
    assert!(matches!(dead.closed_at_last().await, Some(4415) | None));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_receive_is_dropped_and_holds_up_nobody() {
    let shop = shop(ListenerLimits {
        stall_within: SOON / 10,
        ..ListenerLimits::default()
    })
    .await;
    let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
    let mut listener = entered(&shop, None).await;
    let variables = json!({ "id": shirt.id.to_string() });
    listener.subscribe("1", STOCK_CHANGED, variables).await;
    let stream = narrow(shop.address()).await;
    let protocol = Some("graphql-transport-ws");
    let (mut stalled, _) = Socket::open_over(stream, shop.address(), protocol).await;
    stalled.enter(None).await;
    // More than all buffers between them hold.
    let all = "types { name description fields { name description args { name description } } }";
    let schemas = (0..10).map(|index| format!("s{index}: __schema {{ {all} }}"));
    let query = format!("{{ {} }}", schemas.collect::<Vec<_>>().join(" "));
    for id in 0..8 {
        stalled.subscribe(&id.to_string(), &query, json!({})).await;
    }

    shop.until_figure("jangteo_connections_stalled_total", 1.0)
        .await;

    shop.adjust_stock(&shirt, 0, -1).await;
    assert_eq!(listener.message().await["id"], "1");
    // It may hear why, if it receives anything at all in time.
    assert!(matches!(stalled.closed_at_last().await, Some(4414) | None));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_to_pings_of_whoever_does_not_receive_are_not_kept() {
    let shop = shop(ListenerLimits {
        stall_within: SOON / 10,
        ..ListenerLimits::default()
    })
    .await;
    // Far more than the system keeps between them.
    let many = 500_000;
    let stream = narrow(shop.address()).await;
    let protocol = Some("graphql-transport-ws");
    let (mut deaf, _) = Socket::open_over(stream, shop.address(), protocol).await;
    assert!(deaf.ping_deaf(many).await < many, "the server took all");
    shop.until_figure("jangteo_connections_stalled_total", 1.0)
        .await;
}
