//! Watching what a member is given from now on, each gift once.

use std::collections::HashSet;

use entity::{
    gift,
    id::{GiftId, MemberId},
};
use futures_util::{Stream, stream};
use sea_orm::DbErr;

use super::store;
use crate::{
    db::Db,
    event::{Bus, Heard, Listener, Mark},
};

/// A watch over what a member is given.
#[derive(Debug)]
pub struct GiftWatch {
    db: Db,
    live: Listener<GiftId>,
    /// When the watch began.
    since: Mark,
    delivered: HashSet<GiftId>,
}

impl GiftWatch {
    /// Watches from now on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(db: Db, bus: &Bus, member_id: MemberId) -> Result<Self, DbErr> {
        // First listen, then mark, as a watch over orders.
        let live = bus.listen_to_gifts(member_id);
        let since = Mark::now(db.reader()).await?;
        Ok(Self {
            db,
            live,
            since,
            delivered: HashSet::new(),
        })
    }

    /// The gifts, without end; `None` where a listener was too slow for some.
    pub fn gifts(self) -> impl Stream<Item = Result<Option<gift::Model>, DbErr>> + Send {
        // Held in place: moved into each wait for the next, it would take its room twice.
        stream::unfold(Some(Box::new(self)), async |watch| {
            let mut watch = watch?;
            let next = watch.next().await?;
            let watch = next.is_ok().then_some(watch);
            Some((next, watch))
        })
    }

    async fn next(&mut self) -> Option<Result<Option<gift::Model>, DbErr>> {
        loop {
            let Heard::Word(id) = self.live.next().await? else {
                return Some(Ok(None));
            };
            if self.delivered.contains(&id) {
                continue;
            }
            // On the heap while it lasts: whoever waits need not have the room for it.
            match Box::pin(store::sent_since(self.db.reader(), id, &self.since)).await {
                Ok(Some(gift)) => {
                    self.delivered.insert(id);
                    return Some(Ok(Some(gift)));
                }
                // It was sent before.
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
