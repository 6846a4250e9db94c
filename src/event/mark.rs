//! Marks in time: what was committed before one, and what was not.
//!
//! No clock is asked. Several servers have several, and a transaction that wrote earlier may be committed later. PostgreSQL
//! tells which transactions a snapshot sees; of a row that says which one wrote it, another look therefore tells whether it
//! came to light since. SQLite, with its one writer, numbers its rows in the order in which they are committed.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

/// A moment between commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A snapshot of PostgreSQL, in its own words.
    Snapshot(String),
    /// How far SQLite's table of orders' events went.
    Row(i64),
}

impl Mark {
    /// The moment now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn now(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let backend = db.get_database_backend();
        let sql = match backend {
            DbBackend::Postgres => "SELECT CAST(pg_current_snapshot() AS text) AS mark",
            _ => "SELECT COALESCE(MAX(rowid), 0) AS mark FROM order_event",
        };
        let row = db
            .query_one_raw(Statement::from_string(backend, sql))
            .await?;
        let row = row.ok_or_else(|| DbErr::RecordNotFound("a mark".into()))?;
        Ok(match backend {
            DbBackend::Postgres => Self::Snapshot(row.try_get("", "mark")?),
            _ => Self::Row(row.try_get("", "mark")?),
        })
    }

    /// What says of a row of `order_event`, or on PostgreSQL of another table that knows who wrote its rows, that it came to
    /// light after a mark, which is parameter `$1`.
    #[must_use]
    pub fn after(backend: DbBackend, table: &str) -> String {
        match backend {
            // A row out of another server's backup bears the number of a transaction of there; who wrote it here, it still
            // knows better.
            DbBackend::Postgres => format!(
                "{table}.written_in >= pg_snapshot_xmin(CAST($1 AS pg_snapshot)) \
                 AND {table}.written_in < pg_snapshot_xmax(pg_current_snapshot()) \
                 AND NOT pg_visible_in_snapshot({table}.written_in, CAST($1 AS pg_snapshot)) \
                 AND {table}.xmin = CAST({table}.written_in AS xid)"
            ),
            _ => format!("{table}.rowid > $1"),
        }
    }

    /// The mark as a parameter.
    #[must_use]
    pub fn value(&self) -> Value {
        match self {
            Self::Snapshot(snapshot) => snapshot.as_str().into(),
            Self::Row(row) => (*row).into(),
        }
    }
}
