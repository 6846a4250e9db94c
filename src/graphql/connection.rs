//! Relay connections: what clients send and see of pages. A cursor is its row's sort key, opaque.

use std::{hash::Hash, ops::RangeInclusive, sync::Arc};

use async_graphql::{
    Context, Object, OutputType,
    connection::{Connection, Edge, EmptyFields},
    dataloader::Loader,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use futures_util::future::BoxFuture;
use sea_orm::{DatabaseConnection, DbErr};
use serde::{Serialize, de::DeserializeOwned};

use super::{ApiError, AppContext, loader::Reader};
use crate::{
    config::{PAGE_DEFAULT, PAGE_MAX},
    fault::Fault,
    paging::Window,
    text::message,
};

/// The years that every database can compare: a cursor, or a filter, may say any.
pub const YEARS: RangeInclusive<i32> = 1..=9999;

/// The four paging arguments of a connection field.
#[derive(Clone, Debug, Default)]
pub struct PageArguments {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

impl PageArguments {
    /// What the arguments ask for.
    ///
    /// # Errors
    /// `BAD_REQUEST` when they contradict each other, are out of range, or bring a cursor of another list.
    pub fn window<K: DeserializeOwned>(self) -> Result<Window<K>, ApiError> {
        let (size, from_the_end) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(ApiError::bad_request(message!("graphql-first-and-last")));
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
            let message = message!("graphql-page-size", argument, max = PAGE_MAX);
            ApiError::bad_request(message)
        })
}

/// The connection of the rows that a window's query gave.
///
/// # Errors
/// When a key cannot be written as a cursor, which is a fault of ours.
pub fn connection<K, M, N>(
    window: &Window<K>,
    rows: Vec<M>,
    count: TotalCount,
    key: impl Fn(&M) -> K,
    node: impl Fn(M) -> N,
) -> Result<Connection<String, N, TotalCount>, ApiError>
where
    K: Clone + Serialize,
    N: OutputType,
{
    let page = window.page(rows);
    let mut connection =
        Connection::with_additional_fields(page.has_previous, page.has_next, count);
    for row in page.rows {
        let cursor = encode(&key(&row))?;
        connection
            .edges
            .push(Edge::with_additional_fields(cursor, node(row), EmptyFields));
    }
    Ok(connection)
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
        .ok_or_else(|| ApiError::bad_request(message!("graphql-foreign-cursor")))
}

/// What a connection has beside its page. The count is taken only when it is asked for.
pub struct TotalCount(Box<Count>);

type Count = dyn for<'c> Fn(&'c Context<'c>) -> BoxFuture<'c, Result<i64, ApiError>> + Send + Sync;

impl TotalCount {
    /// A count of a list of the shop window, which has no parent.
    pub fn of_root<F>(count: impl Fn(DatabaseConnection) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<u64, DbErr>> + Send + 'static,
    {
        let count = Arc::new(count);
        Self(Box::new(move |ctx| {
            let count = count.clone();
            Box::pin(async move {
                let count = ctx.shelf().read(|db| count(db)).await?;
                i64::try_from(count).map_err(ApiError::internal)
            })
        }))
    }

    /// A count that the lists of several parents take together, by its loader's key; 0 where it is missing.
    pub fn of_parent<K>(key: K) -> Self
    where
        K: Clone + Eq + Hash + Send + Sync + 'static,
        Reader: Loader<K, Value = i64, Error = Fault>,
    {
        Self(Box::new(move |ctx| {
            let count = ctx.loaders().load_one(key.clone());
            Box::pin(async { Ok(count.await?.unwrap_or_default()) })
        }))
    }
}

/// What a connection has beside its page. The count is taken only when it is asked for.
#[Object]
impl TotalCount {
    /// How many there are in all, on every page.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        (self.0)(ctx).await
    }
}
