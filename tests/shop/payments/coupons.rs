//! Orders by coupon that wait for their payment: the coupon is held, comes back, and is taken again.

use super::*;

/// A coupon of the market's that takes 1,000 won off for so long, which the member has registered.
async fn coupon(shop: &PayingShop, admin: &Client, member: &Client, good_for: Duration) -> Value {
    let input = json!({
        "name": "천 원", "count": 1, "fixedAmount": 1_000, "expiresAt": shop.shop.now() + good_for,
    });
    let codes = admin.mutate("publishCoupons", input, "codes").await;
    let input = json!({ "code": codes["codes"][0] });
    let payload = member
        .mutate("registerCoupon", input, "coupon { id }")
        .await;
    payload["coupon"]["id"].clone()
}

/// Orders a shirt by coupon.
async fn order(
    shop: &PayingShop,
    member: &Client,
    provider: &str,
    coupon: &Value,
    key: &str,
) -> Value {
    let input = json!({
        "lines": [{ "optionId": shop.shirt.options[0].to_string(), "quantity": 1 }],
        "provider": provider, "couponId": coupon, "idempotencyKey": key,
    });
    let payload = member.mutate("placeOrder", input, ORDER).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    payload["order"].clone()
}

/// Where the coupon stands.
async fn status(member: &Client, coupon: &Value) -> String {
    let query = "query($id: ID!) { node(id: $id) { ... on Coupon { status } } }";
    let data = member.run(query, json!({ "id": coupon })).await;
    text(&data["node"]["status"])
}

both! {
    async fn a_coupon_is_held_while_its_order_waits_and_comes_back_when_it_ends(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let coupon = coupon(&shop, &shop.shop.admin().await, &mina, Duration::from_hours(24)).await;
        let waiting = order(&shop, &mina, "KAKAOPAY", &coupon, "first").await;
        assert_eq!((&waiting["status"], &waiting["amountDue"]), (&json!("PENDING_PAYMENT"), &json!(9_000)));
        assert_eq!(status(&mina, &coupon).await, "USED");
        let again = order(&shop, &mina, "KAKAOPAY", &coupon, "again").await;
        assert_eq!(again["id"], waiting["id"], "the same wish is the same order");
        shop.give_up(&mina, &waiting).await;
        assert_eq!(status(&mina, &coupon).await, "REGISTERED");

        // Another order takes it over from the one that waits.
        let waiting = order(&shop, &mina, "KAKAOPAY", &coupon, "second").await;
        let instead = order(&shop, &mina, "TOSS", &coupon, "third").await;
        assert_eq!(shop.look(&mina, &waiting).await["status"], "CANCELED");
        shop.pay("TOSS", &instead).await;
        shop.settle().await;
        assert_eq!(shop.look(&mina, &instead).await["status"], "PAID");
        assert_eq!(status(&mina, &coupon).await, "USED");
        assert_eq!(shop.record("TOSS", &instead).await.paid, 9_000);
        shop.cancel(&mina, &instead).await;
        shop.settle().await;
        assert_eq!(shop.record("TOSS", &instead).await.canceled, 9_000);
        assert_eq!(status(&mina, &coupon).await, "REGISTERED");
        shop.assert_adds_up().await;
    }

    async fn money_that_comes_too_late_revives_the_order_if_its_coupon_is_free_however_old(shop: PayingShop) {
        let admin = shop.shop.admin().await;
        for is_free in [true, false] {
            let mina = shop.shop.member_with_points(20_000).await;
            let coupon = coupon(&shop, &admin, &mina, Duration::from_mins(10)).await;
            let late = order(&shop, &mina, "PORTONE", &coupon, "late").await;
            shop.open_window("PORTONE", &late).await;
            if is_free {
                shop.shop.advance(Duration::from_mins(16));
                shop.settle().await;
                assert_eq!(status(&mina, &coupon).await, "EXPIRED");
            } else {
                shop.give_up(&mina, &late).await;
                let other = order(&shop, &mina, "POINT", &coupon, "other").await;
                assert_eq!((&other["status"], &other["pointsUsed"]), (&json!("PAID"), &json!(9_000)));
            }
            shop.shop.set_time(shop.sandbox.clock().now() + Duration::from_mins(16));
            let back = shop.press("PORTONE", &late, Button::Approve).await;
            shop.come_back(back).await;
            shop.settle().await;
            let late = shop.look(&mina, &late).await;
            let record = shop.record("PORTONE", &late).await;
            if is_free {
                assert_eq!(late["status"], "PAID", "{late:#}");
                assert_eq!((record.paid, record.canceled), (9_000, 0));
            } else {
                assert_eq!(late["status"], "CANCELED", "{late:#}");
                assert_eq!((record.paid, record.canceled), (9_000, 9_000));
            }
            assert_eq!(status(&mina, &coupon).await, "USED");
            shop.assert_adds_up().await;
        }
    }
}
