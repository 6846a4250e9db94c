//! Relay connections by keyset: a cursor is the sort key of its row, so pages stay right while rows are
//! added or removed, and the hundredth page costs what the first does.

use async_graphql::{
    Context, Object, OutputType,
    connection::{Connection, Edge, EmptyFields},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use futures_util::future::BoxFuture;
use sea_orm::{Cursor, DbErr, SelectorTrait, sea_query::IntoValueTuple};
use serde::{Serialize, de::DeserializeOwned};

use super::{ApiError, AppContext};
use crate::{
    config::{PAGE_DEFAULT, PAGE_MAX},
    db::Db,
};

/// The four paging arguments of a connection field.
#[derive(Clone, Debug, Default)]
pub struct PageArguments {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

/// The part of a sorted list that a client wants. `K` is the sort key.
#[derive(Clone, Debug)]
pub struct Window<K> {
    after: Option<K>,
    before: Option<K>,
    size: usize,
    from_the_end: bool,
}

impl PageArguments {
    /// What the arguments ask for.
    ///
    /// # Errors
    /// `BAD_REQUEST` when they contradict each other, are out of range, or bring a cursor of another list.
    pub fn window<K: DeserializeOwned>(self) -> Result<Window<K>, ApiError> {
        let (size, from_the_end) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(ApiError::bad_request(
                    "Use either `first` or `last`, not both.",
                ));
            }
            (Some(size), None) => (page_size("first", size)?, false),
            (None, Some(size)) => (page_size("last", size)?, true),
            (None, None) => (PAGE_DEFAULT, false),
        };
        Ok(Window {
            after: self.after.as_deref().map(decode).transpose()?,
            before: self.before.as_deref().map(decode).transpose()?,
            size,
            from_the_end,
        })
    }
}

fn page_size(argument: &str, size: i32) -> Result<usize, ApiError> {
    usize::try_from(size)
        .ok()
        .filter(|size| *size <= PAGE_MAX)
        .ok_or_else(|| {
            ApiError::bad_request(format!("`{argument}` must be between 0 and {PAGE_MAX}."))
        })
}

impl<K: Clone> Window<K> {
    /// The keys of the client's cursors.
    pub fn cursors(&self) -> impl Iterator<Item = &K> {
        self.after.iter().chain(&self.before)
    }

    /// Narrows a sorted query to the window, and one row beyond it, by which the page knows that there
    /// are more.
    pub fn apply<'c, S: SelectorTrait, V: IntoValueTuple>(
        &self,
        cursor: &'c mut Cursor<S>,
        values: impl Fn(K) -> V,
    ) -> &'c mut Cursor<S> {
        if let Some(after) = &self.after {
            cursor.after(values(after.clone()));
        }
        if let Some(before) = &self.before {
            cursor.before(values(before.clone()));
        }
        let rows = self.size as u64 + 1;
        if self.from_the_end {
            cursor.last(rows)
        } else {
            cursor.first(rows)
        }
    }

    /// The connection of the rows that the window's query gave, in the list's order.
    pub fn connection<M, N>(
        &self,
        mut rows: Vec<M>,
        count: TotalCount,
        key: impl Fn(&M) -> K,
        node: impl Fn(M) -> N,
    ) -> Result<Connection<String, N, TotalCount>, ApiError>
    where
        K: Serialize,
        N: OutputType,
    {
        let has_more = rows.len() > self.size;
        if has_more && self.from_the_end {
            rows.remove(0);
        } else {
            rows.truncate(self.size);
        }
        let (has_previous, has_next) = if self.from_the_end {
            (has_more, self.before.is_some())
        } else {
            (self.after.is_some(), has_more)
        };
        let mut connection = Connection::with_additional_fields(has_previous, has_next, count);
        for row in rows {
            let cursor = encode(&key(&row))?;
            connection
                .edges
                .push(Edge::with_additional_fields(cursor, node(row), EmptyFields));
        }
        Ok(connection)
    }
}

fn encode(key: &impl Serialize) -> Result<String, ApiError> {
    let json = serde_json::to_vec(key).map_err(ApiError::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

fn decode<K: DeserializeOwned>(cursor: &str) -> Result<K, ApiError> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or_else(|| {
            ApiError::bad_request(
                "This cursor belongs to another list or sort order: take it from the page before.",
            )
        })
}

/// What a connection has beside its page. The count is taken only when it is asked for.
pub struct TotalCount(Box<Count>);

type Count = dyn Fn(Db) -> BoxFuture<'static, Result<u64, DbErr>> + Send + Sync;

impl TotalCount {
    /// A count to be taken by `count`.
    pub fn new<F>(count: impl Fn(Db) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<u64, DbErr>> + Send + 'static,
    {
        Self(Box::new(move |db| Box::pin(count(db))))
    }
}

/// What a connection has beside its page. The count is taken only when it is asked for.
#[Object]
impl TotalCount {
    /// How many there are in all, on every page.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        let count = (self.0)(ctx.app().db.clone()).await?;
        i64::try_from(count).map_err(ApiError::internal)
    }
}
