//! Money that goes back: in parts, and beside what the gateway's own console gives back.

use sandbox::control::ConsoleRefund;

use super::*;

both! {
    async fn parts_of_an_order_come_back_from_the_gateway_first(shop: PayingShop) {
        for provider in PROVIDERS {
            let socks = shop.shop.product("양말", &[("흰색", 4_000, 5), ("검정", 6_000, 5)]).await;
            let mina = shop.shop.member_with_points(3_000).await;
            let line = |option: usize| json!({ "optionId": socks.options[option].to_string(), "quantity": 1 });
            let input = json!({ "lines": [line(0), line(1)], "provider": provider, "points": 3_000, "idempotencyKey": "key" });
            let fields = ORDER.replace("items { ", "items { id lineTotal ");
            let order = mina.mutate("placeOrder", input, &fields).await["order"].clone();
            shop.pay(provider, &order).await;
            // The gateway took 7,000 won: 6,000 go back there, then the last 1,000, and the points.
            let parts = [(6_000, 6_000, 0, "PARTIALLY_CANCELED"), (4_000, 7_000, 3_000, "CANCELED")];
            for (line_total, at_gateway, in_points, status) in parts {
                let items = order["items"].as_array().expect("items");
                let item = items.iter().find(|item| item["lineTotal"] == line_total).expect("an item");
                shop.fault(provider, Step::Cancel, 1, Fault::DropAfter).await;
                let input = json!({ "orderId": order["id"], "orderItemIds": [item["id"]] });
                let payload = mina.mutate("cancelOrder", input, ORDER).await;
                assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
                shop.settle().await;
                let payment = &shop.look(&mina, &order).await["payments"][0];
                assert_eq!((&payment["refunded"], &payment["status"]), (&json!(at_gateway), &json!(status)));
                let record = shop.record(provider, &order).await;
                assert_eq!((record.paid, record.canceled), (7_000, at_gateway), "{provider}");
                assert_eq!(mina.balance().await, in_points);
            }
            assert_eq!(shop.record(provider, &order).await.cancels.len(), 2);
            assert_eq!(shop.shop.stock(&socks).await, [5, 5]);
        }
        shop.assert_adds_up().await;
    }

    async fn what_the_console_gave_back_is_not_given_back_again(shop: PayingShop) {
        for provider in PROVIDERS {
            let mina = shop.shop.member().await;
            let order = shop.order(&mina, provider, 1, 0, "key").await;
            shop.pay(provider, &order).await;
            let refund = ConsoleRefund { amount: Some(3_000) };
            shop.control(&format!("{}/console-refund", path(provider, &order)), &refund).await;
            // KakaoPay tells nobody.
            if provider != "KAKAOPAY" {
                let begun = Instant::now();
                while shop.look(&mina, &order).await["payments"][0]["refunded"] != 3_000 {
                    assert!(begun.elapsed() < PATIENCE, "{provider} tells of it");
                    sleep(Duration::from_millis(50)).await;
                }
                let payment = &shop.look(&mina, &order).await["payments"][0];
                assert_eq!(payment["status"], "PARTIALLY_CANCELED");
            }
            shop.cancel(&mina, &order).await;
            shop.settle().await;
            let seen = shop.look(&mina, &order).await;
            assert_eq!((&seen["refunded"], &seen["payments"][0]["refunded"]), (&json!(10_000), &json!(10_000)));
            let record = shop.record(provider, &order).await;
            assert_eq!((record.paid, record.canceled), (10_000, 10_000), "{provider}");
            let amounts = record.cancels.iter().map(|cancel| cancel.amount).collect::<Vec<_>>();
            assert_eq!(amounts, [3_000, 7_000]);
        }
        shop.assert_adds_up().await;
    }
}
