//! Ordering with coupons: what they take off, when they cannot be used, when they come back, and who comes at the same
//! time.

use entity::product_option;
use futures_util::future::join_all;
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::*;

const ORDER: &str = "order {
    id status itemsTotal discount pointsUsed amountDue refunded coupon { id status }
    items { id lineTotal discount status } payments { id }
}";

/// A wish for pieces of the product's options, by a coupon.
fn wish(product: &Product, pieces: &[(usize, i32)], coupon: &Value, key: &str) -> Value {
    let line = |(option, quantity): &(usize, i32)| json!({ "optionId": product.options[*option].to_string(), "quantity": quantity });
    let lines = pieces.iter().map(line).collect::<Vec<_>>();
    json!({ "lines": lines, "couponId": coupon, "idempotencyKey": key })
}

async fn place(member: &Client, input: Value) -> Value {
    member.mutate("placeOrder", input, ORDER).await
}

/// Has a member order; gives the order.
async fn ordered(member: &Client, input: Value) -> Value {
    let payload = place(member, input).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    payload["order"].clone()
}

/// A coupon of the member's that was published on these terms.
async fn coupon(shop: &Shop, publisher: &Client, member: &Client, fields: Value) -> Value {
    let codes = published(shop, publisher, fields).await;
    registered(member, &codes[0]).await["id"].clone()
}

/// Asserts that the coupon is refused for this reason, and that nothing changed; gives the error.
async fn refused(shop: &Shop, member: &Client, input: Value, problem: &str) -> Value {
    let before = shop.contents().await;
    let query = "mutation($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id }
        userErrors { code message path ... on CouponNotUsable { problem } } } }";
    let data = member.run(query, json!({ "input": input })).await;
    assert_eq!(
        refusal(&data["placeOrder"]),
        ("COUPON_NOT_USABLE", "couponId".into())
    );
    let error = data["placeOrder"]["userErrors"][0].clone();
    assert_eq!(error["problem"], problem, "{error:#}");
    shop.contents().await.assert_same(&before);
    error
}

async fn cancel(member: &Client, order: &Value, item: Option<usize>) -> Value {
    let items = item.map(|place| [order["items"][place]["id"].clone()]);
    let input = json!({ "orderId": order["id"], "orderItemIds": items });
    let payload = member.mutate("cancelOrder", input, ORDER).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    payload["order"].clone()
}

both! {
    async fn a_coupon_takes_its_discount_off_and_is_used(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member_with_points(100_000).await;
        let coupon = coupon(&shop, &shop.seller_of(&shirt).await, &mina, json!({ "fixedAmount": 2_600 })).await;
        let mut input = wish(&shirt, &[(0, 2), (1, 2)], &coupon, "key");
        input["expectedTotal"] = json!(23_400);
        let order = ordered(&mina, input.clone()).await;
        assert_eq!(order["status"], "PAID");
        for (amount, expected) in [("itemsTotal", 26_000), ("discount", 2_600), ("pointsUsed", 23_400), ("amountDue", 0)] {
            assert_eq!(order[amount], expected, "{amount}");
        }
        assert_eq!(order["coupon"], json!({ "id": coupon, "status": "USED" }));
        assert_eq!((&order["items"][0]["discount"], &order["items"][1]["discount"]), (&json!(2_000), &json!(600)));
        assert_eq!(mina.balance().await, 76_600);
        assert_eq!(coupons_of(&mina, "USED").await, std::slice::from_ref(&coupon));

        // A retry is free; another wish is not.
        assert_eq!(ordered(&mina, input.clone()).await["id"], order["id"]);
        input["couponId"] = Value::Null;
        assert_eq!(refusal(&place(&mina, input).await).0, "IDEMPOTENCY_KEY_REUSED");
        refused(&shop, &mina, wish(&shirt, &[(0, 1)], &coupon, "again"), "USED").await;
    }

    async fn what_costs_something_else_than_was_shown_keeps_the_coupon(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member_with_points(100_000).await;
        let coupon = coupon(&shop, &shop.seller_of(&shirt).await, &mina, json!({ "percent": 10 })).await;
        let before = shop.contents().await;
        let mut input = wish(&shirt, &[(0, 1)], &coupon, "key");
        input["expectedTotal"] = json!(10_000);
        let payload = place(&mina, input).await;
        assert_eq!(refusal(&payload), ("PRICE_CHANGED", "expectedTotal".into()));
        shop.contents().await.assert_same(&before);
    }

    async fn a_coupon_that_cannot_be_used_orders_nothing(shop: Shop) {
        let (shirt, other) = (shirts(&shop).await, shirts(&shop).await);
        let (mina, jun) = (shop.member_with_points(100_000).await, shop.member_with_points(100_000).await);
        let seller = shop.seller_of(&shirt).await;
        let fixed = coupon(&shop, &seller, &mina, json!({ "fixedAmount": 1_000, "minimumTotal": 20_000 })).await;
        let free = coupon(&shop, &seller, &mina, json!({ "freeOptionId": shirt.options[1].to_string() })).await;
        let one = |product, coupon: &Value| wish(product, &[(0, 1)], coupon, "key");
        let nobodys = "coupon_01h2xcejqtf2nbrexx3vqjhp41";
        let unknown = refused(&shop, &jun, one(&shirt, &json!(nobodys)), "UNKNOWN").await;
        assert_eq!(refused(&shop, &jun, one(&shirt, &fixed), "UNKNOWN").await, unknown);
        refused(&shop, &mina, one(&other, &fixed), "FOREIGN").await;
        refused(&shop, &mina, one(&shirt, &free), "NOTHING_TO_DISCOUNT").await;
        let below = refused(&shop, &mina, one(&shirt, &fixed), "BELOW_MINIMUM").await;
        let message = below["message"].as_str().expect("a message");
        assert!(message.contains("20,000") && message.contains("10,000"), "{message}");
        // What is of other stores does not count.
        let mut mixed = wish(&shirt, &[(0, 1)], &fixed, "key");
        let lines = mixed["lines"].as_array_mut().expect("lines");
        lines.push(json!({ "optionId": other.options[0].to_string(), "quantity": 5 }));
        refused(&shop, &mina, mixed, "BELOW_MINIMUM").await;
        let malformed = place(&mina, one(&shirt, &json!("order_1"))).await;
        assert_eq!(refusal(&malformed), ("INVALID_INPUT", "couponId".into()));
        shop.advance(GOOD_FOR);
        refused(&shop, &mina, one(&shirt, &fixed), "EXPIRED").await;
    }

    async fn a_store_s_coupon_takes_nothing_off_what_others_sell(shop: Shop) {
        let (shirt, other) = (shirts(&shop).await, shirts(&shop).await);
        let mina = shop.member_with_points(100_000).await;
        let coupon = coupon(&shop, &shop.seller_of(&shirt).await, &mina, json!({ "percent": 50, "maximum": 4_000 })).await;
        let mut input = wish(&shirt, &[(0, 1)], &coupon, "key");
        let lines = input["lines"].as_array_mut().expect("lines");
        lines.insert(0, json!({ "optionId": other.options[0].to_string(), "quantity": 1 }));
        let order = ordered(&mina, input).await;
        assert_eq!((&order["items"][0]["discount"], &order["items"][1]["discount"]), (&json!(0), &json!(4_000)));
    }

    async fn what_is_wholly_free_is_paid_at_once(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member().await;
        let coupon = coupon(&shop, &shop.admin().await, &mina, json!({ "percent": 100 })).await;
        let order = ordered(&mina, wish(&shirt, &[(0, 2)], &coupon, "key")).await;
        assert_eq!((&order["status"], &order["payments"]), (&json!("PAID"), &json!([])));
        assert_eq!((&order["pointsUsed"], &order["discount"]), (&json!(0), &json!(20_000)));
        let canceled = cancel(&mina, &order, None).await;
        assert_eq!((&canceled["status"], &canceled["refunded"]), (&json!("CANCELED"), &json!(0)));
        assert_eq!(coupons_of(&mina, "REGISTERED").await, [coupon]);
    }

    async fn a_coupon_comes_back_when_all_that_it_discounted_is_canceled(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member_with_points(100_000).await;
        let seller = shop.seller_of(&shirt).await;
        let percent = coupon(&shop, &seller, &mina, json!({ "percent": 10 })).await;
        let order = ordered(&mina, wish(&shirt, &[(0, 1), (1, 1)], &percent, "first")).await;
        let canceled = cancel(&mina, &order, Some(0)).await;
        assert_eq!((&canceled["refunded"], &canceled["coupon"]["status"]), (&json!(9_000), &json!("USED")));
        let canceled = cancel(&mina, &order, Some(1)).await;
        assert_eq!((&canceled["refunded"], &canceled["coupon"]["status"]), (&json!(11_700), &json!("REGISTERED")));
        assert_eq!(mina.balance().await, 100_000);
        let again = ordered(&mina, wish(&shirt, &[(0, 1)], &percent, "second")).await;
        assert_eq!(again["discount"], 1_000);
        assert_eq!(cancel(&mina, &order, None).await["coupon"]["status"], "USED", "it is the other order's");

        let free = coupon(&shop, &seller, &mina, json!({ "freeOptionId": shirt.options[1].to_string() })).await;
        let order = ordered(&mina, wish(&shirt, &[(0, 1), (1, 2)], &free, "third")).await;
        assert_eq!(order["items"][1]["discount"], 3_000, "one of two pieces");
        shop.advance(GOOD_FOR);
        let canceled = cancel(&mina, &order, Some(1)).await;
        assert_eq!(canceled["refunded"], 3_000);
        assert_eq!((&canceled["status"], &canceled["coupon"]["status"]), (&json!("PAID"), &json!("EXPIRED")));
    }

    async fn one_coupon_in_many_orders_at_once_is_one_order_s(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member_with_points(5_000_000).await;
        let coupon = coupon(&shop, &shop.seller_of(&shirt).await, &mina, json!({ "fixedAmount": 1_000 })).await;
        let keys = (0..64).map(|number| format!("order {number}")).collect::<Vec<_>>();
        let payloads = join_all(keys.iter().map(|key| place(&mina, wish(&shirt, &[(0, 1)], &coupon, key)))).await;
        let (placed, refused): (Vec<_>, Vec<_>) = payloads.iter().partition(|payload| !payload["order"].is_null());
        assert_eq!((placed.len(), refused.len()), (1, 63));
        assert!(refused.iter().all(|payload| refusal(payload).0 == "COUPON_NOT_USABLE"));
        assert_eq!(mina.balance().await, 5_000_000 - 9_000);
    }

    async fn many_who_order_and_cancel_with_one_coupon_at_once_leave_it_with_one_order_at_most(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member_with_points(5_000_000).await;
        let coupon = coupon(&shop, &shop.seller_of(&shirt).await, &mina, json!({ "fixedAmount": 1_000 })).await;
        let buying = (0..8).map(async |buyer| {
            let mut discounted = 0;
            for round in 0..8 {
                let payload = place(&mina, wish(&shirt, &[(0, 1)], &coupon, &format!("{buyer} {round}"))).await;
                if payload["order"].is_null() {
                    assert_eq!(refusal(&payload).0, "COUPON_NOT_USABLE");
                } else {
                    discounted += 1;
                    cancel(&mina, &payload["order"], None).await;
                }
            }
            discounted
        });
        let buying = join_all(buying.collect::<Vec<_>>());
        let discounted = buying.await.into_iter().sum::<i32>();
        assert!(discounted > 0);
        assert_eq!(coupons_of(&mina, "REGISTERED").await, [coupon]);
        assert_eq!((mina.balance().await, shop.stock(&shirt).await), (5_000_000, vec![100, 100]));
    }

    async fn all_that_is_of_closed_stores_is_told_and_the_cart_keeps_it(shop: Shop) {
        let (shirt, sock, hat) = (shirts(&shop).await, shirts(&shop).await, shirts(&shop).await);
        let mina = shop.member_with_points(100_000).await;
        for product in [&shirt, &sock, &hat] {
            shop.advance(Duration::from_millis(1));
            mina.add_to_cart(product, 0, 1).await;
        }
        shop.set_open(&shirt, false).await;
        shop.set_open(&hat, false).await;
        let before = shop.contents().await;
        let query = "mutation { placeOrder(input: { idempotencyKey: \"key\" }) { order { id }
            userErrors { code message path ... on StoreClosed { options { id } } } } }";
        let data = mina.run(query, json!({})).await;
        assert_eq!(refusal(&data["placeOrder"]).0, "STORE_CLOSED");
        let error = &data["placeOrder"]["userErrors"][0];
        let closed = [&shirt, &hat].map(|product| json!({ "id": product.options[0].to_string() }));
        assert_eq!(error["options"], json!(closed));
        shop.contents().await.assert_same(&before);
    }

    async fn an_option_that_was_taken_off_sale_is_not_ordered(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member_with_points(100_000).await;
        let gone = product_option::ActiveModel {
            id: Set(shirt.options[1]),
            deleted_at: Set(Some(shop.now())),
            ..Default::default()
        };
        let updated = product_option::Entity::update(gone).exec(shop.app().db.writer()).await;
        updated.expect("an option");
        let refused = place(&mina, wish(&shirt, &[(0, 1), (1, 1)], &Value::Null, "key")).await;
        assert_eq!(refusal(&refused), ("PRODUCT_UNAVAILABLE", "lines.1".into()));
        ordered(&mina, wish(&shirt, &[(0, 1)], &Value::Null, "key")).await;
    }

    async fn an_order_by_coupon_takes_two_statements_more(shop: Shop) {
        let shirt = shirts(&shop).await;
        let mina = shop.member_with_points(1_000_000).await;
        let fields = json!({ "fixedAmount": 100, "count": 2, "perMemberLimit": 2 });
        let codes = published(&shop, &shop.admin().await, fields).await;
        let mut counts = Vec::new();
        for (key, code) in [("without", None), ("with", codes.first()), ("again", codes.last())] {
            let coupon = match code {
                Some(code) => registered(&mina, code).await["id"].clone(),
                None => Value::Null,
            };
            let query = "mutation($input: PlaceOrderInput!) { placeOrder(input: $input) { order { discount } } }";
            let input = json!({ "input": wish(&shirt, &[(0, 1)], &coupon, key) });
            let (data, count) = shop.statements(mina.run(query, input)).await;
            assert_eq!(data["placeOrder"]["order"]["discount"], if code.is_some() { 100 } else { 0 });
            counts.push(count);
        }
        assert_eq!(counts, [counts[0], counts[0] + 2, counts[0] + 2]);
    }
}
