//! The gateways as their buyers and consoles use them, and as the one who breaks them does.

use std::{net::SocketAddr, time::Duration};

use chrono::TimeDelta;
use reqwest::{StatusCode, Url};
use sandbox::{
    Provider, Sandbox, Settings,
    control::{
        Button, ConsoleRefund, FaultOrder, InboxReport, Mode, PaymentReport, PortOneWindow, Press,
        PressReport, SendWebhook, TossAmount, TossWindow,
    },
};
use serde::{Serialize, de::DeserializeOwned};

pub struct Gateways {
    sandbox: Sandbox,
    keys: Settings,
    http: reqwest::Client,
}

/// A payment as the shop's page opens a window for it.
#[derive(Clone, Debug)]
pub struct Bill {
    pub provider: Provider,
    pub id: String,
    pub amount: i64,
    pub name: String,
}

impl Gateways {
    pub fn new(sandbox: Sandbox, keys: Settings) -> Self {
        Self {
            sandbox,
            keys,
            http: reqwest::Client::new(),
        }
    }

    pub fn leap(&self, by: Duration) {
        let by = TimeDelta::from_std(by).expect("a leap");
        self.sandbox.clock().advance(by);
    }

    /// Opens a window, as a page of the shop at this address does, unless the gateway would not have it. KakaoPay's is
    /// open from the start.
    pub async fn open(&self, bill: &Bill, shop: SocketAddr) {
        let id = &bill.id;
        let back = |path: &str| format!("http://{shop}/payments/{path}");
        match bill.provider {
            Provider::PortOne => {
                let window = PortOneWindow {
                    store_id: self.keys.portone.store_id.clone(),
                    payment_id: id.clone(),
                    order_name: bill.name.clone(),
                    total_amount: bill.amount,
                    currency: "KRW".into(),
                    redirect_url: back("portone/return"),
                    ..PortOneWindow::default()
                };
                self.post("/sandbox/portone/window", &window).await;
            }
            Provider::Toss => {
                let window = TossWindow {
                    client_key: self.keys.toss.client_key.clone(),
                    order_id: id.clone(),
                    order_name: bill.name.clone(),
                    amount: TossAmount {
                        currency: "KRW".into(),
                        value: bill.amount,
                    },
                    success_url: back(&format!("toss/success?payment={id}")),
                    fail_url: back(&format!("toss/fail?payment={id}")),
                    ..TossWindow::default()
                };
                self.post("/sandbox/toss/window", &window).await;
            }
            Provider::KakaoPay => {}
        }
    }

    /// Presses a button of the payment's last window; gives where the browser goes, if there was a window to press.
    pub async fn press(&self, bill: &Bill, button: Button) -> Option<Url> {
        let path = format!("{}/press", path(bill.provider, &bill.id));
        let pressed = self.post(&path, &Press { button }).await?;
        let report = serde_json::from_str::<PressReport>(&pressed).expect("a report");
        Some(report.redirect.parse().expect("an address"))
    }

    /// Gives money back in the gateway's console, if there is any.
    pub async fn refund_in_console(&self, bill: &Bill, amount: Option<i64>) {
        let path = format!("{}/console-refund", path(bill.provider, &bill.id));
        self.post(&path, &ConsoleRefund { amount }).await;
    }

    /// Tells the shop once more where a payment stands.
    pub async fn tell_again(&self, provider: Provider, id: &str) {
        let webhook = SendWebhook {
            provider,
            id: id.to_owned(),
            kind: None,
        };
        self.post("/sandbox/send-webhook", &webhook).await;
    }

    pub async fn order_fault(&self, fault: &FaultOrder) {
        let ordered = self.post("/sandbox/faults", fault).await;
        assert!(ordered.is_some(), "{fault:?} can be met");
    }

    /// The faults that nobody has met yet.
    pub async fn faults(&self) -> Vec<FaultOrder> {
        self.get("/sandbox/faults").await
    }

    pub async fn clear_faults(&self) {
        let url = self.sandbox.url("/sandbox/faults");
        self.http.delete(url).send().await.expect("an answer");
    }

    /// Every payment in the gateways' books.
    pub async fn records(&self) -> Vec<PaymentReport> {
        self.get("/sandbox/payments").await
    }

    /// How the data platform does from now on.
    pub async fn set_platform(&self, mode: Mode) {
        self.post("/sandbox/events/mode", &mode).await;
    }

    /// Everything that the data platform was told.
    pub async fn arrivals(&self) -> InboxReport {
        self.get("/sandbox/events").await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> T {
        let answer = self.http.get(self.sandbox.url(path)).send().await;
        answer.expect("an answer").json().await.expect("JSON")
    }

    /// What the sandbox answers; `None` where what was asked for is not to be had.
    async fn post(&self, path: &str, body: &impl Serialize) -> Option<String> {
        let request = self.http.post(self.sandbox.url(path)).json(body);
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        let is_refused = matches!(
            status,
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::CONFLICT
        );
        assert!(status.is_success() || is_refused, "{path}: {status} {text}");
        status.is_success().then_some(text)
    }
}

fn path(provider: Provider, id: &str) -> String {
    format!("/sandbox/payments/{}/{id}", provider.slug())
}
