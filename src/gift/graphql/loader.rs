use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{
    gift,
    id::{GiftId, MemberId},
};

use super::{Gift, shown};
use crate::{
    fault::Fault,
    gift::store::{self, Place, Side},
    graphql::loader::{ListOf, Reader, asked_alike, listed},
    paging::Window,
};

/// Those that were delivered: nobody sees others.
impl Loader<GiftId> for Reader {
    type Value = Gift;
    type Error = Fault;

    async fn load(&self, ids: &[GiftId]) -> Result<HashMap<GiftId, Gift>, Fault> {
        let rows = store::by_ids(self.db.reader(), ids).await?;
        let gifts = rows
            .into_iter()
            .filter_map(|row| Some((row.id, shown(row)?)));
        Ok(gifts.collect())
    }
}

impl Loader<ListOf<MemberId, (Side, Window<Place>)>> for Reader {
    type Value = Vec<gift::Model>;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[ListOf<MemberId, (Side, Window<Place>)>],
    ) -> Result<HashMap<ListOf<MemberId, (Side, Window<Place>)>, Self::Value>, Fault> {
        let mut lists = HashMap::new();
        for (asked, ids) in asked_alike(keys) {
            let (side, window) = asked;
            let rows = store::windows_of_members(self.db.reader(), *side, &ids, window).await?;
            lists.extend(listed(rows, |gift| side.member(gift), asked));
        }
        Ok(lists)
    }
}

impl Loader<ListOf<MemberId, Side>> for Reader {
    type Value = i64;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[ListOf<MemberId, Side>],
    ) -> Result<HashMap<ListOf<MemberId, Side>, i64>, Fault> {
        let mut counts = HashMap::new();
        for (side, ids) in asked_alike(keys) {
            let of_members = store::counts_of_members(self.db.reader(), *side, &ids).await?;
            counts.extend(of_members.into_iter().map(|(parent, count)| {
                let asked = *side;
                (ListOf { parent, asked }, count)
            }));
        }
        Ok(counts)
    }
}
