//! Those who come at the same time: a member who gives up, cancels or orders something else while the gateway is asked, and
//! everybody who hears of a payment at once.

use super::*;

both! {
    async fn who_changes_their_mind_while_the_gateway_approves_is_paid(shop: PayingShop) {
        for provider in ["TOSS", "KAKAOPAY"] {
            let mina = shop.shop.member().await;
            let order = shop.order(&mina, provider, 1, 0, "key").await;
            shop.open_window(provider, &order).await;
            let back = shop.press(provider, &order, Button::Approve).await;
            shop.fault(provider, Step::Approve, 1, Fault::HangBefore { ms: HANG / 2 }).await;
            let changing = async {
                shop.until_faults_are_met().await;
                let input = json!({ "paymentId": order["payments"][0]["id"] });
                let abandoned = mina.mutate("abandonPayment", input, "payment { status } order { status }").await;
                let input = json!({ "orderId": order["id"] });
                let canceled = mina.mutate("cancelOrder", input, ORDER).await;
                let other = shop.try_order(&mina, "PORTONE", 2, 0, "other").await;
                (abandoned, canceled, other)
            };
            let (_, (abandoned, canceled, other)) = tokio::join!(shop.come_back(back), changing);
            assert_eq!(abandoned["userErrors"], json!([]), "{provider} {abandoned:#}");
            assert_eq!(abandoned["payment"]["status"], "READY", "it is not certain yet");
            assert_eq!(abandoned["order"]["status"], "PENDING_PAYMENT");
            assert_eq!(refusal(&canceled).0, "ORDER_NOT_CANCELABLE");
            assert_eq!(refusal(&other).0, "PAYMENT_UNAVAILABLE");
            shop.settle().await;
            assert_eq!(shop.history(&mina, &order).await, ["PENDING_PAYMENT", "PAID"], "{provider}");
            assert_eq!(shop.record(provider, &order).await.approvals, 1);

            // Now that it is paid, it can be canceled.
            shop.cancel(&mina, &order).await;
            shop.settle().await;
            let record = shop.record(provider, &order).await;
            assert_eq!((record.paid, record.canceled), (10_000, 10_000));
        }
        assert_eq!(shop.shop.stock(&shop.shirt).await, [3]);
        shop.assert_adds_up().await;
    }

    async fn whoever_hears_of_a_payment_at_once_pays_it_once(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let order = shop.order(&mina, "PORTONE", 1, 0, "key").await;
        shop.open_window("PORTONE", &order).await;
        shop.fault("PORTONE", Step::Webhook, 1, Fault::Duplicate { n: 3 }).await;
        let back = shop.press("PORTONE", &order, Button::Approve).await;
        let input = json!({ "paymentId": order["payments"][0]["id"] });
        let fields = "payment { status } order { status }";
        let confirming = join_all((0..4).map(|_| mina.mutate("confirmPayment", input.clone(), fields)));
        let returning = join_all((0..4).map(|_| shop.come_back(back.clone())));
        let (confirmed, _, ()) = tokio::join!(confirming, returning, shop.settle());
        for payload in confirmed {
            assert_eq!(payload["order"]["status"], "PAID", "{payload:#}");
        }
        assert_eq!(shop.history(&mina, &order).await, ["PENDING_PAYMENT", "PAID"]);
        assert_eq!(shop.shop.stock(&shop.shirt).await, [2]);
        assert_eq!(shop.shop.contents().await.count("outbox"), 1, "the world is told once");
        shop.assert_adds_up().await;
    }
}
