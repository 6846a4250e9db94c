//! Gifts that a gateway takes the money for.

use entity::gift::{self, GiftStatus};

use super::*;
use crate::gifts::{GIFT, list};

const FIELDS: &str = "payment { id status amount failure gift { id }
    checkout { redirectUrl clientKey storeId amount orderName } }";

/// Gives a shirt; gives the payload.
async fn send(shop: &PayingShop, from: &Client, provider: &str, key: &str) -> Value {
    let input = json!({ "toUserId": "jun", "optionId": shop.shirt.options[0].to_string(), "provider": provider, "idempotencyKey": key });
    from.mutate("sendGift", input, &format!("{GIFT} {FIELDS}"))
        .await
}

/// The payload, as if an order were paid.
fn bill(payload: &Value) -> Value {
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    json!({ "payments": [payload["payment"]] })
}

async fn statuses(shop: &PayingShop) -> Vec<GiftStatus> {
    let gifts = gift::Entity::find().all(shop.shop.app().db.reader()).await;
    gifts
        .expect("gifts")
        .iter()
        .map(|gift| gift.status)
        .collect()
}

both! {
    async fn a_gift_is_delivered_when_its_gateway_has_taken_the_money(shop: PayingShop) {
        let jun = shop.shop.member_named("jun").await;
        let mut received = jun.subscribe("subscription { giftReceived { id } }", json!({})).await;
        for (given, provider) in PROVIDERS.into_iter().enumerate() {
            let mina = shop.shop.member().await;
            let payload = send(&shop, &mina, provider, "key").await;
            let bill = bill(&payload);
            assert_eq!(payload["gift"], Value::Null, "it is not paid");
            assert_eq!((&payload["payment"]["status"], &payload["payment"]["amount"]), (&json!("READY"), &json!(10_000)));
            assert_eq!(payload["payment"]["checkout"]["orderName"], "셔츠");
            assert_eq!(list(&jun, "gifts").await.len(), given);
            assert_eq!(list(&mina, "sentGifts").await.len(), 0);
            received.expect_silence().await;
            let again = send(&shop, &mina, provider, "key").await;
            assert_eq!(again["payment"]["id"], payload["payment"]["id"]);

            let landed = shop.pay(provider, &bill).await;

            assert!(landed.query().is_some_and(|query| query.contains("gift=gift_") && query.contains("status=PAID")), "{landed}");
            let told = received.next().await["giftReceived"]["id"].take();
            assert!(list(&jun, "gifts").await.contains(&told));
            let again = send(&shop, &mina, provider, "key").await;
            assert_eq!((&again["gift"]["id"], &again["gift"]["status"]), (&told, &json!("SENT")));
            assert_eq!((&again["payment"]["status"], &again["payment"]["gift"]["id"]), (&json!("PAID"), &told));
            assert_eq!(mina.balance().await, 0);
            shop.settle().await;
            received.expect_silence().await;
            assert_eq!(shop.record(provider, &bill).await.paid, 10_000);
        }
        shop.assert_adds_up().await;
    }

    async fn any_number_of_confirmations_deliver_a_gift_once(shop: PayingShop) {
        let jun = shop.shop.member_named("jun").await;
        let mina = shop.shop.member().await;
        let bill = bill(&send(&shop, &mina, "KAKAOPAY", "key").await);
        let back = shop.press("KAKAOPAY", &bill, Button::Approve).await;
        let token = back.query_pairs().find(|(name, _)| name == "pg_token").expect("a proof").1.into_owned();
        let input = json!({ "paymentId": bill["payments"][0]["id"], "pgToken": token });
        let fields = "payment { status } order { id } gift { id status }";

        let confirmed = join_all((0..8).map(|_| mina.mutate("confirmPayment", input.clone(), fields))).await;
        shop.come_back(back).await;
        shop.settle().await;

        for payload in &confirmed {
            assert_eq!((&payload["userErrors"], &payload["order"]), (&json!([]), &Value::Null));
        }
        let confirmed = mina.mutate("confirmPayment", input, fields).await;
        assert_eq!(confirmed["gift"]["status"], "SENT", "{confirmed:#}");
        assert_eq!(list(&jun, "gifts").await, [confirmed["gift"]["id"].clone()]);
        assert_eq!(shop.shop.contents().await.count("coupon"), 1);
        shop.assert_adds_up().await;
    }

    async fn twenty_at_once_with_one_key_are_one_payment(shop: PayingShop) {
        let jun = shop.shop.member_named("jun").await;
        let mina = shop.shop.member().await;

        let payloads = join_all((0..20).map(|_| send(&shop, &mina, "TOSS", "key"))).await;

        for payload in &payloads {
            assert_eq!(payload["payment"]["id"], payloads[0]["payment"]["id"], "{payload:#}");
        }
        shop.pay("TOSS", &bill(&payloads[0])).await;
        assert_eq!(list(&jun, "gifts").await.len(), 1);
        shop.assert_adds_up().await;
    }

    async fn a_gift_that_is_not_paid_never_was(shop: PayingShop) {
        let jun = shop.shop.member_named("jun").await;
        for provider in PROVIDERS {
            for button in [Button::Decline, Button::Close] {
                let mina = shop.shop.member().await;
                let payload = send(&shop, &mina, provider, "key").await;
                let bill = bill(&payload);
                shop.open_window(provider, &bill).await;
                let back = shop.press(provider, &bill, button).await;
                shop.come_back(back).await;
                let again = send(&shop, &mina, provider, "key").await;
                assert_eq!((&again["gift"], &again["payment"]["status"]), (&Value::Null, &json!("FAILED")), "{provider}");
                assert!(again["payment"]["failure"].is_string(), "{again:#}");
                assert_eq!(list(&mina, "sentGifts").await.len(), 0);
            }
        }
        let mina = shop.shop.member().await;
        send(&shop, &mina, "TOSS", "late").await;
        shop.shop.advance(Duration::from_mins(16));
        shop.settle().await;
        assert_eq!(list(&jun, "gifts").await.len(), 0);
        assert_eq!(statuses(&shop).await, [GiftStatus::Failed; 7]);
        shop.assert_adds_up().await;
    }

    async fn a_gift_that_was_given_up_is_not_sent_and_its_payment_says_so(shop: PayingShop) {
        shop.shop.member_named("jun").await;
        let mina = shop.shop.member().await;
        let bill = bill(&send(&shop, &mina, "KAKAOPAY", "key").await);
        let input = json!({ "paymentId": bill["payments"][0]["id"] });
        let payload = mina.mutate("abandonPayment", input, "payment { status } order { id } gift { id }").await;
        let payment = json!({ "status": "FAILED" });
        assert_eq!((&payload["payment"], &payload["order"], &payload["gift"]), (&payment, &Value::Null, &Value::Null));
        assert_eq!(statuses(&shop).await, [GiftStatus::Failed]);
    }

    /// The window of PortOne stays open, and takes the money.
    async fn a_gift_that_is_paid_too_late_is_delivered_all_the_same(shop: PayingShop) {
        let jun = shop.shop.member_named("jun").await;
        let mina = shop.shop.member().await;
        let bill = bill(&send(&shop, &mina, "PORTONE", "key").await);
        shop.open_window("PORTONE", &bill).await;
        let input = json!({ "paymentId": bill["payments"][0]["id"] });
        mina.mutate("abandonPayment", input, "payment { status }").await;
        assert_eq!(statuses(&shop).await, [GiftStatus::Failed]);

        let back = shop.press("PORTONE", &bill, Button::Approve).await;
        shop.come_back(back).await;

        assert_eq!(statuses(&shop).await, [GiftStatus::Sent]);
        assert_eq!(list(&jun, "gifts").await.len(), 1);
        assert_eq!(shop.record("PORTONE", &bill).await.canceled, 0);
        shop.assert_adds_up().await;
    }

    async fn what_was_taken_otherwise_than_agreed_delivers_nothing_and_goes_back(shop: PayingShop) {
        let jun = shop.shop.member_named("jun").await;
        let mina = shop.shop.member().await;
        let bill = bill(&send(&shop, &mina, "TOSS", "key").await);
        // Whoever hears of it first, the browser or the webhook, hears the same.
        for step in [Step::Approve, Step::LookUp] {
            shop.fault("TOSS", step, 1, Fault::TamperCurrency).await;
        }
        shop.pay("TOSS", &bill).await;
        shop.settle().await;

        assert_eq!(statuses(&shop).await, [GiftStatus::Failed]);
        assert_eq!(list(&jun, "gifts").await.len(), 0);
        let record = shop.record("TOSS", &bill).await;
        assert_eq!((record.paid, record.canceled), (10_000, 10_000));
        let again = send(&shop, &mina, "TOSS", "key").await;
        assert_eq!((&again["gift"], &again["payment"]["status"]), (&Value::Null, &json!("CANCELED")));
        shop.assert_adds_up().await;
    }

    async fn a_gift_that_its_gateway_will_not_begin_is_refused_also_when_it_is_sent_again(shop: PayingShop) {
        shop.shop.member_named("jun").await;
        let mina = shop.shop.member().await;
        shop.fault("KAKAOPAY", Step::Prepare, 1, Fault::DropBefore).await;
        for _ in 0..2 {
            let payload = send(&shop, &mina, "KAKAOPAY", "key").await;
            assert_eq!(refusal(&payload), ("PAYMENT_UNAVAILABLE", "provider".to_owned()));
        }
        assert_eq!(statuses(&shop).await, [GiftStatus::Failed]);
        let payload = send(&shop, &mina, "KAKAOPAY", "another").await;
        assert_eq!(text(&payload["payment"]["status"]), "READY", "{payload:#}");
    }
}
