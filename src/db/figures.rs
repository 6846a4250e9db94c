//! How the database's work is counted.

use std::time::Duration;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};
use sea_orm::{DatabaseConnection, DbBackend, sqlx};
use tokio::time::Instant;

use crate::{
    fault::{Failure, Fault, Outcome},
    metrics::{Histogram, Labels, family, gauges},
};

/// Statements and transactions. Clones are the same.
#[derive(Clone, Debug)]
pub struct Figures {
    statements: Histogram,
    failures: Counter,
    transactions: Family<Labels<1>, Counter>,
    retries: Counter,
    waiting: Gauge,
    begins: Histogram,
    commits: Histogram,
}

const OUTCOMES: [&str; 5] = ["committed", "refused", "failed", "overloaded", "unknown"];

impl Figures {
    /// Counts a statement.
    pub fn statement(&self, time: Duration, failed: bool) {
        self.statements.observe(time);
        if failed {
            self.failures.inc();
        }
    }

    /// Counts what a transaction came to, with all its attempts.
    pub fn transaction<T, R>(&self, outcome: &Outcome<T, R>) {
        let outcome = match outcome {
            Ok(_) => "committed",
            Err(Failure::Refused(_)) => "refused",
            Err(Failure::Fault(Fault::Overloaded { .. } | Fault::TimedOut)) => "overloaded",
            Err(Failure::Fault(Fault::OutcomeUnknown(_))) => "unknown",
            Err(Failure::Fault(_)) => "failed",
        };
        self.transactions
            .get_or_create(&[("outcome", outcome)])
            .inc();
    }

    /// Counts an attempt that lost a race.
    pub fn lost_a_race(&self) {
        self.retries.inc();
    }

    /// Counts who waits for a connection, and how long.
    pub async fn waiting<T>(&self, beginning: impl Future<Output = T>) -> T {
        let asked = Instant::now();
        self.waiting.inc();
        let begun = beginning.await;
        self.waiting.dec();
        self.begins.observe_since(asked);
        begun
    }

    /// Counts a commit that was begun then.
    pub fn committed(&self, begun: Instant) {
        self.commits.observe_since(begun);
    }

    /// Registers them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "database_statement_duration",
            "Time of a statement, from the asking for a connection to the last row",
            Unit::Seconds,
            self.statements.clone(),
        );
        registry.register(
            "database_statements_failed",
            "Statements that the database answered with an error, or not at all",
            self.failures.clone(),
        );
        registry.register(
            "database_transactions",
            "Transactions by outcome: committed; refused by a rule and failed, which were rolled back; overloaded, \
             without a connection or after too many races; unknown, as the connection broke during the commit",
            self.transactions.clone(),
        );
        registry.register(
            "database_transaction_retries",
            "Attempts of transactions that lost a race, and were begun again",
            self.retries.clone(),
        );
        registry.register(
            "database_transactions_waiting",
            "Transactions that wait for a connection, or on SQLite for the one writer",
            self.waiting.clone(),
        );
        registry.register_with_unit(
            "database_begin_duration",
            "Time until a transaction has its connection and has begun",
            Unit::Seconds,
            self.begins.clone(),
        );
        registry.register_with_unit(
            "database_commit_duration",
            "Time of a commit",
            Unit::Seconds,
            self.commits.clone(),
        );
    }
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            statements: Histogram::of_work(),
            failures: Counter::default(),
            transactions: family(Counter::default, OUTCOMES.map(|name| [("outcome", name)])),
            retries: Counter::default(),
            waiting: Gauge::default(),
            begins: Histogram::of_work(),
            commits: Histogram::of_work(),
        }
    }
}

/// Registers what connections the pools have.
pub fn register_pools(registry: &mut Registry, pools: &[(&'static str, &DatabaseConnection)]) {
    let pools = pools
        .iter()
        .map(|(name, pool)| (*name, Connections::of(pool)));
    let pools = pools.collect::<Vec<_>>();
    let states = pools.iter().flat_map(|(name, connections)| {
        let state = |state| [("pool", *name), ("state", state)];
        let busy = connections.open - connections.idle;
        [(state("idle"), connections.idle), (state("busy"), busy)]
    });
    gauges(
        registry,
        "database_connections",
        "Connections that are open, by pool and whether somebody has them",
        states,
    );
    gauges(
        registry,
        "database_connections_max",
        "The most connections that a pool may have",
        pools
            .iter()
            .map(|(name, connections)| ([("pool", *name)], connections.max)),
    );
}

struct Connections {
    open: i64,
    idle: i64,
    max: i64,
}

impl Connections {
    fn of(pool: &DatabaseConnection) -> Self {
        match pool.get_database_backend() {
            DbBackend::Sqlite => Self::of_pool(pool.get_sqlite_connection_pool()),
            _ => Self::of_pool(pool.get_postgres_connection_pool()),
        }
    }

    fn of_pool<D: sqlx::Database>(pool: &sqlx::Pool<D>) -> Self {
        let open = i64::from(pool.size());
        let idle = i64::try_from(pool.num_idle()).unwrap_or(i64::MAX);
        Self {
            open,
            // They are counted one after the other.
            idle: idle.min(open),
            max: i64::from(pool.options().get_max_connections()),
        }
    }
}
