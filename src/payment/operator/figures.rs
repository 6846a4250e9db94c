//! How many payments and refunds are under way, for whoever watches the server.

use chrono::{DateTime, Utc};
use entity::{payment::PaymentProvider, refund::RefundStatus};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use sea_orm::{ActiveEnum, ConnectionTrait, DbErr, FromQueryResult, Iterable, Statement};

use crate::metrics::gauges;

/// What is not over yet, by provider and status.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub payments: Vec<Pending>,
    pub refunds: Vec<Open>,
}

/// Payments that are not final.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Pending {
    pub provider: String,
    /// `READY` for those that wait for the member, `IN_DOUBT` for those that the gateway was asked to take.
    pub status: String,
    pub count: i64,
}

/// Refunds that are not done.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Open {
    pub provider: String,
    /// `OWED` or `STUCK`.
    pub status: String,
    pub count: i64,
    pub oldest: DateTime<Utc>,
}

/// Reads the figures: from what the reconciler has left to do, whatever has come and gone.
///
/// # Errors
/// When the database fails.
pub async fn read(db: &impl ConnectionTrait) -> Result<Figures, DbErr> {
    Ok(Figures {
        payments: pending(db).await?,
        refunds: open(db).await?,
    })
}

/// What a payment that is not final waits for: its member, or its gateway.
const PENDING: [&str; 2] = ["READY", "IN_DOUBT"];

impl Figures {
    /// Registers them, as they are now.
    pub fn register(&self, registry: &mut Registry, now: DateTime<Utc>) {
        let counted = self.payments.iter().map(|payments| {
            let labels = labels(&payments.provider, &payments.status);
            (labels, payments.count)
        });
        gauges(
            registry,
            "payments_pending",
            "Payments that are not final: READY wait for the member, IN_DOUBT for their gateway's certain answer",
            none_of(PENDING.map(str::to_owned)).chain(counted),
        );
        let counted = self.refunds.iter().map(|refunds| {
            let labels = labels(&refunds.provider, &refunds.status);
            (labels, refunds.count)
        });
        let open = [RefundStatus::Owed, RefundStatus::Stuck].map(|status| status.to_value());
        gauges(
            registry,
            "refunds_open",
            "Refunds that are not done: OWED are asked for, STUCK were refused by their gateway and need somebody",
            none_of(open).chain(counted),
        );
        let oldest = self.refunds.iter().map(|refunds| refunds.oldest).min();
        let age = oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0));
        registry.register_with_unit(
            "refunds_oldest_age",
            "Age of the oldest refund that is not done; 0 where all are",
            Unit::Seconds,
            ConstGauge::new(age),
        );
    }
}

type Labels = [(&'static str, String); 2];

fn labels(provider: &str, status: &str) -> Labels {
    [
        ("provider", provider.to_owned()),
        ("status", status.to_owned()),
    ]
}

/// None of each provider and status, before they are counted: what is not told cannot raise an alarm.
fn none_of(statuses: impl IntoIterator<Item = String>) -> impl Iterator<Item = (Labels, i64)> {
    let each = |status: String| {
        PaymentProvider::iter().map(move |provider| (labels(&provider.to_value(), &status), 0))
    };
    statuses.into_iter().flat_map(each)
}

pub async fn pending(db: &impl ConnectionTrait) -> Result<Vec<Pending>, DbErr> {
    let sql = "SELECT provider, status, COUNT(*) AS count FROM (\
               SELECT provider, CASE WHEN approving_since IS NULL THEN 'READY' ELSE 'IN_DOUBT' END AS status \
               FROM payment WHERE check_at IS NOT NULL AND status = 'READY') AS pending \
               GROUP BY provider, status";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    Pending::find_by_statement(statement).all(db).await
}

pub async fn open(db: &impl ConnectionTrait) -> Result<Vec<Open>, DbErr> {
    let sql = "SELECT payment.provider AS provider, refund.status AS status, \
               COUNT(*) AS count, MIN(refund.created_at) AS oldest \
               FROM refund JOIN payment ON payment.id = refund.payment_id \
               WHERE refund.check_at IS NOT NULL \
               GROUP BY payment.provider, refund.status";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    Open::find_by_statement(statement).all(db).await
}
