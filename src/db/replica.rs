//! A streaming replica of PostgreSQL, which takes reads off the primary, and how it is known how old it is.
//!
//! Twice a second the primary is asked where its log ends, and the replica how far it has replayed it. When the replica
//! has come to where the primary was at some moment, it holds everything of that moment: how long ago that was is how
//! old its answers may be. No clock but this machine's matters; a primary that is idle makes nothing older, and a
//! replica that is dead, frozen or cut off proves nothing new. So each read asks one thing, how old the newest proof
//! is, and no answer is older than the limit, whatever became of the check.
//!
//! Which reads may be old at all is decided in `graphql/freshness.rs`.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::{
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::{Registry, Unit},
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, FromQueryResult, Statement};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use super::{Db, answered, in_background, lag::Marks};
use crate::panics::caught;

/// The pause between two checks.
const PAUSE: Duration = Duration::from_millis(500);

/// How long a check may take.
const CHECK_MAX: Duration = Duration::from_secs(2);

/// How long the replica may take for an answer, with the wait for a connection; then the primary is asked.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// A replica beside the primary.
pub struct Replica {
    /// Where reads go.
    reader: DatabaseConnection,
    /// A connection each that only the check uses: however busy the pools are, it is not kept waiting.
    check: Check,
    lag_max: Duration,
    state: Mutex<State>,
    reads: AtomicU64,
    returns: AtomicU64,
}

pub(super) struct Check {
    pub primary: DatabaseConnection,
    pub replica: DatabaseConnection,
}

/// What the last check found.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// When all was committed that the replica is known to hold.
    proof: Option<Instant>,
    trouble: Option<Trouble>,
}

/// Why a replica is left out, if not for its age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It does not answer.
    Silent,
    /// It is no replica, or another database's.
    Stranger,
    /// The primary does not answer, so nothing is known.
    Unmeasured,
}

/// How a replica stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// How old its answers may be; `None` before it has come to where the primary was at the first check.
    pub lag: Option<Duration>,
    pub trouble: Option<Trouble>,
    /// Whether reads go to it.
    pub is_in_use: bool,
    /// Reads that it has answered.
    pub reads: u64,
    /// Reads that it failed to answer, and the primary answered.
    pub returns: u64,
}

impl Replica {
    pub(super) fn new(reader: DatabaseConnection, check: Check, lag_max: Duration) -> Self {
        let state = State {
            proof: None,
            trouble: Some(Trouble::Unmeasured),
        };
        Self {
            reader,
            check,
            lag_max,
            state: Mutex::new(state),
            reads: AtomicU64::new(0),
            returns: AtomicU64::new(0),
        }
    }

    /// How it stands at this moment.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let State { proof, trouble } = self.state();
        let lag = proof.map(|proof| proof.elapsed());
        Standing {
            lag,
            trouble,
            is_in_use: trouble.is_none() && lag.is_some_and(|lag| lag <= self.lag_max),
            reads: self.reads.load(Ordering::Relaxed),
            returns: self.returns.load(Ordering::Relaxed),
        }
    }

    /// Checks it again and again.
    pub(super) fn watch(self: Arc<Self>) -> JoinHandle<()> {
        tokio::spawn(in_background(async move {
            let mut marks = Marks::default();
            let mut was_in_use = None;
            loop {
                let found = caught(self.look(&mut marks)).await;
                let found = found.unwrap_or_else(|_| self.left_out(Trouble::Unmeasured));
                *self.state.lock().unwrap_or_else(PoisonError::into_inner) = found;
                let standing = self.standing();
                if was_in_use != Some(standing.is_in_use) {
                    was_in_use = Some(standing.is_in_use);
                    tracing::info!(%standing, "the replica");
                }
                sleep(PAUSE).await;
            }
        }))
    }

    async fn look(&self, marks: &mut Marks) -> State {
        // The moment before the question: what was committed by then lies before the position in the answer.
        let asked = Instant::now();
        let primary = ask(&self.check.primary, AT_PRIMARY).await;
        let Some(primary) = primary else {
            return self.left_out(Trouble::Unmeasured);
        };
        if let Some(position) = primary.position {
            marks.note(asked, position);
        }
        let Some(replica) = ask(&self.check.replica, AT_REPLICA).await else {
            return self.left_out(Trouble::Silent);
        };
        let is_ours = replica.is_replica
            && replica.system == primary.system
            && replica.database == primary.database;
        let Some(replayed) = replica.position.filter(|_| is_ours) else {
            return self.left_out(Trouble::Stranger);
        };
        State {
            proof: marks.passed(replayed),
            trouble: None,
        }
    }

    fn left_out(&self, trouble: Trouble) -> State {
        State {
            proof: self.state().proof,
            trouble: Some(trouble),
        }
    }

    pub(super) fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Registers how it stands.
    pub(super) fn register(&self, registry: &mut Registry) {
        let standing = self.standing();
        registry.register(
            "replica_in_use",
            "Whether reads go to the replica; where it is left out, the primary answers them. Only with \
             DATABASE_REPLICA_URL",
            ConstGauge::new(i64::from(standing.is_in_use)),
        );
        // Not a number before anything is known: an alarm on its age does not go off then, the one on its use does.
        let lag = standing.lag.map_or(f64::NAN, |lag| lag.as_secs_f64());
        registry.register_with_unit(
            "replica_lag",
            "How old the replica's answers may be at most. Only with DATABASE_REPLICA_URL",
            Unit::Seconds,
            ConstGauge::new(lag),
        );
        registry.register(
            "replica_reads",
            "Reads that the replica answered. Only with DATABASE_REPLICA_URL",
            ConstCounter::new(standing.reads),
        );
        registry.register(
            "replica_returns",
            "Reads that the replica failed to answer, and the primary answered. Only with DATABASE_REPLICA_URL",
            ConstCounter::new(standing.returns),
        );
    }

    /// Closes the connections to it.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        self.check.primary.close_by_ref().await?;
        let closed = async {
            self.check.replica.close_by_ref().await?;
            self.reader.close_by_ref().await
        };
        // One that is frozen is not waited for.
        timeout(CHECK_MAX, closed).await.unwrap_or(Ok(()))
    }

    fn state(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the replica answers; `None` if it does not, in time. Then it is left out until the next check.
    async fn answer<T>(&self, read: impl Future<Output = Result<T, DbErr>>) -> Option<T> {
        let is_gone = match timeout(ANSWER_MAX, read).await {
            Ok(Ok(rows)) => {
                self.reads.fetch_add(1, Ordering::Relaxed);
                return Some(rows);
            }
            // It is there, and will not: it had to drop the query for what it replays, or has no such column yet.
            Ok(Err(error)) if answered(&error) => {
                tracing::debug!(%error, "the replica refused a query");
                false
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the replica failed");
                true
            }
            Err(_) => {
                tracing::warn!("the replica took too long");
                true
            }
        };
        if is_gone {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.trouble = Some(Trouble::Silent);
        }
        self.returns.fetch_add(1, Ordering::Relaxed);
        None
    }
}

impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replica({})", self.standing())
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lag = self.lag.unwrap_or_default().as_millis();
        match (self.trouble, self.lag) {
            (None, Some(_)) if self.is_in_use => write!(f, "in use, at most {lag} ms old"),
            (None, Some(_)) => write!(f, "left out, {lag} ms old"),
            (None, None) => f.write_str("left out, it has not caught up yet"),
            (Some(Trouble::Silent), _) => f.write_str("left out, it does not answer"),
            (Some(Trouble::Stranger), _) => {
                f.write_str("left out, it is no replica of this database")
            }
            (Some(Trouble::Unmeasured), _) => f.write_str("left out, nobody knows how old it is"),
        }
    }
}

/// Where a server's log is. The position is that of what is on the primary's disk, which is what a replica gets.
#[derive(FromQueryResult)]
struct Place {
    system: String,
    database: String,
    is_replica: bool,
    position: Option<i64>,
}

const AT_PRIMARY: &str =
    "SELECT system_identifier::text AS system, current_database()::text AS database,
    false AS is_replica, pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint AS position
FROM pg_control_system()";

const AT_REPLICA: &str = "SELECT system_identifier::text AS system, current_database()::text AS database,
    pg_is_in_recovery() AS is_replica, pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint AS position
FROM pg_control_system()";

async fn ask(connection: &DatabaseConnection, place: &str) -> Option<Place> {
    let statement = Statement::from_string(DbBackend::Postgres, place);
    let asked = async {
        let row = connection.query_one_raw(statement).await?;
        row.map(|row| Place::from_query_result(&row, ""))
            .transpose()
    };
    match timeout(CHECK_MAX, asked).await {
        Ok(Ok(place)) => place,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a check of the replica failed");
            None
        }
        Err(_) => None,
    }
}

/// Where one operation reads what may be a little old: on the replica while that is fit, and from the first time that
/// it is not on the primary, so that no part of an answer is older than what the part before it led to.
pub struct Shelf {
    db: Db,
    replica: Option<Arc<Replica>>,
    is_left: AtomicBool,
}

impl Shelf {
    /// `may_be_old`: whether the operation may read the replica at all.
    #[must_use]
    pub fn new(db: Db, may_be_old: bool) -> Self {
        let replica = db.0.replica.clone().filter(|_| may_be_old);
        Self {
            db,
            replica,
            is_left: AtomicBool::new(false),
        }
    }

    /// Reads; from the primary where the replica fails.
    pub async fn read<T, F>(
        &self,
        read: impl Fn(DatabaseConnection) -> F + Send,
    ) -> Result<T, DbErr>
    where
        F: Future<Output = Result<T, DbErr>> + Send,
        T: Send,
    {
        if let Some(replica) = self.replica() {
            if let Some(rows) = replica.answer(read(replica.reader.clone())).await {
                return Ok(rows);
            }
            self.leave();
        }
        read(self.db.reader().clone()).await
    }

    /// Reads so many rows by their ids. One that the replica does not have may be new: then the primary is asked.
    pub async fn find<T, F>(
        &self,
        count: usize,
        read: impl Fn(DatabaseConnection) -> F + Send + Sync,
    ) -> Result<Vec<T>, DbErr>
    where
        F: Future<Output = Result<Vec<T>, DbErr>> + Send,
        T: Send,
    {
        let is_on_replica = self.replica().is_some();
        let found = self.read(&read).await?;
        if found.len() >= count || !is_on_replica {
            return Ok(found);
        }
        self.leave();
        read(self.db.reader().clone()).await
    }

    /// Whether reads go to the primary, as all do that must not be old.
    #[must_use]
    pub fn is_primary(&self) -> bool {
        self.replica().is_none()
    }

    fn replica(&self) -> Option<&Replica> {
        let replica = self.replica.as_deref()?;
        if !self.is_left.load(Ordering::Relaxed) {
            if replica.standing().is_in_use {
                return Some(replica);
            }
            self.leave();
        }
        None
    }

    fn leave(&self) {
        self.is_left.store(true, Ordering::Relaxed);
    }
}
