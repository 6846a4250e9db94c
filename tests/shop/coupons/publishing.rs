//! Publishing: whose coupons, on what terms, and what is refused.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;

use super::*;

both! {
    async fn a_merchant_publishes_coupons_of_each_kind_for_their_own_store(shop: Shop) {
        let shirt = shirts(&shop).await;
        let merchant = shop.seller_of(&shirt).await;
        let mina = shop.member().await;
        let option = shirt.options[0].to_string();
        for (fields, discount) in [
            (json!({ "fixedAmount": 2_000 }), json!({ "amount": 2_000 })),
            (json!({ "percent": 10 }), json!({ "percent": 10, "maximum": null })),
            (json!({ "percent": 10, "maximum": 500 }), json!({ "percent": 10, "maximum": 500 })),
            (json!({ "freeOptionId": option }), json!({ "option": { "id": option }, "quantity": 1 })),
            (json!({ "freeOptionId": option, "freeQuantity": 3 }), json!({ "option": { "id": option }, "quantity": 3 })),
        ] {
            let codes = published(&shop, &merchant, fields).await;
            assert_eq!(codes.len(), 1);
            let mut coupon = registered(&mina, &codes[0]).await;
            assert_eq!(coupon["id"].take().as_str().map(|id| id.starts_with("coupon_")), Some(true));
            let expires_at = coupon["expiresAt"].take().as_str().and_then(|time| time.parse::<DateTime<Utc>>().ok());
            assert_eq!(expires_at, Some(shop.now() + GOOD_FOR));
            assert_eq!(coupon, json!({
                "id": null, "code": codes[0], "name": "개업 축하", "minimumTotal": 0, "status": "REGISTERED",
                "expiresAt": null, "store": { "id": shirt.store_id.to_string() }, "discount": discount,
            }));
        }
    }

    async fn an_admin_publishes_for_any_store_or_for_all(shop: Shop) {
        let shirt = shirts(&shop).await;
        let (admin, mina) = (shop.admin().await, shop.member().await);
        let store = shirt.store_id.to_string();
        for (fields, expected) in [
            (json!({ "fixedAmount": 1 }), json!(null)),
            (json!({ "fixedAmount": 1, "storeId": store }), json!({ "id": store })),
            (json!({ "freeOptionId": shirt.options[1].to_string(), "minimumTotal": 9_000 }), json!(null)),
        ] {
            let codes = published(&shop, &admin, fields).await;
            assert_eq!(registered(&mina, &codes[0]).await["store"], expected);
        }
    }

    async fn ten_thousand_codes_come_at_once_and_no_two_are_alike(shop: Shop) {
        let merchant = shop.seller_of(&shirts(&shop).await).await;
        let fields = json!({ "fixedAmount": 1, "count": 10_000 });
        let publishing = published(&shop, &merchant, fields);
        let (codes, statements) = shop.statements(publishing).await;
        let codes = codes.into_iter().collect::<BTreeSet<_>>();
        assert_eq!(codes.len(), 10_000);
        assert!(codes.iter().all(|code| code.len() == 19 && code.split('-').count() == 4));
        assert!(statements <= 3, "{statements}");
    }

    async fn the_same_key_publishes_once(shop: Shop) {
        let shirt = shirts(&shop).await;
        let merchant = shop.seller_of(&shirt).await;
        let input = coupons(&shop, &json!({ "percent": 5, "count": 20, "idempotencyKey": "spring" }));
        let publish = async |input: &Value| merchant.mutate("publishCoupons", input.clone(), "codes").await;
        let answers = join_all((0..8).map(|_| publish(&input))).await;
        assert_eq!(answers[0]["codes"].as_array().map(Vec::len), Some(20));
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
        let before = shop.contents().await;
        assert_eq!((before.count("coupon_issue"), before.count("coupon")), (1, 20));
        for (field, other) in [("percent", json!(6)), ("count", json!(21)), ("name", json!("다른 이름"))] {
            let mut input = input.clone();
            input[field] = other;
            let refused = publish(&input).await;
            assert_eq!(refusal(&refused), ("IDEMPOTENCY_KEY_REUSED", "idempotencyKey".into()));
        }
        shop.contents().await.assert_same(&before);

        // Another publisher's keys are their own.
        let others = published(&shop, &shop.admin().await, json!({ "percent": 5, "idempotencyKey": "spring" })).await;
        assert_eq!(others.len(), 1);
    }

    async fn bad_terms_publish_nothing(shop: Shop) {
        let (shirt, other) = (shirts(&shop).await, shirts(&shop).await);
        let merchant = shop.seller_of(&shirt).await;
        let before = shop.contents().await;
        let option = shirt.options[0].to_string();
        for (fields, code, path) in [
            (json!({ "fixedAmount": 1, "name": " " }), "INVALID_INPUT", "name"),
            (json!({ "fixedAmount": 1, "name": "가".repeat(51) }), "INVALID_INPUT", "name"),
            (json!({ "fixedAmount": 1, "count": 0 }), "INVALID_INPUT", "count"),
            (json!({ "fixedAmount": 1, "count": 10_001 }), "INVALID_INPUT", "count"),
            (json!({}), "INVALID_INPUT", ""),
            (json!({ "fixedAmount": 1, "percent": 1 }), "INVALID_INPUT", ""),
            (json!({ "fixedAmount": 1, "maximum": 1 }), "INVALID_INPUT", "maximum"),
            (json!({ "percent": 1, "freeQuantity": 1 }), "INVALID_INPUT", "freeQuantity"),
            (json!({ "fixedAmount": 0 }), "INVALID_INPUT", "fixedAmount"),
            (json!({ "percent": 101 }), "INVALID_INPUT", "percent"),
            (json!({ "percent": 10, "maximum": 0 }), "INVALID_INPUT", "maximum"),
            (json!({ "freeOptionId": option, "freeQuantity": 1_000 }), "INVALID_INPUT", "freeQuantity"),
            (json!({ "freeOptionId": "product_1" }), "INVALID_INPUT", "freeOptionId"),
            (json!({ "freeOptionId": other.options[0].to_string() }), "NOT_FOUND", "freeOptionId"),
            (json!({ "fixedAmount": 1, "minimumTotal": -1 }), "INVALID_INPUT", "minimumTotal"),
            (json!({ "fixedAmount": 1, "perMemberLimit": 0 }), "INVALID_INPUT", "perMemberLimit"),
            (json!({ "fixedAmount": 1, "expiresAt": shop.now() }), "INVALID_INPUT", "expiresAt"),
            (json!({ "fixedAmount": 1, "expiresAt": "2999-01-01T00:00:00Z" }), "INVALID_INPUT", "expiresAt"),
            (json!({ "fixedAmount": 1, "idempotencyKey": "" }), "INVALID_INPUT", "idempotencyKey"),
            (json!({ "fixedAmount": 1, "storeId": other.store_id.to_string() }), "NOT_FOUND", "storeId"),
        ] {
            let refused = merchant.mutate("publishCoupons", coupons(&shop, &fields), "codes").await;
            assert_eq!(refusal(&refused), (code, path.to_owned()), "{fields}");
        }
        shop.delete_product(&shirt).await;
        let fields = json!({ "freeOptionId": option });
        let refused = merchant.mutate("publishCoupons", coupons(&shop, &fields), "codes").await;
        assert_eq!(refusal(&refused), ("NOT_FOUND", "freeOptionId".into()), "it is off sale");
        assert_eq!(shop.contents().await.count("coupon_issue"), before.count("coupon_issue"));
    }

    async fn who_has_no_store_publishes_nothing(shop: Shop) {
        let mina = shop.member().await;
        let before = shop.contents().await;
        let query = "mutation($input: PublishCouponsInput!) { publishCoupons(input: $input) { codes } }";
        let input = coupons(&shop, &json!({ "fixedAmount": 1 }));
        assert_eq!(mina.error_code(query, json!({ "input": input })).await, "FORBIDDEN");
        shop.contents().await.assert_same(&before);
    }
}
