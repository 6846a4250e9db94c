//! Watching one order: its history past a sequence, then what happens, no gap, no duplicate.

use std::{collections::VecDeque, sync::Arc};

use entity::{
    id::{MemberId, OrderId},
    order_event,
};
use futures_util::{Stream, stream};
use sea_orm::DbErr;

use super::{state::is_final, store};
use crate::{
    db::Db,
    event::{Bus, Heard, Listener},
};

/// A watch over one order. The bus wakes it; wherever the bus is behind, ahead or silent, the numbered
/// history in the database fills the gap.
#[derive(Debug)]
pub struct OrderWatch {
    db: Db,
    order_id: OrderId,
    live: Listener<Arc<order_event::Model>>,
    /// Events that are next, in sequence.
    ready: VecDeque<order_event::Model>,
    /// The sequence of the newest event in `ready`, or delivered.
    last_sequence: i32,
    /// What the listener has seen before.
    after: i32,
    is_over: bool,
}

impl OrderWatch {
    /// Watches an order of a member's from after the sequence `after` on.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub async fn begin(
        db: Db,
        bus: &Bus,
        (member_id, order_id): (MemberId, OrderId),
        after: i32,
    ) -> Result<Self, DbErr> {
        // First listen, then read: what happens in between is seen twice rather than never, and is
        // recognized by its sequence.
        let live = bus.listen_to_order(member_id, order_id);
        let (ready, is_over) = (VecDeque::new(), false);
        let mut watch = Self {
            db,
            order_id,
            live,
            ready,
            last_sequence: 0,
            after,
            is_over,
        };
        watch.catch_up().await?;
        Ok(watch)
    }

    /// The events, until the order is final.
    pub fn events(self) -> impl Stream<Item = Result<order_event::Model, DbErr>> + Send {
        // Held in place: moved into each wait for the next, it would take its room twice.
        stream::unfold(Box::new(self), async |mut watch| {
            let event = watch.next().await.transpose()?;
            watch.is_over |= event.is_err();
            Some((event, watch))
        })
    }

    async fn next(&mut self) -> Result<Option<order_event::Model>, DbErr> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.is_over = is_final(event.status);
                if event.sequence > self.after {
                    return Ok(Some(event));
                }
                // Seen before; but if it was the end, there is nothing to wait for.
                continue;
            }
            if self.is_over {
                return Ok(None);
            }
            match self.live.next().await {
                Some(Heard::Word(event)) if event.sequence <= self.last_sequence => {}
                Some(Heard::Word(event)) if event.sequence == self.last_sequence + 1 => {
                    self.last_sequence = event.sequence;
                    self.ready.push_back(event.as_ref().clone());
                }
                // On the heap while it lasts: whoever waits need not have the room for it.
                Some(Heard::Word(_) | Heard::TooMuch) => Box::pin(self.catch_up()).await?,
                None => return Ok(None),
            }
        }
    }

    async fn catch_up(&mut self) -> Result<(), DbErr> {
        let missed =
            store::events_after(self.db.reader(), self.order_id, self.last_sequence).await?;
        if let Some(last) = missed.last() {
            self.last_sequence = last.sequence;
        }
        self.ready.extend(missed);
        Ok(())
    }
}
