//! Payment gateways: one trait, three real HTTP clients.
//!
//! Every answer is [`Answer::Approved`], [`Answer::Declined`] or [`Answer::Unknown`]. A time-out, a broken
//! connection, a 5xx, an unreadable body, an error that does not say for sure that nothing happened: all of them
//! are `Unknown`, and a look-up settles them. Nothing is ever guessed.
//!
//! | file | holds |
//! | --- | --- |
//! | `answer.rs` | what a gateway answers, and why not |
//! | `portone/`, `toss/`, `kakaopay/` | a client each, its wire format, its table of errors |
//! | `http.rs` | what the clients share of sending and reading |
//! | `address.rs` | where gateways are, and where they send browsers back to |
//! | `breaker.rs`, `guarded.rs` | when a gateway is out of order |
//! | `figures.rs` | how the calls are counted |
//! | `configured.rs` | the gateways that the shop has |

pub mod address;
pub mod answer;
pub mod breaker;
pub mod configured;
mod figures;
pub mod guarded;
mod http;
pub mod kakaopay;
pub mod portone;
pub mod toss;

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entity::{
    Won,
    id::{MemberId, PaymentId, RefundId},
};
use serde::{Deserialize, Serialize};

pub(crate) use self::http::client;
pub use self::{
    address::BaseUrl,
    answer::{Answer, Reason, ReasonKind},
    configured::{GatewaySettings, Gateways},
    guarded::Guarded,
    http::WrongSetting,
};

/// What a gateway can do. All of it goes over the network: never within a transaction.
#[async_trait]
pub trait PaymentGateway: fmt::Debug + Send + Sync {
    /// Tells the gateway of a payment, and gives what the client needs to open its window.
    async fn prepare(&self, bill: &Bill) -> Answer<Prepared>;

    /// Asks the gateway to take the money, with the client's proof; where the window itself takes it, or there is
    /// no proof, only what is known. `Approved` is an answer for sure: the record says what has become of it.
    async fn approve(&self, bill: &Bill, proof: &Proof) -> Answer<Record>;

    /// Asks the gateway for its own record. `Declined` where it knows of no such payment.
    async fn look_up(&self, bill: &Bill) -> Answer<Record>;

    /// Asks the gateway to give money back; gives its record as it is afterwards.
    async fn cancel(&self, bill: &Bill, cancellation: &Cancellation) -> Answer<Record>;
}

/// A payment as its gateway must know it.
#[derive(Clone, Debug)]
pub struct Bill {
    pub payment_id: PaymentId,
    pub member_id: MemberId,
    pub order_name: String,
    pub amount: Won,
    pub expires_at: DateTime<Utc>,
    /// The gateway's own name for it, once it is known: Toss's paymentKey, KakaoPay's tid.
    pub reference: Option<String>,
    /// Which key to ask for approval with, from 1.
    pub approval: i32,
}

/// What the client brings back from the window.
#[derive(Clone)]
pub enum Proof {
    /// Toss: the payment's paymentKey.
    PaymentKey(String),
    /// KakaoPay: a token that is kept in memory only.
    PgToken(String),
    /// PortOne: the window has taken the money.
    None,
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PaymentKey(_) => "PaymentKey(…)",
            Self::PgToken(_) => "PgToken(…)",
            Self::None => "None",
        })
    }
}

/// What `prepare` brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prepared {
    pub reference: Option<String>,
    /// Where the browser goes to pay; `None` where the shop's own page opens the window.
    pub redirect_url: Option<String>,
    pub mobile_redirect_url: Option<String>,
    /// What the shop's own page opens the window with, besides the bill.
    pub window: Option<Window>,
}

/// A window that the gateway's script opens in the shop's own page. None of it is a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Window {
    PortOne {
        store_id: String,
        channel_key: String,
        return_url: String,
    },
    Toss {
        client_key: String,
        success_url: String,
        fail_url: String,
    },
}

/// A gateway's own record of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub state: RecordState,
    /// What it was asked to take, in the smallest unit of `currency`.
    pub total: Won,
    /// What it has given back so far.
    pub canceled: Won,
    /// ISO 4217.
    pub currency: String,
    /// Whether it is about our payment, of our merchant account.
    pub is_ours: bool,
    /// Whether it moved no real money, or does not say that it did.
    pub is_test: bool,
    pub reference: Option<String>,
    pub paid_at: Option<DateTime<Utc>>,
}

/// Where a payment stands in the gateway's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// The member may still pay, or is at it.
    Open,
    /// The money was taken; `Record::canceled` says how much of it went back.
    Paid,
    /// It was not taken. With PortOne the member may try once more in the same window.
    Failed(Reason),
    /// It was not taken in time.
    Expired,
}

/// Money that is to go back.
#[derive(Clone, Debug)]
pub struct Cancellation {
    pub refund_id: RefundId,
    /// Which key to ask with, from 1: a key replays its first answer.
    pub key: i32,
    pub amount: Won,
    /// What the gateway still holds, this refund included: it refuses if that is not so.
    pub cancelable: Won,
    pub reason: String,
}

impl Bill {
    /// What approval is asked for under.
    fn idempotency_key(&self) -> String {
        format!("confirm:{}:{}", self.payment_id, self.approval)
    }
}

impl Cancellation {
    /// What money is asked back under.
    fn idempotency_key(&self) -> String {
        format!("{}:{}", self.refund_id, self.key)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_proof_is_not_shown() {
        for proof in [
            Proof::PgToken("77e9".into()),
            Proof::PaymentKey("77e9".into()),
        ] {
            assert!(!format!("{proof:?}").contains("77e9"));
        }
    }

    #[test]
    fn keys_are_those_that_every_gateway_takes() {
        let bill = Bill {
            payment_id: PaymentId(Uuid::nil()),
            member_id: MemberId(Uuid::nil()),
            order_name: String::new(),
            amount: Won(1),
            expires_at: DateTime::UNIX_EPOCH,
            reference: None,
            approval: 2,
        };
        let cancellation = Cancellation {
            refund_id: RefundId(Uuid::nil()),
            key: 3,
            amount: Won(1),
            cancelable: Won(1),
            reason: String::new(),
        };
        let keys = [bill.idempotency_key(), cancellation.idempotency_key()];
        assert_eq!(keys[0], "confirm:payment_00000000000000000000000000:2");
        assert_eq!(keys[1], "refund_00000000000000000000000000:3");
        // PortOne takes 16 to 256 characters, Toss up to 300.
        assert!(keys.iter().all(|key| (16..=256).contains(&key.len())));
    }
}
