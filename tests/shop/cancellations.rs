//! Canceling orders: what comes back, what is refused, and what races.

use std::time::Duration;

use entity::{order::OrderStatus, order_item, outbox, stock};
use futures_util::future::join_all;
use sea_orm::{ActiveValue::Set, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::support::{Client, Product, Shop, refusal};

const FIELDS: &str = "order {
    id status refunded isCancelable items { id status cancelReason lineTotal }
    history { sequence status reason note items { id } }
}";

async fn cancel(client: &Client, input: Value) -> Value {
    client.mutate("cancelOrder", input, FIELDS).await
}

/// An order of two of the first option and one of the second; gives it.
async fn ordered(client: &Client, product: &Product, key: &str) -> Value {
    let line = |option: usize, quantity: i32| json!({ "optionId": product.options[option].to_string(), "quantity": quantity });
    let input = json!({ "lines": [line(0, 2), line(1, 1)], "idempotencyKey": key });
    let payload = client.place(input).await;
    assert_eq!(payload["order"]["status"], "PAID", "{payload:#}");
    payload["order"].clone()
}

async fn shirts(shop: &Shop) -> Product {
    shop.product("셔츠", &[("화이트", 1_000, 10), ("블랙", 3_000, 10)])
        .await
}

/// Pieces left of each of the product's options.
async fn left(shop: &Shop, product: &Product) -> Vec<i32> {
    let mut left = Vec::new();
    for option in &product.options {
        let row = stock::Entity::find_by_id(*option)
            .one(shop.app().db.reader())
            .await;
        left.push(row.expect("the table reads").expect("a stock").quantity);
    }
    left
}

async fn sold(shop: &Shop) -> Value {
    let query = "{ popularProducts(days: 1, first: 1) { quantitySold } }";
    shop.advance(Duration::from_secs(1));
    shop.anonymous().run(query, json!({})).await["popularProducts"].take()
}

/// Moves an item as its store will.
async fn set_status(shop: &Shop, item: &Value, status: OrderStatus) {
    let id = item["id"]
        .as_str()
        .expect("an id")
        .parse()
        .expect("an item's id");
    let moved = order_item::ActiveModel {
        id: Set(id),
        status: Set(status),
        ..Default::default()
    };
    order_item::Entity::update(moved)
        .exec(shop.app().db.writer())
        .await
        .expect("an item");
}

both! {
    async fn a_canceled_order_gives_everything_back(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member_with_points(10_000).await;
        let order = ordered(&mina, &shirt, "key").await;
        assert_eq!(order["isCancelable"], true);
        assert_eq!(left(&shop, &shirt).await, [8, 9]);
        assert_eq!(sold(&shop).await[0]["quantitySold"], 3);

        let payload = cancel(&mina, json!({ "orderId": order["id"], "reason": "색이 달라요" })).await;

        let canceled = &payload["order"];
        assert_eq!(payload["userErrors"], json!([]));
        assert_eq!((&canceled["status"], &canceled["refunded"]), (&json!("CANCELED"), &json!(5_000)));
        assert_eq!(canceled["isCancelable"], false);
        for item in canceled["items"].as_array().expect("items") {
            assert_eq!((&item["status"], &item["cancelReason"]), (&json!("CANCELED"), &json!("CUSTOMER")));
        }
        let items = order["items"].as_array().expect("items");
        assert_eq!(canceled["history"][1], json!({
            "sequence": 2, "status": "CANCELED", "reason": "CUSTOMER", "note": "색이 달라요",
            "items": items.iter().map(|item| json!({ "id": item["id"] })).collect::<Vec<_>>(),
        }));
        assert_eq!(mina.balance().await, 10_000);
        assert_eq!(left(&shop, &shirt).await, [10, 10]);
        assert_eq!(sold(&shop).await, json!([]));
        let query = "{ me { userPoint { entries(first: 1) { nodes { action amount balanceAfter order { id } } } } } }";
        let entry = mina.run(query, json!({})).await["me"]["userPoint"]["entries"]["nodes"][0].take();
        assert_eq!(entry, json!({
            "action": "REFUND", "amount": 5_000, "balanceAfter": 10_000, "order": { "id": order["id"] },
        }));
    }

    async fn the_world_hears_of_a_cancellation(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member_with_points(10_000).await;
        let order = ordered(&mina, &shirt, "key").await;
        cancel(&mina, json!({ "orderId": order["id"], "orderItemIds": [order["items"][1]["id"]] })).await;
        let rows = outbox::Entity::find()
            .filter(outbox::COLUMN.topic.eq("order.canceled.v1"))
            .all(shop.app().db.reader())
            .await
            .expect("the outbox reads");
        assert_eq!(rows.len(), 1);
        let data = &rows[0].payload;
        assert_eq!(data["orderId"], order["id"]);
        assert_eq!((&data["status"], &data["sequence"]), (&json!("PAID"), &json!(2)));
        assert_eq!((&data["refund"], &data["refunded"]), (&json!(3_000), &json!(3_000)));
        assert_eq!(data["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(data["items"][0]["id"], order["items"][1]["id"]);
    }

    async fn items_are_canceled_one_by_one_until_the_order_is(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member_with_points(10_000).await;
        let order = ordered(&mina, &shirt, "key").await;
        let item = |place: usize| json!({ "orderId": order["id"], "orderItemIds": [order["items"][place]["id"]] });

        let first = cancel(&mina, item(0)).await["order"].take();
        assert_eq!((&first["status"], &first["refunded"]), (&json!("PAID"), &json!(2_000)));
        assert_eq!((&first["items"][0]["status"], &first["items"][1]["status"]), (&json!("CANCELED"), &json!("PAID")));
        assert_eq!(first["isCancelable"], true);
        assert_eq!(left(&shop, &shirt).await, [10, 9]);
        assert_eq!(sold(&shop).await[0]["quantitySold"], 1);
        assert_eq!(mina.balance().await, 7_000);

        let second = cancel(&mina, item(1)).await["order"].take();
        assert_eq!((&second["status"], &second["refunded"]), (&json!("CANCELED"), &json!(5_000)));
        let steps = second["history"].as_array().expect("a history");
        let steps = steps.iter().map(|step| (step["sequence"].as_i64(), step["status"].as_str()));
        assert_eq!(
            steps.collect::<Vec<_>>(),
            [(Some(1), Some("PAID")), (Some(2), Some("PAID")), (Some(3), Some("CANCELED"))]
        );
        assert_eq!(mina.balance().await, 10_000);
    }

    async fn canceling_again_changes_nothing(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member_with_points(10_000).await;
        let order = ordered(&mina, &shirt, "key").await;
        let first = cancel(&mina, json!({ "orderId": order["id"] })).await;
        let before = shop.contents().await;
        assert_eq!(cancel(&mina, json!({ "orderId": order["id"] })).await, first);
        let item = json!({ "orderId": order["id"], "orderItemIds": [order["items"][0]["id"]] });
        assert_eq!(cancel(&mina, item).await, first);
        shop.contents().await.assert_same(&before);
    }

    async fn twenty_cancellations_at_once_are_one(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member_with_points(10_000).await;
        let order = ordered(&mina, &shirt, "key").await;
        // Whole orders and single items, all at once.
        let wishes = (0..20).map(|number| match number % 3 {
            0 => json!({ "orderId": order["id"] }),
            place => json!({ "orderId": order["id"], "orderItemIds": [order["items"][place - 1]["id"]] }),
        });
        let payloads = join_all(wishes.map(|wish| cancel(&mina, wish))).await;
        assert!(payloads.iter().all(|payload| payload["userErrors"] == json!([])), "{payloads:#?}");
        assert_eq!(mina.balance().await, 10_000);
        assert_eq!(left(&shop, &shirt).await, [10, 10]);
        assert_eq!(sold(&shop).await, json!([]));
    }

    async fn buyers_and_cancelers_of_one_option_at_once_leave_nothing_over(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 20)]).await;
        let mina = shop.member_with_points(100_000).await;
        let mut orders = Vec::new();
        for number in 0..20 {
            orders.push(mina.order(&shirt, 0, 1, &number.to_string()).await["order"]["id"].clone());
        }
        let jun = shop.member_with_points(100_000).await;
        let keys = (0..20).map(|number| number.to_string()).collect::<Vec<_>>();
        let cancels = join_all(orders.iter().map(|id| cancel(&mina, json!({ "orderId": id }))));
        let orders = join_all(keys.iter().map(|key| jun.order(&shirt, 0, 1, key)));
        let (canceled, placed) = tokio::join!(cancels, orders);
        assert!(canceled.iter().all(|payload| payload["order"]["status"] == "CANCELED"));
        let placed = placed.iter().filter(|payload| payload["order"]["status"] == "PAID").count();
        assert_eq!(mina.balance().await, 100_000);
        assert_eq!(jun.balance().await, 100_000 - 1_000 * i64::try_from(placed).expect("a count"));
        assert_eq!(left(&shop, &shirt).await, [20 - i32::try_from(placed).expect("a count")]);
    }

    async fn what_a_store_has_accepted_is_not_canceled(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member_with_points(10_000).await;
        let order = ordered(&mina, &shirt, "key").await;
        for status in [OrderStatus::Accepted, OrderStatus::Ready, OrderStatus::Completed] {
            set_status(&shop, &order["items"][1], status).await;
            let before = shop.contents().await;
            let both = json!([order["items"][0]["id"], order["items"][1]["id"]]);
            for (input, path) in [
                (json!({ "orderId": order["id"] }), "orderId"),
                (json!({ "orderId": order["id"], "orderItemIds": both }), "orderItemIds.1"),
            ] {
                let payload = cancel(&mina, input).await;
                assert_eq!(refusal(&payload), ("ORDER_NOT_CANCELABLE", path.to_owned()));
            }
            shop.contents().await.assert_same(&before);
        }
        let rest = json!({ "orderId": order["id"], "orderItemIds": [order["items"][0]["id"]] });
        let payload = cancel(&mina, rest).await;
        assert_eq!((&payload["order"]["status"], &payload["order"]["refunded"]), (&json!("COMPLETED"), &json!(2_000)));
    }

    async fn what_makes_no_sense_is_refused(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member_with_points(20_000).await;
        let order = ordered(&mina, &shirt, "key").await;
        let other = ordered(&mina, &shirt, "other").await;
        let before = shop.contents().await;
        for (input, code, path) in [
            (json!({ "orderId": order["items"][0]["id"] }), "INVALID_INPUT", "orderId"),
            (json!({ "orderId": order["id"], "orderItemIds": [] }), "INVALID_INPUT", "orderItemIds"),
            (
                json!({ "orderId": order["id"], "orderItemIds": [order["items"][0]["id"], other["items"][0]["id"]] }),
                "NOT_FOUND",
                "orderItemIds.1",
            ),
            (
                json!({ "orderId": order["id"], "orderItemIds": vec![order["items"][0]["id"].clone(); 101] }),
                "INVALID_INPUT",
                "orderItemIds",
            ),
            (json!({ "orderId": order["id"], "reason": "ㅠ".repeat(201) }), "INVALID_INPUT", "reason"),
            (json!({ "orderId": order["id"], "reason": "a\u{0}b" }), "INVALID_INPUT", "reason"),
        ] {
            let payload = cancel(&mina, input).await;
            assert_eq!(refusal(&payload), (code, path.to_owned()));
        }
        shop.contents().await.assert_same(&before);
    }

    async fn whoever_watches_the_order_hears_of_it_and_of_the_end(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member_with_points(10_000).await;
        let order = ordered(&mina, &shirt, "key").await;
        let query = "subscription($id: ID!) { orderStatusChanged(orderId: $id) { sequence status items { id } } }";
        let mut events = mina.subscribe(query, json!({ "id": order["id"] })).await;
        let mut stock = shop
            .anonymous()
            .subscribe("subscription($id: ID!) { stockChanged(productId: $id) { id stockQuantity } }", json!({ "id": shirt.id.to_string() }))
            .await;
        assert_eq!(events.next().await["orderStatusChanged"]["sequence"], 1);
        for (place, status) in ["PAID", "CANCELED"].into_iter().enumerate() {
            let item = &order["items"][place]["id"];
            cancel(&mina, json!({ "orderId": order["id"], "orderItemIds": [item] })).await;
            let event = events.next().await["orderStatusChanged"].take();
            assert_eq!(event, json!({ "sequence": place + 2, "status": status, "items": [{ "id": item }] }));
            let changed = stock.next().await["stockChanged"].take();
            assert_eq!(changed, json!({ "id": shirt.options[place].to_string(), "stockQuantity": 10 }));
        }
        events.expect_complete().await;
    }
}
