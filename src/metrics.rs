//! Figures for whoever watches the server, as Prometheus collects them. They are read from the database whenever it
//! asks, so that every instance tells the same, and none has to be counted along.

use chrono::{DateTime, Utc};
use entity::{payment::PaymentProvider, refund::RefundStatus};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};
use sea_orm::{ActiveEnum, Iterable};

use crate::{
    app::App,
    fault::Fault,
    payment::operator::figures::{self, Figures},
};

/// Before the name of every family.
const PREFIX: &str = "jangteo";

/// All figures as they are now, in the text format of OpenMetrics.
///
/// # Errors
/// When the database fails.
pub async fn scrape(app: &App) -> Result<String, Fault> {
    let figures = figures::read(app.db.reader()).await?;
    let mut registry = Registry::with_prefix(PREFIX);
    register_payments(&mut registry, &figures, app.clock.now());
    let mut text = String::new();
    encode(&mut text, &registry).map_err(Fault::internal)?;
    Ok(text)
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    provider: String,
    status: String,
}

/// What a payment that is not final waits for: its member, or its gateway.
const PENDING: [&str; 2] = ["READY", "IN_DOUBT"];

fn register_payments(registry: &mut Registry, figures: &Figures, now: DateTime<Utc>) {
    let pending = family(PENDING.map(str::to_owned));
    for count in &figures.payments {
        set(&pending, &count.provider, &count.status, count.count);
    }
    registry.register(
        "payments_pending",
        "Payments that are not final: READY wait for the member, IN_DOUBT for their gateway's certain answer",
        pending,
    );
    let open = family([RefundStatus::Owed, RefundStatus::Stuck].map(|status| status.to_value()));
    for count in &figures.refunds {
        set(&open, &count.provider, &count.status, count.count);
    }
    registry.register(
        "refunds_open",
        "Refunds that are not done: OWED are asked for, STUCK were refused by their gateway and need somebody",
        open,
    );
    let oldest = figures.refunds.iter().map(|count| count.oldest).min();
    let age = Gauge::<i64>::default();
    age.set(oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0)));
    registry.register_with_unit(
        "refunds_oldest_age",
        "Age of the oldest refund that is not done; 0 where all are",
        Unit::Seconds,
        age,
    );
}

/// A family that begins with 0 for each provider and status: what is not told cannot raise an alarm.
fn family(statuses: impl IntoIterator<Item = String>) -> Family<Labels, Gauge> {
    let family = Family::default();
    for status in statuses {
        for provider in PaymentProvider::iter() {
            set(&family, &provider.to_value(), &status, 0);
        }
    }
    family
}

fn set(family: &Family<Labels, Gauge>, provider: &str, status: &str, count: i64) {
    let labels = Labels {
        provider: provider.to_owned(),
        status: status.to_owned(),
    };
    family.get_or_create(&labels).set(count);
}
