//! PortOne V2: many payment companies behind one API. Its window takes the money by itself.

mod error;
mod wire;

use std::time::Duration;

use async_trait::async_trait;

use self::wire::{Cancel, Canceled, Error, Nothing, Payment, PreRegister};
use super::{
    Answer, BaseUrl, Bill, Cancellation, PaymentGateway, Prepared, Proof, Record, Window,
    WrongSetting,
    answer::NotApproved,
    http::{Asked, Caller, Connection, Credentials},
};
use crate::config::Secret;

/// Where PortOne is.
pub const BASE_URL: &str = "https://api.portone.io";

/// How long PortOne asks to be waited for: it waits for the company behind it.
pub const TIMEOUT: Duration = Duration::from_mins(1);

/// What there must be to use PortOne.
#[derive(Clone, Debug)]
pub struct PortOneSettings {
    pub base_url: BaseUrl,
    pub api_secret: Secret,
    pub store_id: String,
    /// Which of the store's channels the window uses.
    pub channel_key: String,
    /// The shop's own address as browsers know it.
    pub public_url: BaseUrl,
    /// How long a call may take.
    pub timeout: Duration,
}

/// PortOne's client.
#[derive(Debug)]
pub struct PortOne {
    connection: Connection,
    store_id: String,
    window: Window,
}

impl PortOne {
    pub(super) fn new(settings: PortOneSettings, caller: Caller) -> Result<Self, WrongSetting> {
        let credentials = Credentials {
            name: "PortOne's API secret",
            scheme: "PortOne",
            key: settings.api_secret.bytes(),
        };
        Ok(Self {
            connection: Connection::new(caller, settings.base_url, &credentials, settings.timeout)?,
            window: Window::PortOne {
                store_id: settings.store_id.clone(),
                channel_key: settings.channel_key,
                return_url: settings.public_url.portone_return(),
            },
            store_id: settings.store_id,
        })
    }

    /// Fixes the amount, so that no window can be opened with another. Done twice it is done once: it needs no
    /// idempotency key, and an error under one would be repeated for hours.
    async fn pre_register(&self, bill: &Bill) -> Result<Prepared, NotApproved> {
        let id = bill.payment_id.to_string();
        let body = PreRegister {
            store_id: &self.store_id,
            total_amount: bill.amount,
            currency: "KRW",
        };
        let request = self
            .connection
            .post(&["payments", &id, "pre-register"], &body);
        self.connection
            .ask::<Nothing, Error>(Asked::Prepare, request)
            .await?;
        Ok(Prepared {
            window: Some(self.window.clone()),
            ..Prepared::default()
        })
    }

    async fn get(&self, bill: &Bill) -> Result<Record, NotApproved> {
        let id = bill.payment_id.to_string();
        let request = self
            .connection
            .get(&["payments", &id])
            .query(&[("storeId", &self.store_id)]);
        self.connection
            .ask::<Payment, Error>(Asked::LookUp, request)
            .await?
            .into_record(&id, &self.store_id)
    }

    async fn give_back(
        &self,
        bill: &Bill,
        cancellation: &Cancellation,
    ) -> Result<Record, NotApproved> {
        let id = bill.payment_id.to_string();
        let body = Cancel {
            store_id: &self.store_id,
            reason: &cancellation.reason,
            amount: cancellation.amount,
            current_cancellable_amount: cancellation.cancelable,
        };
        let request = self
            .connection
            .post(&["payments", &id, "cancel"], &body)
            .header("Idempotency-Key", quoted(&cancellation.idempotency_key()));
        self.connection
            .ask::<Canceled, Error>(Asked::Cancel, request)
            .await?
            .check()?;
        // The answer tells of this cancellation only.
        self.get(bill).await.map_err(NotApproved::but_happened)
    }
}

/// PortOne reads keys as structured fields, where a text stands in quotes.
fn quoted(key: &str) -> String {
    format!("\"{key}\"")
}

#[async_trait]
impl PaymentGateway for PortOne {
    async fn prepare(&self, bill: &Bill) -> Answer<Prepared> {
        self.pre_register(bill).await.into()
    }

    async fn approve(&self, bill: &Bill, _: &Proof) -> Answer<Record> {
        self.get(bill).await.into()
    }

    async fn look_up(&self, bill: &Bill) -> Answer<Record> {
        self.get(bill).await.into()
    }

    async fn cancel(&self, bill: &Bill, cancellation: &Cancellation) -> Answer<Record> {
        self.give_back(bill, cancellation).await.into()
    }
}
