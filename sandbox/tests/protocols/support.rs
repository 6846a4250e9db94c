//! A sandbox of its own for each test, and short ways to talk to it.

use reqwest::{Client, Method, Response, redirect};
use sandbox::{
    Fault, Provider, Sandbox, Settings, Step,
    control::{Button, FaultOrder, MoveClock, PaymentReport, Press, PressReport, WindowOpened},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub const SHOP: &str = "http://127.0.0.1:8080";

/// A sandbox and a client.
pub struct Play {
    pub sandbox: Sandbox,
    pub http: Client,
}

/// A status and a JSON body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

pub fn settings() -> Settings {
    Settings::demo(([127, 0, 0, 1], 0).into())
}

/// A client without proxies, which follows no redirects and reuses no connections: a cut one must not be
/// taken for another.
pub fn client() -> Client {
    Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .build()
        .unwrap()
}

impl Answer {
    async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, body }
    }

    /// The error's code, however the gateway names it.
    pub fn code(&self) -> &Value {
        let names = ["type", "code", "error_code"];
        let mut codes = names.iter().map(|name| &self.body[*name]);
        codes.find(|code| !code.is_null()).unwrap_or(&Value::Null)
    }

    pub fn refused(&self, status: u16, code: impl Into<Value>) {
        assert_eq!(
            (self.status, self.code()),
            (status, &code.into()),
            "{self:?}"
        );
    }

    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.body
    }
}

impl Play {
    pub async fn new() -> Self {
        Self::with(settings()).await
    }

    pub async fn with(settings: Settings) -> Self {
        Self {
            sandbox: Sandbox::start(settings).await.unwrap(),
            http: client(),
        }
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, self.sandbox.url(path))
    }

    // PortOne.

    pub async fn portone(&self, path: &str) -> Answer {
        let request = self.portone_request(Method::GET, path);
        Answer::of(request.send().await.unwrap()).await
    }

    pub async fn portone_post(&self, path: &str, key: Option<&str>, body: &Value) -> Answer {
        let request = self.portone_keyed(path, key, body);
        Answer::of(request.send().await.unwrap()).await
    }

    pub fn portone_keyed(
        &self,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> reqwest::RequestBuilder {
        let request = self.portone_request(Method::POST, path).json(body);
        match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        }
    }

    fn portone_request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.request(method, &format!("/portone{path}"))
            .header("authorization", "PortOne sandbox-portone-api-secret")
    }

    pub fn portone_window(id: &str, total: i64) -> Value {
        json!({
            "storeId": "store-sandbox",
            "channelKey": "channel-key-sandbox",
            "paymentId": id,
            "orderName": "Pen",
            "totalAmount": total,
            "currency": "KRW",
            "payMethod": "CARD",
            "redirectUrl": format!("{SHOP}/return?o=1"),
            "customData": { "cart": "c1" },
        })
    }

    pub async fn portone_open(&self, id: &str, total: i64) -> WindowOpened {
        self.control("/sandbox/portone/window", &Self::portone_window(id, total))
            .await
    }

    /// Opens a window and pays.
    pub async fn portone_paid(&self, id: &str, total: i64) {
        self.portone_open(id, total).await;
        self.press(Provider::PortOne, id, Button::Approve).await;
    }

    // Toss.

    pub async fn toss(&self, path: &str) -> Answer {
        let request = self.toss_request(Method::GET, path);
        Answer::of(request.send().await.unwrap()).await
    }

    pub async fn toss_post(&self, path: &str, key: Option<&str>, body: &Value) -> Answer {
        let request = self.toss_keyed(path, key, body);
        Answer::of(request.send().await.unwrap()).await
    }

    pub fn toss_keyed(
        &self,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> reqwest::RequestBuilder {
        let request = self.toss_request(Method::POST, path).json(body);
        match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        }
    }

    pub fn toss_request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.request(method, &format!("/toss/v1/payments{path}"))
            .basic_auth("test_gsk_sandbox", Some(""))
    }

    pub fn toss_window(id: &str, total: i64) -> Value {
        json!({
            "clientKey": "test_gck_sandbox",
            "orderId": id,
            "orderName": "Pen",
            "amount": { "currency": "KRW", "value": total },
            "successUrl": format!("{SHOP}/success"),
            "failUrl": format!("{SHOP}/fail"),
        })
    }

    pub async fn toss_open(&self, id: &str, total: i64) -> WindowOpened {
        self.control("/sandbox/toss/window", &Self::toss_window(id, total))
            .await
    }

    /// Opens a window and agrees; gives the body to confirm with.
    pub async fn toss_agreed(&self, id: &str, total: i64) -> Value {
        let key = self.toss_open(id, total).await.reference;
        self.press(Provider::Toss, id, Button::Approve).await;
        json!({ "paymentKey": key, "orderId": id, "amount": total })
    }

    /// Opens, agrees and confirms; gives the paymentKey.
    pub async fn toss_paid(&self, id: &str, total: i64) -> String {
        let confirm = self.toss_agreed(id, total).await;
        self.toss_post("/confirm", None, &confirm).await.ok();
        confirm["paymentKey"].as_str().unwrap().to_owned()
    }

    // KakaoPay.

    pub async fn kakaopay(&self, call: &str, body: &Value) -> Answer {
        let request = self.kakaopay_request(call, body);
        Answer::of(request.send().await.unwrap()).await
    }

    pub fn kakaopay_request(&self, call: &str, body: &Value) -> reqwest::RequestBuilder {
        self.request(Method::POST, &format!("/kakaopay/online/v1/payment/{call}"))
            .header("authorization", "SECRET_KEY sandbox-kakaopay-secret-key")
            .json(body)
    }

    pub fn kakaopay_ready_body(id: &str, total: i64) -> Value {
        json!({
            "cid": "TC0ONETIME",
            "partner_order_id": id,
            "partner_user_id": "u-77",
            "item_name": "Pen",
            "quantity": 1,
            "total_amount": total,
            "tax_free_amount": 0,
            "approval_url": format!("{SHOP}/k/ok?o=1"),
            "cancel_url": format!("{SHOP}/k/cancel"),
            "fail_url": format!("{SHOP}/k/fail"),
        })
    }

    /// Gets a window ready; gives its tid.
    pub async fn kakaopay_ready(&self, id: &str, total: i64) -> String {
        let body = Self::kakaopay_ready_body(id, total);
        let ready = self.kakaopay("ready", &body).await.ok();
        ready["tid"].as_str().unwrap().to_owned()
    }

    /// Gets a window ready and agrees; gives the body to approve with.
    pub async fn kakaopay_agreed(&self, id: &str, total: i64) -> Value {
        let tid = self.kakaopay_ready(id, total).await;
        let back = self.press(Provider::KakaoPay, id, Button::Approve).await;
        let token = back.split_once("pg_token=").unwrap().1;
        json!({
            "cid": "TC0ONETIME",
            "tid": tid,
            "partner_order_id": id,
            "partner_user_id": "u-77",
            "pg_token": token,
            "total_amount": total,
        })
    }

    /// Gets ready, agrees and approves; gives the tid.
    pub async fn kakaopay_paid(&self, id: &str, total: i64) -> String {
        let approve = self.kakaopay_agreed(id, total).await;
        self.kakaopay("approve", &approve).await.ok();
        approve["tid"].as_str().unwrap().to_owned()
    }

    pub async fn kakaopay_order(&self, tid: &str) -> Value {
        let body = json!({ "cid": "TC0ONETIME", "tid": tid });
        self.kakaopay("order", &body).await.ok()
    }

    pub async fn kakaopay_cancel(&self, tid: &str, amount: i64, available: Option<i64>) -> Answer {
        let mut body = json!({
            "cid": "TC0ONETIME",
            "tid": tid,
            "cancel_amount": amount,
            "cancel_tax_free_amount": 0,
        });
        if let Some(available) = available {
            body["cancel_available_amount"] = json!(available);
        }
        self.kakaopay("cancel", &body).await
    }

    // The control API.

    pub async fn control<T: DeserializeOwned>(&self, path: &str, body: &Value) -> T {
        let answer = self.control_answer(path, body).await;
        assert!(answer.status < 300, "{path}: {answer:?}");
        serde_json::from_value(answer.body).unwrap()
    }

    pub async fn control_answer(&self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).json(body);
        Answer::of(request.send().await.unwrap()).await
    }

    pub async fn look<T: DeserializeOwned>(&self, path: &str) -> T {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        answer.json().await.unwrap()
    }

    pub async fn report(&self, provider: Provider, id: &str) -> PaymentReport {
        let provider = provider.slug();
        self.look(&format!("/sandbox/payments/{provider}/{id}"))
            .await
    }

    /// Presses a button of the last window; gives where the browser goes.
    pub async fn press(&self, provider: Provider, id: &str, button: Button) -> String {
        let path = format!("/sandbox/payments/{}/{id}/press", provider.slug());
        let press = serde_json::to_value(Press { button }).unwrap();
        let report: PressReport = self.control(&path, &press).await;
        report.redirect
    }

    pub async fn fault(&self, provider: Provider, on: Step, fault: Fault) {
        let order = FaultOrder {
            provider,
            on,
            id: None,
            times: 1,
            fault,
        };
        let order = serde_json::to_value(order).unwrap();
        let _: FaultOrder = self.control("/sandbox/faults", &order).await;
    }

    pub async fn advance_minutes(&self, minutes: u32) {
        let by = MoveClock {
            advance_ms: Some(minutes * 60_000),
            scale: None,
        };
        let by = serde_json::to_value(by).unwrap();
        let _: Value = self.control("/sandbox/clock", &by).await;
    }
}
