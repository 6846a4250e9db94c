//! What stores do with orders: accepting, refusing, making ready, handing over; what they see of them; who comes first.

use entity::outbox;
use futures_util::future::join_all;
use sea_orm::{EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::{
    payments::PayingShop,
    support::{Client, Product, Received, Shop, refusal},
};

/// What is shown of an order to a merchant.
const PART: &str = "order {
    id status itemsTotal discount refunded isCancelable paymentExpiresAt
    items { id status cancelReason lineTotal }
    history { sequence status reason note items { id } }
}";

pub async fn step(client: &Client, mutation: &str, order: &Value) -> Value {
    let input = json!({ "orderId": order["id"] });
    client.mutate(mutation, input, PART).await
}

async fn refuse(client: &Client, order: &Value, items: Value) -> Value {
    let input =
        json!({ "orderId": order["id"], "orderItemIds": items, "reason": "재료가 떨어졌어요" });
    client.mutate("refuseOrder", input, PART).await
}

/// Takes a step that nothing stands in the way of; gives the order.
pub async fn taken(client: &Client, mutation: &str, order: &Value) -> Value {
    let mut payload = step(client, mutation, order).await;
    assert_eq!(payload["userErrors"], json!([]), "{mutation}: {payload:#}");
    payload["order"].take()
}

/// Takes an order all the way to its hand-over.
pub async fn complete(merchant: &Client, order: &Value) {
    for mutation in ["acceptOrder", "markOrderReady", "completeOrder"] {
        taken(merchant, mutation, order).await;
    }
}

/// Orders pieces of these options; gives the order.
pub async fn ordered(buyer: &Client, lines: &[(&Product, usize, i32)], key: &str) -> Value {
    let lines = lines.iter().map(|(product, option, quantity)| {
        json!({ "optionId": product.options[*option].to_string(), "quantity": quantity })
    });
    let input = json!({ "lines": lines.collect::<Value>(), "idempotencyKey": key });
    let mut payload = buyer.place(input).await;
    assert_eq!(payload["order"]["status"], "PAID", "{payload:#}");
    payload["order"].take()
}

/// Asserts that the step is refused because the order stands so, and that nothing changes.
async fn assert_changed(shop: &Shop, client: &Client, mutation: &str, order: &Value, status: &str) {
    let before = shop.contents().await;
    assert_eq!(
        standing(client, mutation, order).await,
        Some(status.to_owned()),
        "{mutation}"
    );
    shop.contents().await.assert_same(&before);
}

/// Takes a step; gives where the order stands instead, if it does.
async fn standing(client: &Client, mutation: &str, order: &Value) -> Option<String> {
    let reason = if mutation == "refuseOrder" {
        ", reason: \"no\""
    } else {
        ""
    };
    let query = format!(
        "mutation($id: ID!) {{ {mutation}(input: {{ orderId: $id{reason} }}) {{ order {{ id }} userErrors {{
            code message path ... on OrderStateChanged {{ status }} }} }} }}"
    );
    let data = client.run(&query, json!({ "id": order["id"] })).await;
    let payload = &data[mutation];
    if payload["order"].is_object() {
        assert_eq!(payload["userErrors"], json!([]));
        return None;
    }
    assert_eq!(
        refusal(payload),
        ("ORDER_STATE_CHANGED", "orderId".to_owned())
    );
    let status = payload["userErrors"][0]["status"].as_str();
    Some(status.expect("a status").to_owned())
}

/// The status of each event in the order's history.
fn steps(order: &Value) -> Vec<&str> {
    let history = order["history"].as_array().expect("a history");
    history
        .iter()
        .filter_map(|event| event["status"].as_str())
        .collect()
}

async fn announced(shop: &Shop, topic: &str) -> Vec<Value> {
    let rows = outbox::Entity::find()
        .filter(outbox::COLUMN.topic.eq(topic))
        .all(shop.app().db.reader())
        .await
        .expect("the outbox reads");
    rows.into_iter().map(|row| row.payload).collect()
}

/// A shop with two stores, and a member with an order of both.
struct Market {
    shop: Shop,
    tee: Product,
    socks: Product,
    mina: Client,
    tailor: Client,
    sockmaker: Client,
    order: Value,
}

impl Market {
    async fn open(database: crate::support::Database) -> Self {
        let shop = Shop::open(database).await;
        let tee = shop
            .product("티셔츠", &[("M", 1_000, 10), ("L", 2_000, 10)])
            .await;
        let socks = shop.product("양말", &[("한 켤레", 300, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let lines = [(&tee, 0, 1), (&socks, 0, 2), (&tee, 1, 1)];
        let order = ordered(&mina, &lines, "order").await;
        Self {
            tailor: shop.seller_of(&tee).await,
            sockmaker: shop.seller_of(&socks).await,
            shop,
            tee,
            socks,
            mina,
            order,
        }
    }

    fn item(&self, place: usize) -> &Value {
        &self.order["items"][place]["id"]
    }

    /// The order as the member sees it.
    async fn whole(&self) -> Value {
        let query = format!("query($id: ID!) {{ order(id: $id) {{ {} }} }}", fields());
        self.mina
            .run(&query, json!({ "id": self.order["id"] }))
            .await["order"]
            .take()
    }
}

/// The fields of an order that everybody may see who may see it at all.
fn fields() -> &'static str {
    PART.trim_start_matches("order {").trim_end_matches('}')
}

both! {
    async fn a_store_takes_an_order_on_makes_it_ready_and_hands_it_over(shop: Shop) {
        let tee = shop.product("티셔츠", &[("M", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let tailor = shop.seller_of(&tee).await;
        let order = ordered(&mina, &[(&tee, 0, 2)], "key").await;
        let mut watching = mina
            .subscribe(
                "subscription($id: ID!) { orderStatusChanged(orderId: $id, after: 1) { sequence status items { status } } }",
                json!({ "id": order["id"] }),
            )
            .await;
        let mut all = mina.subscribe("subscription { myOrderEvents { sequence status } }", json!({})).await;

        for (sequence, (mutation, status)) in (2..).zip([
            ("acceptOrder", "ACCEPTED"),
            ("markOrderReady", "READY"),
            ("completeOrder", "COMPLETED"),
        ]) {
            let moved = taken(&tailor, mutation, &order).await;
            assert_eq!((&moved["status"], &moved["items"][0]["status"]), (&json!(status), &json!(status)));
            assert_eq!(moved["refunded"], 0);
            assert_eq!(steps(&moved).len(), sequence);
            let event = watching.next().await["orderStatusChanged"].take();
            assert_eq!((&event["sequence"], &event["status"]), (&json!(sequence), &json!(status)));
            assert_eq!(all.next().await["myOrderEvents"], json!({ "sequence": sequence, "status": status }));
            // Once more: it is done.
            let before = shop.contents().await;
            assert_eq!(taken(&tailor, mutation, &order).await, moved);
            shop.contents().await.assert_same(&before);
        }
        watching.expect_complete().await;
        all.expect_silence().await;
        let [completed] = &announced(&shop, "order.completed.v1").await[..] else { panic!("one message") };
        assert_eq!((&completed["orderId"], &completed["status"]), (&order["id"], &json!("COMPLETED")));
        assert_eq!(completed["items"][0]["quantity"], 2);
        assert_eq!(mina.balance().await, 8_000, "what is handed over stays paid");
        assert_eq!(shop.stock(&tee).await, [8]);
    }

    async fn a_refused_order_gives_everything_back(market: Market) {
        let Market { shop, tailor, mina, tee, .. } = &market;
        taken(tailor, "acceptOrder", &market.order).await;
        let part = refuse(tailor, &market.order, Value::Null).await["order"].take();
        assert_eq!((&part["status"], &part["refunded"]), (&json!("CANCELED"), &json!(3_000)));
        assert!(part["items"].as_array().is_some_and(|items| items.iter().all(|item| item["cancelReason"] == "STORE_REFUSED")));
        let last = &part["history"][2];
        assert_eq!((&last["reason"], &last["note"]), (&json!("STORE_REFUSED"), &json!("재료가 떨어졌어요")));
        let whole = market.whole().await;
        assert_eq!((&whole["status"], &whole["refunded"]), (&json!("PAID"), &json!(3_000)), "the socks are left");
        assert_eq!(mina.balance().await, 10_000 - 600);
        assert_eq!(shop.stock(tee).await, [10, 10]);
        let [canceled] = &announced(shop, "order.canceled.v1").await[..] else { panic!("one message") };
        assert_eq!((&canceled["reason"], &canceled["refund"]), (&json!("STORE_REFUSED"), &json!(3_000)));
        let before = shop.contents().await;
        assert_eq!(refuse(tailor, &market.order, Value::Null).await["order"], part);
        shop.contents().await.assert_same(&before);
        adds_up(shop).await;
    }

    async fn a_store_refuses_some_of_its_items_and_takes_the_others_on(market: Market) {
        let Market { shop, tailor, mina, tee, .. } = &market;
        let part = refuse(tailor, &market.order, json!([market.item(2)])).await["order"].take();
        assert_eq!((&part["status"], &part["refunded"]), (&json!("PAID"), &json!(2_000)));
        assert_eq!(shop.stock(tee).await, [9, 10]);
        let part = taken(tailor, "acceptOrder", &market.order).await;
        assert_eq!(part["status"], "ACCEPTED");
        let before = shop.contents().await;
        assert_eq!(refuse(tailor, &market.order, json!([market.item(2)])).await["order"], part, "it is refused already");
        shop.contents().await.assert_same(&before);
        taken(tailor, "markOrderReady", &market.order).await;
        let before = shop.contents().await;
        let both = json!([market.item(2), market.item(0)]);
        let payload = refuse(tailor, &market.order, both).await;
        assert_eq!(refusal(&payload), ("ORDER_STATE_CHANGED", "orderItemIds.1".to_owned()));
        shop.contents().await.assert_same(&before);
        assert_eq!(mina.balance().await, 10_000 - 1_600);
    }

    async fn stores_of_one_order_go_each_at_their_own_pace(market: Market) {
        let Market { shop, tailor, sockmaker, mina, order, .. } = &market;
        complete(tailor, order).await;
        assert_eq!(market.whole().await["status"], "PAID", "as far as the slowest");
        let part = taken(sockmaker, "acceptOrder", order).await;
        assert_eq!(part["status"], "ACCEPTED");
        assert_eq!(steps(&part), ["PAID", "ACCEPTED"]);
        assert_eq!(part["history"][1]["sequence"], 5, "as the whole order counts");
        let whole = market.whole().await;
        assert_eq!(whole["status"], "ACCEPTED");
        assert_eq!(steps(&whole), ["PAID", "PAID", "PAID", "PAID", "ACCEPTED"]);
        taken(sockmaker, "markOrderReady", order).await;
        taken(sockmaker, "completeOrder", order).await;
        assert_eq!(market.whole().await["status"], "COMPLETED");
        let payload = mina.mutate("cancelOrder", json!({ "orderId": order["id"] }), "order { id }").await;
        assert_eq!(refusal(&payload).0, "ORDER_NOT_CANCELABLE");
        adds_up(shop).await;
    }

    async fn an_admin_moves_the_items_of_all_stores(market: Market) {
        let admin = market.shop.admin().await;
        taken(&market.tailor, "acceptOrder", &market.order).await;
        let whole = taken(&admin, "acceptOrder", &market.order).await;
        assert_eq!((&whole["status"], whole["items"].as_array().map(Vec::len)), (&json!("ACCEPTED"), Some(3)));
        let whole = taken(&admin, "markOrderReady", &market.order).await;
        assert_eq!(whole["status"], "READY");
        assert_eq!(steps(&whole), ["PAID", "PAID", "ACCEPTED", "READY"]);
        adds_up(&market.shop).await;
    }

    async fn steps_out_of_turn_change_nothing_and_tell_where_the_order_stands(market: Market) {
        let Market { shop, tailor, order, .. } = &market;
        for mutation in ["markOrderReady", "completeOrder"] {
            assert_changed(shop, tailor, mutation, order, "PAID").await;
        }
        taken(tailor, "acceptOrder", order).await;
        assert_changed(shop, tailor, "completeOrder", order, "ACCEPTED").await;
        taken(tailor, "markOrderReady", order).await;
        for mutation in ["acceptOrder", "refuseOrder"] {
            assert_changed(shop, tailor, mutation, order, "READY").await;
        }
        taken(tailor, "completeOrder", order).await;
        for mutation in ["acceptOrder", "markOrderReady", "refuseOrder"] {
            assert_changed(shop, tailor, mutation, order, "COMPLETED").await;
        }
        let other = ordered(&market.mina, &[(&market.tee, 0, 1)], "other").await;
        market.mina.mutate("cancelOrder", json!({ "orderId": other["id"] }), "order { id }").await;
        for mutation in ["acceptOrder", "markOrderReady", "completeOrder"] {
            assert_changed(shop, tailor, mutation, &other, "CANCELED").await;
        }
    }

    async fn an_order_of_other_stores_is_not_there(market: Market) {
        let Market { shop, socks, mina, tailor, .. } = &market;
        let other = ordered(mina, &[(socks, 0, 1)], "other").await;
        let stranger = shop.member().await;
        let before = shop.contents().await;
        for (who, order) in [(tailor, &other), (&stranger, &market.order), (mina, &market.order)] {
            for mutation in ["acceptOrder", "markOrderReady", "completeOrder"] {
                let payload = step(who, mutation, order).await;
                assert_eq!(refusal(&payload), ("NOT_FOUND", "orderId".to_owned()), "{mutation}");
            }
            let payload = refuse(who, order, Value::Null).await;
            assert_eq!(refusal(&payload), ("NOT_FOUND", "orderId".to_owned()));
        }
        let payload = refuse(tailor, &market.order, json!([market.item(0), market.item(1)])).await;
        assert_eq!(refusal(&payload), ("NOT_FOUND", "orderItemIds.1".to_owned()), "the socks are not the tailor's");
        shop.contents().await.assert_same(&before);
    }

    async fn a_refusal_that_makes_no_sense_is_refused(market: Market) {
        let before = market.shop.contents().await;
        let id = &market.order["id"];
        for (input, path) in [
            (json!({ "orderId": market.item(0), "reason": "no" }), "orderId"),
            (json!({ "orderId": id, "reason": " " }), "reason"),
            (json!({ "orderId": id, "reason": "ㅠ".repeat(201) }), "reason"),
            (json!({ "orderId": id, "reason": "a\u{0}b" }), "reason"),
            (json!({ "orderId": id, "reason": "no", "orderItemIds": [] }), "orderItemIds"),
            (json!({ "orderId": id, "reason": "no", "orderItemIds": [id] }), "orderItemIds.0"),
            (json!({ "orderId": id, "reason": "no", "orderItemIds": vec![market.item(0).clone(); 101] }), "orderItemIds"),
        ] {
            let payload = market.tailor.mutate("refuseOrder", input, PART).await;
            assert_eq!(refusal(&payload), ("INVALID_INPUT", path.to_owned()));
        }
        let payload = market.tailor.mutate("acceptOrder", json!({ "orderId": market.item(0) }), PART).await;
        assert_eq!(refusal(&payload), ("INVALID_INPUT", "orderId".to_owned()));
        market.shop.contents().await.assert_same(&before);
    }

    async fn a_merchant_sees_their_part_of_an_order_and_no_more(market: Market) {
        let Market { tailor, mina, order, .. } = &market;
        mina.mutate("cancelOrder", json!({ "orderId": order["id"], "orderItemIds": [market.item(1)] }), "order { id }").await;
        mina.mutate("cancelOrder", json!({ "orderId": order["id"], "orderItemIds": [market.item(2)] }), "order { id }").await;
        let query = format!(
            "query($id: ID!, $key: String!, $own: ID!, $other: ID!) {{
                order(id: $id) {{ {0} member {{ id nickname }} }}
                byKey: order(orderKey: $key) {{ {0} }}
                node(id: $id) {{ ... on Order {{ {0} }} }}
                nodes(ids: [$own, $other]) {{ ... on OrderItem {{ id lineTotal }} }} }}",
            fields()
        );
        let variables = json!({ "id": order["id"], "key": order["orderKey"], "own": market.item(0), "other": market.item(1) });
        let mut seen = tailor.run(&query, variables).await;
        let member = seen["order"].as_object_mut().expect("an order").remove("member").expect("a member");
        assert_eq!(member["id"], mina.member_id().await.to_string());
        assert_eq!(seen["order"], json!({
            "id": order["id"], "status": "PAID", "itemsTotal": 3_000, "discount": 0, "refunded": 2_000,
            "isCancelable": false, "paymentExpiresAt": null,
            "items": [
                { "id": market.item(0), "status": "PAID", "cancelReason": null, "lineTotal": 1_000 },
                { "id": market.item(2), "status": "CANCELED", "cancelReason": "CUSTOMER", "lineTotal": 2_000 },
            ],
            "history": [
                { "sequence": 1, "status": "PAID", "reason": null, "note": null,
                  "items": [{ "id": market.item(0) }, { "id": market.item(2) }] },
                { "sequence": 3, "status": "PAID", "reason": "CUSTOMER", "note": null, "items": [{ "id": market.item(2) }] },
            ],
        }));
        assert_eq!((&seen["byKey"], &seen["node"]), (&seen["order"], &seen["order"]));
        assert_eq!(seen["nodes"], json!([{ "id": market.item(0), "lineTotal": 1_000 }, null]));

        for secret in [
            "pointsUsed", "amountDue", "payments { id }", "coupon { id }", "member { userId }",
            "member { userPoint { balance } }", "member { orders { totalCount } }", "member { coupons { totalCount } }",
            "member { gifts { totalCount } }", "member { sentGifts { totalCount } }",
        ] {
            let query = format!("query($id: ID!) {{ order(id: $id) {{ {secret} }} }}");
            assert_eq!(tailor.error_code(&query, json!({ "id": order["id"] })).await, "FORBIDDEN", "{secret}");
            let own = mina.run(&query, json!({ "id": order["id"] })).await;
            assert!(own["order"].is_object(), "{secret}: {own:#}");
        }
        let admin = market.shop.admin().await;
        let query = "query($id: ID!) { order(id: $id) { pointsUsed items { id } member { userId } } }";
        let whole = admin.run(query, json!({ "id": order["id"] })).await;
        assert_eq!((&whole["order"]["pointsUsed"], whole["order"]["items"].as_array().map(Vec::len)), (&json!(3_600), Some(3)));
    }

    async fn a_merchant_who_buys_sees_the_whole_order(market: Market) {
        let Market { shop, tee, socks, tailor, .. } = &market;
        tailor.charge(10_000, "charge").await;
        let order = ordered(tailor, &[(tee, 0, 1), (socks, 0, 1)], "mine").await;
        let moved = taken(tailor, "acceptOrder", &order).await;
        assert_eq!(moved["items"].as_array().map(Vec::len), Some(2));
        assert_eq!((&moved["items"][0]["status"], &moved["items"][1]["status"]), (&json!("ACCEPTED"), &json!("PAID")));
        let query = "query($id: ID!) { order(id: $id) { pointsUsed status payments { id } member { userId } } }";
        let seen = tailor.run(query, json!({ "id": order["id"] })).await;
        assert_eq!((&seen["order"]["pointsUsed"], &seen["order"]["status"]), (&json!(1_300), &json!("PAID")));
        adds_up(shop).await;
    }

    async fn a_store_hears_of_an_order_when_it_is_paid(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let tailor = shop.shop.seller_of(shop.shirt()).await;
        let order = shop.order(&mina, "TOSS", 1, 0, "key").await;
        let query = "query($id: ID!, $item: ID!) { order(id: $id) { status } node(id: $item) { id } }";
        let item = mina.run("query($id: ID!) { order(id: $id) { items { id } } }", json!({ "id": order["id"] })).await;
        let variables = json!({ "id": order["id"], "item": item["order"]["items"][0]["id"] });
        assert_eq!(tailor.run(query, variables.clone()).await, json!({ "order": null, "node": null }));
        assert_eq!(refusal(&step(&tailor, "acceptOrder", &order).await).0, "NOT_FOUND");
        shop.pay("TOSS", &order).await;
        let seen = tailor.run(query, variables.clone()).await;
        assert_eq!((&seen["order"]["status"], &seen["node"]["id"]), (&json!("PAID"), &variables["item"]));

        // What a gateway took goes back there.
        let part = refuse(&tailor, &order, Value::Null).await["order"].take();
        assert_eq!((&part["status"], &part["refunded"]), (&json!("CANCELED"), &json!(10_000)));
        assert_eq!(steps(&part), ["PAID", "CANCELED"]);
        shop.settle().await;
        let record = shop.record("TOSS", &order).await;
        assert_eq!((record.paid, record.canceled), (10_000, 10_000));
        assert_eq!(mina.balance().await, 0);
        adds_up(&shop.shop).await;
    }

    async fn of_a_member_who_cancels_and_a_store_that_accepts_one_is_first(shop: Shop) {
        let tee = shop.product("티셔츠", &[("M", 100, 1_000)]).await;
        let tailor = shop.seller_of(&tee).await;
        let mina = shop.member_with_points(100_000).await;
        let mut accepted = 0;
        for round in 0..30 {
            let order = ordered(&mina, &[(&tee, 0, 1)], &round.to_string()).await;
            let cancel = mina.mutate("cancelOrder", json!({ "orderId": order["id"] }), "order { status }");
            let (canceled, stands) = tokio::join!(cancel, standing(&tailor, "acceptOrder", &order));
            match stands.as_deref() {
                None => {
                    assert_eq!(refusal(&canceled).0, "ORDER_NOT_CANCELABLE");
                    accepted += 1;
                }
                stands => {
                    assert_eq!(stands, Some("CANCELED"));
                    assert_eq!(canceled["order"]["status"], "CANCELED", "{canceled:#}");
                }
            }
        }
        assert_eq!(mina.balance().await, 100_000 - 100 * accepted);
        assert_eq!(shop.stock(&tee).await, [1_000 - accepted]);
        adds_up(&shop).await;
    }

    async fn of_a_member_who_cancels_and_a_store_that_refuses_one_gives_back(shop: Shop) {
        let tee = shop.product("티셔츠", &[("M", 100, 1_000)]).await;
        let tailor = shop.seller_of(&tee).await;
        let mina = shop.member_with_points(100_000).await;
        for round in 0..15 {
            let order = ordered(&mina, &[(&tee, 0, 1)], &round.to_string()).await;
            let input = json!({ "orderId": order["id"] });
            let cancels = join_all((0..3).map(|_| mina.mutate("cancelOrder", input.clone(), "order { history { reason } }")));
            let refusals = join_all((0..3).map(|_| refuse(&tailor, &order, Value::Null)));
            let (canceled, refused) = tokio::join!(cancels, refusals);
            let is_once = |payload: &Value| payload["order"]["history"].as_array().is_some_and(|all| all.len() == 2);
            // A member who comes second wants what is the case already; a store is told that there is nothing to refuse.
            assert!(canceled.iter().all(is_once), "{canceled:#?}");
            let was_refused = canceled[0]["order"]["history"][1]["reason"] == "STORE_REFUSED";
            for payload in &refused {
                assert!(if was_refused { is_once(payload) } else { refusal(payload).0 == "ORDER_STATE_CHANGED" }, "{payload:#}");
            }
        }
        assert_eq!(mina.balance().await, 100_000);
        assert_eq!(shop.stock(&tee).await, [1_000]);
        adds_up(&shop).await;
    }

    async fn every_step_that_many_take_at_once_is_taken_once(market: Market) {
        for (sequence, mutation) in (2..).zip(["acceptOrder", "markOrderReady", "completeOrder"]) {
            let parts = join_all((0..8).map(|_| taken(&market.tailor, mutation, &market.order))).await;
            for part in parts {
                assert_eq!(steps(&part).len(), sequence, "{part:#}");
            }
        }
        assert_eq!(announced(&market.shop, "order.completed.v1").await.len(), 1);
        adds_up(&market.shop).await;
    }

    async fn whoever_watches_an_order_that_is_not_theirs_is_told_nothing(market: Market) {
        let query = "subscription($id: ID!) { orderStatusChanged(orderId: $id) { sequence } }";
        let mut events = market.tailor.subscribe(query, json!({ "id": market.order["id"] })).await;
        let received = events.receive().await;
        assert!(matches!(received, Received::Next(ref payload) if payload["errors"].is_array()) || matches!(received, Received::Error(_)), "{received:?}");
        assert!(market.shop.stock(&market.socks).await == [8] && market.shop.stock(&market.tee).await == [9, 9]);
    }
}

/// Asserts that an audit finds nothing.
pub async fn adds_up(shop: &Shop) {
    let mut broken = Vec::new();
    let findings = jangteo::audit::audit(&shop.app().db, |row| {
        broken.push(row.clone());
        Ok(())
    });
    let findings = findings.await.expect("an audit");
    assert_eq!((&broken[..], &findings.failed[..]), (&[][..], &[][..]));
}
