//! What an operator sees of the outbox and does to it: where messages stand, why they do not arrive, have them tried
//! again, take away what is no longer of use.

pub mod json;
pub mod store;
pub mod text;

use chrono::{DateTime, Utc};
use entity::{
    id::{OrderId, OutboxId},
    outbox::Model,
};
use scoped_futures::ScopedFutureExt;

use crate::{
    db::Db,
    fault::{Failure, Fault, Never},
};

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum State {
    /// It was not tried yet.
    Waiting,
    /// It was tried, and will be again.
    Retrying,
    /// It was given up. What comes behind it of the same order waits for somebody to have it tried again.
    Dead,
    Delivered,
}

impl State {
    /// Where a message stands.
    #[must_use]
    pub const fn of(message: &Model) -> Self {
        if message.delivered_at.is_some() {
            Self::Delivered
        } else if message.dead_at.is_some() {
            Self::Dead
        } else if message.attempts > 0 {
            Self::Retrying
        } else {
            Self::Waiting
        }
    }

    /// In a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Retrying => "retrying",
            Self::Dead => "dead",
            Self::Delivered => "delivered",
        }
    }
}

/// Which messages.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which {
    pub state: Option<State>,
    pub order_id: Option<OrderId>,
}

/// The newest messages of this kind, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &Db, which: Which, most: u64) -> Result<Vec<Model>, Fault> {
    Ok(store::newest(db.reader(), which, most).await?)
}

/// A message, and those of its order; `None` if there is no such message.
///
/// # Errors
/// When the database fails.
pub async fn show(db: &Db, id: OutboxId) -> Result<Option<(Model, Vec<Model>)>, Fault> {
    let snapshot = db.snapshot().await?;
    let Some(message) = store::by_id(&snapshot, id).await? else {
        return Ok(None);
    };
    let all = store::of_order(&snapshot, message.order_id).await?;
    Ok(Some((message, all)))
}

/// Has messages tried again from now on, as often as new ones, and with each those behind it: the one of this id, or all
/// that are dead. Gives how many fall due; what is delivered stays so.
///
/// # Errors
/// When the database fails.
pub async fn retry(db: &Db, id: Option<OutboxId>, now: DateTime<Utc>) -> Result<u64, Fault> {
    db.transaction(|tx| async move { Ok(store::revive(tx, id, now).await?) }.scope_boxed())
        .await
        .map_err(Failure::<Never>::into_fault)
}
