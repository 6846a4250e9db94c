use std::{
    collections::{BTreeSet, HashMap},
    convert::identity,
};

use async_graphql::dataloader::Loader;
use entity::{
    id::{MemberId, OrderId, OrderItemId, StoreId},
    order, order_event, store_event,
};
use uuid::Uuid;

use super::{Order, OrderItem};
use crate::{
    fault::Fault,
    graphql::loader::{ListOf, Reader, asked_alike, grouped, keyed, listed},
    order::{
        part,
        store::{self, Filter, Place},
    },
    paging::Window,
};

/// The loader key of an order's items.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ItemsOf(pub OrderId);

/// The loader key of an order's history.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventsOf(pub OrderId);

/// The loader key of what an order's stores heard of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreEventsOf(pub OrderId);

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

impl Loader<ListOf<StoreId, (Filter, Window<Uuid>)>> for Reader {
    type Value = Vec<order::Model>;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[ListOf<StoreId, (Filter, Window<Uuid>)>],
    ) -> Result<HashMap<ListOf<StoreId, (Filter, Window<Uuid>)>, Self::Value>, Fault> {
        let (mut parts, db) = (Vec::new(), self.db.reader());
        for (asked, ids) in asked_alike(keys) {
            let (filter, window) = asked;
            let rows = part::store::windows_of_stores(db, &ids, filter, window).await?;
            let key = |store_id| ListOf {
                parent: store_id,
                asked: asked.clone(),
            };
            parts.extend(rows.iter().map(|row| (key(row.store_id), row.order_id)));
        }
        let ids = parts.iter().map(|(_, id)| *id).collect::<BTreeSet<_>>();
        let ids = ids.into_iter().collect::<Vec<_>>();
        let orders = store::by_ids(db, &ids).await?;
        let orders = keyed(orders, |order| order.id, identity);
        let of_list = |(key, id)| Some((key, orders.get(&id)?.clone()));
        let rows = parts.into_iter().filter_map(of_list).collect();
        Ok(grouped(rows, |(key, _)| key.clone(), |(_, order)| order))
    }
}

impl Loader<ListOf<StoreId, Filter>> for Reader {
    type Value = i64;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[ListOf<StoreId, Filter>],
    ) -> Result<HashMap<ListOf<StoreId, Filter>, i64>, Fault> {
        let mut counts = HashMap::new();
        for (filter, ids) in asked_alike(keys) {
            let of_stores = part::store::counts_of_stores(self.db.reader(), &ids, filter).await?;
            counts.extend(of_stores.into_iter().map(|(parent, count)| {
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
        Ok(keyed(orders, |order| order.id, Order::whole))
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
    type Value = Vec<order_event::Model>;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[EventsOf],
    ) -> Result<HashMap<EventsOf, Vec<order_event::Model>>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let events = store::events_of(self.db.reader(), &ids).await?;
        Ok(grouped(events, |event| EventsOf(event.order_id), identity))
    }
}

impl Loader<StoreEventsOf> for Reader {
    type Value = Vec<store_event::Model>;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[StoreEventsOf],
    ) -> Result<HashMap<StoreEventsOf, Vec<store_event::Model>>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let events = part::store::events_of(self.db.reader(), &ids).await?;
        Ok(grouped(
            events,
            |event| StoreEventsOf(event.order_id),
            identity,
        ))
    }
}
