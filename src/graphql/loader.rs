//! Look-ups that the fields of one answer share: twenty products ask for their stores in one statement.
//!
//! The framework's loader waits a moment before it loads, hoping that more keys arrive, and be the moment ever so
//! short, a thread of its own must wake up to end it. Here keys are gathered in `batch.rs` without any clock, and
//! `drive.rs` knows when no more of them can come.

mod batch;
mod drive;

use std::{collections::HashMap, hash::Hash};

use async_graphql::{Context, dataloader::Loader};
use entity::id::TypedId;

use super::{ApiError, AppContext};
use crate::{
    db::{Db, Shelf},
    fault::Fault,
};

pub use batch::Loaders;
pub use drive::{LoadQueue, drive, drive_stream};

/// What loaders read with; each slice implements `Loader` for it with keys of its own.
pub struct Reader {
    pub db: Db,
    /// For what may be a little old, where the operation may: products, options, stores, what sells most.
    pub shelf: Shelf,
}

/// The row that a foreign key refers to, which is there.
///
/// # Errors
/// When a load fails, or the row is missing: a fault of ours.
pub async fn referred<K>(ctx: &Context<'_>, id: K) -> Result<<Reader as Loader<K>>::Value, ApiError>
where
    K: TypedId + Hash + Eq,
    Reader: Loader<K, Error = Fault>,
{
    let found = ctx.loaders().load_one(id).await?;
    found.ok_or_else(|| ApiError::internal(format!("{id} is referred to but not there")))
}

/// Rows by their keys, as a loader gives them.
pub fn keyed<R, K: Hash + Eq, V>(
    rows: Vec<R>,
    key: impl Fn(&R) -> K,
    value: impl Fn(R) -> V,
) -> HashMap<K, V> {
    rows.into_iter()
        .map(|row| (key(&row), value(row)))
        .collect()
}

/// Rows that share keys, in their order, as a loader gives them.
pub fn grouped<R, K: Hash + Eq, V>(
    rows: Vec<R>,
    key: impl Fn(&R) -> K,
    value: impl Fn(R) -> V,
) -> HashMap<K, Vec<V>> {
    let mut groups = HashMap::<_, Vec<_>>::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(value(row));
    }
    groups
}

/// The loader key of a parent's list, or of what is counted of it, as somebody asks for it: filter and window.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListOf<P, A> {
    pub parent: P,
    pub asked: A,
}

/// The parents whose lists are asked for alike, so that one statement can answer all of them.
pub fn asked_alike<P: Copy, A: Eq + Hash>(keys: &[ListOf<P, A>]) -> HashMap<&A, Vec<P>> {
    let mut parents = HashMap::<_, Vec<_>>::new();
    for key in keys {
        parents.entry(&key.asked).or_default().push(key.parent);
    }
    parents
}

/// The rows of lists that were asked for alike, as a loader gives them.
pub fn listed<R, P: Copy + Eq + Hash, A: Clone + Eq + Hash>(
    rows: Vec<R>,
    parent: impl Fn(&R) -> P,
    asked: &A,
) -> HashMap<ListOf<P, A>, Vec<R>> {
    let key = |row: &R| ListOf {
        parent: parent(row),
        asked: asked.clone(),
    };
    grouped(rows, key, |row| row)
}
