//! Statements that nobody waits for any more: whoever asked has hung up, or was told that it takes too long.
//!
//! Then the future of the statement is dropped, and its connection comes back to the pool in the midst of the statement,
//! which the database knows nothing of. On *PostgreSQL* the connection has a moment to finish, and is closed otherwise;
//! the server looks now and then whether whom it works for is still there, and stops. *SQLite* works in this process and
//! asks now and then whether to go on: it does not for longer than a query may take, whoever waits.

use std::{
    sync::{
        Arc,
        atomic::{
            AtomicU64, AtomicUsize,
            Ordering::{AcqRel, Acquire, Relaxed},
        },
    },
    time::Duration,
};

use futures_util::FutureExt;
use sea_orm::sqlx::{
    Connection, Error, Executor, PgConnection, Postgres, Sqlite, SqliteConnection,
    pool::PoolOptions,
};
use tokio::time::{Instant, timeout};

/// How long a statement may go on that nobody waits for: nearly all are done by then, and their connections stay.
const FINISHED_WITHIN: Duration = Duration::from_secs(1);

/// Has PostgreSQL look for its client every second while it works. Not every system can, and what is compatible with
/// PostgreSQL may not know it: there a statement goes on until `statement_timeout`.
const LOOKED_FOR: &str = "SET client_connection_check_interval = '1s'";

/// After how many of its instructions SQLite asks whether to go on: some milliseconds.
const INSTRUCTIONS: i32 = 1_000_000;

/// A pool to PostgreSQL whose connections are closed when they are left in the midst of a statement that goes on.
pub fn closing(pool: PoolOptions<Postgres>) -> PoolOptions<Postgres> {
    pool.after_connect(|connection, _| ask_to_be_looked_for(connection).boxed())
        .after_release(|connection, _| is_finished(connection).boxed())
}

async fn ask_to_be_looked_for(connection: &mut PgConnection) -> Result<(), Error> {
    if let Err(error) = connection.execute(LOOKED_FOR).await {
        tracing::debug!(%error, "what is abandoned goes on for a while");
    }
    Ok(())
}

/// Whether the connection can be used again; `flush` reads what is still to come, and asks nothing.
async fn is_finished(connection: &mut PgConnection) -> Result<bool, Error> {
    match timeout(FINISHED_WITHIN, connection.flush()).await {
        Ok(finished) => finished.map(|()| true),
        Err(_) => Ok(false),
    }
}

/// How long one use of a reader of SQLite may take. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Bound(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// In milliseconds; 0 for any time.
    within: AtomicU64,
    /// Uses that SQLite has asked about, and that are not over.
    long: AtomicUsize,
}

impl Bound {
    /// From now on that long, for all readers.
    pub fn set(&self, within: Duration) {
        let millis = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        self.0.within.store(millis.max(1), Relaxed);
    }

    /// A pool of such readers.
    pub fn of(&self, pool: PoolOptions<Sqlite>) -> PoolOptions<Sqlite> {
        let (connected, released) = (self.clone(), self.clone());
        pool.after_connect(move |reader, _| {
            let bound = connected.clone();
            async move { bound.begin(reader).await }.boxed()
        })
        .after_release(move |reader, _| {
            let bound = released.clone();
            async move {
                // Hardly ever: it takes the reader's thread as long as a small query.
                if bound.0.long.load(Acquire) > 0 {
                    bound.begin(reader).await?;
                }
                Ok(true)
            }
            .boxed()
        })
    }

    /// Whatever the reader is used for next has just begun.
    async fn begin(&self, reader: &mut SqliteConnection) -> Result<(), Error> {
        let mut usage = Use {
            bound: self.clone(),
            since: None,
        };
        let mut handle = reader.lock_handle().await?;
        handle.set_progress_handler(INSTRUCTIONS, move || usage.goes_on());
        Ok(())
    }
}

/// One use of a reader: a statement, or a transaction.
struct Use {
    bound: Bound,
    /// When SQLite first asked.
    since: Option<Instant>,
}

impl Use {
    fn goes_on(&mut self) -> bool {
        let Shared { within, long } = &*self.bound.0;
        let since = *self.since.get_or_insert_with(|| {
            long.fetch_add(1, AcqRel);
            Instant::now()
        });
        match within.load(Relaxed) {
            0 => true,
            millis => since.elapsed() < Duration::from_millis(millis),
        }
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        if self.since.is_some() {
            self.bound.0.long.fetch_sub(1, AcqRel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_goes_on_for_as_long_as_it_may_and_is_over_when_the_next_begins() {
        let bound = Bound::default();
        let begin = || Use {
            bound: bound.clone(),
            since: None,
        };
        let (mut one, mut other) = (begin(), begin());
        assert!(one.goes_on(), "nobody has said how long");
        bound.set(Duration::from_hours(1));
        assert!(one.goes_on() && one.goes_on() && other.goes_on());
        assert_eq!(bound.0.long.load(Relaxed), 2);
        one.since = one.since.map(|_| Instant::now() - Duration::from_hours(2));
        assert!(!one.goes_on() && other.goes_on());
        drop((one, other, begin()));
        assert_eq!(bound.0.long.load(Relaxed), 0);
    }
}
