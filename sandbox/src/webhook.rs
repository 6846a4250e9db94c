//! Webhooks: from an event to deliveries, with the gateways' retries and the faults of the way.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use reqwest::{Client, header, redirect};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{sync::oneshot, task::JoinSet};

use crate::{
    faults::{Fault, Step},
    hold::hold,
    ledger::Provider,
    play::{Delivered, pause},
    world::{World, new_name},
};

/// Minutes before each delivery. PortOne adds a jitter, which would serve nobody here.
const PORTONE_MINUTES: &[u32] = &[0, 1, 4, 16, 64, 256];
const TOSS_MINUTES: &[u32] = &[0, 1, 4, 16, 64, 256, 1024, 4096];

/// How many copies of a webhook can be ordered.
const COPIES_MAX: u32 = 1_000;

/// How many deliveries are remembered.
const LOG_MAX: usize = 10_000;

/// Something that happened, to be told.
#[derive(Clone, Debug)]
pub struct Event {
    pub provider: Provider,
    /// The shop's name of the payment.
    pub id: String,
    /// `Transaction.Paid`, `PAYMENT_STATUS_CHANGED`.
    pub kind: String,
    pub body: Value,
    /// Where to; none where the shop has named no place.
    pub urls: Vec<String>,
}

impl Event {
    /// The same about something else.
    #[must_use]
    pub fn of_kind(mut self, kind: &str) -> Self {
        kind.clone_into(&mut self.kind);
        match self.provider {
            Provider::Toss if kind == "DEPOSIT_CALLBACK" => {
                // It is flat, and tells neither its type nor the paymentKey.
                let data = &self.body["data"];
                self.body = json!({
                    "createdAt": self.body["createdAt"],
                    "secret": data["secret"],
                    "status": data["status"],
                    "transactionKey": data["lastTransactionKey"],
                    "orderId": data["orderId"],
                });
            }
            Provider::Toss => self.body["eventType"] = json!(kind),
            Provider::PortOne | Provider::KakaoPay => self.body["type"] = json!(kind),
        }
        self
    }
}

/// One try to deliver a webhook, and what came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivery {
    pub provider: Provider,
    /// The shop's name of the payment.
    pub id: String,
    pub kind: String,
    /// The same for every try and every copy.
    pub message_id: String,
    pub url: String,
    /// From 0.
    pub retry: usize,
    pub at: DateTime<Utc>,
    /// The receiver's answer.
    pub status: Option<u16>,
    /// Why there was none.
    pub error: Option<String>,
}

/// The way out, and the record of what went.
#[derive(Debug)]
pub struct Post {
    client: Client,
    default_urls: Mutex<DefaultUrls>,
    log: Mutex<VecDeque<Delivery>>,
}

/// Where webhooks go unless a payment names another place.
#[derive(Clone, Debug, Default)]
pub struct DefaultUrls {
    pub portone: Option<String>,
    pub toss: Option<String>,
}

/// A message that is ready to go: every try sends the same bytes.
#[derive(Clone, Debug)]
struct Message {
    provider: Provider,
    payment: String,
    kind: String,
    id: String,
    url: String,
    signed: String,
    sent: String,
    fault: Option<Fault>,
}

impl Post {
    pub fn new(default_urls: DefaultUrls) -> reqwest::Result<Self> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self {
            client,
            default_urls: Mutex::new(default_urls),
            log: Mutex::default(),
        })
    }

    pub fn default_urls(&self) -> DefaultUrls {
        hold(&self.default_urls).clone()
    }

    pub fn set_default_urls(&self, urls: DefaultUrls) {
        *hold(&self.default_urls) = urls;
    }

    pub fn log(&self) -> Vec<Delivery> {
        hold(&self.log).iter().cloned().collect()
    }

    fn note(&self, delivery: Delivery) {
        let mut log = hold(&self.log);
        if log.len() == LOG_MAX {
            log.pop_front();
        }
        log.push_back(delivery);
    }
}

/// Sends an event on its way. What is given back, if anything, is to be awaited before the answer goes out.
pub fn announce(world: &Arc<World>, event: &Event) -> Vec<Delivered> {
    let fault = world
        .faults
        .meet(event.provider, Step::Webhook, Some(&event.id));
    if fault == Some(Fault::Never) {
        return Vec::new();
    }
    let is_early = fault == Some(Fault::Early);
    let id = format!("msg_{}", new_name());
    let mut before = Vec::new();
    for url in &event.urls {
        let message = Message::new(event.clone(), &id, url, fault.clone());
        let (delivered, wait) = oneshot::channel();
        world.spawn(deliver(world.clone(), message, delivered));
        if is_early {
            before.push(wait);
        }
    }
    before
}

impl Message {
    fn new(mut event: Event, id: &str, url: &str, fault: Option<Fault>) -> Self {
        let is_toss = event.provider == Provider::Toss;
        if fault == Some(Fault::UnknownType) {
            event = event.of_kind(if is_toss {
                "SANDBOX_UNHEARD_OF"
            } else {
                "Transaction.SandboxUnheardOf"
            });
        }
        if is_toss && fault == Some(Fault::Forged) {
            event.body["data"]["status"] = json!("DONE");
        }
        let signed = event.body.to_string();
        if fault == Some(Fault::Tampered) {
            let member = if is_toss {
                "totalAmount"
            } else {
                "transactionId"
            };
            event.body["data"][member] = json!(1);
        }
        Self {
            sent: event.body.to_string(),
            provider: event.provider,
            payment: event.id,
            kind: event.kind,
            id: id.to_owned(),
            url: url.to_owned(),
            signed,
            fault,
        }
    }

    /// Whether whoever sends it tries only once, as they must hope not to be noticed.
    fn is_foul(&self) -> bool {
        matches!(
            self.fault,
            Some(Fault::Forged | Fault::Stale | Fault::Tampered)
        )
    }
}

async fn deliver(world: Arc<World>, message: Message, delivered: oneshot::Sender<()>) {
    if let Some(Fault::Late { ms }) = message.fault {
        pause(&world, ms).await;
    }
    let copies = match message.fault {
        Some(Fault::Duplicate { n }) => 1 + n.min(COPIES_MAX),
        _ => 1,
    };
    let mut delivered = Some(delivered);
    let minutes = match message.provider {
        Provider::Toss => TOSS_MINUTES,
        _ => PORTONE_MINUTES,
    };
    for (retry, wait) in minutes.iter().enumerate() {
        world.clock.until(world.clock.after_minutes(*wait)).await;
        let copies = if retry == 0 { copies } else { 1 };
        let mut tries = JoinSet::new();
        for _ in 0..copies {
            tries.spawn(try_once(world.clone(), message.clone(), retry));
        }
        let is_accepted = tries.join_all().await.into_iter().any(|accepted| accepted);
        if let Some(delivered) = delivered.take() {
            // Nobody waits for it, unless it was ordered to be early.
            _ = delivered.send(());
        }
        if is_accepted || message.is_foul() {
            return;
        }
    }
}

/// Posts the message; gives whether it was accepted.
async fn try_once(world: Arc<World>, message: Message, retry: usize) -> bool {
    let now = world.clock.now();
    let sent_at = match message.fault {
        Some(Fault::Stale) => now - TimeDelta::minutes(10),
        _ => now,
    };
    let request = world
        .post
        .client
        .post(&message.url)
        .header(header::CONTENT_TYPE, "application/json");
    let request = if message.provider == Provider::Toss {
        // Payment webhooks of Toss are not signed.
        request
            .timeout(Duration::from_secs(10))
            .header("tosspayments-webhook-transmission-id", &message.id)
            .header(
                "tosspayments-webhook-transmission-time",
                sent_at.to_rfc3339_opts(SecondsFormat::Millis, true),
            )
            .header("tosspayments-webhook-transmission-retried-count", retry)
    } else {
        let timestamp = sent_at.timestamp();
        let (id, body) = (&message.id, &message.signed);
        let signature = match message.fault {
            Some(Fault::Forged) => world.webhook_secret.forged().sign(id, timestamp, body),
            _ => world.webhook_secret.sign(id, timestamp, body),
        };
        request
            .timeout(Duration::from_secs(30))
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
    };
    let answer = request.body(message.sent).send().await;
    let (status, error) = match answer {
        Ok(answer) => (Some(answer.status()), None),
        Err(error) => (None, Some(error.to_string())),
    };
    world.post.note(Delivery {
        provider: message.provider,
        id: message.payment,
        kind: message.kind,
        message_id: message.id,
        url: message.url,
        retry,
        at: now,
        status: status.map(|status| status.as_u16()),
        error,
    });
    status.is_some_and(|status| status.is_success())
}
