use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    id::{OrderId, StoreId},
    order::{self, OrderStatus},
    store_event,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, Order,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Statement, sea_query::Expr,
};
use uuid::Uuid;

use super::Heard;
use crate::{
    db::Transaction,
    order::store::{self as order_store, Filter},
    paging::{Sorting, Window},
    rows::{self, among},
};

/// Where a store's part of an order may stand: it hears of none before it is paid.
const STATUSES: [OrderStatus; 5] = [
    OrderStatus::Paid,
    OrderStatus::Accepted,
    OrderStatus::Ready,
    OrderStatus::Completed,
    OrderStatus::Canceled,
];

/// Writes what stores hear of an event of an order, whose row is locked: each stands there now.
pub async fn insert_events(tx: &Transaction, events: &[store_event::Model]) -> Result<(), DbErr> {
    let Some(first) = events.first() else {
        return Ok(());
    };
    store_event::Entity::update_many()
        .set(store_event::ActiveModel {
            is_current: Set(false),
            ..Default::default()
        })
        .filter(store_event::COLUMN.order_id.eq(first.order_id))
        .filter(
            store_event::COLUMN
                .store_id
                .is_in(events.iter().map(|event| event.store_id)),
        )
        .filter(store_event::COLUMN.is_current.eq(true))
        .exec(tx)
        .await?;
    rows::insert(tx, events).await
}

/// What the stores of those orders heard of them, in sequence.
pub async fn events_of(
    db: &impl ConnectionTrait,
    ids: &[OrderId],
) -> Result<Vec<store_event::Model>, DbErr> {
    store_event::Entity::find()
        .filter(among(db, store_event::Column::OrderId, ids.iter().copied()))
        .order_by_asc(store_event::COLUMN.order_sequence)
        .all(db)
        .await
}

/// Whether the store has heard of something that has no number yet.
pub async fn has_unnumbered(db: &impl ConnectionTrait, store_id: StoreId) -> Result<bool, DbErr> {
    let unnumbered = store_event::Entity::find()
        .filter(store_event::COLUMN.store_id.eq(store_id))
        .filter(store_event::COLUMN.sequence.is_null())
        .limit(1);
    Ok(unnumbered.one(db).await?.is_some())
}

/// Numbers what the store, whose row is locked, has heard of and has no number yet, in the order of time; of an order,
/// whatever the clocks of several servers say, in the order of its history.
pub async fn number(tx: &Transaction, store_id: StoreId) -> Result<(), DbErr> {
    let statement = Statement::from_sql_and_values(
        tx.get_database_backend(),
        r"
WITH heard AS (
    SELECT part.order_id, part.order_sequence,
        MAX(event.at) OVER (PARTITION BY part.order_id ORDER BY part.order_sequence) AS at
    FROM store_event AS part
    JOIN order_event AS event ON event.order_id = part.order_id AND event.sequence = part.order_sequence
    WHERE part.store_id = $1 AND part.sequence IS NULL
), numbered AS (
    SELECT order_id, order_sequence,
        (SELECT COALESCE(MAX(sequence), 0) FROM store_event WHERE store_id = $1)
            + ROW_NUMBER() OVER (ORDER BY at, order_id, order_sequence) AS number
    FROM heard
)
UPDATE store_event SET sequence = numbered.number
FROM numbered
WHERE store_event.store_id = $1 AND store_event.order_id = numbered.order_id
    AND store_event.order_sequence = numbered.order_sequence",
        [store_id.into()],
    );
    tx.execute_raw(statement).await?;
    Ok(())
}

/// What the store heard past a number, in the order of the numbers: so much at most.
pub async fn heard_after(
    db: &impl ConnectionTrait,
    store_id: StoreId,
    after: i64,
    most: u64,
) -> Result<Vec<Heard>, DbErr> {
    let parts = store_event::Entity::find()
        .filter(store_event::COLUMN.store_id.eq(store_id))
        .filter(store_event::COLUMN.sequence.gt(after))
        .order_by_asc(store_event::COLUMN.sequence)
        .limit(most)
        .all(db)
        .await?;
    let ids = parts
        .iter()
        .map(|part| part.order_id)
        .collect::<BTreeSet<_>>();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = ids.into_iter().collect::<Vec<_>>();
    let events = order_store::events_of(db, &ids).await?;
    let mut events = events
        .into_iter()
        .map(|event| ((event.order_id, event.sequence), event))
        .collect::<HashMap<_, _>>();
    let heard = parts.into_iter().filter_map(|part| {
        let event = events.remove(&(part.order_id, part.order_sequence))?;
        Some((event, part))
    });
    Ok(heard.collect())
}

/// The same window of each of the stores' orders whose part there passes the filter, the newest first: by their ids,
/// which are in the order of time. Where the parts stand now is in what the stores heard last.
pub async fn windows_of_stores(
    db: &impl ConnectionTrait,
    ids: &[StoreId],
    filter: &Filter,
    window: &Window<Uuid>,
) -> Result<Vec<store_event::Model>, DbErr> {
    let sorting = Sorting {
        columns: vec![store_event::Column::OrderId],
        order: Order::Desc,
        values: |id: &Uuid| vec![(*id).into()],
    };
    let wanted = statuses(filter);
    // One list a status: each is read from where it stands in the index.
    let lists = ids.iter().flat_map(|id| {
        let of_store = move |status: &OrderStatus| {
            passing(filter)
                .filter(store_event::COLUMN.store_id.eq(*id))
                .filter(store_event::COLUMN.status.eq(*status))
        };
        wanted.iter().map(of_store)
    });
    let mut rows = sorting.read(db, window, lists).await?;
    rows.sort_by_key(|row| row.order_id);
    if !window.from_the_end {
        rows.reverse();
    }
    Ok(rows)
}

/// How many of the stores' orders pass the filter; a store that has none is missing.
pub async fn counts_of_stores(
    db: &impl ConnectionTrait,
    ids: &[StoreId],
    filter: &Filter,
) -> Result<Vec<(StoreId, i64)>, DbErr> {
    passing(filter)
        .filter(among(db, store_event::Column::StoreId, ids.iter().copied()))
        .filter(store_event::COLUMN.status.is_in(statuses(filter)))
        .select_only()
        .column(store_event::Column::StoreId)
        .column_as(store_event::Column::OrderId.count(), "count")
        .group_by(store_event::Column::StoreId)
        .into_tuple()
        .all(db)
        .await
}

fn statuses(filter: &Filter) -> Vec<OrderStatus> {
    let is_wanted = |status: &OrderStatus| {
        let wanted = filter.statuses.as_ref();
        wanted.is_none_or(|wanted| wanted.contains(status))
    };
    STATUSES.into_iter().filter(is_wanted).collect()
}

/// What stores heard last of each order, placed in the filter's time.
fn passing(filter: &Filter) -> Select<store_event::Entity> {
    // In the words of the index: a parameter could be either.
    let current = Expr::cust("store_event.is_current = TRUE");
    let mut parts = store_event::Entity::find().filter(current);
    if filter.placed_from.is_none() && filter.placed_to.is_none() {
        return parts;
    }
    // The ids narrow it down to the millisecond, the orders themselves to what was asked.
    if let Some(from) = filter.placed_from {
        parts = parts.filter(store_event::COLUMN.order_id.gte(first_id(from)));
    }
    if let Some(to) = filter.placed_to {
        let after = first_id(to + TimeDelta::milliseconds(1));
        parts = parts.filter(store_event::COLUMN.order_id.lt(after));
    }
    let own = Expr::col((order::Entity, order::Column::Id))
        .equals((store_event::Entity, store_event::Column::OrderId));
    let placed = order::Entity::find()
        .select_only()
        .expr(Expr::val(1))
        .filter(own);
    let from = filter.placed_from;
    let placed = placed
        .apply_if(from, |it, from| {
            it.filter(order::COLUMN.placed_at.gte(from))
        })
        .apply_if(filter.placed_to, |it, to| {
            it.filter(order::COLUMN.placed_at.lt(to))
        });
    parts.filter(Expr::exists(placed.into_query()))
}

/// The least id of an order of that moment.
fn first_id(moment: DateTime<Utc>) -> OrderId {
    let millis = u128::try_from(moment.timestamp_millis()).unwrap_or_default();
    OrderId(Uuid::from_u128(millis << 80))
}
