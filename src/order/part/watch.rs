//! Watching a store's feed: what it heard of its orders past a number, then what it hears, no gap, no duplicate.
//!
//! Orders write what their stores hear without a number, so that they do not wait for each other. Whoever reads the feed
//! numbers what was committed meanwhile, under the store's lock: what comes to light later gets a later number.

use std::collections::VecDeque;

use entity::{id::StoreId, order_event, store_event};
use futures_util::{Stream, stream};
use scoped_futures::ScopedFutureExt;

use super::store;
use crate::{
    db::{Db, Transaction},
    event::{Bus, Listener},
    fault::{Failure, Fault, Never, Outcome},
    store as stores,
};

/// How many events are read at once.
const CHUNK: u64 = 100;

/// Something that a store heard: the event, and its own part of it.
pub type Heard = (order_event::Model, store_event::Model);

/// A watch over one store's feed. The bus only wakes it; what it tells is what is numbered in the database.
#[derive(Debug)]
pub struct StoreWatch {
    db: Db,
    store_id: StoreId,
    wakes: Listener<()>,
    /// Events that are next, in the order of their numbers.
    ready: VecDeque<Heard>,
    /// The number of the newest event in `ready`, or delivered, or seen by the listener before.
    last: i64,
}

impl StoreWatch {
    /// Watches from after the number `after` on.
    pub fn begin(db: Db, bus: &Bus, store_id: StoreId, after: i64) -> Self {
        Self {
            db,
            store_id,
            // First listen, then read: what happens in between wakes it once too often.
            wakes: bus.listen_to_store(store_id),
            ready: VecDeque::new(),
            last: after,
        }
    }

    /// The events, without end.
    pub fn events(self) -> impl Stream<Item = Result<Heard, Fault>> + Send {
        // Held in place: moved into each wait for the next, it would take its room twice.
        stream::unfold(Some(Box::new(self)), async |watch| {
            let mut watch = watch?;
            match watch.next().await {
                Ok(heard) => Some((Ok(heard?), Some(watch))),
                Err(fault) => Some((Err(fault), None)),
            }
        })
    }

    async fn next(&mut self) -> Result<Option<Heard>, Fault> {
        loop {
            if let Some(heard) = self.ready.pop_front() {
                return Ok(Some(heard));
            }
            // What has woken it until now is about to be read.
            self.wakes.forget();
            // On the heap while it lasts: whoever waits need not have the room for it.
            Box::pin(self.catch_up()).await?;
            // Woken, or told that it has slept through something: it reads again.
            if self.ready.is_empty() && self.wakes.next().await.is_none() {
                return Ok(None);
            }
        }
    }

    async fn catch_up(&mut self) -> Result<(), Fault> {
        if store::has_unnumbered(self.db.reader(), self.store_id).await? {
            let numbered = self
                .db
                .transaction(|tx| number_in(tx, self.store_id).scope_boxed());
            numbered.await.map_err(Failure::into_fault)?;
        }
        let heard = store::heard_after(self.db.reader(), self.store_id, self.last, CHUNK).await?;
        if let Some((_, part)) = heard.last() {
            self.last = part.sequence.unwrap_or(self.last);
        }
        self.ready.extend(heard);
        Ok(())
    }
}

/// Numbers what was committed without a number; one after the other.
async fn number_in(tx: &Transaction, store_id: StoreId) -> Outcome<(), Never> {
    stores::store::lock(tx, store_id).await?;
    store::number(tx, store_id).await?;
    Ok(())
}
