//! How calls to gateways are counted.

use entity::payment::PaymentProvider;
use prometheus_client::{
    metrics::family::Family,
    registry::{Registry, Unit},
};
use tokio::time::Instant;

use super::{answer::NotApproved, http::Asked};
use crate::metrics::{Histogram, Labels};

/// The calls to all gateways, by what was asked and answered. Clones are the same.
#[derive(Clone, Debug)]
pub struct Figures {
    calls: Family<Labels<3>, Histogram>,
}

/// The calls to one of them.
#[derive(Clone, Debug)]
pub struct Calls {
    figures: Figures,
    pub provider: &'static str,
}

const ASKED: [Asked; 4] = [Asked::Prepare, Asked::Approve, Asked::LookUp, Asked::Cancel];

const OUTCOMES: [&str; 3] = ["approved", "declined", "unknown"];

impl Figures {
    /// The calls to a gateway that the shop has.
    pub fn of(&self, provider: PaymentProvider) -> Calls {
        let calls = Calls {
            figures: self.clone(),
            provider: name(provider),
        };
        for asked in ASKED {
            for outcome in OUTCOMES {
                let labels = calls.labels(asked, outcome);
                drop(self.calls.get_or_create(&labels));
            }
        }
        calls
    }

    /// Registers them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "gateway_call_duration",
            "Time of a call to a payment gateway, by provider, call and outcome; unknown is what a look-up must settle",
            Unit::Seconds,
            self.calls.clone(),
        );
    }
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            calls: Family::new_with_constructor(Histogram::of_calls),
        }
    }
}

impl Calls {
    /// Counts a call that was made then.
    pub fn count<T>(&self, asked: Asked, went: &Result<T, NotApproved>, begun: Instant) {
        let labels = self.labels(asked, outcome(went));
        self.figures
            .calls
            .get_or_create(&labels)
            .observe_since(begun);
    }

    fn labels(&self, asked: Asked, outcome: &'static str) -> Labels<3> {
        [
            ("provider", self.provider),
            ("call", asked.name()),
            ("outcome", outcome),
        ]
    }
}

/// What a call came to.
pub fn outcome<T>(went: &Result<T, NotApproved>) -> &'static str {
    match went {
        Ok(_) => "approved",
        Err(NotApproved::Declined(_)) => "declined",
        Err(NotApproved::Unknown(_)) => "unknown",
    }
}

/// A gateway's name, as it is stored.
pub fn name(provider: PaymentProvider) -> &'static str {
    match provider {
        PaymentProvider::PortOne => "PORTONE",
        PaymentProvider::Toss => "TOSS",
        PaymentProvider::KakaoPay => "KAKAOPAY",
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveEnum, Iterable};

    use super::*;

    #[test]
    fn names_are_those_that_are_stored() {
        for provider in PaymentProvider::iter() {
            assert_eq!(name(provider), provider.to_value());
        }
    }
}
