//! Coupons: publishing them, registering them, looking at them.

mod ordering;
mod publishing;
mod registering;

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Client, Product, Shop, refusal};

/// Everything that a coupon tells.
const COUPON: &str = "coupon {
    id code name minimumTotal status expiresAt store { id }
    discount {
        ... on FixedDiscount { amount }
        ... on PercentDiscount { percent maximum }
        ... on FreeItem { option { id } quantity }
    }
}";

/// How long the coupons here are good for: less than who is signed in stays so.
const GOOD_FOR: Duration = Duration::from_mins(10);

/// The input that publishes coupons which are good for so long, with these fields besides.
fn coupons(shop: &Shop, fields: &Value) -> Value {
    let mut input = json!({ "name": "개업 축하", "count": 1, "expiresAt": shop.now() + GOOD_FOR });
    let fields = fields.as_object().expect("fields").clone();
    input.as_object_mut().expect("an input").extend(fields);
    input
}

/// Has coupons published; gives their codes.
async fn published(shop: &Shop, publisher: &Client, fields: Value) -> Vec<String> {
    let input = coupons(shop, &fields);
    let payload = publisher.mutate("publishCoupons", input, "codes").await;
    let codes = payload["codes"].as_array();
    let codes = codes.unwrap_or_else(|| panic!("published: {payload:#}"));
    let text = |code: &Value| code.as_str().expect("a code").to_owned();
    codes.iter().map(text).collect()
}

async fn register(member: &Client, code: &str) -> Value {
    member
        .mutate("registerCoupon", json!({ "code": code }), COUPON)
        .await
}

/// Has a member register a code; gives the coupon.
async fn registered(member: &Client, code: &str) -> Value {
    let payload = register(member, code).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    payload["coupon"].clone()
}

/// The member's coupons in a status, by their ids.
async fn coupons_of(member: &Client, status: &str) -> Vec<Value> {
    let query = "query($status: CouponStatus) { me { coupons(status: $status) { totalCount nodes { id status } } } }";
    let data = member.run(query, json!({ "status": status })).await;
    let coupons = &data["me"]["coupons"];
    let nodes = coupons["nodes"].as_array().expect("coupons");
    assert_eq!(coupons["totalCount"], nodes.len());
    assert!(
        nodes.iter().all(|coupon| coupon["status"] == status),
        "{data:#}"
    );
    nodes.iter().map(|coupon| coupon["id"].clone()).collect()
}

/// What a refusal of a coupon says is wrong with it, for programs.
async fn problem(member: &Client, code: &str) -> Value {
    let query = "mutation($code: String!) { registerCoupon(input: { code: $code }) { coupon { id }
        userErrors { code message path ... on CouponNotUsable { problem } } } }";
    let data = member.run(query, json!({ "code": code })).await;
    let (refused, path) = refusal(&data["registerCoupon"]);
    assert_eq!((refused, path.as_str()), ("COUPON_NOT_USABLE", "code"));
    data["registerCoupon"]["userErrors"][0]["problem"].clone()
}

async fn shirts(shop: &Shop) -> Product {
    shop.product("셔츠", &[("화이트", 10_000, 100), ("블랙", 3_000, 100)])
        .await
}
