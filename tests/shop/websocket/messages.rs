//! What may be said, and what closes the connection.

use std::time::Duration;

use jangteo::{config::Limits, listener::ListenerLimits};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use super::{STOCK_CHANGED, complete, entered};
use crate::support::{Database, Shop, Socket};

const SIGN_UP: &str = "mutation { signUp(input: {
    userId: \"mina\", password: \"correct horse\", nickname: \"Mina\" }) { userErrors { code } } }";

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_introduce_themselves_in_time_is_sent_away() {
    let listeners = ListenerLimits {
        init_within: Duration::from_secs(3),
        ..ListenerLimits::default()
    };
    let limits = Limits {
        listeners,
        ..Limits::default()
    };
    let shop = Shop::open_with(Database::Sqlite, limits).await;
    let mut silent = Socket::open(shop.address()).await;
    // A ping is no introduction.
    silent.send(json!({ "type": "ping" })).await;
    assert_eq!(silent.message().await, json!({ "type": "pong" }));
    let reason = "Connection initialisation timeout";
    assert_eq!(silent.expect_close().await, (4408, reason.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_introduces_oneself_once() {
    let shop = Shop::open(Database::Sqlite).await;
    let mut socket = entered(&shop, None).await;
    socket.introduce(None).await;
    let reason = "Too many initialisation requests";
    assert_eq!(socket.expect_close().await, (4429, reason.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_executed_before_the_introduction() {
    let shop = Shop::open(Database::Sqlite).await;
    let before = shop.contents().await;
    let mut socket = Socket::open(shop.address()).await;
    socket.subscribe("1", SIGN_UP, json!({})).await;
    assert_eq!(socket.expect_close().await, (4401, "Unauthorized".into()));
    assert_eq!(shop.contents().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shows_a_bad_token_is_not_let_in() {
    let shop = Shop::open(Database::Sqlite).await;
    for (language, word) in [("en", "access token"), ("ko", "세션")] {
        let mut socket = Socket::open(shop.address()).await;
        let payload = json!({ "authorization": "Bearer nonsense", "Accept-Language": language });
        socket
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        let (code, reason) = socket.expect_close().await;
        assert_eq!(code, 4403);
        assert!(
            reason.starts_with("Forbidden: ") && reason.contains(word),
            "{reason}"
        );
        assert!(reason.len() <= 123);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_closes_the_connection() {
    let shop = Shop::open(Database::Sqlite).await;
    let wrong = |message: Value| message.to_string();
    let subscribe =
        |payload: Value| wrong(json!({ "id": "1", "type": "subscribe", "payload": payload }));
    for text in [
        "hello".to_owned(),
        String::new(),
        wrong(json!(["ping"])),
        wrong(json!({})),
        wrong(json!({ "type": 1 })),
        wrong(json!({ "type": "start" })),
        wrong(json!({ "type": "next", "id": "1", "payload": {} })),
        wrong(json!({ "type": "connection_ack" })),
        wrong(json!({ "type": "ping", "payload": 1 })),
        wrong(json!({ "type": "complete" })),
        wrong(json!({ "type": "complete", "id": "" })),
        wrong(json!({ "type": "subscribe", "payload": { "query": "{ me { id } }" } })),
        wrong(json!({ "type": "subscribe", "id": "1" })),
        subscribe(json!({})),
        subscribe(json!(["{ me { id } }"])),
        subscribe(json!({ "query": "{ me { id } }", "variables": [] })),
        subscribe(json!({ "query": "{ me { id } }", "operationName": 1 })),
        subscribe(json!({ "query": "{ me { id } }", "extensions": "x" })),
    ] {
        let mut socket = entered(&shop, None).await;
        socket.send_frame(Message::text(text.as_str())).await;
        let (code, reason) = socket.expect_close().await;
        assert_eq!(code, 4400, "{text}: {reason}");
        assert!(!reason.is_empty(), "{text}");
    }
    let mut stranger = Socket::open(shop.address()).await;
    stranger
        .send(json!({ "type": "connection_init", "payload": [] }))
        .await;
    assert_eq!(stranger.expect_close().await.0, 4400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_a_text() {
    let shop = Shop::open(Database::Sqlite).await;
    let mut socket = entered(&shop, None).await;
    let ping = json!({ "type": "ping" }).to_string();
    socket.send_frame(Message::binary(ping.into_bytes())).await;
    let reason = "Messages are texts, not bytes";
    assert_eq!(socket.expect_close().await, (4400, reason.into()));

    let mut socket = entered(&shop, None).await;
    let broken = Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true);
    socket.send_frame(Message::Frame(broken)).await;
    assert_eq!(socket.closed_at_last().await, Some(1007));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_may_come_in_pieces_but_not_be_too_large() {
    let shop = Shop::open(Database::Sqlite).await;
    let mut socket = entered(&shop, None).await;
    let piece = |text: &str, code, is_last| {
        Message::Frame(Frame::message(text.to_owned(), OpCode::Data(code), is_last))
    };
    for frame in [
        piece(r#"{"type":"#, Data::Text, false),
        Message::Ping(vec![1].into()),
        piece(r#""pi"#, Data::Continue, false),
        piece(r#"ng"}"#, Data::Continue, true),
    ] {
        socket.send_frame(frame).await;
    }
    assert_eq!(socket.message().await, json!({ "type": "pong" }));

    let payload = json!({ "long": "x".repeat(200 * 1024) });
    socket
        .send(json!({ "type": "ping", "payload": payload }))
        .await;
    assert_eq!(socket.message().await["payload"], payload);

    // What it is written in is larger than what may be sent; what is left of it when the line is cut may cut it short.
    let longer = json!({ "type": "ping", "payload": { "long": "x".repeat(256 * 1024) } });
    socket.send(longer).await;
    assert!(matches!(socket.closed_at_last().await, Some(1009) | None));
    shop.until_figure(
        r#"jangteo_connections_closed_total{transport="websocket",code="1009"}"#,
        1.0,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_are_answered_with_what_they_bring_at_any_time() {
    let shop = Shop::open(Database::Sqlite).await;
    let mut socket = Socket::open(shop.address()).await;
    for introduces in [true, false] {
        for payload in [json!({}), json!({ "at": 1, "nested": { "list": [null] } })] {
            socket
                .send(json!({ "type": "ping", "payload": payload }))
                .await;
            let pong = json!({ "type": "pong", "payload": payload });
            assert_eq!(socket.message().await, pong);
        }
        for empty in [
            json!({ "type": "ping" }),
            json!({ "type": "ping", "payload": null }),
        ] {
            socket.send(empty).await;
            assert_eq!(socket.message().await, json!({ "type": "pong" }));
        }
        // A pong that nobody asked for is a sign of life.
        socket
            .send(json!({ "type": "pong", "payload": { "a": 1 } }))
            .await;
        socket.send(json!({ "type": "pong" })).await;
        if introduces {
            socket.enter(None).await;
        }
    }
    socket.expect_silence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_frames_of_websockets_own_pings_are_answered() {
    let shop = Shop::open(Database::Sqlite).await;
    let mut socket = Socket::open(shop.address()).await;
    socket.send_frame(Message::Ping(vec![1, 2, 3].into())).await;
    assert_eq!(
        socket.any_frame().await,
        Message::Pong(vec![1, 2, 3].into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_protocol_is_not_spoken() {
    let shop = Shop::open(Database::Sqlite).await;
    for offered in [
        None,
        Some("graphql-ws"),
        Some("chat, soap"),
        Some("Graphql-Transport-WS"),
    ] {
        let (mut socket, chosen) = Socket::open_raw(shop.address(), offered).await;
        assert_eq!(chosen, None);
        let reason = "Subprotocol not acceptable";
        assert_eq!(
            socket.expect_close().await,
            (4406, reason.into()),
            "{offered:?}"
        );
    }
    let turned_away = r#"jangteo_connections_closed_total{transport="websocket",code="4406"}"#;
    assert!((shop.figure(turned_away).await - 4.0).abs() < 0.1);
    let several = Some("graphql-ws, graphql-transport-ws");
    let (mut socket, chosen) = Socket::open_raw(shop.address(), several).await;
    assert_eq!(chosen.as_deref(), Some("graphql-transport-ws"));
    socket.enter(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_leave_whenever_it_likes() {
    let shop = Shop::open(Database::Sqlite).await;
    let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
    let mut socket = entered(&shop, None).await;
    let variables = json!({ "id": shirt.id.to_string() });
    socket.subscribe("1", STOCK_CHANGED, variables).await;
    socket.expect_silence().await;
    assert!((shop.figure("jangteo_subscriptions").await - 1.0).abs() < 0.1);

    socket.send_frame(Message::Close(None)).await;

    assert_eq!(socket.closed_at_last().await, None);
    shop.until_figure("jangteo_subscriptions", 0.0).await;
    shop.until_figure(r#"jangteo_listeners{transport="websocket"}"#, 0.0)
        .await;
    let left = r#"jangteo_connections_closed_total{transport="websocket",code="client"}"#;
    shop.until_figure(left, 1.0).await;
    let mut another = entered(&shop, None).await;
    another.send(complete("1")).await;
    another.expect_silence().await;
}
