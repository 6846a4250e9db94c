//! Stopping: nothing that was accepted is lost.

use super::*;

#[tokio::test]
async fn a_server_that_drains_says_so_and_goes_on_serving() {
    let place = Place::new();
    // Longer than the test; it is killed at its end.
    let server = place.serve(&[], &[("DRAIN_SECONDS", "600")]);
    let ask = async || {
        let query = json!({ "query": "{ products { totalCount } }" });
        let asked = reqwest::Client::new().post(format!("{}/graphql", server.url));
        asked.json(&query).send().await.expect("the server answers")
    };
    assert_eq!(server.status("/readyz").await, 200);
    assert!(!ask().await.headers().contains_key("connection"));

    server.signal("TERM");
    while server.status("/readyz").await == 200 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.status("/readyz").await, 503);
    assert_eq!(server.status("/healthz").await, 200);
    // New connections are answered, and asked to go elsewhere with what comes next.
    let answer = ask().await;
    assert_eq!(answer.headers()["connection"], "close");
    let answer = answer.json::<Value>().await.expect("JSON");
    assert_eq!(answer["data"]["products"]["totalCount"], 0, "{answer:#}");
}

/// Orders again and again until the server answers no more; gives the ids of the orders that it answered.
async fn order_until_refused(
    url: String,
    token: String,
    option: Value,
    name: usize,
    answered: mpsc::UnboundedSender<()>,
) -> Vec<Value> {
    let http = reqwest::Client::new();
    let mut orders = Vec::new();
    for number in 0_usize.. {
        let line = json!({ "optionId": option, "quantity": 1 });
        let input = json!({ "lines": [line], "idempotencyKey": format!("{name}-{number}") });
        let variables = json!({ "input": input });
        let Ok(answer) = post(&http, &url, Some(&token), PLACE_ORDER, &variables).await else {
            break;
        };
        assert!(
            answer.get("errors").is_none(),
            "an answer is an order or a refusal: {answer:#}"
        );
        let payload = &answer["data"]["placeOrder"];
        if payload["order"].is_object() {
            orders.push(payload["order"]["id"].clone());
        } else {
            assert_eq!(
                payload["userErrors"][0]["code"], "INSUFFICIENT_STOCK",
                "{answer:#}"
            );
        }
        // The test may have heard enough.
        _ = answered.send(());
    }
    orders
}

async fn no_order_is_lost_when_the_server_stops(signal: &str) {
    const BUYERS: usize = 12;
    let place = Place::with_demo().await;
    let server = place.serve(&["--demo"], &[]);
    let token = server
        .sign_in("mina", DEMO_PASSWORD)
        .await
        .expect("signed in");
    let option = cheapest_of_many(&server).await;
    let count = "{ orders { totalCount } }";
    let before = server.run(Some(&token), count, json!({})).await;
    let (answered, mut answers) = mpsc::unbounded_channel();
    let buyers = (0..BUYERS).map(|name| {
        let order = order_until_refused(
            server.url.clone(),
            token.clone(),
            option.clone(),
            name,
            answered.clone(),
        );
        tokio::spawn(order)
    });
    let buyers = buyers.collect::<FuturesUnordered<_>>();
    for _ in 0..BUYERS {
        answers.recv().await.expect("orders are answered");
    }

    server.signal(signal);

    let orders = buyers.map(|orders| orders.expect("a buyer")).concat().await;
    let (code, said) = server.ended();
    assert_eq!(code, Some(0), "{}", place.log());
    assert!(said.ends_with("Stopping…\nStopped.\n"), "{said}");
    assert!(orders.len() >= BUYERS);
    let server = place.serve(&["--demo"], &[]);
    let after = server.run(Some(&token), count, json!({})).await;
    let total = |data: &Value| data["orders"]["totalCount"].as_u64().expect("a count");
    assert_eq!(
        total(&after) - total(&before),
        orders.len() as u64,
        "placed is answered"
    );
    for ids in orders.chunks(100) {
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        let nodes = server.run(Some(&token), query, json!({ "ids": ids })).await["nodes"].clone();
        let found = nodes
            .as_array()
            .expect("nodes")
            .iter()
            .map(|node| &node["id"]);
        assert!(found.eq(ids), "answered is placed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_order_is_lost_on_sigterm() {
    no_order_is_lost_when_the_server_stops("TERM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_order_is_lost_on_sigint() {
    no_order_is_lost_when_the_server_stops("INT").await;
}
