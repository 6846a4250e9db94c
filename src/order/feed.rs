//! Watching all orders of a member from now on: each event once, each order's in sequence.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use entity::{
    id::{MemberId, OrderId},
    order_event,
};
use futures_util::{Stream, stream};
use sea_orm::DbErr;

use super::store;
use crate::{
    db::Db,
    event::{Bus, Heard, Listener, Mark},
};

/// A watch over a member's orders. The bus wakes it, and may tell anything twice, late or in the wrong order; which events
/// came to light since the watch began, and which come next, the database knows.
#[derive(Debug)]
pub struct MemberWatch {
    db: Db,
    member_id: MemberId,
    live: Listener<Arc<order_event::Model>>,
    /// When the watch began.
    since: Mark,
    /// The sequence of each order's newest event in `ready`, or delivered.
    last_sequences: HashMap<OrderId, i32>,
    /// Events that are next.
    ready: VecDeque<order_event::Model>,
}

impl MemberWatch {
    /// Watches from now on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(db: Db, bus: &Bus, member_id: MemberId) -> Result<Self, DbErr> {
        // First listen, then mark: what is told in between and is older is recognized.
        let live = bus.listen_to_orders(member_id);
        let since = Mark::now(db.reader()).await?;
        Ok(Self {
            db,
            member_id,
            live,
            since,
            last_sequences: HashMap::new(),
            ready: VecDeque::new(),
        })
    }

    /// The events, without end.
    pub fn events(self) -> impl Stream<Item = Result<order_event::Model, DbErr>> + Send {
        // Held in place: moved into each wait for the next, it would take its room twice.
        stream::unfold(Some(Box::new(self)), async |watch| {
            let mut watch = watch?;
            match watch.next().await {
                Ok(event) => Some((Ok(event?), Some(watch))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    async fn next(&mut self) -> Result<Option<order_event::Model>, DbErr> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            let news = match self.live.next().await {
                // On the heap while they last: whoever waits need not have the room for them.
                Some(Heard::Word(event)) => Box::pin(self.news(&event)).await?,
                Some(Heard::TooMuch) => Box::pin(self.all_news()).await?,
                None => return Ok(None),
            };
            self.take(news);
        }
    }

    /// Whatever is new.
    async fn all_news(&self) -> Result<Vec<order_event::Model>, DbErr> {
        store::events_of_member_since(self.db.reader(), self.member_id, &self.since).await
    }

    /// What is new of an order, given one of its events.
    async fn news(&self, event: &order_event::Model) -> Result<Vec<order_event::Model>, DbErr> {
        let (db, id) = (self.db.reader(), event.order_id);
        match self.last_sequences.get(&id) {
            Some(last) if event.sequence <= *last => Ok(Vec::new()),
            Some(last) if event.sequence == *last + 1 => Ok(vec![event.clone()]),
            Some(last) => store::events_after(db, id, *last).await,
            None => store::events_since(db, id, &self.since).await,
        }
    }

    fn take(&mut self, news: Vec<order_event::Model>) {
        for event in news {
            let last = self.last_sequences.entry(event.order_id).or_default();
            if event.sequence > *last {
                *last = event.sequence;
                self.ready.push_back(event);
            }
        }
    }
}
