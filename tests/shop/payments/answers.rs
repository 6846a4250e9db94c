//! Answers that get lost, come too late or make no sense, at every step: nothing is guessed, and nothing happens twice.

use entity::payment::PaymentProvider;

use super::*;

/// What can happen to an answer before the gateway has acted.
fn before() -> [Fault; 3] {
    [
        Fault::DropBefore,
        Fault::HangBefore { ms: HANG },
        Fault::ErrorBefore {
            status: 503,
            code: "-503".into(),
        },
    ]
}

/// And after.
fn after() -> [Fault; 4] {
    [
        Fault::DropAfter,
        Fault::HangAfter { ms: HANG },
        Fault::ErrorAfter {
            status: 500,
            code: "-500".into(),
        },
        Fault::Garbage,
    ]
}

both! {
    async fn a_payment_that_cannot_begin_holds_nothing(shop: PayingShop) {
        // Toss hears of a payment when its window opens.
        for provider in ["PORTONE", "KAKAOPAY"] {
            let mina = shop.shop.member_with_points(4_000).await;
            for (number, fault) in before().into_iter().chain(after()).enumerate() {
                shop.fault(provider, Step::Prepare, 1, fault.clone()).await;
                let payload = shop.try_order(&mina, provider, 1, 4_000, &format!("lost {number}")).await;
                assert_eq!(refusal(&payload), ("PAYMENT_UNAVAILABLE", "provider".into()), "{provider} {fault:?}");
                assert_eq!(mina.balance().await, 4_000);
                assert_eq!(shop.shop.stock(&shop.shirt).await, [3]);
                // The next one begins, and the gateway is known to be in order.
                let order = shop.order(&mina, provider, 1, 4_000, &format!("begun {number}")).await;
                shop.give_up(&mina, &order).await;
            }
        }
        shop.assert_adds_up().await;
    }

    async fn an_approval_of_which_no_answer_came_is_looked_up(shop: PayingShop) {
        // Toss is asked again under its key, in `a_lost_answer_is_asked_for`. KakaoPay's token is not kept.
        for fault in after() {
            let mina = shop.shop.member().await;
            let order = shop.order(&mina, "KAKAOPAY", 1, 0, "key").await;
            shop.fault("KAKAOPAY", Step::Approve, 1, fault.clone()).await;
            let landed = shop.pay("KAKAOPAY", &order).await;
            assert!(landed.query().is_some_and(|query| query.contains("status=PAID")), "{fault:?} {landed}");
            assert_eq!(shop.look(&mina, &order).await["status"], "PAID", "{fault:?}");
            assert_eq!(shop.record("KAKAOPAY", &order).await.approvals, 1);
            shop.cancel(&mina, &order).await;
            shop.settle().await;
        }
        shop.assert_adds_up().await;
    }

    async fn an_approval_that_never_arrived_waits_for_the_member_and_for_its_doubt(shop: PayingShop) {
        for fault in before() {
            for comes_again in [true, false] {
                let mina = shop.shop.member().await;
                let order = shop.order(&mina, "KAKAOPAY", 1, 0, "key").await;
                shop.fault("KAKAOPAY", Step::Approve, 1, fault.clone()).await;
                let back = shop.press("KAKAOPAY", &order, Button::Approve).await;
                let landed = shop.come_back(back.clone()).await;
                assert!(landed.query().is_some_and(|query| query.contains("status=READY")), "{fault:?} {landed}");
                let page = shop.http.get(landed).send().await.expect("a page");
                assert!(page.headers().contains_key("refresh"), "who waits sees how it ends");
                if comes_again {
                    shop.come_back(back).await;
                }
                shop.settle().await;
                let seen = shop.look(&mina, &order).await;
                let record = shop.record("KAKAOPAY", &order).await;
                if comes_again {
                    assert_eq!((&seen["status"], record.approvals), (&json!("PAID"), 1), "{fault:?}");
                    shop.cancel(&mina, &order).await;
                    shop.settle().await;
                } else {
                    assert_eq!(seen["payments"][0]["status"], "EXPIRED", "{fault:?} {seen:#}");
                    assert_eq!((&seen["status"], record.approvals), (&json!("CANCELED"), 0));
                }
                assert_eq!(shop.shop.stock(&shop.shirt).await, [3]);
            }
        }
        shop.assert_adds_up().await;
    }

    async fn a_look_up_that_fails_decides_nothing(shop: PayingShop) {
        let failures = [
            Fault::DropBefore,
            Fault::DropAfter,
            Fault::HangBefore { ms: HANG },
            Fault::ErrorBefore { status: 503, code: "-503".into() },
            Fault::Garbage,
            Fault::UnknownStatus,
        ];
        for provider in PROVIDERS {
            let mina = shop.shop.member().await;
            let order = shop.order(&mina, provider, 1, 0, "key").await;
            if provider != "PORTONE" {
                shop.fault(provider, Step::Approve, 1, Fault::DropAfter).await;
            }
            for fault in &failures {
                shop.fault(provider, Step::LookUp, 1, fault.clone()).await;
            }
            let landed = shop.pay(provider, &order).await;
            assert!(landed.query().is_some_and(|query| query.contains("status=READY")), "{landed}");
            // The deadline passes meanwhile, and still nothing is taken for certain.
            shop.shop.advance(Duration::from_mins(16));
            shop.settle().await;
            assert_eq!(shop.faults_left().await, 0, "{provider}");
            assert_eq!(shop.history(&mina, &order).await, ["PENDING_PAYMENT", "PAID"], "{provider}");
            assert_eq!(shop.record(provider, &order).await.approvals, 1);
            shop.shop.set_time(shop.sandbox.clock().now());
        }
        shop.assert_adds_up().await;
    }

    async fn a_record_of_another_shop_pays_nothing(shop: PayingShop) {
        for provider in PROVIDERS {
            let mina = shop.shop.member().await;
            let order = shop.order(&mina, provider, 1, 0, "key").await;
            if provider != "PORTONE" {
                shop.fault(provider, Step::Approve, 1, Fault::OtherMerchant).await;
            }
            shop.fault(provider, Step::LookUp, 1_000, Fault::OtherMerchant).await;
            shop.pay(provider, &order).await;
            assert_eq!(shop.look(&mina, &order).await["status"], "PENDING_PAYMENT", "{provider}");
            shop.shop.advance(Duration::from_mins(45));
            shop.settle().await;
            let seen = shop.look(&mina, &order).await;
            assert_eq!((&seen["status"], &seen["payments"][0]["status"]), (&json!("CANCELED"), &json!("EXPIRED")));
            shop.shop.set_time(shop.sandbox.clock().now());
        }
        assert_eq!(shop.shop.stock(&shop.shirt).await, [3]);
        shop.assert_adds_up().await;
    }

    async fn money_of_another_currency_goes_back_whole(shop: PayingShop) {
        let mina = shop.shop.member_with_points(1_000).await;
        let order = shop.order(&mina, "TOSS", 1, 1_000, "key").await;
        // Whoever hears of it first, the browser or the webhook, hears the same.
        for step in [Step::Approve, Step::LookUp] {
            shop.fault("TOSS", step, 1, Fault::TamperCurrency).await;
        }
        shop.pay("TOSS", &order).await;
        shop.settle().await;
        let seen = shop.look(&mina, &order).await;
        assert_eq!((&seen["status"], &seen["refunded"]), (&json!("CANCELED"), &json!(1_000)), "{seen:#}");
        assert_eq!(seen["payments"][0]["status"], "CANCELED");
        let record = shop.record("TOSS", &order).await;
        assert_eq!((record.paid, record.canceled), (9_000, 9_000));
        assert_eq!(mina.balance().await, 1_000);
        assert_eq!(shop.shop.stock(&shop.shirt).await, [3]);
        shop.assert_adds_up().await;
    }

    async fn a_browser_that_brings_another_amount_confirms_nothing(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let order = shop.order(&mina, "TOSS", 1, 0, "key").await;
        shop.open_window("TOSS", &order).await;
        let back = shop.press("TOSS", &order, Button::Approve).await;
        let tampered = back.as_str().replace("amount=10000", "amount=100");
        assert_ne!(tampered, back.as_str());
        let landed = shop.come_back(tampered.parse().expect("an address")).await;
        assert!(landed.query().is_some_and(|query| query.contains("status=FAILED")), "{landed}");
        assert_eq!(shop.look(&mina, &order).await["status"], "CANCELED");
        assert_eq!(shop.record("TOSS", &order).await.approvals, 0);
        assert_eq!(shop.shop.stock(&shop.shirt).await, [3]);
        shop.assert_adds_up().await;
    }

    async fn a_proof_that_nobody_gave_puts_nothing_in_doubt(shop: PayingShop) {
        for (provider, field) in [("KAKAOPAY", "pgToken"), ("TOSS", "paymentKey")] {
            let mina = shop.shop.member().await;
            let order = shop.order(&mina, provider, 1, 0, "key").await;
            shop.open_window(provider, &order).await;
            let back = shop.press(provider, &order, Button::Approve).await;
            let forged = json!({ "paymentId": order["payments"][0]["id"], field: "77e9forged" });
            let payload = mina.mutate("confirmPayment", forged.clone(), "payment { status }").await;
            assert_eq!(refusal(&payload).0, "PAYMENT_DECLINED", "{provider} {payload:#}");
            // The right one is still good.
            let landed = shop.come_back(back).await;
            assert!(landed.query().is_some_and(|query| query.ends_with("status=PAID")), "{provider} {landed}");

            // And who gives up after a forged one need not wait until it is certain.
            let jun = shop.shop.member().await;
            let order = shop.order(&jun, provider, 1, 0, "key").await;
            shop.open_window(provider, &order).await;
            let forged = json!({ "paymentId": order["payments"][0]["id"], field: "77e9forged" });
            let payload = jun.mutate("confirmPayment", forged, "payment { status }").await;
            assert_eq!(refusal(&payload).0, "PAYMENT_DECLINED", "{provider} {payload:#}");
            shop.give_up(&jun, &order).await;
        }
        assert_eq!(shop.shop.stock(&shop.shirt).await, [1]);
        shop.assert_adds_up().await;
    }

    async fn the_first_order_after_an_outage_asks_whether_the_gateway_is_back(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let order = shop.order(&mina, "TOSS", 1, 0, "before").await;
        shop.open_window("TOSS", &order).await;
        let down = || Fault::ErrorBefore { status: 503, code: "SERVICE_UNAVAILABLE".into() };
        shop.fault("TOSS", Step::Approve, 1, down()).await;
        shop.fault("TOSS", Step::LookUp, 1_000, down()).await;
        shop.pay("TOSS", &order).await;
        let app = shop.shop.app();
        let toss = app.payments.gateways.get(PaymentProvider::Toss).expect("it is configured");
        let begun = Instant::now();
        while !toss.is_open(app.clock.now()) {
            assert!(begun.elapsed() < PATIENCE, "it is asked until it is known to be down");
            shop.shop.advance(Duration::from_secs(1));
            app.payments.wake();
            sleep(Duration::from_millis(50)).await;
        }
        // Long enough for a probe, which finds it still down: nothing is held for it.
        shop.shop.advance(Duration::from_secs(11));
        let jun = shop.shop.member().await;
        let payload = shop.try_order(&jun, "TOSS", 1, 0, "probe").await;
        assert_eq!(refusal(&payload).0, "PAYMENT_UNAVAILABLE");
        assert_eq!(shop.shop.stock(&shop.shirt).await, [2]);

        shop.clear_faults().await;
        shop.shop.advance(Duration::from_secs(11));
        shop.order(&jun, "TOSS", 1, 0, "back").await;
        assert_eq!(shop.shop.stock(&shop.shirt).await, [1]);
    }
}
