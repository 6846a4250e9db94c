//! Payments through gateways: a real shop, and a sandbox that plays the gateways over real HTTP.

mod answers;
mod carts;
mod coupons;
mod gifts;
mod hanging;
mod languages;
mod races;
mod refunds;
mod webhooks;

use std::time::Duration;

use entity::{
    payment::{self, PaymentStatus},
    refund::{self, RefundStatus},
};
use futures_util::future::join_all;
use jangteo::{
    audit::{
        audit,
        report::{Format, Report},
    },
    config::Limits,
    outbox::PlatformSettings,
    payment::PaymentSettings,
};
use reqwest::{StatusCode, Url, redirect::Policy};
use sandbox::{
    Fault, Provider, Sandbox, Settings, Step,
    control::{
        Button, FaultOrder, PaymentReport, PortOneWindow, Press, PressReport, TossAmount,
        TossWindow,
    },
};
use sea_orm::EntityTrait;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::{Client, Database, PATIENCE, Product, Shop, refusal};

/// A shop whose gateways are a sandbox, with something to sell: three shirts at 10,000 won.
pub struct PayingShop {
    pub shop: Shop,
    pub sandbox: Sandbox,
    shirt: Product,
    http: reqwest::Client,
}

/// How long these shops wait for a gateway: a slow machine answers in less, and a test of one that hangs has the time.
const GATEWAY_SECONDS: u64 = 6;

/// Milliseconds after which nobody waits for a gateway's answer any more.
const HANG: u64 = 1_000 * (GATEWAY_SECONDS + 2);

pub const PROVIDERS: [&str; 3] = ["PORTONE", "TOSS", "KAKAOPAY"];

const ORDER: &str = "order { id status refunded pointsUsed amountDue paymentExpiresAt items { status cancelReason }
    payments { id status amount refunded failure checkout { redirectUrl clientKey storeId amount orderName } } }";

impl PayingShop {
    pub async fn open(database: Database) -> Self {
        Self::open_patient(database, Some(GATEWAY_SECONDS)).await
    }

    /// A shop whose sandbox also plays the data platform, which waits for it as `platform` says.
    pub async fn open_telling(database: Database, platform: PlatformSettings) -> Self {
        let mut keys = Settings::demo(([127, 0, 0, 1], 0).into());
        // Time passes in leaps here.
        keys.platform.tolerance = None;
        Self::open_with(database, keys, Some(GATEWAY_SECONDS), Some(platform)).await
    }

    /// A shop that waits for its gateways for so many seconds.
    async fn open_patient(database: Database, gateway_seconds: Option<u64>) -> Self {
        let keys = Settings::demo(([127, 0, 0, 1], 0).into());
        Self::open_with(database, keys, gateway_seconds, None).await
    }

    async fn open_with(
        database: Database,
        keys: Settings,
        gateway_seconds: Option<u64>,
        platform: Option<PlatformSettings>,
    ) -> Self {
        let sandbox = Sandbox::start(keys.clone()).await.expect("a sandbox");
        let payments = PaymentSettings {
            gateway_seconds,
            ..PaymentSettings::default()
        };
        let payments = payments.at(&sandbox, &keys).expect("payments");
        let limits = Limits {
            instant_charge: true,
            // Time passes in leaps here.
            access_token: Duration::from_hours(24 * 30),
            ..Limits::default()
        };
        let platform = platform.map(|platform| platform.at(&sandbox, &keys));
        let platform = platform.unwrap_or_default();
        let database = database.create().await;
        let shop = Shop::open_telling(database, limits, payments, platform).await;
        // Signatures are told by the sandbox's time.
        shop.set_time(sandbox.clock().now());
        let url = |gateway| Some(shop.url(&format!("/webhooks/{gateway}")));
        sandbox.send_webhooks_to(url("portone"), url("toss"));
        let shirt = shop.product("셔츠", &[("화이트", 10_000, 3)]).await;
        Self {
            shop,
            sandbox,
            shirt,
            http: reqwest::Client::builder()
                .redirect(Policy::none())
                .build()
                .expect("a browser"),
        }
    }

    /// Orders shirts; gives the order.
    pub async fn order(
        &self,
        buyer: &Client,
        provider: &str,
        quantity: i32,
        points: i64,
        key: &str,
    ) -> Value {
        let payload = self.try_order(buyer, provider, quantity, points, key).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
        payload["order"].clone()
    }

    /// What it sells.
    pub const fn shirt(&self) -> &Product {
        &self.shirt
    }

    async fn try_order(
        &self,
        buyer: &Client,
        provider: &str,
        quantity: i32,
        points: i64,
        key: &str,
    ) -> Value {
        let input = json!({
            "lines": [{ "optionId": self.shirt.options[0].to_string(), "quantity": quantity }],
            "provider": provider, "points": points, "idempotencyKey": key,
        });
        buyer.mutate("placeOrder", input, ORDER).await
    }

    /// Opens the payment's window, as the page that `redirectUrl` leads to does.
    async fn open_window(&self, provider: &str, order: &Value) {
        let payment = &order["payments"][0];
        let id = text(&payment["id"]);
        let amount = payment["amount"].as_i64().expect("an amount");
        let address = |path: &str| self.shop.url(&format!("/payments/{path}"));
        match provider {
            "PORTONE" => {
                let window = PortOneWindow {
                    store_id: text(&payment["checkout"]["storeId"]),
                    payment_id: id,
                    order_name: text(&payment["checkout"]["orderName"]),
                    total_amount: amount,
                    currency: "KRW".into(),
                    redirect_url: address("portone/return"),
                    ..PortOneWindow::default()
                };
                self.control("/sandbox/portone/window", &window).await;
            }
            "TOSS" => {
                let window = TossWindow {
                    client_key: text(&payment["checkout"]["clientKey"]),
                    success_url: address(&format!("toss/success?payment={id}")),
                    fail_url: address(&format!("toss/fail?payment={id}")),
                    order_id: id,
                    order_name: text(&payment["checkout"]["orderName"]),
                    amount: TossAmount {
                        currency: "KRW".into(),
                        value: amount,
                    },
                    ..TossWindow::default()
                };
                self.control("/sandbox/toss/window", &window).await;
            }
            _ => {}
        }
    }

    /// Presses a button of the window; gives where the browser goes.
    async fn press(&self, provider: &str, order: &Value, button: Button) -> Url {
        let path = format!("{}/press", path(provider, order));
        let report: PressReport =
            serde_json::from_value(self.control(&path, &Press { button }).await).expect("a report");
        report.redirect.parse().expect("an address")
    }

    /// Follows the browser back to the shop; gives where the shop sends it.
    async fn come_back(&self, url: Url) -> Url {
        let answer = self.http.get(url).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let location = answer.headers()["location"].to_str().expect("an address");
        location.parse().expect("an address")
    }

    /// Agrees in the window and comes back.
    pub async fn pay(&self, provider: &str, order: &Value) -> Url {
        self.open_window(provider, order).await;
        let back = self.press(provider, order, Button::Approve).await;
        self.come_back(back).await
    }

    pub async fn fault(&self, provider: &str, on: Step, times: u32, fault: Fault) {
        let order = FaultOrder {
            provider: played(provider),
            on,
            id: None,
            times,
            fault,
        };
        self.control("/sandbox/faults", &order).await;
    }

    async fn clear_faults(&self) {
        let url = self.sandbox.url("/sandbox/faults");
        let answer = self.http.delete(url).send().await.expect("an answer");
        assert!(answer.status().is_success());
    }

    /// How many faults no call has met yet.
    async fn faults_left(&self) -> usize {
        let url = self.sandbox.url("/sandbox/faults");
        let answer = self.http.get(url).send().await.expect("an answer");
        let faults: Vec<FaultOrder> = answer.json().await.expect("faults");
        faults.len()
    }

    /// Returns when every fault was met: the calls that meet them are under way.
    async fn until_faults_are_met(&self) {
        let begun = Instant::now();
        while self.faults_left().await > 0 {
            assert!(begun.elapsed() < PATIENCE, "the gateway is asked");
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn control(&self, path: &str, body: &impl Serialize) -> Value {
        let answer = self
            .http
            .post(self.sandbox.url(path))
            .json(body)
            .send()
            .await
            .expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// What the gateway has in its books.
    pub async fn record(&self, provider: &str, order: &Value) -> PaymentReport {
        let url = self.sandbox.url(&path(provider, order));
        let answer = self.http.get(url).send().await.expect("an answer");
        answer.json().await.expect("a report")
    }

    async fn look(&self, buyer: &Client, order: &Value) -> Value {
        let query = format!(
            "query($id: ID!) {{ node(id: $id) {{ ... on Order {{ {} }} }} }}",
            ORDER.trim_start_matches("order {").trim_end_matches('}')
        );
        buyer.run(&query, json!({ "id": order["id"] })).await["node"].clone()
    }

    /// The order's statuses, from the first.
    async fn history(&self, buyer: &Client, order: &Value) -> Vec<String> {
        let query = "query($id: ID!) { node(id: $id) { ... on Order { history { status } } } }";
        let data = buyer.run(query, json!({ "id": order["id"] })).await;
        let history = data["node"]["history"].as_array().expect("a history");
        history.iter().map(|event| text(&event["status"])).collect()
    }

    /// Cancels a paid order.
    pub async fn cancel(&self, buyer: &Client, order: &Value) {
        let input = json!({ "orderId": order["id"] });
        let payload = buyer.mutate("cancelOrder", input, ORDER).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    }

    /// Gives the order's payment up.
    pub async fn give_up(&self, buyer: &Client, order: &Value) {
        let input = json!({ "paymentId": order["payments"][0]["id"] });
        let payload = buyer
            .mutate(
                "abandonPayment",
                input,
                "payment { status } order { status }",
            )
            .await;
        assert_eq!(payload["order"]["status"], "CANCELED", "{payload:#}");
    }

    /// Waits, with time passing in the shop, until no payment and no refund is due any more.
    pub async fn settle(&self) {
        let begun = Instant::now();
        loop {
            self.shop.app().payments.wake();
            sleep(Duration::from_millis(60)).await;
            let db = self.shop.app().db.reader();
            let payments = payment::Entity::find().all(db).await.expect("payments");
            let refunds = refund::Entity::find().all(db).await.expect("refunds");
            let is_quiet = payments
                .iter()
                .all(|payment| payment.status != PaymentStatus::Ready)
                && refunds
                    .iter()
                    .all(|refund| refund.status == RefundStatus::Done);
            if is_quiet {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{payments:#?} {refunds:#?}");
            self.shop.advance(Duration::from_secs(30));
        }
    }

    pub async fn assert_adds_up(&self) {
        let mut text = Vec::new();
        let mut report = Report::new(&mut text, Format::Text);
        let findings = audit(&self.shop.app().db, |row| report.tell(row))
            .await
            .expect("an audit");
        let is_clean = report.end(&findings).expect("memory");
        assert_eq!(is_clean, Some(true), "{}", String::from_utf8_lossy(&text));
    }
}

pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("a text: {value:#}"))
        .to_owned()
}

fn played(provider: &str) -> Provider {
    match provider {
        "PORTONE" => Provider::PortOne,
        "TOSS" => Provider::Toss,
        _ => Provider::KakaoPay,
    }
}

pub fn path(provider: &str, order: &Value) -> String {
    format!(
        "/sandbox/payments/{}/{}",
        played(provider).slug(),
        text(&order["payments"][0]["id"])
    )
}

both! {
    async fn an_order_is_paid_at_each_gateway(shop: PayingShop) {
        for (paid, provider) in PROVIDERS.into_iter().enumerate() {
            let mina = shop.shop.member().await;
            let order = shop.order(&mina, provider, 1, 0, "key").await;
            assert_eq!((&order["status"], &order["amountDue"]), (&json!("PENDING_PAYMENT"), &json!(10_000)));
            assert_eq!(order["payments"][0]["status"], "READY");
            assert_eq!(order["payments"][0]["checkout"]["amount"], 10_000);
            assert_eq!(shop.shop.stock(&shop.shirt).await, [2 - i64::try_from(paid).expect("few")]);
            let pending = mina.run("{ pendingOrder { id } }", json!({})).await;
            assert_eq!(pending["pendingOrder"]["id"], order["id"]);

            let landed = shop.pay(provider, &order).await;
            assert_eq!(landed.path(), "/payments/result");
            assert!(landed.query().is_some_and(|query| query.contains("status=PAID")), "{landed}");
            let order = shop.look(&mina, &order).await;
            assert_eq!((&order["status"], &order["payments"][0]["status"]), (&json!("PAID"), &json!("PAID")));
            assert_eq!(order["payments"][0]["checkout"], Value::Null);
            let record = shop.record(provider, &order).await;
            assert_eq!((record.approvals, record.paid), (1, 10_000));
            let pending = mina.run("{ pendingOrder { id } }", json!({})).await;
            assert_eq!(pending["pendingOrder"], Value::Null);
        }
        shop.assert_adds_up().await;
    }

    async fn any_number_of_confirmations_are_one(shop: PayingShop) {
        let proofs = [("TOSS", "paymentKey", "paymentKey"), ("KAKAOPAY", "pg_token", "pgToken")];
        for (provider, brought, field) in proofs {
            let mina = shop.shop.member().await;
            let order = shop.order(&mina, provider, 1, 0, "key").await;
            shop.open_window(provider, &order).await;
            let back = shop.press(provider, &order, Button::Approve).await;
            let proof = back.query_pairs().find(|(name, _)| name == brought).expect("a proof").1.into_owned();
            let input = json!({ "paymentId": order["payments"][0]["id"], field: proof });
            let fields = "payment { status } order { status }";
            let confirmed = join_all((0..8).map(|_| mina.mutate("confirmPayment", input.clone(), fields))).await;
            for payload in &confirmed {
                assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
            }
            shop.come_back(back).await;
            shop.settle().await;
            let order = shop.look(&mina, &order).await;
            assert_eq!((&order["status"], &order["payments"][0]["status"]), (&json!("PAID"), &json!("PAID")));
            assert_eq!(shop.record(provider, &order).await.approvals, 1);
        }
        shop.assert_adds_up().await;
    }

    async fn what_is_declined_or_closed_comes_back(shop: PayingShop) {
        for provider in PROVIDERS {
            for (button, reason) in [(Button::Decline, "PAYMENT_FAILED"), (Button::Close, "PAYMENT_ABANDONED")] {
                let mina = shop.shop.member_with_points(4_000).await;
                let order = shop.order(&mina, provider, 1, 4_000, "key").await;
                assert_eq!(mina.balance().await, 0);
                shop.open_window(provider, &order).await;
                let back = shop.press(provider, &order, button).await;
                shop.come_back(back).await;
                let order = shop.look(&mina, &order).await;
                assert_eq!(order["status"], "CANCELED", "{provider} {button:?} {order:#}");
                let seen = text(&order["items"][0]["cancelReason"]);
                // PortOne's window tells a closed one as a failure.
                assert!(seen == reason || provider == "PORTONE" && seen == "PAYMENT_FAILED", "{provider}: {seen}");
                assert_eq!(order["refunded"], 4_000);
                assert_eq!(mina.balance().await, 4_000);
                assert_eq!(shop.shop.stock(&shop.shirt).await, [3]);
                assert_eq!(shop.record(provider, &order).await.paid, 0);
            }
        }
        shop.assert_adds_up().await;
    }

    async fn what_is_not_paid_in_time_comes_back(shop: PayingShop) {
        let mut orders = Vec::new();
        for provider in PROVIDERS {
            let mina = shop.shop.member().await;
            let order = shop.order(&mina, provider, 1, 0, "key").await;
            shop.open_window(provider, &order).await;
            orders.push((mina, order));
        }
        shop.shop.advance(Duration::from_mins(16));
        shop.settle().await;
        for (mina, order) in &orders {
            let order = shop.look(mina, order).await;
            assert_eq!((&order["status"], &order["payments"][0]["status"]), (&json!("CANCELED"), &json!("EXPIRED")));
            assert_eq!(order["items"][0]["cancelReason"], "PAYMENT_EXPIRED");
        }
        assert_eq!(shop.shop.stock(&shop.shirt).await, [3]);
        shop.assert_adds_up().await;
    }

    async fn money_that_comes_too_late_revives_the_order_or_goes_back(shop: PayingShop) {
        // PortOne's window takes the money without asking the shop.
        for is_left in [true, false] {
            let there = shop.shop.stock(&shop.shirt).await[0];
            shop.shop.adjust_stock(&shop.shirt, 0, i32::try_from(3 - there).expect("few")).await;
            let mina = shop.shop.member().await;
            let order = shop.order(&mina, "PORTONE", 2, 0, "key").await;
            shop.open_window("PORTONE", &order).await;
            shop.shop.advance(Duration::from_mins(16));
            shop.settle().await;
            assert_eq!(shop.look(&mina, &order).await["status"], "CANCELED");
            if !is_left {
                shop.shop.adjust_stock(&shop.shirt, 0, -2).await;
            }
            shop.shop.set_time(shop.sandbox.clock().now() + Duration::from_mins(16));
            let back = shop.press("PORTONE", &order, Button::Approve).await;
            let landed = shop.come_back(back).await;
            // Who comes back is told at once that the money goes back, however far that is.
            let told = if is_left { "status=PAID" } else { "status=CANCELED" };
            assert!(landed.query().is_some_and(|query| query.ends_with(told)), "{landed}");
            let page = shop.http.get(landed).send().await.expect("a page").text().await.expect("a text");
            let word = if is_left { "is complete" } else { "is refunded" };
            assert!(page.contains(word), "{page}");
            shop.settle().await;
            let order = shop.look(&mina, &order).await;
            let record = shop.record("PORTONE", &order).await;
            if is_left {
                assert_eq!((&order["status"], &order["refunded"]), (&json!("PAID"), &json!(0)), "{order:#}");
                assert_eq!(shop.shop.stock(&shop.shirt).await, [1]);
                assert_eq!((record.paid, record.canceled), (20_000, 0));
            } else {
                assert_eq!(order["status"], "CANCELED", "{order:#}");
                assert_eq!(order["items"][0]["cancelReason"], "OUT_OF_STOCK");
                assert_eq!(order["payments"][0]["status"], "CANCELED");
                assert_eq!(record.canceled, 20_000);
                let input = json!({ "paymentId": order["payments"][0]["id"] });
                let payload = mina.mutate("confirmPayment", input, "payment { status }").await;
                assert_eq!(refusal(&payload).0, "PAYMENT_EXPIRED");
            }
            shop.assert_adds_up().await;
        }
    }

    async fn a_lost_answer_is_asked_for(shop: PayingShop) {
        let faults = [
            Fault::DropAfter,
            Fault::DropBefore,
            Fault::HangAfter { ms: HANG },
            Fault::ErrorAfter { status: 500, code: "FAILED_INTERNAL_SYSTEM_PROCESSING".into() },
            Fault::Garbage,
        ];
        for fault in faults {
            let jun = shop.shop.member().await;
            let order = shop.order(&jun, "TOSS", 1, 0, "key").await;
            shop.fault("TOSS", Step::Approve, 1, fault.clone()).await;
            shop.pay("TOSS", &order).await;
            shop.settle().await;
            let order = shop.look(&jun, &order).await;
            assert_eq!(order["status"], "PAID", "{fault:?} {order:#}");
            assert_eq!(shop.record("TOSS", &order).await.approvals, 1);
            let cancel = jun.mutate("cancelOrder", json!({ "orderId": order["id"] }), ORDER).await;
            assert_eq!(cancel["userErrors"], json!([]));
            shop.settle().await;
            assert_eq!(shop.record("TOSS", &order).await.canceled, 10_000);
        }
        shop.assert_adds_up().await;
    }

    async fn a_refund_is_made_at_the_gateway_first_and_once(shop: PayingShop) {
        let faults = [
            Fault::DropAfter,
            Fault::DropBefore,
            Fault::HangAfter { ms: HANG },
            Fault::NotCancelableYet,
            Fault::ErrorBefore { status: 503, code: "-".into() },
        ];
        for (provider, fault) in PROVIDERS.into_iter().flat_map(|provider| faults.iter().map(move |fault| (provider, fault))) {
            let mina = shop.shop.member_with_points(5_000).await;
            let order = shop.order(&mina, provider, 2, 5_000, "key").await;
            shop.pay(provider, &order).await;
            shop.fault(provider, Step::Cancel, 1, fault.clone()).await;
            let cancel = mina.mutate("cancelOrder", json!({ "orderId": order["id"] }), ORDER).await;
            assert_eq!(cancel["order"]["refunded"], 20_000, "{provider} {fault:?} {cancel:#}");
            assert_eq!(mina.balance().await, 5_000, "the rest in points");
            shop.settle().await;
            let order = shop.look(&mina, &order).await;
            assert_eq!(order["payments"][0]["refunded"], 15_000);
            assert_eq!(order["payments"][0]["status"], "CANCELED");
            let record = shop.record(provider, &order).await;
            assert_eq!((record.paid, record.canceled), (15_000, 15_000), "{provider} {fault:?}");
            let _ = shop.http.delete(shop.sandbox.url("/sandbox/faults")).send().await;
        }
        assert_eq!(shop.shop.stock(&shop.shirt).await, [3]);
        shop.assert_adds_up().await;
    }

    async fn what_was_taken_otherwise_than_agreed_goes_back(shop: PayingShop) {
        let mina = shop.shop.member_with_points(1_000).await;
        let order = shop.order(&mina, "PORTONE", 1, 1_000, "key").await;
        // Whoever looks first, the webhook or the browser, sees another amount.
        shop.fault("PORTONE", Step::LookUp, 1_000, Fault::TamperAmount { by: -500 }).await;
        shop.pay("PORTONE", &order).await;
        let input = json!({ "paymentId": order["payments"][0]["id"] });
        let payload = mina.mutate("confirmPayment", input, "payment { status } order { status }").await;
        assert_eq!(refusal(&payload).0, "PAYMENT_MISMATCH");
        let order = shop.look(&mina, &order).await;
        assert_eq!((&order["status"], &order["refunded"]), (&json!("CANCELED"), &json!(1_000)));
        assert_eq!(mina.balance().await, 1_000);
        assert_eq!(shop.shop.stock(&shop.shirt).await, [3]);
        shop.assert_adds_up().await;
    }

    async fn a_webhook_alone_pays_and_a_forged_one_changes_nothing(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let order = shop.order(&mina, "PORTONE", 1, 0, "key").await;
        shop.open_window("PORTONE", &order).await;
        let forged = json!({ "type": "Transaction.Paid", "timestamp": "2026-01-02T03:05:00.000Z",
            "data": { "paymentId": order["payments"][0]["id"], "storeId": "store-sandbox", "transactionId": "tx" } });
        let answer = shop.http.post(shop.shop.url("/webhooks/portone")).json(&forged)
            .header("webhook-id", "msg_1").header("webhook-timestamp", shop.shop.now().timestamp().to_string())
            .header("webhook-signature", "v1,RBWTiKdiaj8uycBiX/hAjPOWPSEo6kHNyb7DDOvJiq8=").send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(shop.look(&mina, &order).await["status"], "PENDING_PAYMENT");
        // The browser never comes back, and the webhook comes three times.
        shop.fault("PORTONE", Step::Webhook, 1, Fault::Duplicate { n: 2 }).await;
        shop.press("PORTONE", &order, Button::Approve).await;
        let begun = Instant::now();
        while shop.look(&mina, &order).await["status"] != "PAID" {
            let told = shop.http.get(shop.sandbox.url("/sandbox/webhooks")).send().await.expect("an answer");
            let told = told.text().await.expect("a body");
            assert!(begun.elapsed() < PATIENCE, "{told}\n{:#}", shop.look(&mina, &order).await);
            sleep(Duration::from_millis(50)).await;
        }
        shop.assert_adds_up().await;
    }

    async fn points_are_charged_when_the_money_was_taken(shop: PayingShop) {
        for provider in PROVIDERS {
            let mina = shop.shop.member().await;
            let input = json!({ "amount": 30_000, "idempotencyKey": "charge", "provider": provider });
            let fields = "userPoint { balance } payment { id status amount checkout { storeId clientKey orderName redirectUrl } }";
            let payload = mina.mutate("chargePoints", input.clone(), fields).await;
            assert_eq!((&payload["userErrors"], &payload["userPoint"]["balance"]), (&json!([]), &json!(0)));
            let again = mina.mutate("chargePoints", input, fields).await;
            assert_eq!(again["payment"]["id"], payload["payment"]["id"]);
            let as_order = json!({ "payments": [payload["payment"]] });
            shop.pay(provider, &as_order).await;
            assert_eq!(mina.balance().await, 30_000);
            let entry = mina.run("{ me { userPoint { entries { nodes { action payment { id } } } } } }", json!({})).await;
            assert_eq!(entry["me"]["userPoint"]["entries"]["nodes"][0]["payment"]["id"], payload["payment"]["id"]);
        }
        shop.assert_adds_up().await;
    }

    async fn one_order_of_a_member_waits_at_a_time(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let first = shop.order(&mina, "TOSS", 1, 0, "first").await;
        let same = shop.order(&mina, "TOSS", 1, 0, "another key").await;
        assert_eq!(same["id"], first["id"]);
        let other = shop.order(&mina, "KAKAOPAY", 2, 0, "other").await;
        assert_ne!(other["id"], first["id"]);
        let first = shop.look(&mina, &first).await;
        assert_eq!((&first["status"], &first["items"][0]["cancelReason"]), (&json!("CANCELED"), &json!("PAYMENT_ABANDONED")));
        shop.pay("KAKAOPAY", &other).await;
        // A retry under the key that found the first order finds it still.
        let again = shop.order(&mina, "TOSS", 1, 0, "another key").await;
        assert_eq!((&again["id"], &again["status"]), (&first["id"], &json!("CANCELED")));
        assert_eq!(shop.shop.stock(&shop.shirt).await, [1]);
        shop.assert_adds_up().await;
    }

    async fn a_gateway_without_keys_or_out_of_order_is_refused_at_once(shop: PayingShop) {
        let mina = shop.shop.member().await;
        shop.fault("KAKAOPAY", Step::Prepare, 10, Fault::ErrorBefore { status: 503, code: "-".into() }).await;
        for attempt in 0..6 {
            let payload = shop.try_order(&mina, "KAKAOPAY", 1, 0, &attempt.to_string()).await;
            assert_eq!(refusal(&payload), ("PAYMENT_UNAVAILABLE", "provider".into()));
        }
        assert_eq!(shop.shop.stock(&shop.shirt).await, [3]);
        let orders = shop.shop.contents().await.count("order");
        assert_eq!(orders, 5, "from the sixth on nothing was tried");
        shop.order(&mina, "TOSS", 1, 0, "toss").await;
        shop.assert_adds_up().await;
    }
}
