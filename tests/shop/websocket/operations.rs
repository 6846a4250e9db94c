//! Operations: each has its id, its answers and its end.

use serde_json::{Value, json};

use super::{MY_EVENTS, STOCK_CHANGED, complete, entered, next};
use crate::support::{Database, Product, Shop, Socket};

/// What an operation is refused with.
async fn refusal(socket: &mut Socket, id: &str) -> Value {
    let message = socket.message().await;
    assert_eq!(
        (&message["id"], &message["type"]),
        (&json!(id), &json!("error"))
    );
    let errors = message["payload"].as_array().expect("errors");
    assert!(
        errors.iter().all(|error| error["message"].is_string()),
        "{message:#}"
    );
    message["payload"].clone()
}

async fn listen(socket: &mut Socket, id: &str, product: &Product) {
    let variables = json!({ "id": product.id.to_string() });
    socket.subscribe(id, STOCK_CHANGED, variables).await;
    socket.expect_silence().await;
}

fn stock(product: &Product, quantity: i32) -> Value {
    let id = product.options[0].to_string();
    json!({ "stockChanged": { "id": id, "stockQuantity": quantity } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_has_one_answer_and_an_end() {
    let shop = Shop::open(Database::Sqlite).await;
    let mina = shop.member().await;
    let mut socket = entered(&shop, mina.token.as_deref()).await;
    let payload = json!({
        "operationName": "B",
        "query": "query A { me { id } } query B($yes: Boolean!) { me { nickname @include(if: $yes) } }",
        "variables": { "yes": true },
        "extensions": { "whatever": 1 },
    });
    socket
        .send(json!({ "id": "q", "type": "subscribe", "payload": payload }))
        .await;
    let answer = next("q", &json!({ "me": { "nickname": "member0" } }));
    assert_eq!(socket.message().await, answer);
    assert_eq!(socket.message().await, complete("q"));

    // Its id is free.
    socket
        .subscribe("q", "{ me { nickname } }", json!({}))
        .await;
    assert_eq!(socket.message().await, answer);
    assert_eq!(socket.message().await, complete("q"));
    socket.expect_silence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_is_not_valid_is_an_error_and_has_no_other_end() {
    let shop = Shop::open(Database::Sqlite).await;
    let mut socket = entered(&shop, None).await;
    for query in [
        "{ noSuchField }",
        "subscription { noSuchField }",
        "{ me { id }",
        "",
        "mutation { signUp(input: {}) { userErrors { code } } }",
    ] {
        socket.subscribe("1", query, json!({})).await;
        let errors = refusal(&mut socket, "1").await;
        assert_eq!(
            errors[0]["extensions"]["code"], "BAD_REQUEST",
            "{query}: {errors:#}"
        );
        assert!(
            errors[0]["extensions"]["requestId"].is_string(),
            "{errors:#}"
        );
        socket.expect_silence().await;
    }
    // The connection goes on, and the id is free.
    socket.subscribe("1", "{ __typename }", json!({})).await;
    assert_eq!(
        socket.message().await,
        next("1", &json!({ "__typename": "Query" }))
    );
    assert_eq!(socket.message().await, complete("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_in_execution_is_told_and_ends() {
    let shop = Shop::open(Database::Sqlite).await;
    let mut socket = entered(&shop, None).await;
    for (query, field) in [
        (MY_EVENTS, "myOrderEvents"),
        ("{ orders(first: 1) { totalCount } }", "orders"),
    ] {
        socket.subscribe("1", query, json!({})).await;
        let message = socket.message().await;
        assert_eq!(message["type"], "next", "{message:#}");
        let error = &message["payload"]["errors"][0];
        assert_eq!(
            error["extensions"]["code"], "UNAUTHENTICATED",
            "{message:#}"
        );
        assert_eq!(error["path"], json!([field]));
        assert_eq!(socket.message().await, complete("1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_one_operation_s_at_a_time() {
    let shop = Shop::open(Database::Sqlite).await;
    let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
    let long = "긴 이름 ".repeat(100);
    for id in ["1", long.as_str()] {
        let mut socket = entered(&shop, None).await;
        listen(&mut socket, id, &shirt).await;
        socket
            .subscribe("another", "{ __typename }", json!({}))
            .await;
        assert_eq!(socket.message().await["type"], "next");
        assert_eq!(socket.message().await, complete("another"));

        socket.subscribe(id, "{ __typename }", json!({})).await;
        let (code, reason) = socket.expect_close().await;
        assert_eq!(code, 4409);
        let whole = format!("Subscriber for {id} already exists");
        assert!(
            whole.starts_with(&reason) && reason.len() <= 123,
            "{reason}"
        );
        assert!(reason.len() > 119 || reason == whole, "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_ends_what_it_does_not_want_any_more() {
    let shop = Shop::open(Database::Sqlite).await;
    let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
    let hat = shop.product("모자", &[("하나", 1_000, 10)]).await;
    let mut socket = entered(&shop, None).await;
    listen(&mut socket, "shirt", &shirt).await;
    listen(&mut socket, "hat", &hat).await;
    shop.adjust_stock(&shirt, 0, -1).await;
    assert_eq!(socket.message().await, next("shirt", &stock(&shirt, 9)));

    socket.send(complete("shirt")).await;
    // Who ends it twice, or what never was, is in no fault.
    socket.send(complete("shirt")).await;
    socket.send(complete("nothing")).await;
    socket.expect_silence().await;
    shop.adjust_stock(&shirt, 0, -1).await;
    shop.adjust_stock(&hat, 0, -1).await;
    assert_eq!(socket.message().await, next("hat", &stock(&hat, 9)));
    socket.expect_silence().await;

    // The id is free at once.
    listen(&mut socket, "shirt", &shirt).await;
    shop.adjust_stock(&shirt, 0, -1).await;
    assert_eq!(socket.message().await, next("shirt", &stock(&shirt, 7)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_free_as_soon_as_its_end_is_told() {
    let shop = Shop::open(Database::Sqlite).await;
    let mut socket = entered(&shop, None).await;
    for _ in 0..200 {
        socket.subscribe("1", "{ __typename }", json!({})).await;
        assert_eq!(socket.message().await["type"], "next");
        assert_eq!(socket.message().await, complete("1"));
        // The client ends it as well: the two ends have crossed.
        socket.send(complete("1")).await;
    }
    socket.expect_silence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_waits_for_is_not_told() {
    let shop = Shop::open(Database::Sqlite).await;
    let mina = shop.member_with_points(10_000).await;
    let mut socket = entered(&shop, mina.token.as_deref()).await;
    let query = "mutation { chargePoints(input: { amount: 1000, idempotencyKey: \"k\" }) { userErrors { code } } }";
    for _ in 0..20 {
        socket.subscribe("1", query, json!({})).await;
        socket.send(complete("1")).await;
        // Either it was faster than its end, or nothing is told.
        socket.send(json!({ "type": "ping" })).await;
        let mut told = Vec::new();
        loop {
            let message = socket.message().await;
            if message["type"] == "pong" {
                break;
            }
            told.push(message["type"].clone());
        }
        assert!(told.len() <= 2, "{told:?}");
    }
    socket.expect_silence().await;
    // It was begun, and done.
    while mina.balance().await != 11_000 {
        tokio::task::yield_now().await;
    }
}
