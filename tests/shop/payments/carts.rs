//! What came out of the cart, and where it goes when the payment comes to nothing.

use super::*;

const CART: &str = "{ cart { items { quantity option { id } } } }";

impl PayingShop {
    async fn fill_cart(&self, buyer: &Client, quantity: i32) {
        let payload = buyer.add_to_cart(&self.shirt, 0, quantity).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    }

    /// The quantities of the cart's lines.
    async fn cart(&self, buyer: &Client) -> Vec<i64> {
        let data = buyer.run(CART, json!({})).await;
        let lines = data["cart"]["items"].as_array().expect("lines");
        let quantity = |line: &Value| line["quantity"].as_i64().expect("a quantity");
        lines.iter().map(quantity).collect()
    }

    async fn order_cart(&self, buyer: &Client, provider: &str, key: &str) -> Value {
        let input = json!({ "provider": provider, "idempotencyKey": key });
        buyer.mutate("placeOrder", input, ORDER).await
    }
}

both! {
    async fn what_is_not_paid_goes_back_into_the_cart(shop: PayingShop) {
        for provider in PROVIDERS {
            let mina = shop.shop.member().await;
            shop.fill_cart(&mina, 2).await;
            let order = shop.order_cart(&mina, provider, "declined").await["order"].clone();
            assert_eq!(order["status"], "PENDING_PAYMENT", "{order:#}");
            assert_eq!(shop.cart(&mina).await, [] as [i64; 0]);
            // Meanwhile one more is put into it.
            shop.fill_cart(&mina, 1).await;
            shop.open_window(provider, &order).await;
            let back = shop.press(provider, &order, Button::Decline).await;
            shop.come_back(back).await;
            assert_eq!(shop.cart(&mina).await, [3], "{provider}");

            let order = shop.order_cart(&mina, provider, "given up").await["order"].clone();
            shop.give_up(&mina, &order).await;
            assert_eq!(shop.cart(&mina).await, [3], "{provider}");

            let order = shop.order_cart(&mina, provider, "expired").await["order"].clone();
            assert_eq!(order["status"], "PENDING_PAYMENT", "{order:#}");
            shop.shop.advance(Duration::from_mins(16));
            shop.settle().await;
            assert_eq!(shop.cart(&mina).await, [3], "{provider}");
            shop.shop.set_time(shop.sandbox.clock().now());
        }
        assert_eq!(shop.shop.stock(&shop.shirt).await, [3]);
        shop.assert_adds_up().await;
    }

    async fn a_gateway_that_would_not_begin_leaves_the_cart_as_it_was(shop: PayingShop) {
        let mina = shop.shop.member().await;
        shop.fill_cart(&mina, 2).await;
        let broken = Fault::ErrorBefore { status: 500, code: "FAILED_INTERNAL_SYSTEM_PROCESSING".into() };
        shop.fault("KAKAOPAY", Step::Prepare, 1, broken).await;
        let payload = shop.order_cart(&mina, "KAKAOPAY", "key").await;
        assert_eq!(refusal(&payload).0, "PAYMENT_UNAVAILABLE");
        assert_eq!(shop.cart(&mina).await, [2]);
        assert_eq!(shop.shop.stock(&shop.shirt).await, [3]);
        let again = shop.order_cart(&mina, "KAKAOPAY", "key").await;
        assert_eq!(refusal(&again).0, "PAYMENT_UNAVAILABLE", "the same key, the same answer");
        let payload = shop.order_cart(&mina, "KAKAOPAY", "another key").await;
        assert_eq!(payload["order"]["status"], "PENDING_PAYMENT", "{payload:#}");
    }

    async fn what_is_paid_has_left_the_cart(shop: PayingShop) {
        let mina = shop.shop.member().await;
        shop.fill_cart(&mina, 1).await;
        let order = shop.order_cart(&mina, "TOSS", "key").await["order"].clone();
        shop.pay("TOSS", &order).await;
        assert_eq!(shop.look(&mina, &order).await["status"], "PAID");
        // Canceled once it was paid, it is bought and given back: nothing to order anew.
        shop.cancel(&mina, &order).await;
        assert_eq!(shop.cart(&mina).await, [] as [i64; 0]);
    }

    async fn who_pays_the_same_cart_in_another_way_orders_the_same(shop: PayingShop) {
        let mina = shop.shop.member_with_points(4_000).await;
        shop.fill_cart(&mina, 2).await;
        let first = shop.order_cart(&mina, "KAKAOPAY", "first").await["order"].clone();
        let again = shop.order_cart(&mina, "KAKAOPAY", "again").await["order"].clone();
        assert_eq!(again["id"], first["id"], "the same lines in the same way");
        let second = shop.order_cart(&mina, "TOSS", "second").await["order"].clone();
        assert_eq!((&second["status"], &second["amountDue"]), (&json!("PENDING_PAYMENT"), &json!(20_000)), "{second:#}");
        assert_eq!(shop.look(&mina, &first).await["status"], "CANCELED");
        assert_eq!(shop.cart(&mina).await, [] as [i64; 0]);
        shop.give_up(&mina, &second).await;
        assert_eq!(shop.cart(&mina).await, [2]);
        assert_eq!(shop.shop.stock(&shop.shirt).await, [3]);
    }

    async fn lines_of_a_new_cart_are_ordered_as_they_are_seen(shop: PayingShop) {
        let mina = shop.shop.member().await;
        shop.fill_cart(&mina, 2).await;
        let first = shop.order_cart(&mina, "TOSS", "first").await["order"].clone();
        shop.fill_cart(&mina, 1).await;
        let data = mina.run("{ cart { items { id } } }", json!({})).await;
        let input = json!({
            "cartItemIds": [data["cart"]["items"][0]["id"]], "provider": "TOSS", "idempotencyKey": "second",
        });
        let second = mina.mutate("placeOrder", input, ORDER).await["order"].clone();
        assert_eq!(second["amountDue"], 10_000, "{second:#}");
        assert_eq!(shop.look(&mina, &first).await["status"], "CANCELED");
    }

    async fn a_cart_that_is_ordered_anew_is_what_it_holds_now(shop: PayingShop) {
        let mina = shop.shop.member().await;
        shop.fill_cart(&mina, 2).await;
        let first = shop.order_cart(&mina, "TOSS", "first").await["order"].clone();
        shop.fill_cart(&mina, 1).await;
        let second = shop.order_cart(&mina, "TOSS", "second").await["order"].clone();
        assert_eq!(second["amountDue"], 10_000, "{second:#}");
        assert_eq!(shop.look(&mina, &first).await["status"], "CANCELED");
        assert_eq!(shop.cart(&mina).await, [] as [i64; 0]);
        // Other lines give it up as well, and what they do not name stays in the cart.
        shop.order(&mina, "TOSS", 2, 0, "lines").await;
        assert_eq!(shop.cart(&mina).await, [1]);
    }
}
