//! Stores' parts of orders: the list of them, and the feed that tells of them, whole and in order.

use std::time::Duration;

use futures_util::future::join_all;
use jangteo::config::Limits;
use sea_orm::DbBackend;
use serde_json::{Value, json};

use crate::{
    fulfilment::{adds_up, complete, ordered, taken},
    payments::PayingShop,
    support::{Client, Product, Received, Shop, Subscription},
};

const ORDERS: &str = "
query($id: ID!, $filter: OrderFilter, $first: Int, $after: String, $last: Int, $before: String) {
  store(id: $id) {
    orders(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      totalCount nodes { id status itemsTotal } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}";

const FEED: &str =
    "subscription($id: ID!, $after: Int) { storeOrderEvents(storeId: $id, after: $after) {
    storeSequence sequence status reason order { id status items { id } } items { id } } }";

/// Sets orders apart in time.
fn pass(shop: &Shop) {
    shop.advance(Duration::from_secs(1));
}

async fn list(client: &Client, product: &Product, more: Value) -> Value {
    let mut variables = more;
    variables["id"] = json!(product.store_id.to_string());
    client.run(ORDERS, variables).await["store"]["orders"].take()
}

/// The ids of a page, and of how many.
fn ids(page: &Value) -> (Vec<&Value>, i64) {
    let nodes = page["nodes"].as_array().expect("nodes");
    let count = page["totalCount"].as_i64().expect("a count");
    (nodes.iter().map(|node| &node["id"]).collect(), count)
}

async fn feed(client: &Client, product: &Product, after: Option<i64>) -> Subscription {
    let variables = json!({ "id": product.store_id.to_string(), "after": after });
    client.subscribe(FEED, variables).await
}

async fn heard(feed: &mut Subscription) -> Value {
    feed.next().await["storeOrderEvents"].take()
}

/// The number and the status of the next event.
async fn next(feed: &mut Subscription) -> (i64, String) {
    let event = heard(feed).await;
    let status = event["status"].as_str().expect("a status").to_owned();
    (event["storeSequence"].as_i64().expect("a number"), status)
}

both! {
    async fn a_store_lists_its_part_of_its_orders_the_newest_first(shop: Shop) {
        let tee = shop.product("티셔츠", &[("M", 1_000, 100)]).await;
        let socks = shop.product("양말", &[("한 켤레", 300, 100)]).await;
        let tailor = shop.seller_of(&tee).await;
        let mina = shop.member_with_points(100_000).await;
        let mut orders = Vec::new();
        for number in 0..5 {
            pass(&shop);
            orders.push(ordered(&mina, &[(&tee, 0, 1), (&socks, 0, 1)], &number.to_string()).await);
        }
        pass(&shop);
        ordered(&mina, &[(&socks, 0, 1)], "of another").await;
        let newest_first = orders.iter().rev().map(|order| order["id"].clone()).collect::<Vec<_>>();
        let newest_first = newest_first.iter().collect::<Vec<_>>();

        let all = list(&tailor, &tee, json!({})).await;
        assert_eq!(ids(&all), (newest_first.clone(), 5));
        assert_eq!(all["nodes"][0]["itemsTotal"], 1_000);
        let first = list(&tailor, &tee, json!({ "first": 2 })).await;
        assert_eq!(ids(&first), (newest_first[..2].to_vec(), 5));
        assert_eq!(first["pageInfo"]["hasNextPage"], true);
        let second = list(&tailor, &tee, json!({ "first": 2, "after": first["pageInfo"]["endCursor"] })).await;
        assert_eq!(ids(&second).0, newest_first[2..4]);
        assert_eq!(second["pageInfo"]["hasPreviousPage"], true);
        let last = list(&tailor, &tee, json!({ "last": 2 })).await;
        assert_eq!((ids(&last).0, &last["pageInfo"]["hasNextPage"]), (newest_first[3..].to_vec(), &json!(false)));
        let before = list(&tailor, &tee, json!({ "last": 1, "before": last["pageInfo"]["startCursor"] })).await;
        assert_eq!(ids(&before).0, [newest_first[2]]);

        // Where the part stands counts, whatever the rest of the order does.
        let sockmaker = shop.seller_of(&socks).await;
        taken(&sockmaker, "acceptOrder", &orders[0]).await;
        complete(&tailor, &orders[1]).await;
        taken(&tailor, "acceptOrder", &orders[2]).await;
        mina.mutate("cancelOrder", json!({ "orderId": orders[3]["id"] }), "order { id }").await;
        for (statuses, expected) in [
            (json!(["PAID"]), vec![4, 0]),
            (json!(["ACCEPTED"]), vec![2]),
            (json!(["COMPLETED", "PAID"]), vec![4, 1, 0]),
            (json!(["CANCELED"]), vec![3]),
            (json!(["READY", "PENDING_PAYMENT"]), vec![]),
            (json!([]), vec![]),
        ] {
            let page = list(&tailor, &tee, json!({ "filter": { "status": statuses } })).await;
            let expected = expected.iter().map(|place: &usize| &orders[*place]["id"]).collect::<Vec<_>>();
            let count = i64::try_from(expected.len()).expect("a count");
            assert_eq!(ids(&page), (expected, count), "{statuses}");
            let nodes = page["nodes"].as_array().expect("nodes");
            assert!(nodes.iter().all(|node| statuses.as_array().is_some_and(|all| all.contains(&node["status"]))));
        }
        let times = |from: usize, to: usize| json!({ "placedFrom": orders[from]["placedAt"], "placedTo": orders[to]["placedAt"] });
        let page = list(&tailor, &tee, json!({ "filter": times(1, 3), "first": 1 })).await;
        assert_eq!(ids(&page), (vec![&orders[2]["id"]], 2));
        let page = list(&tailor, &tee, json!({ "filter": { "placedTo": orders[0]["placedAt"] } })).await;
        assert_eq!(ids(&page), (vec![], 0));
    }

    async fn a_stores_orders_are_for_those_who_run_it(shop: Shop) {
        let tee = shop.product("티셔츠", &[("M", 1_000, 100)]).await;
        let socks = shop.product("양말", &[("한 켤레", 300, 100)]).await;
        let mina = shop.member_with_points(10_000).await;
        ordered(&mina, &[(&tee, 0, 1)], "key").await;
        let id = json!({ "id": tee.store_id.to_string() });
        for (stranger, code) in [
            (shop.anonymous(), "UNAUTHENTICATED"),
            (mina.clone(), "FORBIDDEN"),
            (shop.seller_of(&socks).await, "FORBIDDEN"),
        ] {
            for field in ["orders { totalCount }", "wallet { balance }"] {
                let query = format!("query($id: ID!) {{ store(id: $id) {{ {field} }} }}");
                assert_eq!(stranger.error_code(&query, id.clone()).await, code, "{field}");
            }
            let mut events = stranger.subscribe(FEED, id.clone()).await;
            let errors = match events.receive().await {
                Received::Next(payload) => payload["errors"].clone(),
                Received::Error(errors) => errors,
                other => panic!("expected a refusal, got {other:?}"),
            };
            assert_eq!(errors[0]["extensions"]["code"], code);
        }
        let admin = shop.admin().await;
        assert_eq!(list(&admin, &tee, json!({})).await["totalCount"], 1);
        assert_eq!(next(&mut feed(&admin, &tee, None).await).await, (1, "PAID".to_owned()));
    }

    async fn orders_of_stores_take_as_many_statements_for_twenty_as_for_one(shop: Shop) {
        let tee = shop.product("티셔츠", &[("M", 100, 100)]).await;
        let tailor = shop.seller_of(&tee).await;
        let mina = shop.member_with_points(10_000).await;
        for number in 0..20 {
            ordered(&mina, &[(&tee, 0, 1)], &number.to_string()).await;
        }
        let query = "query($id: ID!, $first: Int!) { store(id: $id) { orders(first: $first) { nodes {
            status itemsTotal refunded items { productName acceptBy } member { nickname }
            history { sequence status items { id } } } } } }";
        let mut counts = Vec::new();
        for first in [1, 20] {
            let variables = json!({ "id": tee.store_id.to_string(), "first": first });
            let (data, count) = shop.statements(tailor.run(query, variables)).await;
            assert_eq!(data["store"]["orders"]["nodes"].as_array().map(Vec::len), Some(first));
            counts.push(count);
        }
        // The store; its parts and their orders; items, events and what stores heard, members; the events' items.
        assert_eq!(counts[0], counts[1]);
        assert!(counts[0] <= 8, "{counts:?}");
    }

    async fn a_feed_replays_what_was_missed_and_goes_on(shop: Shop) {
        let tee = shop.product("티셔츠", &[("M", 1_000, 100)]).await;
        let socks = shop.product("양말", &[("한 켤레", 300, 100)]).await;
        let tailor = shop.seller_of(&tee).await;
        let mina = shop.member_with_points(10_000).await;
        let first = ordered(&mina, &[(&socks, 0, 1), (&tee, 0, 1)], "first").await;
        pass(&shop);
        ordered(&mina, &[(&socks, 0, 1)], "of another").await;
        taken(&tailor, "acceptOrder", &first).await;

        let mut from_the_start = feed(&tailor, &tee, None).await;
        let event = heard(&mut from_the_start).await;
        assert_eq!((&event["storeSequence"], &event["sequence"], &event["status"]), (&json!(1), &json!(1), &json!("PAID")));
        assert_eq!(event["items"], json!([{ "id": first["items"][1]["id"] }]), "its own alone");
        assert_eq!(event["order"], json!({ "id": first["id"], "status": "ACCEPTED", "items": event["items"] }));
        assert_eq!(next(&mut from_the_start).await, (2, "ACCEPTED".to_owned()));
        from_the_start.expect_silence().await;

        pass(&shop);
        let second = ordered(&mina, &[(&tee, 0, 1)], "second").await;
        assert_eq!(next(&mut from_the_start).await, (3, "PAID".to_owned()));
        mina.mutate("cancelOrder", json!({ "orderId": second["id"] }), "order { id }").await;
        let event = heard(&mut from_the_start).await;
        assert_eq!((&event["storeSequence"], &event["status"], &event["reason"]), (&json!(4), &json!("CANCELED"), &json!("CUSTOMER")));
        let mut late = feed(&tailor, &tee, Some(2)).await;
        assert_eq!(next(&mut late).await, (3, "PAID".to_owned()));
        assert_eq!(next(&mut late).await, (4, "CANCELED".to_owned()));
        let mut at_the_end = feed(&tailor, &tee, Some(4)).await;
        at_the_end.expect_silence().await;
        adds_up(&shop).await;
    }

    async fn a_feed_tells_of_an_order_when_a_gateway_has_taken_its_money(shop: PayingShop) {
        let tailor = shop.shop.seller_of(shop.shirt()).await;
        let mina = shop.shop.member().await;
        let mut events = feed(&tailor, shop.shirt(), None).await;
        let given_up = shop.order(&mina, "TOSS", 1, 0, "given up").await;
        mina.mutate("abandonPayment", json!({ "paymentId": given_up["payments"][0]["id"] }), "payment { id }").await;
        let order = shop.order(&mina, "TOSS", 1, 0, "key").await;
        events.expect_silence().await;
        shop.pay("TOSS", &order).await;
        let event = heard(&mut events).await;
        assert_eq!((&event["storeSequence"], &event["sequence"]), (&json!(1), &json!(2)));
        assert_eq!(event["order"]["id"], order["id"]);
    }

    async fn whoever_listens_to_a_busy_store_at_any_server_hears_all_in_one_order(shop: Shop) {
        let tee = shop.product("티셔츠", &[("M", 100, 1_000)]).await;
        let tailor = shop.seller_of(&tee).await;
        // On SQLite there is one server.
        let beside = match shop.app().db.backend() {
            DbBackend::Postgres => Some(Shop::open_at(shop.database.again(), Limits::default()).await),
            _ => None,
        };
        let other = beside.as_ref().unwrap_or(&shop).address();
        let mina = shop.member_with_points(100_000).await;
        let orders = 30;
        let buying = async {
            let keys = (0..orders).map(|number| number.to_string()).collect::<Vec<_>>();
            for keys in keys.chunks(6) {
                let place = async |key: &String| ordered(&mina, &[(&tee, 0, 1)], key).await;
                let placed = join_all(keys.iter().map(place)).await;
                // Some at the other server, which tells this one nothing.
                let moved = placed.iter().enumerate().map(async |(number, order)| {
                    let tailor = if number % 2 == 0 { tailor.clone() } else { tailor.at(other) };
                    taken(&tailor, "acceptOrder", order).await;
                });
                join_all(moved).await;
            }
        };
        let listen = async |client: Client, after: i64| {
            let mut events = feed(&client, &tee, Some(after)).await;
            let mut heard_of = Vec::new();
            for number in after + 1..=2 * orders {
                let event = heard(&mut events).await;
                assert_eq!(event["storeSequence"], number, "no gap, no duplicate");
                heard_of.push((event["order"]["id"].clone(), event["sequence"].as_i64(), event["status"].clone()));
            }
            events.expect_silence().await;
            heard_of
        };
        let listening = async {
            tokio::join!(
                listen(tailor.clone(), 0),
                listen(tailor.clone(), 0),
                listen(tailor.at(other), 0),
                listen(tailor.at(other), 7),
            )
        };
        let ((), (here, again, there, late)) = tokio::join!(buying, listening);
        assert_eq!(here, again);
        assert_eq!(here, there);
        assert_eq!(here[7..], late);
        for (id, sequence, status) in &here {
            let is_first = *sequence == Some(1);
            assert_eq!(status, if is_first { "PAID" } else { "ACCEPTED" });
            let place = |wanted: i64| here.iter().position(|(of, number, _)| of == id && *number == Some(wanted));
            assert!(place(1) < place(2), "an order is accepted after it is paid");
        }
        adds_up(&shop).await;
        if let Some(beside) = beside {
            beside.stop().await;
        }
    }
}
