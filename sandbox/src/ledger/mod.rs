//! Every payment the sandbox plays, whichever gateway's, in one form and under one set of rules about money.
//!
//! The rules are pure: the time and new names are arguments.

mod attempt;
mod cancel;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

pub use attempt::{Attempt, Failure, Opening, Particulars, ReturnUrls, Status, StepRefusal};
pub use cancel::{Cancel, CancelRefusal, CancelState, CancelWish, CanceledBy};

/// A gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    PortOne,
    Toss,
    KakaoPay,
}

/// A payment by the shop's name for it, with every attempt to pay it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Payment {
    pub provider: Provider,
    /// The shop's name: PortOne's paymentId, Toss's orderId, KakaoPay's partner_order_id.
    pub id: String,
    /// What PortOne was told before any window opened.
    #[serde(default)]
    pub agreed: Agreed,
    /// In the order they were opened.
    pub attempts: Vec<Attempt>,
}

/// What a window must ask for, where the shop has said so beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    pub total: Option<i64>,
    pub currency: Option<String>,
}

/// All payments.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "Vec<Payment>")]
pub struct Ledger {
    payments: BTreeMap<(Provider, String), Payment>,
    /// Which payment an attempt belongs to, by the attempt's reference.
    owners: BTreeMap<String, (Provider, String)>,
}

impl Provider {
    pub const ALL: [Self; 3] = [Self::PortOne, Self::Toss, Self::KakaoPay];

    /// As it stands in paths and in JSON.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::PortOne => "portone",
            Self::Toss => "toss",
            Self::KakaoPay => "kakaopay",
        }
    }

    /// As people write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PortOne => "PortOne",
            Self::Toss => "Toss Payments",
            Self::KakaoPay => "KakaoPay",
        }
    }
}

impl Payment {
    /// The attempt that speaks for the payment: the first that took money, else the last.
    #[must_use]
    pub fn leading(&self) -> Option<&Attempt> {
        let taken = self.attempts.iter().find(|attempt| attempt.is_taken());
        taken.or_else(|| self.attempts.last())
    }

    /// Whether any attempt took money, given back since or not.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.attempts.iter().any(Attempt::is_taken)
    }
}

impl Ledger {
    pub fn payments(&self) -> impl Iterator<Item = &Payment> {
        self.payments.values()
    }

    pub fn payment(&self, provider: Provider, id: &str) -> Option<&Payment> {
        self.payments.get(&(provider, id.to_owned()))
    }

    /// The payment of that name, made where there is none.
    pub fn payment_or_new(&mut self, provider: Provider, id: &str) -> &mut Payment {
        let key = (provider, id.to_owned());
        self.payments.entry(key).or_insert_with(|| Payment {
            provider,
            id: id.to_owned(),
            agreed: Agreed::default(),
            attempts: Vec::new(),
        })
    }

    /// The attempt of that reference, with its payment.
    pub fn attempt(&self, provider: Provider, reference: &str) -> Option<(&Payment, &Attempt)> {
        let owner = self.owners.get(reference)?;
        let payment = self.payments.get(owner)?;
        let attempt = payment
            .attempts
            .iter()
            .find(|attempt| attempt.reference == reference)?;
        (owner.0 == provider).then_some((payment, attempt))
    }

    pub fn attempt_mut(&mut self, provider: Provider, reference: &str) -> Option<&mut Attempt> {
        let owner = self.owners.get(reference)?;
        let payment = self.payments.get_mut(owner)?;
        (owner.0 == provider).then_some(())?;
        payment
            .attempts
            .iter_mut()
            .find(|attempt| attempt.reference == reference)
    }

    /// The attempt that speaks for the payment, as [`Payment::leading`].
    pub fn leading_mut(&mut self, provider: Provider, id: &str) -> Option<&mut Attempt> {
        let reference = self.payment(provider, id)?.leading()?.reference.clone();
        self.attempt_mut(provider, &reference)
    }

    pub fn add(&mut self, provider: Provider, id: &str, attempt: Attempt) {
        self.owners
            .insert(attempt.reference.clone(), (provider, id.to_owned()));
        self.payment_or_new(provider, id).attempts.push(attempt);
    }
}

impl From<Vec<Payment>> for Ledger {
    fn from(payments: Vec<Payment>) -> Self {
        let mut ledger = Self::default();
        for payment in payments {
            let owner = (payment.provider, payment.id.clone());
            for attempt in &payment.attempts {
                ledger
                    .owners
                    .insert(attempt.reference.clone(), owner.clone());
            }
            ledger.payments.insert(owner, payment);
        }
        ledger
    }
}

impl Serialize for Ledger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.payments.values())
    }
}
