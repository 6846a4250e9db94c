//! Toss Payments. Its window lets the member agree; the money is taken when the shop confirms.

mod error;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use entity::id::PaymentId;

use self::wire::{Cancel, Confirm, Error, Ours, Payment};
use super::{
    Answer, BaseUrl, Bill, Cancellation, PaymentGateway, Prepared, Proof, ReasonKind, Record,
    Window, WrongSetting,
    answer::{NotApproved, Verdict},
    http::{Asked, Caller, Connection, Credentials},
};
use crate::config::Secret;

/// Where Toss Payments is.
pub const BASE_URL: &str = "https://api.tosspayments.com";

/// How long a call may take: it names no limit, and card companies take their time.
pub const TIMEOUT: Duration = Duration::from_mins(1);

/// The longest paymentKey, in characters.
const PAYMENT_KEY_MAX: usize = 200;

/// The longest reason for a cancellation, in characters.
const CANCEL_REASON_MAX: usize = 200;

/// What there must be to use Toss Payments. The two keys are a pair.
#[derive(Clone, Debug)]
pub struct TossSettings {
    pub base_url: BaseUrl,
    /// For browsers: no secret.
    pub client_key: String,
    pub secret_key: Secret,
    /// The merchant account that payments must be of; unchecked where it is not given.
    pub merchant_id: Option<String>,
    /// The shop's own address as browsers know it.
    pub public_url: BaseUrl,
    /// How long a call may take.
    pub timeout: Duration,
}

/// Toss Payments' client.
#[derive(Debug)]
pub struct Toss {
    connection: Connection,
    client_key: String,
    merchant_id: Option<String>,
    public_url: BaseUrl,
    is_test: bool,
}

impl Toss {
    pub(super) fn new(settings: TossSettings, caller: Caller) -> Result<Self, WrongSetting> {
        let name = "Toss's secret key";
        let secret_key = settings.secret_key.bytes();
        if secret_key.is_empty() {
            return Err(WrongSetting::Key(name));
        }
        // A name and a password, as Basic authentication wants them: the key is the name, the password is empty.
        let encoded = STANDARD.encode([secret_key, b":"].concat());
        let credentials = Credentials {
            name,
            scheme: "Basic",
            key: encoded.as_bytes(),
        };
        Ok(Self {
            connection: Connection::new(caller, settings.base_url, &credentials, settings.timeout)?,
            client_key: settings.client_key,
            merchant_id: settings.merchant_id,
            public_url: settings.public_url,
            is_test: secret_key.starts_with(b"test_"),
        })
    }

    fn window(&self, payment_id: PaymentId) -> Window {
        Window::Toss {
            client_key: self.client_key.clone(),
            success_url: self.public_url.toss_success(payment_id),
            fail_url: self.public_url.toss_fail(payment_id),
        }
    }

    async fn confirm(&self, bill: &Bill, payment_key: &str) -> Result<Record, NotApproved> {
        let payment_key = checked(payment_key)?;
        let order_id = bill.payment_id.to_string();
        let body = Confirm {
            payment_key,
            order_id: &order_id,
            amount: bill.amount,
        };
        let request = self
            .connection
            .post(&["v1", "payments", "confirm"], &body)
            .header("Idempotency-Key", bill.idempotency_key());
        self.connection
            .ask::<Payment, Error>(Asked::Approve, request)
            .await?
            .into_record(&self.ours(&order_id, Some(payment_key)))
    }

    async fn get(&self, bill: &Bill) -> Result<Record, NotApproved> {
        let order_id = bill.payment_id.to_string();
        let payment_key = bill.reference.as_deref();
        let request = match payment_key {
            Some(key) => self.connection.get(&["v1", "payments", checked(key)?]),
            None => self
                .connection
                .get(&["v1", "payments", "orders", &order_id]),
        };
        self.connection
            .ask::<Payment, Error>(Asked::LookUp, request)
            .await?
            .into_record(&self.ours(&order_id, payment_key))
    }

    async fn give_back(
        &self,
        bill: &Bill,
        cancellation: &Cancellation,
    ) -> Result<Record, NotApproved> {
        let payment_key = match bill.reference.clone() {
            Some(key) => key,
            None => self.get(bill).await?.reference.unwrap_or_default(),
        };
        let reason = cancellation.reason.chars().take(CANCEL_REASON_MAX);
        let body = Cancel {
            cancel_reason: &reason.collect::<String>(),
            cancel_amount: cancellation.amount,
            refundable_amount: cancellation.cancelable,
        };
        let request = self
            .connection
            .post(&["v1", "payments", checked(&payment_key)?, "cancel"], &body)
            .header("Idempotency-Key", cancellation.idempotency_key());
        self.connection
            .ask::<Payment, Error>(Asked::Cancel, request)
            .await?
            .into_record(&self.ours(&bill.payment_id.to_string(), Some(&payment_key)))
    }

    fn ours<'a>(&'a self, order_id: &'a str, payment_key: Option<&'a str>) -> Ours<'a> {
        Ours {
            order_id,
            payment_key,
            merchant_id: self.merchant_id.as_deref(),
            is_test: self.is_test,
        }
    }
}

/// The key, if it can be one. It comes from a browser, and becomes a part of a path.
fn checked(payment_key: &str) -> Result<&str, NotApproved> {
    let is_key = (1..=PAYMENT_KEY_MAX).contains(&payment_key.len())
        && payment_key.bytes().all(|byte| byte.is_ascii_graphic())
        && !matches!(payment_key, "." | "..");
    if is_key {
        Ok(payment_key)
    } else {
        Err(Verdict::Declined(ReasonKind::NotFound)
            .because("NOT_A_PAYMENT_KEY", "No payment has such a key."))
    }
}

#[async_trait]
impl PaymentGateway for Toss {
    /// Toss hears of a payment when its window opens.
    async fn prepare(&self, bill: &Bill) -> Answer<Prepared> {
        Answer::Approved(Prepared {
            window: Some(self.window(bill.payment_id)),
            ..Prepared::default()
        })
    }

    /// Without a key there is nothing to confirm, only to ask.
    async fn approve(&self, bill: &Bill, proof: &Proof) -> Answer<Record> {
        let payment_key = match proof {
            Proof::PaymentKey(key) => Some(key),
            Proof::PgToken(_) | Proof::None => bill.reference.as_ref(),
        };
        match payment_key {
            Some(key) => self.confirm(bill, key).await.into(),
            None => self.get(bill).await.into(),
        }
    }

    async fn look_up(&self, bill: &Bill) -> Answer<Record> {
        self.get(bill).await.into()
    }

    async fn cancel(&self, bill: &Bill, cancellation: &Cancellation) -> Answer<Record> {
        self.give_back(bill, cancellation).await.into()
    }
}
