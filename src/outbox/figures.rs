//! How the outbox does, in figures: what this instance has tried, and what waits, by the table.

use chrono::{DateTime, Utc};
use prometheus_client::{
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

use super::{
    rules::{Failure, FailureKind},
    store::Depth,
};
use crate::metrics::{Labels, family, gauge};

/// Attempts since the start, by what came of them.
#[derive(Clone, Debug)]
pub struct Attempts(Family<Labels<1>, Counter>);

const DELIVERED: &str = "delivered";

impl FailureKind {
    const ALL: [Self; 3] = [Self::Refused, Self::TimedOut, Self::Unreachable];

    const fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
        }
    }
}

impl Default for Attempts {
    fn default() -> Self {
        let failures = FailureKind::ALL.map(FailureKind::word);
        let outcomes = [DELIVERED].into_iter().chain(failures);
        Self(family(Counter::default, outcomes.map(labels)))
    }
}

const fn labels(outcome: &'static str) -> Labels<1> {
    [("outcome", outcome)]
}

impl Attempts {
    /// Counts one.
    pub fn count(&self, result: &Result<(), Failure>) {
        let outcome = match result {
            Ok(()) => DELIVERED,
            Err(failure) => failure.kind.word(),
        };
        self.0.get_or_create(&labels(outcome)).inc();
    }

    /// Adds them to the figures of a scrape.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "outbox_attempts",
            "Attempts to tell the data platform of an event, by what came of them: delivered; refused, for whatever it \
             answered but a 2xx; timed_out; unreachable",
            self.0.clone(),
        );
    }
}

impl Depth {
    /// Adds what waits to the figures of a scrape.
    pub fn register(&self, registry: &mut Registry, now: DateTime<Utc>) {
        gauge(
            registry,
            "outbox_undelivered",
            "Events that the data platform has not taken yet, those that were given up among them; 0 without a platform",
            self.undelivered,
        );
        gauge(
            registry,
            "outbox_dead",
            "Events that were given up: somebody must look, and have them tried again",
            self.dead,
        );
        let age = self.oldest.map(|oldest| (now - oldest).num_seconds());
        gauge(
            registry,
            "outbox_oldest_age_seconds",
            "Age of the oldest event that the data platform has not taken yet; 0 where it has all",
            age.unwrap_or_default().max(0),
        );
    }
}
