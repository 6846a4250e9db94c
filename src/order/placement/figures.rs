//! How the engine's work is counted.

use prometheus_client::{
    metrics::{counter::Counter, family::Family},
    registry::{Registry, Unit},
};
use tokio::time::Instant;

use super::Answer;
use crate::{
    fault::{Failure, Fault},
    metrics::{Histogram, Labels, family},
};

/// Commands by outcome, and batches by size and time. Clones are the same.
#[derive(Clone, Debug)]
pub struct Figures {
    orders: Family<Labels<1>, Counter>,
    waits: Histogram,
    sizes: Histogram,
    stages: Family<Labels<1>, Histogram>,
    again: Family<Labels<1>, Counter>,
}

/// What is done for a batch, in this order.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    Load,
    Decide,
    Apply,
    Commit,
}

/// Why a batch was begun anew.
#[derive(Clone, Copy, Debug)]
pub enum Again {
    /// Stock that was only looked at had gone meanwhile.
    StockGone,
    /// A random order key was taken.
    KeyTaken,
    /// A command in it is one that the database refuses.
    Split,
}

impl Figures {
    /// Counts how a command was answered.
    pub fn answered(&self, answer: &Answer) {
        let outcome = match answer {
            Ok(_) => "placed",
            Err(Failure::Refused(_)) => "refused",
            Err(Failure::Fault(Fault::Overloaded { .. })) => "overloaded",
            Err(Failure::Fault(Fault::TimedOut)) => "timed_out",
            Err(Failure::Fault(_)) => "failed",
        };
        self.orders.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// Counts how long a command has waited that is taken up now.
    pub fn taken_up(&self, queued: Instant) {
        self.waits.observe_since(queued);
    }

    /// Counts a batch that begins.
    pub fn batch(&self, size: usize) {
        self.sizes.observe_size(size);
    }

    /// Counts a stage that was begun then and is done; gives the time at which the next begins.
    pub fn done(&self, stage: Stage, begun: Instant) -> Instant {
        let now = Instant::now();
        let stages = self.stages.get_or_create(&[("stage", stage.name())]);
        stages.observe(now - begun);
        now
    }

    /// Counts a batch that begins anew.
    pub fn again(&self, why: Again) {
        self.again.get_or_create(&[("reason", why.name())]).inc();
    }

    /// Registers them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "orders",
            "Answers to placeOrder: placed; refused by a rule; overloaded, as the queue was full or races were lost; \
             timed_out in the queue; failed",
            self.orders.clone(),
        );
        registry.register_with_unit(
            "orders_queue_wait",
            "Time that an order waits in the queue before it is tried",
            Unit::Seconds,
            self.waits.clone(),
        );
        registry.register(
            "orders_batch_size",
            "Orders that are placed in one transaction",
            self.sizes.clone(),
        );
        registry.register_with_unit(
            "orders_batch_stage",
            "Time of a batch's stages: load, decide, apply, commit",
            Unit::Seconds,
            self.stages.clone(),
        );
        registry.register(
            "orders_batches_again",
            "Batches that were begun anew: stock_gone, with the stock locked; key_taken, with other order keys; split, \
             as the database refused one of the orders",
            self.again.clone(),
        );
    }
}

impl Default for Figures {
    fn default() -> Self {
        let outcomes = ["placed", "refused", "overloaded", "timed_out", "failed"];
        let stages = [Stage::Load, Stage::Decide, Stage::Apply, Stage::Commit];
        let again = [Again::StockGone, Again::KeyTaken, Again::Split];
        Self {
            orders: family(Counter::default, outcomes.map(|name| [("outcome", name)])),
            waits: Histogram::of_work(),
            sizes: Histogram::of_sizes(),
            stages: family(
                Histogram::of_work,
                stages.map(|stage| [("stage", stage.name())]),
            ),
            again: family(Counter::default, again.map(|why| [("reason", why.name())])),
        }
    }
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Decide => "decide",
            Self::Apply => "apply",
            Self::Commit => "commit",
        }
    }
}

impl Again {
    fn name(self) -> &'static str {
        match self {
            Self::StockGone => "stock_gone",
            Self::KeyTaken => "key_taken",
            Self::Split => "split",
        }
    }
}
