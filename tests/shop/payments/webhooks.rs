//! What gateways tell by themselves: early, late, never, or not from them at all.

use entity::{id::PaymentId, payment_event::PaymentEventKind};
use jangteo::payment::store;
use sandbox::control::{Delivery, SendWebhook};

use super::*;

/// How often each of these stands in the payment's history.
async fn count(shop: &PayingShop, order: &Value, kind: PaymentEventKind) -> usize {
    let id: PaymentId = text(&order["payments"][0]["id"]).parse().expect("an id");
    let events = store::events_of(shop.shop.app().db.reader(), id).await;
    let events = events.expect("a history").into_iter();
    events.filter(|event| event.kind == kind).count()
}

/// Waits until the gateway has had so many answers to its webhooks about the payment; gives their status codes.
async fn answers(shop: &PayingShop, order: &Value, count: usize) -> Vec<u16> {
    let id = text(&order["payments"][0]["id"]);
    let begun = Instant::now();
    loop {
        let url = shop.sandbox.url("/sandbox/webhooks");
        let log = shop.http.get(url).send().await.expect("an answer");
        let log: Vec<Delivery> = log.json().await.expect("a log");
        let ours = log.into_iter().filter(|delivery| delivery.id == id);
        let answers = ours
            .filter_map(|delivery| delivery.status)
            .collect::<Vec<_>>();
        if answers.len() >= count {
            return answers;
        }
        assert!(begun.elapsed() < PATIENCE, "{answers:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

both! {
    async fn a_webhook_before_the_redirect_pays_once(shop: PayingShop) {
        for provider in ["PORTONE", "TOSS"] {
            let mina = shop.shop.member().await;
            let order = shop.order(&mina, provider, 1, 0, "key").await;
            shop.open_window(provider, &order).await;
            // It is delivered before PortOne sends the browser back, and before Toss answers the approval.
            shop.fault(provider, Step::Webhook, 1, Fault::Early).await;
            let back = shop.press(provider, &order, Button::Approve).await;
            shop.come_back(back).await;
            shop.settle().await;
            assert!(answers(&shop, &order, 1).await.iter().all(|status| *status == 200));
            assert_eq!(shop.faults_left().await, 0);
            assert_eq!(shop.history(&mina, &order).await, ["PENDING_PAYMENT", "PAID"], "{provider}");
            assert_eq!(shop.record(provider, &order).await.approvals, 1);
        }
        shop.assert_adds_up().await;
    }

    async fn a_webhook_that_is_late_finds_it_done(shop: PayingShop) {
        for (provider, before) in [("PORTONE", 1), ("TOSS", 0)] {
            let mina = shop.shop.member().await;
            let order = shop.order(&mina, provider, 1, 0, "key").await;
            shop.open_window(provider, &order).await;
            answers(&shop, &order, before).await;
            shop.fault(provider, Step::Webhook, 1, Fault::Late { ms: 500 }).await;
            let back = shop.press(provider, &order, Button::Approve).await;
            shop.come_back(back).await;
            assert_eq!(shop.look(&mina, &order).await["status"], "PAID");
            assert_eq!(answers(&shop, &order, before + 1).await.last(), Some(&200));
            shop.settle().await;
            assert_eq!(shop.history(&mina, &order).await, ["PENDING_PAYMENT", "PAID"], "{provider}");
        }
        shop.assert_adds_up().await;
    }

    async fn who_neither_comes_back_nor_is_told_of_is_found_at_the_deadline(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let order = shop.order(&mina, "PORTONE", 1, 0, "key").await;
        shop.fault("PORTONE", Step::Webhook, 2, Fault::Never).await;
        shop.open_window("PORTONE", &order).await;
        shop.press("PORTONE", &order, Button::Approve).await;
        assert_eq!(shop.faults_left().await, 0);
        assert_eq!(shop.look(&mina, &order).await["status"], "PENDING_PAYMENT");
        shop.shop.advance(Duration::from_mins(15));
        shop.settle().await;
        assert_eq!(shop.history(&mina, &order).await, ["PENDING_PAYMENT", "PAID"]);
        assert_eq!(count(&shop, &order, PaymentEventKind::WebhookReceived).await, 0);
        shop.assert_adds_up().await;
    }

    async fn a_webhook_that_is_not_from_portone_is_not_believed(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let order = shop.order(&mina, "PORTONE", 1, 0, "key").await;
        shop.open_window("PORTONE", &order).await;
        assert_eq!(answers(&shop, &order, 1).await, [200]);
        let heard = count(&shop, &order, PaymentEventKind::WebhookReceived).await;
        for (sent, fault) in [Fault::Forged, Fault::Stale, Fault::Tampered].into_iter().enumerate() {
            shop.fault("PORTONE", Step::Webhook, 1, fault.clone()).await;
            let paid = SendWebhook {
                provider: Provider::PortOne,
                id: text(&order["payments"][0]["id"]),
                kind: Some("Transaction.Paid".into()),
            };
            shop.control("/sandbox/send-webhook", &paid).await;
            assert_eq!(answers(&shop, &order, sent + 2).await.last(), Some(&401), "{fault:?}");
        }
        assert_eq!(count(&shop, &order, PaymentEventKind::WebhookReceived).await, heard);
        assert_eq!(shop.look(&mina, &order).await["status"], "PENDING_PAYMENT");
    }

    async fn a_webhook_of_toss_is_a_question_and_no_answer(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let order = shop.order(&mina, "TOSS", 1, 0, "key").await;
        shop.open_window("TOSS", &order).await;
        let asked = count(&shop, &order, PaymentEventKind::LookedUp).await;
        // Anybody can send one. This says that the payment is DONE.
        shop.fault("TOSS", Step::Webhook, 1, Fault::Forged).await;
        let done = SendWebhook {
            provider: Provider::Toss,
            id: text(&order["payments"][0]["id"]),
            kind: None,
        };
        shop.control("/sandbox/send-webhook", &done).await;
        assert_eq!(answers(&shop, &order, 1).await, [200]);
        let begun = Instant::now();
        while count(&shop, &order, PaymentEventKind::LookedUp).await == asked {
            assert!(begun.elapsed() < PATIENCE, "Toss is asked");
            sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(shop.history(&mina, &order).await, ["PENDING_PAYMENT"]);
        shop.pay("TOSS", &order).await;
        assert_eq!(shop.look(&mina, &order).await["status"], "PAID");
        shop.assert_adds_up().await;
    }
}
