//! KakaoPay. Its page lets the member agree; the money is taken when the shop approves.
//!
//! It has no idempotency keys and sends no webhooks. What makes asking twice safe is its tid: a payment is taken
//! once, whoever asks, and a cancellation says how much must be left before it.

mod error;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use entity::Won;
use serde::{Serialize, de::DeserializeOwned};

use self::wire::{Approve, Cancel, Error, Order, Ours, Payment, Readied, Ready};
use super::{
    Answer, BaseUrl, Bill, Cancellation, PaymentGateway, Prepared, Proof, ReasonKind, Record,
    WrongSetting,
    answer::{NotApproved, Verdict},
    http::{Asked, Caller, Connection, Credentials},
};
use crate::config::Secret;

/// Where KakaoPay is.
pub const BASE_URL: &str = "https://open-api.kakaopay.com";

/// How long a call may take: KakaoPay itself gives up after 11 seconds.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// The cids that move no real money: for single payments and for subscriptions.
const TEST_CIDS: [&str; 2] = ["TC0ONETIME", "TCSUBSCRIP"];

/// The longest name of what is paid for, in characters.
const ITEM_NAME_MAX: usize = 100;

/// What there must be to use KakaoPay.
#[derive(Clone, Debug)]
pub struct KakaoPaySettings {
    pub base_url: BaseUrl,
    pub secret_key: Secret,
    /// The merchant account.
    pub cid: String,
    /// The shop's own address as browsers know it; KakaoPay must have been told its domain.
    pub public_url: BaseUrl,
    /// How long a call may take.
    pub timeout: Duration,
}

/// KakaoPay's client.
#[derive(Debug)]
pub struct KakaoPay {
    connection: Connection,
    cid: String,
    public_url: BaseUrl,
}

impl KakaoPay {
    pub(super) fn new(settings: KakaoPaySettings, caller: Caller) -> Result<Self, WrongSetting> {
        let credentials = Credentials {
            name: "KakaoPay's secret key",
            scheme: "SECRET_KEY",
            key: settings.secret_key.bytes(),
        };
        Ok(Self {
            connection: Connection::new(caller, settings.base_url, &credentials, settings.timeout)?,
            cid: settings.cid,
            public_url: settings.public_url,
        })
    }

    async fn ready(&self, bill: &Bill) -> Result<Prepared, NotApproved> {
        let id = bill.payment_id;
        let body = Ready {
            cid: &self.cid,
            partner_order_id: &id.to_string(),
            partner_user_id: &bill.member_id.to_string(),
            item_name: &bill
                .order_name
                .chars()
                .take(ITEM_NAME_MAX)
                .collect::<String>(),
            quantity: 1,
            total_amount: bill.amount,
            tax_free_amount: Won::ZERO,
            approval_url: &self.public_url.kakaopay_approve(id),
            cancel_url: &self.public_url.kakaopay_cancel(id),
            fail_url: &self.public_url.kakaopay_fail(id),
        };
        let ready = self.ask::<Readied>(Asked::Prepare, &body).await?;
        Ok(Prepared {
            reference: Some(ready.tid),
            redirect_url: Some(ready.next_redirect_pc_url),
            mobile_redirect_url: ready.next_redirect_mobile_url,
            window: None,
        })
    }

    async fn take(&self, bill: &Bill, pg_token: &str) -> Result<Record, NotApproved> {
        let ids = Ids::of(bill)?;
        let body = Approve {
            cid: &self.cid,
            tid: ids.tid,
            partner_order_id: &ids.partner_order_id,
            partner_user_id: &ids.partner_user_id,
            pg_token,
            total_amount: bill.amount,
        };
        self.ask::<Payment>(Asked::Approve, &body)
            .await?
            .approved()
            .into_record(&self.ours(&ids))
    }

    async fn order(&self, bill: &Bill) -> Result<Record, NotApproved> {
        let ids = Ids::of(bill)?;
        let body = Order {
            cid: &self.cid,
            tid: ids.tid,
        };
        self.ask::<Payment>(Asked::LookUp, &body)
            .await?
            .into_record(&self.ours(&ids))
    }

    async fn give_back(
        &self,
        bill: &Bill,
        cancellation: &Cancellation,
    ) -> Result<Record, NotApproved> {
        let ids = Ids::of(bill)?;
        let body = Cancel {
            cid: &self.cid,
            tid: ids.tid,
            cancel_amount: cancellation.amount,
            cancel_tax_free_amount: Won::ZERO,
            cancel_available_amount: cancellation.cancelable,
        };
        self.ask::<Payment>(Asked::Cancel, &body)
            .await?
            .into_record(&self.ours(&ids))
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        asked: Asked,
        body: &impl Serialize,
    ) -> Result<T, NotApproved> {
        let call = match asked {
            Asked::Prepare => "ready",
            Asked::Approve => "approve",
            Asked::LookUp => "order",
            Asked::Cancel => "cancel",
        };
        let request = self
            .connection
            .post(&["online", "v1", "payment", call], body);
        self.connection.ask::<T, Error>(asked, request).await
    }

    fn ours<'a>(&'a self, ids: &'a Ids<'_>) -> Ours<'a> {
        Ours {
            cid: &self.cid,
            tid: ids.tid,
            partner_order_id: &ids.partner_order_id,
            partner_user_id: &ids.partner_user_id,
            is_test: TEST_CIDS.contains(&self.cid.as_str()),
        }
    }
}

/// What KakaoPay calls a payment and whose it is.
struct Ids<'a> {
    tid: &'a str,
    partner_order_id: String,
    partner_user_id: String,
}

impl<'a> Ids<'a> {
    /// KakaoPay knows payments by their tid alone. While the shop has none, no member was sent there, and nothing
    /// can have been taken.
    fn of(bill: &'a Bill) -> Result<Self, NotApproved> {
        let tid = bill.reference.as_deref().ok_or_else(|| {
            Verdict::Declined(ReasonKind::NotFound).because("NO_TID", "It was never begun.")
        })?;
        Ok(Self {
            tid,
            partner_order_id: bill.payment_id.to_string(),
            partner_user_id: bill.member_id.to_string(),
        })
    }
}

#[async_trait]
impl PaymentGateway for KakaoPay {
    async fn prepare(&self, bill: &Bill) -> Answer<Prepared> {
        self.ready(bill).await.into()
    }

    /// Without a token there is nothing to approve with, only to ask.
    async fn approve(&self, bill: &Bill, proof: &Proof) -> Answer<Record> {
        match proof {
            Proof::PgToken(pg_token) => self.take(bill, pg_token).await.into(),
            Proof::PaymentKey(_) | Proof::None => self.order(bill).await.into(),
        }
    }

    async fn look_up(&self, bill: &Bill) -> Answer<Record> {
        self.order(bill).await.into()
    }

    async fn cancel(&self, bill: &Bill, cancellation: &Cancellation) -> Answer<Record> {
        self.give_back(bill, cancellation).await.into()
    }
}
