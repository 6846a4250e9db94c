//! Payment gateways: one trait, three real HTTP clients.
//!
//! Every answer is [`Answer::Approved`], [`Answer::Declined`] or [`Answer::Unknown`]. A time-out, a broken
//! connection, a 5xx, an unreadable body, an error that does not say for sure that nothing happened: all of them
//! are `Unknown`, and a look-up settles them. Nothing is ever guessed.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entity::{
    Won,
    id::{MemberId, PaymentId, RefundId},
};

/// What a gateway can do. All of it goes over the network: never within a transaction.
#[async_trait]
pub trait PaymentGateway: std::fmt::Debug + Send + Sync {
    /// Tells the gateway of a payment, and gives what the client needs to open its window.
    async fn prepare(&self, bill: &Bill) -> Answer<Prepared>;

    /// Asks the gateway to take the money, with the client's proof. Where the window itself takes the money, a
    /// look-up.
    async fn approve(&self, bill: &Bill, proof: &Proof) -> Answer<Record>;

    /// Asks the gateway for its own record. `Declined` where it knows of no such payment.
    async fn look_up(&self, bill: &Bill) -> Answer<Record>;

    /// Asks the gateway to give money back; gives its record as it is afterwards.
    async fn cancel(&self, bill: &Bill, cancellation: &Cancellation) -> Answer<Record>;
}

/// What a gateway answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    Approved(T),
    /// Certainly not, and nothing has happened.
    Declined(Reason),
    /// It may have happened or not: look up.
    Unknown(Reason),
}

/// Why not, or why it is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The gateway's own code, or ours: `TIMEOUT`, `UNREACHABLE`, `UNREADABLE`, `HTTP_503`.
    pub code: String,
    /// The gateway's words, without secrets and card data.
    pub message: String,
    pub kind: ReasonKind,
}

/// What a reason asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasonKind {
    /// The member's card, balance or wish.
    Payer,
    /// Not now: the same may be asked again later.
    Later,
    /// The gateway has no such payment.
    NotFound,
    /// Our keys or settings: somebody must look.
    Configuration,
    /// The gateway is not to be reached or not in order: what the circuit breaker counts.
    Gateway,
    /// Anything else.
    Other,
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

/// What `prepare` brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    pub reference: Option<String>,
    /// Where the browser goes to pay; `None` where the shop's own page opens the window.
    pub redirect_url: Option<String>,
    pub mobile_redirect_url: Option<String>,
}

/// A gateway's own record of a payment, checked to be about this payment of this merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub state: RecordState,
    /// What it was asked to take.
    pub total: Won,
    /// What it has given back so far.
    pub canceled: Won,
    /// ISO 4217.
    pub currency: String,
    /// Whether it is about our payment, of our merchant account.
    pub is_ours: bool,
    /// Whether it moved no real money.
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
    /// It was not taken.
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
