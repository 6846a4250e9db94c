//! Placing orders, looking at them, and what is refused.

use std::time::Duration;

use chrono::DateTime;
use entity::{
    id::{OptionId, OrderId},
    outbox,
};
use futures_util::future::join_all;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, PLACE_ORDER, Product, Shop};

/// What sets two things apart in time.
const MOMENT: Duration = Duration::from_millis(1);

/// A line of an order's input.
fn line(product: &Product, option: usize, quantity: i32) -> Value {
    json!({ "optionId": product.options[option].to_string(), "quantity": quantity })
}

/// The only user error of a payload without an order.
fn refusal(payload: &Value) -> &Value {
    assert_eq!(payload["order"], Value::Null, "{payload:#}");
    assert_eq!(payload["userErrors"].as_array().map(Vec::len), Some(1));
    &payload["userErrors"][0]
}

/// The order of a payload without user errors.
fn order(payload: &Value) -> &Value {
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    &payload["order"]
}

/// Asserts that the input is refused so, and that nothing changes.
async fn assert_refused(shop: &Shop, client: &Client, input: Value, code: &str, path: Value) {
    let before = shop.contents().await;
    let payload = client.place(input.clone()).await;
    let error = refusal(&payload);
    assert_eq!(
        (&error["code"], &error["path"]),
        (&json!(code), &path),
        "{input:#}"
    );
    shop.contents().await.assert_same(&before);
}

/// The ids of the lines in the cart.
async fn cart_lines(client: &Client) -> Vec<String> {
    let data = client.run("{ cart { items { id } } }", json!({})).await;
    let lines = data["cart"]["items"].as_array().expect("lines");
    lines.iter().map(|line| text(&line["id"])).collect()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("a text: {value}"))
        .to_owned()
}

const ORDERS: &str = "
query($filter: OrderFilter, $first: Int, $after: String, $last: Int, $before: String) {
  orders(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}";

/// A page of the orders: their ids.
async fn orders(client: &Client, variables: Value) -> (Vec<String>, Value) {
    let data = client.run(ORDERS, variables).await;
    let nodes = data["orders"]["nodes"].as_array().expect("nodes");
    (
        nodes.iter().map(|node| text(&node["id"])).collect(),
        data["orders"].clone(),
    )
}

/// Orders a piece; gives the order's id.
async fn order_one(client: &Client, product: &Product, key: &str) -> String {
    text(&order(&client.order(product, 0, 1, key).await)["id"])
}

const ORDER: &str = "query($id: ID, $key: String) { order(id: $id, orderKey: $key) { id } }";

both! {
    async fn an_order_takes_stock_and_points(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트 M", 30_000, 10), ("네이비 L", 35_000, 5)]).await;
        let mina = shop.member_with_points(100_000).await;
        let input = json!({
            "lines": [
                { "optionId": shirt.options[0].to_string(), "quantity": 1 },
                { "optionId": shirt.options[1].to_string(), "quantity": 1 },
                { "optionId": shirt.options[0].to_string(), "quantity": 1 },
            ],
            "idempotencyKey": "first",
        });

        let placed = mina.place(input).await;

        let order = &placed["order"];
        assert_eq!(placed["userErrors"], json!([]));
        assert_eq!(order["status"], "PAID");
        assert_eq!(order["itemsTotal"], 95_000);
        assert_eq!(order["pointsUsed"], 95_000);
        assert_eq!(order["items"][0]["quantity"], 2, "lines of one option are added up");
        assert_eq!(order["items"][0]["productName"], "셔츠");
        assert_eq!(order["items"][1]["optionName"], "네이비 L");
        assert_eq!(order["history"][0]["sequence"], 1);
        assert_eq!(mina.balance().await, 5_000);
        assert_eq!(shop.stock(&shirt).await, [8, 4]);
    }

    async fn ten_of_sixty_four_members_get_the_last_ten_pieces(shop: Shop) {
        let last = shop.product("한정판", &[("하나", 1_000, 10)]).await;
        let mut members = Vec::new();
        for _ in 0..64 {
            members.push(shop.member_with_points(1_000).await);
        }

        let orders = members.iter().map(|member| member.order(&last, 0, 1, "the one"));
        let answers = join_all(orders).await;

        let (placed, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer["order"].is_object());
        assert_eq!((placed.len(), refused.len()), (10, 54));
        for answer in refused {
            assert_eq!(answer["userErrors"][0]["code"], "INSUFFICIENT_STOCK");
            assert_eq!(answer["userErrors"][0]["shortages"][0]["available"], 0);
        }
        assert_eq!(shop.stock(&last).await, [0]);
        let mut balances = Vec::new();
        for member in &members {
            balances.push(member.balance().await);
        }
        balances.sort_unstable();
        assert_eq!(balances, [vec![0; 10], vec![1_000; 54]].concat());
    }

    async fn what_is_wrong_with_the_input_is_told_at_its_place(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10), ("네이비", 1_000, 10)]).await;
        let mina = shop.member_with_points(100_000).await;
        mina.add_to_cart(&shirt, 0, 1).await;
        let good = || json!([line(&shirt, 0, 1)]);
        let unknown_option = OptionId(Uuid::from_u128(7)).to_string();
        let too_many = vec![line(&shirt, 0, 1); 101];
        let long = "열쇠".repeat(32) + "!";
        let table = [
            (json!({ "lines": [] }), "EMPTY_ORDER", json!(["lines"])),
            (json!({ "cartItemIds": [] }), "EMPTY_ORDER", json!(["cartItemIds"])),
            (json!({ "lines": [line(&shirt, 0, 0)] }), "INVALID_INPUT", json!(["lines", "0", "quantity"])),
            (json!({ "lines": [line(&shirt, 0, -1)] }), "INVALID_INPUT", json!(["lines", "0", "quantity"])),
            (
                json!({ "lines": [line(&shirt, 0, 1), line(&shirt, 1, 1_000)] }),
                "INVALID_INPUT",
                json!(["lines", "1", "quantity"]),
            ),
            (
                json!({ "lines": [line(&shirt, 0, 999), line(&shirt, 1, 1), line(&shirt, 0, 1)] }),
                "INVALID_INPUT",
                json!(["lines", "2", "quantity"]),
            ),
            (json!({ "lines": too_many }), "INVALID_INPUT", json!(["lines"])),
            (json!({ "lines": good(), "cartItemIds": [] }), "INVALID_INPUT", json!(["cartItemIds"])),
            (json!({ "lines": good(), "idempotencyKey": "" }), "INVALID_INPUT", json!(["idempotencyKey"])),
            (json!({ "lines": good(), "idempotencyKey": long }), "INVALID_INPUT", json!(["idempotencyKey"])),
            (json!({ "lines": good(), "idempotencyKey": "a\nb" }), "INVALID_INPUT", json!(["idempotencyKey"])),
            (
                json!({ "lines": [line(&shirt, 0, 1), { "optionId": shirt.id.to_string(), "quantity": 1 }] }),
                "INVALID_INPUT",
                json!(["lines", "1", "optionId"]),
            ),
            (json!({ "cartItemIds": ["nonsense"] }), "INVALID_INPUT", json!(["cartItemIds", "0"])),
            (
                json!({ "lines": [line(&shirt, 0, 1), { "optionId": unknown_option, "quantity": 1 }] }),
                "NOT_FOUND",
                json!(["lines", "1"]),
            ),
            (json!({ "lines": good(), "points": 999 }), "INVALID_INPUT", json!(["points"])),
            (json!({ "lines": good(), "points": 0 }), "INVALID_INPUT", json!(["points"])),
            (json!({ "lines": good(), "expectedTotal": 1_001 }), "PRICE_CHANGED", json!(["expectedTotal"])),
            (json!({ "lines": good(), "provider": "TOSS" }), "PAYMENT_UNAVAILABLE", json!(["provider"])),
            (json!({ "lines": good(), "provider": "PORTONE" }), "PAYMENT_UNAVAILABLE", json!(["provider"])),
            (json!({ "lines": good(), "provider": "KAKAOPAY" }), "PAYMENT_UNAVAILABLE", json!(["provider"])),
        ];
        for (mut input, code, path) in table {
            if input.get("idempotencyKey").is_none() {
                input["idempotencyKey"] = "key".into();
            }
            assert_refused(&shop, &mina, input, code, path).await;
        }
        assert_eq!(order(&mina.order(&shirt, 0, 1, "key").await)["pointsUsed"], 1_000);
    }

    async fn an_empty_cart_cannot_be_ordered(shop: Shop) {
        let mina = shop.member_with_points(1_000).await;
        let input = json!({ "idempotencyKey": "key" });
        assert_refused(&shop, &mina, input.clone(), "EMPTY_ORDER", Value::Null).await;
        let jun = shop.member().await;
        assert_eq!(refusal(&jun.place(input).await)["code"], "EMPTY_ORDER");
    }

    async fn nobody_orders_from_another_s_cart(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let jun = shop.member_with_points(10_000).await;
        mina.add_to_cart(&shirt, 0, 1).await;
        jun.add_to_cart(&shirt, 0, 1).await;
        let ids = [cart_lines(&jun).await, cart_lines(&mina).await].concat();

        let input = json!({ "cartItemIds": ids, "idempotencyKey": "key" });

        assert_refused(&shop, &jun, input, "NOT_FOUND", json!(["cartItemIds", "1"])).await;
    }

    async fn nobody_orders_without_a_sign_in(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let before = shop.contents().await;
        let input = json!({ "lines": [line(&shirt, 0, 1)], "idempotencyKey": "key" });
        let code = shop.anonymous().error_code(PLACE_ORDER, json!({ "input": input })).await;
        assert_eq!(code, "UNAUTHENTICATED");
        shop.contents().await.assert_same(&before);
    }

    async fn a_product_that_was_taken_off_sale_is_refused_at_its_line(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let old = shop.product("단종", &[("하나", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        mina.add_to_cart(&shirt, 0, 1).await;
        shop.advance(MOMENT);
        mina.add_to_cart(&old, 0, 1).await;
        shop.delete_product(&old).await;

        let input = json!({ "lines": [line(&shirt, 0, 1), line(&old, 0, 1)], "idempotencyKey": "key" });
        assert_refused(&shop, &mina, input, "PRODUCT_UNAVAILABLE", json!(["lines", "1"])).await;
        let input = json!({ "cartItemIds": cart_lines(&mina).await, "idempotencyKey": "key" });
        assert_refused(&shop, &mina, input, "PRODUCT_UNAVAILABLE", json!(["cartItemIds", "1"])).await;
        let input = json!({ "idempotencyKey": "key" });
        assert_refused(&shop, &mina, input, "PRODUCT_UNAVAILABLE", Value::Null).await;
    }

    async fn a_closed_store_takes_no_orders(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        mina.add_to_cart(&shirt, 0, 1).await;
        shop.set_open(&shirt, false).await;

        let input = json!({ "lines": [line(&shirt, 0, 1)], "idempotencyKey": "key" });
        assert_refused(&shop, &mina, input.clone(), "STORE_CLOSED", json!(["lines", "0"])).await;
        let cart = json!({ "idempotencyKey": "cart" });
        assert_refused(&shop, &mina, cart, "STORE_CLOSED", Value::Null).await;

        shop.set_open(&shirt, true).await;
        assert_eq!(order(&mina.place(input).await)["status"], "PAID");
    }

    async fn every_option_that_falls_short_is_told_with_its_numbers(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 3), ("네이비", 1_000, 9), ("블랙", 1_000, 0)]).await;
        let mina = shop.member_with_points(100_000).await;
        let before = shop.contents().await;
        let lines = [line(&shirt, 0, 2), line(&shirt, 1, 9), line(&shirt, 2, 1), line(&shirt, 0, 2)];

        let payload = mina.place(json!({ "lines": lines, "idempotencyKey": "key" })).await;

        let error = refusal(&payload);
        assert_eq!(error["code"], "INSUFFICIENT_STOCK");
        assert_eq!(
            error["shortages"],
            json!([
                { "requested": 4, "available": 3, "option": { "id": shirt.options[0].to_string() } },
                { "requested": 1, "available": 0, "option": { "id": shirt.options[2].to_string() } },
            ])
        );
        shop.contents().await.assert_same(&before);
    }

    async fn too_few_points_are_told_with_what_is_required(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 30_000, 3)]).await;
        let mina = shop.member_with_points(59_999).await;
        let before = shop.contents().await;

        let payload = mina.order(&shirt, 0, 2, "key").await;

        let error = refusal(&payload);
        assert_eq!(error["code"], "INSUFFICIENT_POINTS");
        assert_eq!((&error["required"], &error["balance"]), (&json!(60_000), &json!(59_999)));
        shop.contents().await.assert_same(&before);
        mina.charge(1_000, "more").await;
        assert_eq!(order(&mina.order(&shirt, 0, 2, "key").await)["pointsUsed"], 60_000);
        assert_eq!(mina.balance().await, 999);
    }

    async fn the_price_and_the_points_may_be_said_if_they_are_right(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_500, 3)]).await;
        let mina = shop.member_with_points(10_000).await;
        let input = json!({
            "lines": [line(&shirt, 0, 2)], "points": 3_000, "expectedTotal": 3_000, "provider": "POINT",
            "idempotencyKey": "key",
        });
        assert_eq!(order(&mina.place(input).await)["itemsTotal"], 3_000);
    }

    async fn the_whole_cart_is_ordered_and_leaves_the_cart(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10), ("네이비", 2_000, 10)]).await;
        let mina = shop.member_with_points(100_000).await;
        let jun = shop.member().await;
        jun.add_to_cart(&shirt, 0, 1).await;
        mina.add_to_cart(&shirt, 1, 3).await;
        shop.advance(MOMENT);
        mina.add_to_cart(&shirt, 0, 2).await;

        let payload = mina.place(json!({ "idempotencyKey": "key" })).await;

        let order = order(&payload);
        assert_eq!(order["itemsTotal"], 8_000);
        assert_eq!(order["items"][0]["optionName"], "네이비");
        assert_eq!(order["items"][1]["quantity"], 2);
        assert_eq!(cart_lines(&mina).await.len(), 0);
        assert_eq!(cart_lines(&jun).await.len(), 1);
        assert_eq!(shop.stock(&shirt).await, [8, 7]);
    }

    async fn chosen_lines_leave_the_cart_and_the_others_stay(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 9), ("둘", 1_000, 9), ("셋", 1_000, 9)]).await;
        let mina = shop.member_with_points(100_000).await;
        for option in 0..3 {
            shop.advance(MOMENT);
            mina.add_to_cart(&shirt, option, 1).await;
        }
        let ids = cart_lines(&mina).await;

        let input = json!({ "cartItemIds": [ids[2], ids[0], ids[2]], "idempotencyKey": "key" });
        let payload = mina.place(input).await;

        assert_eq!(order(&payload)["items"].as_array().map(Vec::len), Some(2));
        assert_eq!(order(&payload)["items"][0]["optionName"], "셋");
        assert_eq!(cart_lines(&mina).await, [ids[1].clone()]);
    }

    async fn explicit_lines_leave_the_cart_alone(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(100_000).await;
        mina.add_to_cart(&shirt, 0, 2).await;
        let before = cart_lines(&mina).await;
        order(&mina.order(&shirt, 0, 2, "key").await);
        assert_eq!(cart_lines(&mina).await, before);
    }

    async fn what_is_added_while_the_cart_is_ordered_is_not_lost(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100), ("네이비", 1_000, 100)]).await;
        let mina = shop.member_with_points(1_000_000).await;
        for round in 0..10 {
            mina.add_to_cart(&shirt, 0, 1).await;
            let adding = async {
                tokio::join!(mina.add_to_cart(&shirt, 0, 2), mina.add_to_cart(&shirt, 1, 1));
            };
            let input = json!({ "idempotencyKey": round.to_string() });
            let (payload, ()) = tokio::join!(mina.place(input), adding);
            order(&payload);
        }
        // Whatever was not ordered is still in the cart.
        let data = mina.run("{ cart { totalQuantity } }", json!({})).await;
        let in_cart = data["cart"]["totalQuantity"].as_i64().expect("pieces");
        let sold = 200 - shop.stock(&shirt).await.iter().sum::<i64>();
        assert_eq!(sold + in_cart, 40);
        assert_eq!(mina.balance().await, 1_000_000 - 1_000 * sold);
    }

    async fn the_same_request_again_gives_the_same_order(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10), ("네이비", 2_000, 10)]).await;
        let mina = shop.member_with_points(100_000).await;
        mina.add_to_cart(&shirt, 0, 1).await;
        mina.add_to_cart(&shirt, 1, 1).await;
        let ids = cart_lines(&mina).await;
        let cart = json!({ "idempotencyKey": "cart" });
        let chosen = json!({ "cartItemIds": ids[..1], "idempotencyKey": "chosen" });
        let listed = json!({ "lines": [line(&shirt, 0, 2), line(&shirt, 1, 1)], "idempotencyKey": "listed" });
        let requests = [
            (chosen.clone(), chosen),
            // By then the cart is empty.
            (cart.clone(), cart),
            (
                listed,
                json!({
                    "lines": [line(&shirt, 1, 1), line(&shirt, 0, 1), line(&shirt, 0, 1)],
                    "idempotencyKey": "listed",
                }),
            ),
        ];
        for (request, again) in requests {
            let first = mina.place(request).await;
            let before = shop.contents().await;
            assert_eq!(order(&mina.place(again).await), order(&first));
            shop.contents().await.assert_same(&before);
        }
        assert_eq!(shop.contents().await.count("order"), 3);
    }

    async fn a_key_is_good_for_one_request_of_one_member(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let jun = shop.member_with_points(10_000).await;
        let first = order_one(&mina, &shirt, "key").await;

        for input in [
            json!({ "lines": [line(&shirt, 0, 2)], "idempotencyKey": "key" }),
            json!({ "lines": [line(&shirt, 0, 1)], "expectedTotal": 1_000, "idempotencyKey": "key" }),
            json!({ "idempotencyKey": "key" }),
        ] {
            assert_refused(&shop, &mina, input, "IDEMPOTENCY_KEY_REUSED", json!(["idempotencyKey"])).await;
        }
        assert_ne!(order_one(&jun, &shirt, "key").await, first);
        assert_ne!(order_one(&mina, &shirt, "KEY").await, first);
        assert_eq!(shop.stock(&shirt).await, [7]);
    }

    async fn the_same_order_twenty_times_at_once_is_one_order(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        // No purse yet: the first command to come makes it.
        let mina = shop.member().await;
        let free = shop.product("견본", &[("하나", 0, 100)]).await;
        let ids = join_all((0..20).map(|_| order_one(&mina, &free, "free"))).await;
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");

        mina.charge(100_000, "opening").await;
        let ids = join_all((0..20).map(|_| order_one(&mina, &shirt, "paid"))).await;
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");

        let contents = shop.contents().await;
        assert_eq!((contents.count("order"), contents.count("outbox")), (2, 2));
        assert_eq!(mina.balance().await, 99_000);
        assert_eq!(shop.stock(&shirt).await, [99]);
        assert_eq!(shop.stock(&free).await, [99]);
    }

    async fn what_is_free_is_ordered_without_points(shop: Shop) {
        let sample = shop.product("견본", &[("하나", 0, 3)]).await;
        let mina = shop.member().await;
        let before = shop.contents().await;

        let payload = mina.order(&sample, 0, 2, "key").await;

        assert_eq!(order(&payload)["status"], "PAID");
        assert_eq!(order(&payload)["pointsUsed"], 0);
        let after = shop.contents().await;
        assert_eq!(after.0["point_entry"], before.0["point_entry"]);
        assert_eq!(after.count("outbox"), 1);
        assert_eq!(shop.stock(&sample).await, [1]);
    }

    async fn an_order_keeps_its_names_and_prices(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_500, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let placed = mina.order(&shirt, 0, 2, "key").await;
        shop.delete_product(&shirt).await;

        let query = "query($id: ID!) { order(id: $id) {
            items { productName optionName unitPrice lineTotal option { id product { isDeleted } } } } }";
        let data = mina.run(query, json!({ "id": order(&placed)["id"] })).await;

        assert_eq!(
            data["order"]["items"],
            json!([{
                "productName": "셔츠", "optionName": "화이트", "unitPrice": 1_500, "lineTotal": 3_000,
                "option": { "id": shirt.options[0].to_string(), "product": { "isDeleted": true } },
            }])
        );
    }

    async fn an_order_key_has_the_date_in_seoul(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let user_id = text(&mina.run("{ me { userId } }", json!({})).await["me"]["userId"]);
        for (time, date) in [
            ("2026-11-20T14:59:59.999999Z", "20261120-"),
            ("2026-11-20T15:00:00Z", "20261121-"),
            ("2026-12-31T15:00:00Z", "20270101-"),
        ] {
            shop.set_time(DateTime::parse_from_rfc3339(time).expect("a time").to_utc());
            let mina = shop.sign_in(&user_id).await;
            let payload = mina.order(&shirt, 0, 1, time).await;
            let key = text(&order(&payload)["orderKey"]);
            assert!(key.starts_with(date), "{key} at {time}");
        }
    }

    async fn the_world_is_told_of_each_order_once(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_500, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let placed = mina.order(&shirt, 0, 2, "key").await;
        mina.order(&shirt, 0, 2, "key").await;
        mina.order(&shirt, 0, 100, "refused").await;

        let rows = outbox::Entity::find().all(shop.app().db.reader()).await.expect("rows");

        let [row] = &rows[..] else { panic!("one row: {rows:?}") };
        let placed = order(&placed);
        assert_eq!(row.topic, "order.paid.v1");
        assert_eq!(row.order_id.to_string(), text(&placed["id"]));
        assert_eq!(row.delivered_at, None);
        let mut payload = row.payload.clone();
        let at = DateTime::parse_from_rfc3339(&text(&payload["placedAt"].take())).expect("a time");
        assert_eq!(at, shop.now());
        assert_eq!(
            payload,
            json!({
                "orderId": placed["id"],
                "orderKey": placed["orderKey"],
                "memberId": mina.member_id().await.to_string(),
                "currency": "KRW",
                "itemsTotal": 3_000,
                "discount": 0,
                "pointsUsed": 3_000,
                "amountDue": 0,
                "placedAt": null,
                "items": [{
                    "id": placed["items"][0]["id"],
                    "storeId": shirt.store_id.to_string(),
                    "productId": shirt.id.to_string(),
                    "optionId": shirt.options[0].to_string(),
                    "productName": "셔츠",
                    "optionName": "화이트",
                    "unitPrice": 1_500,
                    "quantity": 2,
                    "lineTotal": 3_000,
                    "discount": 0,
                }],
            })
        );
    }

    async fn orders_are_listed_newest_first_and_paged_both_ways(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        let jun = shop.member_with_points(100_000).await;
        order_one(&jun, &shirt, "jun's").await;
        let mut placed = Vec::new();
        for number in 0..5 {
            // Two in the same instant, then a step.
            if number % 2 == 0 {
                shop.advance(Duration::from_secs(1));
            }
            placed.push(order_one(&mina, &shirt, &number.to_string()).await);
        }
        let (newest_first, page) = orders(&mina, json!({})).await;
        assert_eq!(page["totalCount"], 5);
        let mut sorted = newest_first.clone();
        sorted.sort_unstable();
        placed.sort_unstable();
        assert_eq!(sorted, placed, "all of Mina's and none of Jun's");
        assert_eq!(newest_first[0], placed[4], "ids grow with time");
        assert_eq!(newest_first[3..].len(), 2);

        let (first, page) = orders(&mina, json!({ "first": 2 })).await;
        assert_eq!(first, newest_first[..2]);
        assert_eq!(page["pageInfo"]["hasNextPage"], true);
        assert_eq!(page["pageInfo"]["hasPreviousPage"], false);
        // An order more does not shift the pages.
        shop.advance(MOMENT);
        let newer = order_one(&mina, &shirt, "newer").await;
        let after = page["pageInfo"]["endCursor"].clone();
        let (second, page) = orders(&mina, json!({ "first": 2, "after": after })).await;
        assert_eq!(second, newest_first[2..4]);
        let after = page["pageInfo"]["endCursor"].clone();
        let (third, page) = orders(&mina, json!({ "first": 2, "after": after })).await;
        assert_eq!(third, newest_first[4..]);
        assert_eq!(page["pageInfo"]["hasNextPage"], false);

        let (last, page) = orders(&mina, json!({ "last": 2 })).await;
        assert_eq!(last, newest_first[3..]);
        assert_eq!(page["pageInfo"]["hasPreviousPage"], true);
        let before = page["pageInfo"]["startCursor"].clone();
        let (rest, page) = orders(&mina, json!({ "last": 10, "before": before })).await;
        assert_eq!(rest[1..], newest_first[..3]);
        assert_eq!(rest[0], newer);
        assert_eq!(page["pageInfo"]["hasPreviousPage"], false);
        assert_eq!(page["totalCount"], 6);
    }

    async fn orders_are_filtered_by_status_and_time(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        let from = shop.now();
        let first = order_one(&mina, &shirt, "first").await;
        shop.advance(Duration::from_mins(1));
        let to = shop.now();
        let second = order_one(&mina, &shirt, "second").await;
        let second_id: OrderId = second.parse().expect("an id");
        crate::subscriptions::append(&shop, second_id, 2, entity::order::OrderStatus::Accepted).await;

        let found = async |filter: Value| {
            let (ids, page) = orders(&mina, json!({ "filter": filter })).await;
            assert_eq!(page["totalCount"], ids.len());
            ids
        };
        let (first, second) = (first.as_str(), second.as_str());
        assert_eq!(found(json!({ "placedFrom": from, "placedTo": to })).await, [first]);
        assert_eq!(found(json!({ "placedFrom": to })).await, [second]);
        assert_eq!(found(json!({ "placedTo": from })).await, [""; 0]);
        assert_eq!(found(json!({ "status": ["PAID"] })).await, [first]);
        assert_eq!(found(json!({ "status": ["ACCEPTED", "READY"] })).await, [second]);
        assert_eq!(found(json!({ "status": ["PAID", "ACCEPTED"] })).await, [second, first]);
        assert_eq!(found(json!({ "status": [] })).await, [""; 0]);
        assert_eq!(found(json!({ "status": ["ACCEPTED"], "placedTo": to })).await, [""; 0]);
        assert_eq!(found(json!({})).await, [second, first]);
    }

    async fn an_order_is_found_by_its_id_or_its_key(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        let jun = shop.member().await;
        let payload = mina.order(&shirt, 0, 1, "key").await;
        let (id, key) = (text(&order(&payload)["id"]), text(&order(&payload)["orderKey"]));
        let careless = format!(
            " {} ",
            key.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l")
        );
        let mut wrong = key.clone();
        let check = wrong.pop().expect("a check character");
        wrong.push(if check == '7' { '8' } else { '7' });

        for variables in [json!({ "id": id }), json!({ "key": key }), json!({ "key": careless })] {
            assert_eq!(mina.run(ORDER, variables.clone()).await["order"]["id"], json!(id));
            assert_eq!(jun.run(ORDER, variables.clone()).await["order"], Value::Null);
            assert_eq!(shop.anonymous().error_code(ORDER, variables).await, "UNAUTHENTICATED");
        }
        for variables in [
            json!({}),
            json!({ "id": id, "key": key }),
            json!({ "key": wrong }),
            json!({ "key": "" }),
            json!({ "id": shirt.id.to_string() }),
        ] {
            assert_eq!(mina.error_code(ORDER, variables.clone()).await, "BAD_REQUEST", "{variables}");
        }
        let unknown = json!({ "id": OrderId(Uuid::from_u128(7)).to_string() });
        assert_eq!(mina.run(ORDER, unknown).await["order"], Value::Null);
    }

    async fn an_admin_sees_every_order(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        let id = order_one(&mina, &shirt, "key").await;
        let admin = shop.admin().await;
        assert_eq!(admin.run(ORDER, json!({ "id": id })).await["order"]["id"], json!(id));
        assert_eq!(orders(&admin, json!({})).await.0, [""; 0], "`orders` are one's own");
    }

    async fn the_parts_of_another_s_order_are_not_there(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        let jun = shop.member().await;
        let payload = mina.order(&shirt, 0, 1, "key").await;
        let ids = json!({ "ids": [order(&payload)["id"], order(&payload)["items"][0]["id"]] });
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        assert_eq!(jun.run(query, ids.clone()).await["nodes"], json!([null, null]));
        let nodes = mina.run(query, ids.clone()).await["nodes"].clone();
        assert_eq!(json!([nodes[0]["id"], nodes[1]["id"]]), ids["ids"]);
    }
}
