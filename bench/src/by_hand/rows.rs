//! Rows of either database, by the driver alone.

use sea_orm::sqlx::{
    self, Encode, FromRow, PgPool, Postgres, Sqlite, SqlitePool, Type,
    postgres::{PgConnectOptions, PgPoolOptions, PgRow},
    sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow},
};

use crate::Result;

/// As many as Jangteo has by default.
const CONNECTIONS: u32 = 16;

#[derive(Debug)]
pub enum Database {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

/// What each row of an answer is: columns by their position.
pub trait Columns:
    for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin
{
}

impl<T> Columns for T where
    T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin
{
}

/// What a parameter may be.
pub trait Parameter:
    for<'q> Encode<'q, Postgres>
    + for<'q> Encode<'q, Sqlite>
    + Type<Postgres>
    + Type<Sqlite>
    + Copy
    + Send
    + 'static
{
}

impl<T> Parameter for T where
    T: for<'q> Encode<'q, Postgres>
        + for<'q> Encode<'q, Sqlite>
        + Type<Postgres>
        + Type<Sqlite>
        + Copy
        + Send
        + 'static
{
}

impl Database {
    pub async fn connect(url: &str) -> Result<Self> {
        if url.starts_with("sqlite:") {
            let options = url
                .parse::<SqliteConnectOptions>()?
                .read_only(true)
                .pragma("cache_size", "-32768")
                .row_buffer_size(1_024);
            let pool = SqlitePoolOptions::new()
                .max_connections(CONNECTIONS)
                .test_before_acquire(false);
            return Ok(Self::Sqlite(pool.connect_with(options).await?));
        }
        // As Jangteo does: a small table is read by its index all the same.
        let options = url.parse::<PgConnectOptions>()?.options([
            ("enable_seqscan", "off"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
            ("jit", "off"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .test_before_acquire(false);
        Ok(Self::Postgres(pool.connect_with(options).await?))
    }

    /// The rows of a statement, which each connection prepares once.
    pub async fn rows<R: Columns, P: Parameter>(
        &self,
        sql: &'static str,
        parameters: &[P],
    ) -> Result<Vec<R>> {
        match self {
            Self::Postgres(pool) => {
                let query = sqlx::query_as::<_, R>(sql);
                let query = parameters
                    .iter()
                    .fold(query, |query, value| query.bind(*value));
                Ok(query.fetch_all(pool).await?)
            }
            Self::Sqlite(pool) => {
                let query = sqlx::query_as::<_, R>(sql);
                let query = parameters
                    .iter()
                    .fold(query, |query, value| query.bind(*value));
                Ok(query.fetch_all(pool).await?)
            }
        }
    }
}
