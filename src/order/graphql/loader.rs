use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{
    id::{MemberId, OrderId, OrderItemId},
    order,
};

use super::{Order, OrderEvent, OrderItem};
use crate::{
    fault::Fault,
    graphql::loader::{ListOf, Reader, asked_alike, grouped, keyed, listed},
    order::store::{self, Filter, Place},
    paging::Window,
};

/// The loader key of an order's items.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ItemsOf(pub OrderId);

/// The loader key of an order's history.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventsOf(pub OrderId);

impl Loader<ListOf<MemberId, (Filter, Window<Place>)>> for Reader {
    type Value = Vec<order::Model>;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[ListOf<MemberId, (Filter, Window<Place>)>],
    ) -> Result<HashMap<ListOf<MemberId, (Filter, Window<Place>)>, Self::Value>, Fault> {
        let mut lists = HashMap::new();
        for (asked, ids) in asked_alike(keys) {
            let (filter, window) = asked;
            let rows = store::windows_of_members(self.db.reader(), &ids, filter, window).await?;
            lists.extend(listed(rows, |order| order.member_id, asked));
        }
        Ok(lists)
    }
}

impl Loader<ListOf<MemberId, Filter>> for Reader {
    type Value = i64;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[ListOf<MemberId, Filter>],
    ) -> Result<HashMap<ListOf<MemberId, Filter>, i64>, Fault> {
        let mut counts = HashMap::new();
        for (filter, ids) in asked_alike(keys) {
            let of_members = store::counts_of_members(self.db.reader(), &ids, filter).await?;
            counts.extend(of_members.into_iter().map(|(parent, count)| {
                let asked = filter.clone();
                (ListOf { parent, asked }, count)
            }));
        }
        Ok(counts)
    }
}

impl Loader<OrderId> for Reader {
    type Value = Order;
    type Error = Fault;

    async fn load(&self, ids: &[OrderId]) -> Result<HashMap<OrderId, Order>, Fault> {
        let orders = store::by_ids(self.db.reader(), ids).await?;
        Ok(keyed(orders, |order| order.id, Order))
    }
}

impl Loader<OrderItemId> for Reader {
    type Value = OrderItem;
    type Error = Fault;

    async fn load(&self, ids: &[OrderItemId]) -> Result<HashMap<OrderItemId, OrderItem>, Fault> {
        let items = store::items_by_ids(self.db.reader(), ids).await?;
        Ok(keyed(items, |item| item.id, OrderItem))
    }
}

impl Loader<ItemsOf> for Reader {
    type Value = Vec<OrderItem>;
    type Error = Fault;

    async fn load(&self, keys: &[ItemsOf]) -> Result<HashMap<ItemsOf, Vec<OrderItem>>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let items = store::items_of(self.db.reader(), &ids).await?;
        Ok(grouped(items, |item| ItemsOf(item.order_id), OrderItem))
    }
}

impl Loader<EventsOf> for Reader {
    type Value = Vec<OrderEvent>;
    type Error = Fault;

    async fn load(&self, keys: &[EventsOf]) -> Result<HashMap<EventsOf, Vec<OrderEvent>>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let events = store::events_of(self.db.reader(), &ids).await?;
        Ok(grouped(
            events,
            |event| EventsOf(event.order_id),
            OrderEvent,
        ))
    }
}
