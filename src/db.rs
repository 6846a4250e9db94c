//! The database: a reader, a writer, perhaps a replica, and the one place where transactions begin.
//!
//! *SQLite* runs in WAL mode with `synchronous=FULL`: what was committed survives a power cut.
//! Writes go through one connection, begun `IMMEDIATE`, so a writer never finds out half-way that
//! it has to start again; reads run beside it on connections of their own. *PostgreSQL* has one
//! pool, `READ COMMITTED` and explicit row locks: a reader never waits for a lock, and a writer
//! sees the row that it locked as it is now. Not more isolation than that, because every decision
//! locks what it rests on, or writes what the table's own check would refuse; serialization failures
//! are retried all the same, for databases that run stricter.

mod abandoned;
mod backup;
mod figures;
mod lag;
mod replica;
mod schema;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::registry::Registry;
use rand::RngExt;
use scoped_futures::ScopedBoxFuture;
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, IsolationLevel, RuntimeErr, SqliteTransactionMode, SqlxError,
    TransactionOptions, TransactionTrait,
};
use tokio::{task::JoinHandle, time::Instant};
use tracing::Instrument;

use crate::{
    config::Secret,
    fault::{Failure, Fault, Outcome},
    trace,
};

use self::{
    abandoned::Bound,
    figures::{Figures, register_pools},
    replica::Check,
};

pub use backup::BackupError;
pub use replica::{Replica, Shelf, Standing, Trouble};
pub use schema::Migrations;

/// A transaction that `Db` began. Stores take one, and cannot begin their own.
pub type Transaction = DatabaseTransaction;

/// What is done in a transaction: `async move { … }.scope_boxed()`, which may borrow from its surroundings
/// (`'w`) and from the transaction (`'t`).
pub type Work<'w, 't, T, R> = ScopedBoxFuture<'w, 't, Outcome<T, R>>;

/// How often a transaction is tried before its caller is told that the server is overloaded.
const ATTEMPTS_MAX: u32 = 10;

/// The longest pause before the second attempt; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(4);

/// The longest pause before any attempt.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// How long a transaction may go on losing races before its caller is told.
const PATIENCE: Duration = Duration::from_secs(5);

/// What PostgreSQL is told on each connection.
const SETTINGS: [(&str, &str); 7] = [
    // What it puts an end to: a lock that somebody forgot stops nobody for good, and nobody who died holds one.
    ("lock_timeout", "1s"),
    ("statement_timeout", "15s"),
    ("idle_in_transaction_session_timeout", "15s"),
    // Statements find each row that they need by an index. The planner, who sees neither how few rows come in a
    // parameter nor how a young table will grow, would rather read whole tables, and keeps such a plan.
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    // Compiling pays for queries that take seconds; none of these may.
    ("jit", "off"),
];

/// What a long look over whole tables is spared of these: it holds no lock that anybody waits for.
const SETTINGS_OF_SNAPSHOTS: &str = "SET LOCAL statement_timeout = 0; \
     SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL enable_seqscan = on; \
     SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on";

/// What SQLite keeps of the file in memory at most, a connection: 32 MiB, in its unit of minus a kibibyte.
const CACHE: &str = "-32768";

/// How many pages SQLite's write-ahead log holds before they are copied into the file: 40 MiB, so that a page that
/// many transactions write is copied once.
const CHECKPOINT: &str = "10000";

/// How many rows SQLite reads ahead of whoever takes them: those of a whole batch.
const ROWS_AHEAD: usize = 1_024;

/// How long a statement waits for a connection, or for SQLite's write lock.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// How long a read waits for a connection to the replica before it goes to the primary.
const REPLICA_WAIT_MAX: Duration = Duration::from_secs(1);

/// How long a connection may lie idle and still be trusted to be there.
const IDLE_MAX: Duration = Duration::from_secs(10);

tokio::task_local! {
    static IN_BACKGROUND: ();
}

/// Does what nobody waits for and what comes at its own time: its statements are not counted among those that
/// answers need.
pub async fn in_background<T>(work: impl Future<Output = T>) -> T {
    IN_BACKGROUND.scope((), work).await
}

/// A handle to the database; clones share its connections. It is small, for whoever listens has some.
#[derive(Clone, Debug)]
pub struct Db(Arc<Connections>);

#[derive(Clone, Debug)]
struct Connections {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    /// What reads that may be a little old are spread to.
    replica: Option<Arc<Replica>>,
    statements: Arc<AtomicU64>,
    figures: Figures,
    /// How long a read may take on SQLite.
    bound: Bound,
    /// Where migrations connect to by themselves, apart from the pool and its limits.
    migrations_at: Option<Secret>,
}

impl Db {
    /// Connects to `url`, which begins with `sqlite:` or `postgres:`, with at most `connections`
    /// connections on PostgreSQL, or that many readers on SQLite, whose file is made where it is
    /// missing.
    ///
    /// # Errors
    /// When the database cannot be reached or opened.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, DbErr> {
        let statements = Arc::new(AtomicU64::new(0));
        let figures = Figures::default();
        let open = async |options| open(options, &statements, &figures).await;
        let bound = Bound::default();
        let connections = if url.starts_with("sqlite:") {
            // The writer first: it makes the file that the readers open.
            let writer = open(sqlite(url, 1, false)).await?;
            let mut readers = sqlite(url, connections, true);
            let bounded = bound.clone();
            readers.map_sqlx_sqlite_pool_opts(move |pool| bounded.of(pool));
            let reader = open(readers).await?;
            Connections {
                reader,
                writer,
                replica: None,
                statements,
                figures,
                bound,
                migrations_at: None,
            }
        } else {
            let pool = open(postgres(url, connections)).await?;
            let migrations_at = Some(Secret::new(url));
            Connections {
                reader: pool.clone(),
                writer: pool,
                replica: None,
                statements,
                figures,
                bound,
                migrations_at,
            }
        };
        Ok(Self(Arc::new(connections)))
    }

    /// Spreads what may be a little old to a streaming replica of this PostgreSQL, while that is no older than
    /// `lag_max`. The replica need not be there yet; [`Db::watch_replica`] finds out.
    ///
    /// # Errors
    /// When a URL is none of PostgreSQL's.
    pub async fn with_replica(
        self,
        primary: &str,
        replica: &str,
        connections: u32,
        lag_max: Duration,
    ) -> Result<Self, DbErr> {
        let lazily = async |url: &str, connections| {
            let mut options = postgres(url, connections);
            options.connect_lazy(true).acquire_timeout(REPLICA_WAIT_MAX);
            open(options, &self.0.statements, &self.0.figures).await
        };
        let check = Check {
            primary: lazily(primary, 1).await?,
            replica: lazily(replica, 1).await?,
        };
        let reader = lazily(replica, connections).await?;
        let replica = Some(Arc::new(Replica::new(reader, check, lag_max)));
        Ok(Self(Arc::new(Connections {
            replica,
            ..(*self.0).clone()
        })))
    }

    /// Has SQLite stop what has read for that long, as the server must that has told whoever asked that it takes too long.
    /// No [`Db::snapshot`] is to be taken then: it is one read. On PostgreSQL each statement has a bound of its own.
    pub fn stop_reads_after(&self, within: Duration) {
        self.0.bound.set(within);
    }

    /// Begins to watch how old the replica is, if there is one: until then nothing is read there.
    #[must_use]
    pub fn watch_replica(&self) -> Option<JoinHandle<()>> {
        Some(self.0.replica.clone()?.watch())
    }

    /// How the replica stands, if there is one.
    #[must_use]
    pub fn replica(&self) -> Option<Standing> {
        Some(self.0.replica.as_ref()?.standing())
    }

    /// For reads outside of transactions.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.0.reader
    }

    /// For single statements that write, and for migrations.
    #[must_use]
    pub fn writer(&self) -> &DatabaseConnection {
        &self.0.writer
    }

    /// Whether this is PostgreSQL or SQLite.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.0.writer.get_database_backend()
    }

    /// How many statements were sent since the start, but for those of [`in_background`].
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.0.statements.load(Ordering::Relaxed)
    }

    /// Runs `work` in a transaction, and again, after a short random pause, when the database says
    /// that it lost a race: so `work` may run several times and must do nothing outside the
    /// database. Any error of `work` rolls back.
    ///
    /// # Errors
    /// The refusal or fault of `work`; `OVERLOADED` when every attempt lost its race; `OutcomeUnknown`
    /// when the connection broke during the commit.
    pub async fn transaction<'w, T, R>(
        &self,
        work: impl for<'t> Fn(&'t Transaction) -> Work<'w, 't, T, R>,
    ) -> Outcome<T, R> {
        let outcome = self.attempts(&work).await;
        self.0.figures.transaction(&outcome);
        outcome
    }

    async fn attempts<'w, T, R>(
        &self,
        work: &impl for<'t> Fn(&'t Transaction) -> Work<'w, 't, T, R>,
    ) -> Outcome<T, R> {
        let begun = Instant::now();
        let mut attempt = 0;
        while attempt < ATTEMPTS_MAX && begun.elapsed() < PATIENCE {
            pause_before(attempt).await;
            let span = tracing::trace_span!(target: trace::TARGET, "transaction", attempt);
            match self.attempt(work).instrument(span).await {
                Err(Failure::Fault(Fault::Database(error))) if lost_a_race(&error) => {
                    tracing::debug!(attempt, %error, "a transaction lost a race");
                    self.0.figures.lost_a_race();
                }
                outcome => return outcome,
            }
            attempt += 1;
        }
        Err(Fault::Overloaded {
            retry_after: LONGEST_PAUSE,
        }
        .into())
    }

    async fn attempt<'w, T, R>(
        &self,
        work: &impl for<'t> Fn(&'t Transaction) -> Work<'w, 't, T, R>,
    ) -> Outcome<T, R> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.begin(&self.0.writer, options).await?;
        let outcome = work(&transaction).await;
        self.end(transaction, outcome).await
    }

    /// Begins in a task of its own, which goes on when the caller is dropped meanwhile: a connection that went
    /// back to the pool half-way through BEGIN would have a transaction open that nobody knows of.
    async fn begin(
        &self,
        connection: &DatabaseConnection,
        options: TransactionOptions,
    ) -> Result<Transaction, Fault> {
        let (connection, figures) = (connection.clone(), self.0.figures.clone());
        let span = tracing::trace_span!(target: trace::TARGET, "begin");
        let beginning = async move {
            #[expect(
                clippy::disallowed_methods,
                reason = "the one place where transactions begin"
            )]
            let begun = connection.begin_with_options(options);
            figures.waiting(begun).await
        };
        let begun = tokio::spawn(beginning.instrument(span));
        Ok(begun.await??)
    }

    /// Commits what succeeded, rolls back what did not.
    async fn end<T, R>(&self, transaction: Transaction, outcome: Outcome<T, R>) -> Outcome<T, R> {
        match outcome {
            Ok(result) => {
                let begun = Instant::now();
                let span = tracing::trace_span!(target: trace::TARGET, "commit");
                let committed = transaction.commit().instrument(span).await;
                self.0.figures.committed(begun);
                match committed {
                    Ok(()) => Ok(result),
                    Err(error) if answered(&error) => Err(error.into()),
                    Err(error) => Err(Fault::OutcomeUnknown(error).into()),
                }
            }
            Err(failure) => {
                // Dropped uncommitted, it is rolled back anyway; the error that matters is the first.
                if let Err(error) = transaction.rollback().await {
                    tracing::debug!(%error, "a rollback failed");
                }
                Err(failure)
            }
        }
    }

    /// Begins a transaction that reads everything as it was at its first statement, whatever is written
    /// meanwhile, for as long as it takes, and cannot write. Nobody waits for it; but while it is open SQLite's
    /// WAL file grows with what is written, and PostgreSQL keeps the old versions of rows. It ends when it is
    /// dropped.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn snapshot(&self) -> Result<Transaction, Fault> {
        if self.backend() == DbBackend::Sqlite {
            // A transaction of a reader is all of this by itself.
            return self
                .begin(&self.0.reader, TransactionOptions::default())
                .await;
        }
        let options = TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            access_mode: Some(AccessMode::ReadOnly),
            ..TransactionOptions::default()
        };
        let snapshot = self.begin(&self.0.reader, options).await?;
        snapshot.execute_unprepared(SETTINGS_OF_SNAPSHOTS).await?;
        Ok(snapshot)
    }

    /// Brings the schema up to date. Any number of instances may do so at once. A schema that a newer program
    /// has brought further stays as it is.
    ///
    /// # Errors
    /// When a migration fails, or the database's are not this program's.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        match &self.0.migrations_at {
            Some(url) => migrate_alone(&String::from_utf8_lossy(url.bytes())).await,
            None => schema::bring_up(&self.0.writer).await,
        }
    }

    /// The migrations that this program knows, and those that the database has.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn migrations(&self) -> Result<Migrations, DbErr> {
        Migrations::of(&self.0.reader).await
    }

    /// Whether the database answers and has every migration; it may have newer ones.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn is_migrated(&self) -> Result<bool, DbErr> {
        Ok(self.migrations().await?.are_all_applied())
    }

    /// Registers how it works, and what connections there are.
    pub fn register(&self, registry: &mut Registry) {
        self.0.figures.register(registry);
        match self.backend() {
            DbBackend::Sqlite => register_pools(
                registry,
                &[("reader", &self.0.reader), ("writer", &self.0.writer)],
            ),
            _ => match &self.0.replica {
                None => register_pools(registry, &[("primary", &self.0.writer)]),
                Some(replica) => {
                    let pools = [("primary", &self.0.writer), ("replica", replica.reader())];
                    register_pools(registry, &pools);
                    replica.register(registry);
                }
            },
        }
    }

    /// Closes the connections, after which SQLite's file stands alone.
    ///
    /// # Errors
    /// When a connection cannot be closed in order.
    pub async fn close(self) -> Result<(), DbErr> {
        let connections = Arc::unwrap_or_clone(self.0);
        if let Some(replica) = connections.replica {
            replica.close().await?;
        }
        connections.reader.close().await?;
        connections.writer.close().await
    }
}

/// Opens a pool whose statements are counted.
async fn open(
    options: ConnectOptions,
    statements: &Arc<AtomicU64>,
    figures: &Figures,
) -> Result<DatabaseConnection, DbErr> {
    let mut connection = Database::connect(options).await?;
    let (statements, figures) = (statements.clone(), figures.clone());
    connection.set_metric_callback(move |statement| {
        figures.statement(statement.elapsed, statement.failed);
        trace::statement(statement);
        if IN_BACKGROUND.try_with(|()| ()).is_err() {
            statements.fetch_add(1, Ordering::Relaxed);
        }
    });
    Ok(connection)
}

/// Migrates PostgreSQL while holding an advisory lock, which ends with its transaction whatever happens; on
/// connections that may take as long as a migration takes.
async fn migrate_alone(url: &str) -> Result<(), DbErr> {
    let mut options = common(url, 2);
    options.map_sqlx_postgres_opts(|options| options.application_name("jangteo migrate"));
    let connection = Database::connect(options).await?;
    #[expect(
        clippy::disallowed_methods,
        reason = "must outlive the migrations' own transactions"
    )]
    let lock = connection.begin().await?;
    lock.execute_unprepared("SELECT pg_advisory_xact_lock(7232120365241)")
        .await?;
    schema::bring_up(&connection).await?;
    lock.commit().await?;
    connection.close().await
}

fn sqlite(url: &str, connections: u32, read_only: bool) -> ConnectOptions {
    let mut options = common(url, connections);
    options.map_sqlx_sqlite_opts(move |options| {
        options
            .create_if_missing(!read_only)
            .read_only(read_only)
            .foreign_keys(true)
            .busy_timeout(WAIT_MAX)
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            .pragma("cache_size", CACHE)
            .pragma("wal_autocheckpoint", CHECKPOINT)
            .row_buffer_size(ROWS_AHEAD)
    });
    options
}

fn postgres(url: &str, connections: u32) -> ConnectOptions {
    let mut options = common(url, connections);
    options
        .map_sqlx_postgres_opts(|options| options.application_name("jangteo").options(SETTINGS))
        .map_sqlx_postgres_pool_opts(abandoned::closing);
    options
}

fn common(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(WAIT_MAX)
        .test_before_acquire(false)
        .test_before_acquire_if_idle_for(IDLE_MAX)
        .sqlx_logging(false);
    options
}

async fn pause_before(attempt: u32) {
    if attempt > 0 {
        let longest = (FIRST_PAUSE * 2_u32.pow(attempt - 1)).min(LONGEST_PAUSE);
        let pause = rand::rng().random_range(Duration::ZERO..=longest);
        tokio::time::sleep(pause).await;
    }
}

/// The database's own code of an error: an SQLSTATE of PostgreSQL, an extended result code of SQLite.
fn code(error: &DbErr) -> Option<String> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))
        | DbErr::Conn(RuntimeErr::SqlxError(error)) => match error.as_ref() {
            SqlxError::Database(error) => error.code().map(Into::into),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the database itself answered, so that what it says is what happened.
fn answered(error: &DbErr) -> bool {
    code(error).is_some()
}

/// Whether no connection came about in time: nobody answered, or nobody had one to spare.
#[must_use]
pub fn is_unreachable(error: &DbErr) -> bool {
    matches!(
        error,
        DbErr::Conn(RuntimeErr::SqlxError(error)) if matches!(error.as_ref(), SqlxError::PoolTimedOut)
    )
}

/// Whether the database was told to stop, or has stopped by itself: the statement took too long.
#[must_use]
pub fn was_stopped(error: &DbErr) -> bool {
    const SQLITE_INTERRUPT: i32 = 9;
    match code(error).as_deref() {
        Some(state) if state.len() == 5 => state == "57014",
        Some(code) => sqlite_code(code) == Some(SQLITE_INTERRUPT),
        None => false,
    }
}

/// Whether the same transaction may succeed if it is tried again: a deadlock, a serialization failure,
/// a lock that was not to be had.
fn lost_a_race(error: &DbErr) -> bool {
    const SQLITE_BUSY: i32 = 5;
    const SQLITE_LOCKED: i32 = 6;
    match code(error).as_deref() {
        Some("40001" | "40P01" | "55P03") => true,
        Some(state) if state.len() == 5 => false,
        Some(code) => {
            sqlite_code(code).is_some_and(|code| matches!(code, SQLITE_BUSY | SQLITE_LOCKED))
        }
        None => false,
    }
}

/// SQLite's plain result code, which is the low byte of an extended one.
fn sqlite_code(code: &str) -> Option<i32> {
    code.parse::<i32>().ok().map(|code| code & 0xff)
}

/// Whether the fault is with the data themselves: a constraint, a value out of range, a row that cannot be read.
pub fn is_about_data(error: &DbErr) -> bool {
    const SQLITE_TOO_BIG: i32 = 18;
    const SQLITE_CONSTRAINT: i32 = 19;
    const SQLITE_MISMATCH: i32 = 20;
    if is_unreadable(error) {
        return true;
    }
    match code(error).as_deref() {
        // SQLSTATE has five characters: data exceptions, integrity constraint violations.
        Some(state) if state.len() == 5 => state.starts_with("22") || state.starts_with("23"),
        Some(code) => sqlite_code(code).is_some_and(|code| {
            matches!(code, SQLITE_TOO_BIG | SQLITE_CONSTRAINT | SQLITE_MISMATCH)
        }),
        None => false,
    }
}

/// Whether a row holds what its type cannot.
fn is_unreadable(error: &DbErr) -> bool {
    match error {
        DbErr::Type(_) | DbErr::Json(_) => true,
        DbErr::Query(RuntimeErr::SqlxError(error)) => {
            matches!(
                error.as_ref(),
                SqlxError::ColumnDecode { .. } | SqlxError::Decode(_)
            )
        }
        _ => false,
    }
}

/// Whether `error` says that a row of the table would be what the table's checks forbid.
#[must_use]
pub fn is_against_check(error: &DbErr, table: &str) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return false;
    };
    let SqlxError::Database(error) = error.as_ref() else {
        return false;
    };
    // SQLite names the check, not the table; with one writer nobody takes what a transaction has seen.
    error.is_check_violation() && error.table() == Some(table)
}

/// Whether `error` says that the values of these columns exist already.
#[must_use]
pub fn is_taken(error: &DbErr, table: &str, columns: &[&str]) -> bool {
    let Some(sea_orm::SqlErr::UniqueConstraintViolation(message)) = error.sql_err() else {
        return false;
    };
    let on_postgres = format!("\"{table}_{}_key\"", columns.join("_"));
    let on_sqlite = columns
        .iter()
        .map(|column| format!("{table}.{column}"))
        .collect::<Vec<_>>()
        .join(", ");
    message.ends_with(&on_postgres) || message.ends_with(&on_sqlite)
}
