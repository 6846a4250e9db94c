//! Figures of the bus: how it stands with NATS, and what came and went.

use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use prometheus_client::{metrics::counter::ConstCounter, registry::Registry};

use super::Bus;
use crate::metrics::gauge;

/// What this server counts of its bus.
#[derive(Debug, Default)]
pub struct Figures {
    has_nats: AtomicBool,
    is_connected: AtomicBool,
    has_stream: AtomicBool,
    published: AtomicU64,
    dropped: AtomicU64,
    received: AtomicU64,
    subscriptions: AtomicU64,
    sweeps: AtomicU64,
    found: AtomicU64,
}

/// What carries words from one server to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    Nats,
    /// NATS does not answer: the sweep does it alone.
    NatsAway,
    /// NATS answers, but does not acknowledge: it runs without JetStream, or without its stream.
    NatsWithoutStream,
}

/// As an operator reads it.
impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nats => "NATS",
            Self::NatsAway => "NATS is away: what is missing is read from the database",
            Self::NatsWithoutStream => {
                "NATS does not acknowledge: what is missing is read from the database"
            }
        })
    }
}

impl Figures {
    pub(super) fn expect_nats(&self) {
        self.has_nats.store(true, Relaxed);
    }

    pub(super) fn set_connected(&self, is_connected: bool) {
        self.is_connected.store(is_connected, Relaxed);
        if !is_connected {
            self.has_stream.store(false, Relaxed);
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.is_connected.load(Relaxed)
    }

    pub(super) fn set_stream(&self, has_stream: bool) {
        self.has_stream.store(has_stream, Relaxed);
    }

    pub(super) fn has_stream(&self) -> bool {
        self.has_stream.load(Relaxed)
    }

    /// Whether NATS carries what is handed to it.
    pub(super) fn is_carried(&self) -> bool {
        self.carrier() == Some(Carrier::Nats)
    }

    fn carrier(&self) -> Option<Carrier> {
        if !self.has_nats.load(Relaxed) {
            return None;
        }
        Some(match (self.is_connected(), self.has_stream()) {
            (false, _) => Carrier::NatsAway,
            (true, false) => Carrier::NatsWithoutStream,
            (true, true) => Carrier::Nats,
        })
    }

    pub(super) fn published(&self) {
        self.published.fetch_add(1, Relaxed);
    }

    pub(super) fn dropped(&self) {
        self.dropped.fetch_add(1, Relaxed);
    }

    pub(super) fn received(&self) {
        self.received.fetch_add(1, Relaxed);
    }

    pub(super) fn set_subscriptions(&self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.subscriptions.store(count, Relaxed);
    }

    pub(super) fn swept(&self) {
        self.sweeps.fetch_add(1, Relaxed);
    }

    pub(super) fn found(&self) {
        self.found.fetch_add(1, Relaxed);
    }
}

impl Bus {
    /// What carries words from this server to others now; `None` for nothing but the sweep.
    #[must_use]
    pub fn carrier(&self) -> Option<Carrier> {
        self.figures.carrier()
    }

    /// How many keys are subscribed to at NATS.
    #[must_use]
    pub fn subscriptions(&self) -> u64 {
        self.figures.subscriptions.load(Relaxed)
    }

    /// Registers the figures as they are now.
    pub fn register(&self, registry: &mut Registry) {
        let figures = &self.figures;
        let carrier = self.carrier();
        let is_connected = carrier.is_none_or(|carrier| carrier == Carrier::Nats);
        gauge(
            registry,
            "bus_connected",
            "Whether NATS carries what the instance tells others: 0 while it is away or does not acknowledge; 1 also where \
             no NATS is set",
            i64::from(is_connected),
        );
        gauge(
            registry,
            "bus_subscriptions",
            "Members, stores and products that the instance is subscribed to at NATS",
            i64::try_from(self.subscriptions()).unwrap_or(i64::MAX),
        );
        for (name, help, count) in [
            (
                "bus_published",
                "Messages that NATS acknowledged",
                &figures.published,
            ),
            (
                "bus_dropped",
                "Messages that were not handed to NATS, or not acknowledged: others read of it in the database",
                &figures.dropped,
            ),
            (
                "bus_received",
                "Messages of other instances",
                &figures.received,
            ),
            (
                "bus_sweeps",
                "Looks into the database for what others committed",
                &figures.sweeps,
            ),
            (
                "bus_swept",
                "What such a look found that no message had told: with NATS, more than a few are lost messages",
                &figures.found,
            ),
        ] {
            registry.register(name, help, ConstCounter::new(count.load(Relaxed)));
        }
    }
}
