//! Server-Sent Events: the same operations for clients and proxies that have no WebSocket.

use std::time::Duration;

use jangteo::{config::Limits, graphql::DocumentRules, listener::ListenerLimits};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use crate::support::{Blockade, Client, Database, PATIENCE, PLACE_ORDER, Shop, narrow};

const STOCK_CHANGED: &str =
    "subscription($id: ID!) { stockChanged(productId: $id) { stockQuantity } }";

const MY_EVENTS: &str = "subscription { myOrderEvents { status } }";

const CONNECTED: &str = r#"jangteo_listeners{transport="sse"}"#;

/// Often enough that a test need not wait for it.
const OFTEN: Duration = Duration::from_millis(100);

/// What urql says on every request.
const URQL: &str = "application/graphql-response+json, application/graphql+json, application/json, \
                    text/event-stream, multipart/mixed";

/// A response that is read event by event.
struct Events {
    response: Response,
    text: String,
}

/// What comes of it.
#[derive(Debug, PartialEq)]
enum Event {
    Comment,
    Next(Value),
    Complete,
    End,
}

impl Events {
    async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header("content-type"), "text/event-stream; charset=utf-8");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-accel-buffering"), "no");
        assert!(!header("x-request-id").is_empty());
        let text = String::new();
        let mut events = Self { response, text };
        // There is something to read at once, for whoever waits with the headers for that.
        assert_eq!(events.any().await, Event::Comment);
        events
    }

    /// The next event, or comment, by the rules of the format.
    async fn any(&mut self) -> Event {
        while !self.text.contains("\n\n") {
            let chunk = timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("something comes in time");
            let Some(chunk) = chunk.expect("the stream is whole") else {
                assert_eq!(self.text, "");
                return Event::End;
            };
            self.text.push_str(str::from_utf8(&chunk).expect("UTF-8"));
        }
        let (block, rest) = self.text.split_once("\n\n").expect("a block");
        let (block, rest) = (block.to_owned(), rest.to_owned());
        self.text = rest;
        match block.split('\n').collect::<Vec<_>>().as_slice() {
            [":"] => Event::Comment,
            ["event: next", data] => {
                let data = data.strip_prefix("data: ").expect("data");
                Event::Next(serde_json::from_str(data).expect("JSON"))
            }
            ["event: complete", "data: "] => Event::Complete,
            other => panic!("{other:?}"),
        }
    }

    /// The next event.
    async fn event(&mut self) -> Event {
        loop {
            match self.any().await {
                Event::Comment => {}
                event => return event,
            }
        }
    }

    async fn next(&mut self) -> Value {
        match self.event().await {
            Event::Next(payload) => payload,
            other => panic!("expected an event, got {other:?}"),
        }
    }

    async fn expect_complete(&mut self) {
        assert_eq!(self.event().await, Event::Complete);
        assert_eq!(self.event().await, Event::End);
    }
}

fn post(
    shop: &Shop,
    who: &Client,
    accept: &'static str,
    query: &str,
    variables: &Value,
) -> RequestBuilder {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let request = reqwest::Client::new()
        .post(shop.url("/graphql"))
        .header("content-type", "application/json")
        .header("accept", accept)
        .body(body);
    match &who.token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

async fn events(shop: &Shop, who: &Client, query: &str, variables: Value) -> Events {
    Events::of(post(shop, who, "text/event-stream", query, &variables)).await
}

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

both! {
    async fn a_subscription_is_told_as_it_happens(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let variables = json!({ "id": shirt.id.to_string() });
        let mut changes = events(&shop, &shop.anonymous(), STOCK_CHANGED, variables).await;
        shop.until_figure("jangteo_subscriptions", 1.0).await;
        for quantity in [9, 8] {
            shop.adjust_stock(&shirt, 0, -1).await;
            let change = json!({ "data": { "stockChanged": { "stockQuantity": quantity } } });
            assert_eq!(changes.next().await, change);
        }

        drop(changes);

        shop.until_figure(CONNECTED, 0.0).await;
        shop.until_figure("jangteo_subscriptions", 0.0).await;
    }

    async fn queries_and_mutations_have_one_answer_and_an_end(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let query = "{ me { userPoint { balance } } }";
        let mut balance = events(&shop, &mina, query, json!({})).await;
        let answer = json!({ "data": { "me": { "userPoint": { "balance": 10_000 } } } });
        assert_eq!(balance.next().await, answer);
        balance.expect_complete().await;

        let line = json!({ "optionId": shirt.options[0].to_string(), "quantity": 1 });
        let input = json!({ "lines": [line], "idempotencyKey": "key" });
        let mut order = events(&shop, &mina, PLACE_ORDER, json!({ "input": input })).await;
        assert_eq!(order.next().await["data"]["placeOrder"]["order"]["status"], "PAID");
        order.expect_complete().await;
    }

    async fn what_is_refused_is_told_in_the_stream(shop: Shop) {
        for (query, code) in [
            ("{ noSuchField }", "BAD_REQUEST"),
            ("subscription { noSuchField }", "BAD_REQUEST"),
            ("{ me { id }", "BAD_REQUEST"),
            (MY_EVENTS, "UNAUTHENTICATED"),
        ] {
            let mut refused = events(&shop, &shop.anonymous(), query, json!({})).await;
            let payload = refused.next().await;
            assert_eq!(payload["errors"][0]["extensions"]["code"], code, "{payload:#}");
            refused.expect_complete().await;
        }
        let stranger = shop.anonymous().with_token("nonsense");
        let mut refused = events(&shop, &stranger, MY_EVENTS, json!({})).await;
        let payload = refused.next().await;
        assert_eq!(payload["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        refused.expect_complete().await;
    }

    async fn only_who_likes_events_better_is_told_in_events(shop: Shop) {
        let anonymous = shop.anonymous();
        for accept in [URQL, "*/*", "application/json", "text/event-stream;q=0.9, application/json"] {
            let answer = post(&shop, &anonymous, accept, "{ __typename }", &json!({})).send().await;
            let answer = answer.expect("an answer");
            let form = if accept == URQL { "application/graphql-response+json" } else { "application/json" };
            assert_eq!(answer.headers()["content-type"], form, "{accept}");
            let answer: Value = answer.json().await.expect("JSON");
            assert_eq!(answer, json!({ "data": { "__typename": "Query" } }));
        }
        for accept in ["text/event-stream", "text/event-stream, */*"] {
            let mut told = Events::of(post(&shop, &anonymous, accept, "{ __typename }", &json!({}))).await;
            assert_eq!(told.next().await, json!({ "data": { "__typename": "Query" } }));
            told.expect_complete().await;
        }
    }

    async fn a_subscription_may_be_written_in_fragments(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let order = mina.order(&shirt, 0, 1, "k").await["order"]["id"].clone();
        let query = "subscription($id: ID!) { ...F orderStatusChanged(orderId: $id) { sequence } }
            fragment F on Subscription { ... { orderStatusChanged(orderId: $id) { status } } }";
        let mut told = events(&shop, &mina, query, json!({ "id": order })).await;
        let expected = json!({ "data": { "orderStatusChanged": { "status": "PAID", "sequence": 1 } } });
        assert_eq!(told.next().await, expected);
    }

    async fn no_get_and_no_form_begins_a_stream(shop: Shop) {
        let query = [("query", "subscription { myOrderEvents { status } }")];
        let http = reqwest::Client::new();
        let get = http.get(shop.url("/graphql")).query(&query);
        let asked = get.header("accept", "text/event-stream").send().await.expect("an answer");
        assert_eq!(asked.status(), 405);
        let form = http.post(shop.url("/graphql")).body("query=%7B__typename%7D");
        let form = form
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "text/event-stream");
        assert_eq!(form.send().await.expect("an answer").status(), 415);
        assert!(shop.figure(CONNECTED).await.abs() < 0.1);
    }

    async fn a_stream_that_was_begun_by_whoever_leaves_is_done(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let blockade = Blockade::of(&shop.database, &shirt, 0).await;
        let line = json!({ "optionId": shirt.options[0].to_string(), "quantity": 1 });
        let input = json!({ "lines": [line], "idempotencyKey": "key" });
        drop(events(&shop, &mina, PLACE_ORDER, json!({ "input": input })).await);
        shop.until_figure(CONNECTED, 0.0).await;
        blockade.lift().await;
        while mina.balance().await != 9_000 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_has_nothing_to_tell_shows_that_it_lives() {
    let shop = shop(ListenerLimits {
        ping_every: OFTEN,
        ..ListenerLimits::default()
    })
    .await;
    let mina = shop.member().await;
    let mut told = events(&shop, &mina, MY_EVENTS, json!({})).await;
    for _ in 0..3 {
        assert_eq!(told.any().await, Event::Comment);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_ends_with_its_token_and_says_so() {
    let shop = shop(ListenerLimits {
        ping_every: OFTEN,
        ..ListenerLimits::default()
    })
    .await;
    let mina = shop.member().await;
    let mut told = events(&shop, &mina, MY_EVENTS, json!({})).await;
    shop.until_figure("jangteo_subscriptions", 1.0).await;

    shop.advance(Duration::from_hours(1));

    let payload = told.next().await;
    let error = &payload["errors"][0];
    assert_eq!(
        error["extensions"]["code"], "UNAUTHENTICATED",
        "{payload:#}"
    );
    assert!(error["extensions"]["requestId"].is_string(), "{payload:#}");
    assert!(payload["data"].is_null(), "{payload:#}");
    told.expect_complete().await;
    let closed = r#"jangteo_connections_closed_total{transport="sse",code="4403"}"#;
    shop.until_figure(closed, 1.0).await;
    shop.until_figure("jangteo_subscriptions", 0.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_to_a_token_that_has_expired() {
    let shop = shop(ListenerLimits::default()).await;
    let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
    let mina = shop.member().await;
    let variables = json!({ "id": shirt.id.to_string() });
    let mut told = events(&shop, &mina, STOCK_CHANGED, variables).await;
    shop.until_figure("jangteo_subscriptions", 1.0).await;
    shop.advance(Duration::from_hours(1));
    shop.adjust_stock(&shirt, 0, -1).await;
    let payload = told.next().await;
    assert_eq!(
        payload["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
        "{payload:#}"
    );
    told.expect_complete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_count_as_sockets_do() {
    let shop = shop(ListenerLimits {
        per_member_max: 1,
        listeners_max: 3,
        ..ListenerLimits::default()
    })
    .await;
    let (mina, jun) = (shop.member().await, shop.member().await);
    let refused = async |who: &Client, status: u16, code: &str| {
        let request = post(&shop, who, "text/event-stream", MY_EVENTS, &json!({}));
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["retry-after"], "5");
        let answer: Value = answer.json().await.expect("JSON");
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], code,
            "{answer:#}"
        );
    };
    let first = events(&shop, &mina, MY_EVENTS, json!({})).await;
    refused(&mina, 429, "TOO_MANY_LISTENERS").await;
    let _others = events(&shop, &jun, MY_EVENTS, json!({})).await;
    let mut socket = crate::support::Socket::open(shop.address()).await;
    socket.enter(None).await;
    refused(&shop.anonymous(), 503, "OVERLOADED").await;
    drop(first);
    shop.until_figure(CONNECTED, 1.0).await;
    events(&shop, &mina, MY_EVENTS, json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_ends_streams_without_an_end_so_that_they_are_resumed() {
    let shop = shop(ListenerLimits::default()).await;
    let mina = shop.member().await;
    let mut told = events(&shop, &mina, MY_EVENTS, json!({})).await;
    let (_database, event) = tokio::join!(shop.stop(), told.event());
    assert_eq!(event, Event::End);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_receive_is_dropped() {
    let shop = shop(ListenerLimits {
        stall_within: OFTEN,
        ..ListenerLimits::default()
    })
    .await;
    let all = "types { name description fields { name description args { name description } } }";
    let schemas = (0..19).map(|index| format!("s{index}: __schema {{ {all} }}"));
    let query = format!("{{ {} }}", schemas.collect::<Vec<_>>().join(" "));
    let body = json!({ "query": query }).to_string();
    let mut stalled = Vec::new();
    // One after the other until there is more than all buffers on the way hold.
    let mut stream = narrow(shop.address()).await;
    for _ in 0..4 {
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: jangteo\r\naccept: text/event-stream\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream
            .write_all(request.as_bytes())
            .await
            .expect("the request is sent");
    }

    shop.until_figure("jangteo_connections_stalled_total", 1.0)
        .await;

    // What was on its way arrives, and then the line is cut.
    let cut = timeout(PATIENCE, stream.read_to_end(&mut stalled)).await;
    _ = cut.expect("an end in time");
    shop.until_figure(CONNECTED, 0.0).await;
}
