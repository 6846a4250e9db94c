//! Figures for whoever watches the server, as Prometheus collects them.
//!
//! *Live* figures are counted along where the work is done, in atomics, and are this instance's own. Those *of the
//! database* are read whenever Prometheus asks, so that every instance tells the same and none has to be counted
//! along; where the database does not answer they are left out, and `jangteo_database_up` is 0.
//!
//! A slice that has figures has a file `figures.rs` and in it a `register`, which adds them to a registry; one of the
//! two functions below calls it. Names are part of the API: a counter's ends in `_total`, a time is in seconds and says
//! so, labels have few values, all known beforehand. What each means stands in its help text and in docs/metrics.md,
//! where a test looks for it.

mod histogram;
mod process;

use std::{fmt::Debug, hash::Hash, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeMetric, text::encode},
    metrics::{
        family::{Family, MetricConstructor},
        gauge::{ConstGauge, Gauge},
        info::Info,
    },
    registry::Registry,
};
use tokio::time::timeout;

use crate::{
    app::App,
    db::in_background,
    fault::Fault,
    outbox::{self, store::Depth},
    panics,
    payment::operator::figures::{self as payments, Figures as Payments},
};

pub use histogram::Histogram;

/// Before the name of every family but those of the process, which have the names that they have everywhere.
const PREFIX: &str = "jangteo";

/// How long the database may take: Prometheus waits for ten seconds, and wants the live figures all the same.
const STORED_WITHIN: Duration = Duration::from_secs(3);

/// All figures as they are now, in the text format of OpenMetrics.
///
/// # Errors
/// When they cannot be written down.
pub async fn scrape(app: &App, is_stopping: bool) -> Result<String, Fault> {
    let stored = timeout(STORED_WITHIN, in_background(Stored::read(app)));
    let stored = match stored.await {
        Ok(Ok(stored)) => Some(stored),
        Ok(Err(error)) => {
            tracing::warn!(%error, "no figures of the database");
            None
        }
        Err(_) => {
            tracing::warn!("no figures of the database: it takes too long");
            None
        }
    };
    let is_ready = !is_stopping && stored.as_ref().is_some_and(|stored| stored.is_migrated);

    let mut registry = Registry::default();
    process::register(&mut registry);
    let registry_of_ours = registry.sub_registry_with_prefix(PREFIX);
    register_live(registry_of_ours, app, is_ready);
    gauge(
        registry_of_ours,
        "database_up",
        "Whether the database answered this scrape; where it did not, the figures that are read from it are missing",
        i64::from(stored.is_some()),
    );
    if let Some(stored) = &stored {
        register_stored(registry_of_ours, stored, app);
    }
    let mut text = String::new();
    encode(&mut text, &registry).map_err(Fault::internal)?;
    Ok(text)
}

/// What is counted along.
fn register_live(registry: &mut Registry, app: &App, is_ready: bool) {
    registry.register(
        "build",
        "Which version this is; always 1",
        Info::new([("version", env!("CARGO_PKG_VERSION"))]),
    );
    gauge(
        registry,
        "ready",
        "Whether the instance can serve, as /readyz says",
        i64::from(is_ready),
    );
    panics::register(registry);
    app.responses.register(registry);
    app.operations.register(registry);
    app.listeners.register(registry);
    app.placement.register(registry);
    app.payments.gateways.register(registry, app.clock.now());
    app.db.register(registry);
    app.bus.register(registry);
    app.outbox.register(registry);
}

/// What is read from the database.
fn register_stored(registry: &mut Registry, stored: &Stored, app: &App) {
    stored.payments.register(registry, app.clock.now());
    stored.outbox.register(registry, app.clock.now());
}

/// What is read from the database.
struct Stored {
    is_migrated: bool,
    payments: Payments,
    outbox: Depth,
}

impl Stored {
    async fn read(app: &App) -> Result<Self, Fault> {
        Ok(Self {
            is_migrated: app.db.is_migrated().await?,
            payments: payments::read(app.db.reader()).await?,
            outbox: outbox::depth(app).await?,
        })
    }
}

/// Labels whose names and values are written in the code: so there are few of them.
pub type Labels<const N: usize> = [(&'static str, &'static str); N];

/// A family that has a sample for each of these labels from the start: an alarm hears nothing of what is not told.
pub fn family<const N: usize, M, C>(
    metric: C,
    labels: impl IntoIterator<Item = Labels<N>>,
) -> Family<Labels<N>, M, C>
where
    M: EncodeMetric,
    C: MetricConstructor<M>,
{
    let family = Family::new_with_constructor(metric);
    for labels in labels {
        drop(family.get_or_create(&labels));
    }
    family
}

/// Registers a figure that is what it is at this scrape.
pub fn gauge(registry: &mut Registry, name: &str, help: &str, value: i64) {
    registry.register(name, help, ConstGauge::new(value));
}

/// Registers a figure for each of these labels that is what it is at this scrape.
pub fn gauges<S>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    values: impl IntoIterator<Item = (S, i64)>,
) where
    S: EncodeLabelSet + Clone + Debug + Eq + Hash + Send + Sync + 'static,
{
    let family = Family::<S, Gauge>::default();
    for (labels, value) in values {
        family.get_or_create(&labels).set(value);
    }
    registry.register(name, help, family);
}
