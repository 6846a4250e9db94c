//! Adjusting stock: by a difference or to what was counted, and the ledger that tells who did so and why.

use std::time::Duration;

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::support::{Client, Merchant, Product, Shop, refusal};

const LEDGER: &str =
    "query($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on ProductOption {
    stockQuantity adjustments(first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { id delta quantityAfter reason createdAt member { id } option { id } } } } } }";

/// A tee with that many pieces, and who sells it.
async fn tee(shop: &Shop, pieces: i32) -> (Merchant, Product) {
    let merchant = shop.merchant().await;
    let tee = merchant.product("티셔츠", &[("M", 1_000, pieces)]).await;
    (merchant, tee)
}

fn by(delta: i32) -> Value {
    json!({ "delta": delta, "reason": "입고" })
}

fn to(quantity: i32, expected: i32) -> Value {
    json!({ "quantity": quantity, "expectedQuantity": expected, "reason": "재고 조사" })
}

async fn ledger(client: &Client, product: &Product) -> Value {
    let id = product.options[0].to_string();
    client.run(LEDGER, json!({ "id": id })).await["node"]["adjustments"].clone()
}

/// What the adjustments moved, the last first.
fn deltas(ledger: &Value) -> Vec<i64> {
    let nodes = ledger["nodes"].as_array().expect("adjustments");
    assert_eq!(ledger["totalCount"], nodes.len());
    nodes
        .iter()
        .filter_map(|node| node["delta"].as_i64())
        .collect()
}

both! {
    async fn stock_is_adjusted_by_what_came_and_went_and_the_ledger_tells_who_and_why(shop: Shop) {
        let (merchant, tee) = tee(&shop, 5).await;
        for (delta, reason, left) in [(7, " 입고 ", 12), (-2, "파손", 10)] {
            shop.advance(Duration::from_secs(1));
            let payload = merchant.adjust_stock(&tee, 0, json!({ "delta": delta, "reason": reason })).await;
            assert_eq!(payload["userErrors"], json!([]));
            assert_eq!(payload["option"], json!({ "id": tee.options[0].to_string(), "stockQuantity": left }));
        }

        let ledger = ledger(&merchant.client, &tee).await;

        assert_eq!(deltas(&ledger), [-2, 7, 5], "the last first, and the opening stock");
        let [last, second] = [0, 1].map(|place| &ledger["nodes"][place]);
        assert_eq!(last["reason"], "파손");
        assert_eq!(last["quantityAfter"], 10);
        assert_eq!(last["member"]["id"], merchant.member_id.to_string());
        assert_eq!(last["option"]["id"], tee.options[0].to_string());
        let at = last["createdAt"].as_str().expect("a time").parse::<chrono::DateTime<chrono::Utc>>();
        assert_eq!(at.expect("RFC 3339"), shop.now());
        assert_eq!(second["reason"], "입고");
        assert_eq!(second["quantityAfter"], 12);
    }

    async fn stock_is_set_to_what_was_counted_unless_it_changed_meanwhile(shop: Shop) {
        let (merchant, tee) = tee(&shop, 5).await;
        let payload = merchant.adjust_stock(&tee, 0, to(8, 5)).await;
        assert_eq!(payload["option"]["stockQuantity"], 8);
        shop.advance(Duration::from_secs(1));
        let payload = merchant.adjust_stock(&tee, 0, to(8, 8)).await;
        assert_eq!(payload["option"]["stockQuantity"], 8, "counted, and found right");
        assert_eq!(deltas(&ledger(&merchant.client, &tee).await)[0], 0);
        shop.member_with_points(10_000).await.order(&tee, 0, 3, "first").await;
        let before = shop.contents().await;

        let payload = merchant.adjust_stock(&tee, 0, to(20, 8)).await;

        assert_eq!(refusal(&payload), ("STOCK_CHANGED", "expectedQuantity".to_owned()));
        assert_eq!(payload["userErrors"][0]["quantity"], 5, "what a counter needs to look again");
        shop.contents().await.assert_same(&before);
        let payload = merchant.adjust_stock(&tee, 0, to(0, 5)).await;
        assert_eq!(payload["option"]["stockQuantity"], 0);
    }

    async fn an_adjustment_that_breaks_a_rule_is_refused_at_its_field_and_changes_nothing(shop: Shop) {
        let (merchant, tee) = tee(&shop, 5).await;
        let before = shop.contents().await;
        for (how, field) in [
            (json!({ "reason": "이유" }), "delta"),
            (json!({ "reason": "이유", "delta": 0 }), "delta"),
            (json!({ "reason": "이유", "delta": 1, "quantity": 6 }), "delta"),
            (json!({ "reason": "이유", "delta": 1, "quantity": 6, "expectedQuantity": 5 }), "delta"),
            (json!({ "reason": "이유", "delta": 1, "expectedQuantity": 5 }), "delta"),
            (json!({ "reason": "이유", "expectedQuantity": 5 }), "delta"),
            (json!({ "reason": "이유", "quantity": 6 }), "expectedQuantity"),
            (json!({ "reason": "이유", "quantity": -1, "expectedQuantity": 5 }), "quantity"),
            (json!({ "reason": "이유", "quantity": 1_000_000_001, "expectedQuantity": 5 }), "quantity"),
            (json!({ "reason": "이유", "delta": 1_000_000_000 }), "delta"),
            (json!({ "reason": "이유", "delta": i32::MAX }), "delta"),
            (json!({ "reason": "", "delta": 1 }), "reason"),
            (json!({ "reason": "  ", "delta": 1 }), "reason"),
            (json!({ "reason": "가".repeat(201), "delta": 1 }), "reason"),
            (json!({ "reason": "이\n유", "delta": 1 }), "reason"),
        ] {
            let payload = merchant.adjust_stock(&tee, 0, how.clone()).await;
            assert_eq!(refusal(&payload), ("INVALID_INPUT", field.to_owned()), "{how}");
        }
        shop.contents().await.assert_same(&before);
    }

    async fn stock_never_falls_below_nothing(shop: Shop) {
        let (merchant, tee) = tee(&shop, 5).await;
        let before = shop.contents().await;
        for delta in [-6, i32::MIN] {
            let payload = merchant.adjust_stock(&tee, 0, by(delta)).await;
            assert_eq!(refusal(&payload), ("INSUFFICIENT_STOCK", "delta".to_owned()));
            let shortages = json!([{
                "requested": delta.saturating_neg(), "available": 5, "option": { "id": tee.options[0].to_string() },
            }]);
            assert_eq!(payload["userErrors"][0]["shortages"], shortages);
        }
        shop.contents().await.assert_same(&before);
        assert_eq!(merchant.adjust_stock(&tee, 0, by(-5)).await["option"]["stockQuantity"], 0);
    }

    async fn of_many_who_counted_at_once_one_sets_the_stock(shop: Shop) {
        let (merchant, tee) = tee(&shop, 5).await;

        let payloads = join_all((0..12).map(|number| merchant.adjust_stock(&tee, 0, to(100 + number, 5)))).await;

        let (won, lost) = payloads.iter().partition::<Vec<_>, _>(|payload| payload["option"].is_object());
        assert_eq!(won.len(), 1, "{payloads:#?}");
        let left = &won[0]["option"]["stockQuantity"];
        for payload in lost {
            assert_eq!(refusal(payload).0, "STOCK_CHANGED");
            assert_eq!(&payload["userErrors"][0]["quantity"], left);
        }
        assert_eq!(shop.stock(&tee).await, [left.as_i64().expect("a count")]);
        let sum = deltas(&ledger(&merchant.client, &tee).await).iter().sum::<i64>();
        assert_eq!(Some(sum), left.as_i64(), "the ledger has one line for it");
    }

    async fn of_many_who_take_out_at_once_as_many_succeed_as_there_are_pieces(shop: Shop) {
        let (merchant, tee) = tee(&shop, 5).await;
        let payloads = join_all((0..12).map(|_| merchant.adjust_stock(&tee, 0, by(-1)))).await;
        let (taken, refused) = payloads.iter().partition::<Vec<_>, _>(|payload| payload["option"].is_object());
        assert_eq!(taken.len(), 5);
        for payload in refused {
            assert_eq!(refusal(payload).0, "INSUFFICIENT_STOCK");
        }
        assert_eq!(shop.stock(&tee).await, [0]);
    }

    async fn orders_and_adjustments_at_once_share_what_there_is(shop: Shop) {
        let (merchant, tee) = tee(&shop, 15).await;
        let buyers = join_all((0..12).map(|_| shop.member_with_points(10_000))).await;
        let orders = join_all(buyers.iter().map(|buyer| buyer.order(&tee, 0, 1, "one")));
        let adjustments = join_all((0..12).map(|_| merchant.adjust_stock(&tee, 0, by(-1))));
        let counts = join_all((0..3).map(|number| merchant.adjust_stock(&tee, 0, to(3, 3 + number))));

        let (placed, (adjusted, counted)) = join(orders, join(adjustments, counts)).await;

        let all = || placed.iter().chain(&adjusted).chain(&counted);
        for payload in all() {
            if payload["userErrors"] != json!([]) {
                let code = refusal(payload).0;
                assert!(["INSUFFICIENT_STOCK", "STOCK_CHANGED"].contains(&code), "{payload:#}");
            }
        }
        let sold = placed.iter().filter(|placed| placed["order"].is_object()).count();
        let adjusted = deltas(&ledger(&merchant.client, &tee).await).iter().sum::<i64>();
        let left = shop.stock(&tee).await[0];
        assert_eq!(left, adjusted - i64::try_from(sold).expect("a count"));
        assert!(left >= 0);
        assert!(all().any(|payload| payload["userErrors"] != json!([])), "there were too few for all");
    }

    async fn an_adjustment_wakes_who_watches_the_stock(shop: Shop) {
        let (merchant, tee) = tee(&shop, 5).await;
        let query = "subscription($id: ID!) { stockChanged(productId: $id) { id stockQuantity } }";
        let mut watching = shop.anonymous().subscribe(query, json!({ "id": tee.id.to_string() })).await;

        merchant.adjust_stock(&tee, 0, by(3)).await;

        let seen = watching.next().await;
        assert_eq!(seen["stockChanged"], json!({ "id": tee.options[0].to_string(), "stockQuantity": 8 }));
    }

    async fn the_ledger_is_for_its_merchant_and_admins_alone(shop: Shop) {
        let (merchant, tee) = tee(&shop, 5).await;
        let variables = json!({ "id": tee.options[0].to_string() });
        for (client, code) in [
            (shop.merchant().await.client, "FORBIDDEN"),
            (shop.member().await, "FORBIDDEN"),
            (shop.anonymous(), "UNAUTHENTICATED"),
        ] {
            let answer = client.send(LEDGER, variables.clone()).await;
            assert_eq!(answer.body["errors"][0]["extensions"]["code"], code, "{:#}", answer.body);
            assert_eq!(answer.body["errors"][0]["path"], json!(["node", "adjustments"]));
            assert_eq!(answer.body["data"]["node"], json!({ "stockQuantity": 5, "adjustments": null }));
        }
        for client in [&merchant.client, &shop.admin().await] {
            assert_eq!(deltas(&ledger(client, &tee).await), [5]);
        }
    }

    async fn an_admin_adjusts_the_stock_of_any_store_under_their_own_name(shop: Shop) {
        let (merchant, tee) = tee(&shop, 5).await;
        let client = shop.admin().await;
        let admin = Merchant { client: client.clone(), ..merchant.clone() };
        shop.advance(Duration::from_secs(1));
        assert_eq!(admin.adjust_stock(&tee, 0, by(1)).await["option"]["stockQuantity"], 6);
        let ledger = ledger(&merchant.client, &tee).await;
        assert_eq!(ledger["nodes"][0]["member"]["id"], client.member_id().await.to_string());
    }

    async fn a_long_ledger_is_read_in_pages(shop: Shop) {
        let (merchant, tee) = tee(&shop, 5).await;
        for delta in 1..=6 {
            shop.advance(Duration::from_secs(1));
            merchant.adjust_stock(&tee, 0, by(delta)).await;
        }
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        loop {
            let variables = json!({ "id": tee.options[0].to_string(), "first": 3, "after": after });
            let page = merchant.client.run(LEDGER, variables).await["node"]["adjustments"].take();
            assert_eq!(page["totalCount"], 7);
            let nodes = page["nodes"].as_array().expect("adjustments");
            seen.extend(nodes.iter().filter_map(|node| node["delta"].as_i64()));
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(seen, [6, 5, 4, 3, 2, 1, 5]);
    }
}
