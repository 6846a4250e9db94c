use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::{
    id::{MemberId, OrderId, OrderItemId, StoreId},
    order::{self, OrderStatus},
    order_alias, order_event, order_item,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, Order, QueryFilter, QueryOrder,
    QuerySelect, Select, Statement, Value,
    sea_query::{Expr, LockType, Query},
};
use uuid::Uuid;

use crate::{
    db::Transaction,
    event::Mark,
    paging::{Sorting, Window},
    rows::among,
};

/// Which orders are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    pub statuses: Option<BTreeSet<OrderStatus>>,
    pub placed_from: Option<DateTime<Utc>>,
    /// Exclusive.
    pub placed_to: Option<DateTime<Utc>>,
}

/// Where an order stands in the list of the newest: what a cursor holds.
pub type Place = (DateTime<Utc>, Uuid);

pub async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[OrderId],
) -> Result<Vec<order::Model>, DbErr> {
    order::Entity::find()
        .filter(among(db, order::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

pub async fn by_key(
    db: &impl ConnectionTrait,
    order_key: &str,
) -> Result<Option<order::Model>, DbErr> {
    order::Entity::find()
        .filter(order::COLUMN.order_key.eq(order_key))
        .one(db)
        .await
}

pub async fn by_idempotency_key(
    db: &impl ConnectionTrait,
    member_id: MemberId,
    key: &str,
) -> Result<Option<order::Model>, DbErr> {
    order::Entity::find()
        .filter(order::COLUMN.member_id.eq(member_id))
        .filter(order::COLUMN.idempotency_key.eq(key))
        .one(db)
        .await
}

/// Whether the member has an order under this key, be it the key's own or another's that it was given.
pub async fn has_key(
    db: &impl ConnectionTrait,
    member_id: MemberId,
    key: &str,
) -> Result<bool, DbErr> {
    if by_idempotency_key(db, member_id, key).await?.is_some() {
        return Ok(true);
    }
    let alias = order_alias::Entity::find_by_id((member_id, key.to_owned()));
    Ok(alias.one(db).await?.is_some())
}

/// The order, locked: but for its key, so that rows may be written that refer to it.
pub async fn lock(tx: &Transaction, id: OrderId) -> Result<Option<order::Model>, DbErr> {
    order::Entity::find_by_id(id)
        .lock(LockType::NoKeyUpdate)
        .one(tx)
        .await
}

/// The member's order that waits for its payment: there is at most one.
pub async fn pending_of(
    db: &impl ConnectionTrait,
    member_id: MemberId,
) -> Result<Option<order::Model>, DbErr> {
    order::Entity::find()
        .filter(order::COLUMN.member_id.eq(member_id))
        .filter(order::COLUMN.status.eq(OrderStatus::PendingPayment))
        .one(db)
        .await
}

/// The member's order, locked.
pub async fn lock_of_member(
    tx: &Transaction,
    member_id: MemberId,
    id: OrderId,
) -> Result<Option<order::Model>, DbErr> {
    order::Entity::find_by_id(id)
        .filter(order::COLUMN.member_id.eq(member_id))
        .lock(LockType::NoKeyUpdate)
        .one(tx)
        .await
}

/// What the index of a store's open items knows: a parameter could be any status.
const IS_PAID: &str = "order_item.status = 'PAID'";

/// Locks the orders of which a store has items that are paid and not accepted, in the order of their ids.
pub async fn lock_paid_of_store(tx: &Transaction, store_id: StoreId) -> Result<(), DbErr> {
    let ids = Query::select()
        .column(order_item::Column::OrderId)
        .from(order_item::Entity)
        .and_where(order_item::COLUMN.store_id.eq(store_id))
        .and_where(Expr::cust(IS_PAID))
        .take();
    order::Entity::find()
        .select_only()
        .column(order::Column::Id)
        .filter(order::Column::Id.in_subquery(ids))
        .order_by_asc(order::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .into_tuple::<OrderId>()
        .all(tx)
        .await?;
    Ok(())
}

/// Writes until when a store, whose row is locked, has to accept what is paid: `None` where no time runs.
pub async fn set_accept_by_of_store(
    tx: &Transaction,
    store_id: StoreId,
    accept_by: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
    order_item::Entity::update_many()
        .set(order_item::ActiveModel {
            accept_by: Set(accept_by),
            ..Default::default()
        })
        .filter(order_item::COLUMN.store_id.eq(store_id))
        .filter(Expr::cust(IS_PAID))
        .exec(tx)
        .await?;
    Ok(())
}

/// Writes how far an order has come; its row is locked.
pub async fn set_progress(tx: &Transaction, order: &order::Model) -> Result<(), DbErr> {
    order::Entity::update_many()
        .set(order::ActiveModel {
            status: Set(order.status),
            refunded: Set(order.refunded),
            payment_expires_at: Set(order.payment_expires_at),
            last_sequence: Set(order.last_sequence),
            ..Default::default()
        })
        .filter(order::COLUMN.id.eq(order.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Writes that all items of an order, whose row is locked, are paid, and until when their stores may accept them.
pub async fn set_paid(tx: &Transaction, items: &[order_item::Model]) -> Result<(), DbErr> {
    let mut alike = BTreeMap::<_, Vec<_>>::new();
    for item in items {
        let times = (item.paid_at, item.accept_by);
        alike.entry(times).or_default().push(item.id);
    }
    for ((paid_at, accept_by), ids) in alike {
        order_item::Entity::update_many()
            .set(order_item::ActiveModel {
                status: Set(OrderStatus::Paid),
                cancel_reason: Set(None),
                paid_at: Set(paid_at),
                accept_by: Set(accept_by),
                ..Default::default()
            })
            .filter(order_item::COLUMN.id.is_in(ids))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Writes where items of an order, whose row is locked, have moved, all of them the same way.
pub async fn set_moved(tx: &Transaction, items: &[order_item::Model]) -> Result<(), DbErr> {
    let Some(first) = items.first() else {
        return Ok(());
    };
    order_item::Entity::update_many()
        .set(order_item::ActiveModel {
            status: Set(first.status),
            cancel_reason: Set(first.cancel_reason),
            accept_by: Set(None),
            ..Default::default()
        })
        .filter(
            order_item::COLUMN
                .id
                .is_in(items.iter().map(|item| item.id)),
        )
        .exec(tx)
        .await?;
    Ok(())
}

/// The same window of each of the members' orders that pass the filter, the newest first.
pub async fn windows_of_members(
    db: &impl ConnectionTrait,
    ids: &[MemberId],
    filter: &Filter,
    window: &Window<Place>,
) -> Result<Vec<order::Model>, DbErr> {
    let sorting = Sorting {
        columns: vec![order::Column::PlacedAt, order::Column::Id],
        order: Order::Desc,
        values: |(placed_at, id): &Place| vec![(*placed_at).into(), (*id).into()],
    };
    let lists = ids
        .iter()
        .map(|id| passing(filter).filter(order::COLUMN.member_id.eq(*id)));
    sorting.read(db, window, lists).await
}

/// How many orders of those members pass the filter; a member who has none is missing.
pub async fn counts_of_members(
    db: &impl ConnectionTrait,
    ids: &[MemberId],
    filter: &Filter,
) -> Result<Vec<(MemberId, i64)>, DbErr> {
    passing(filter)
        .filter(among(db, order::Column::MemberId, ids.iter().copied()))
        .select_only()
        .column(order::Column::MemberId)
        .column_as(order::Column::Id.count(), "count")
        .group_by(order::Column::MemberId)
        .into_tuple()
        .all(db)
        .await
}

fn passing(filter: &Filter) -> Select<order::Entity> {
    let wanted = Condition::all()
        .add_option(
            filter
                .statuses
                .clone()
                .map(|statuses| order::COLUMN.status.is_in(statuses)),
        )
        .add_option(
            filter
                .placed_from
                .map(|from| order::COLUMN.placed_at.gte(from)),
        )
        .add_option(filter.placed_to.map(|to| order::COLUMN.placed_at.lt(to)));
    order::Entity::find().filter(wanted)
}

/// The items of those orders, each order's in their order.
pub async fn items_of(
    db: &impl ConnectionTrait,
    ids: &[OrderId],
) -> Result<Vec<order_item::Model>, DbErr> {
    order_item::Entity::find()
        .filter(among(db, order_item::Column::OrderId, ids.iter().copied()))
        .order_by_asc(order_item::COLUMN.position)
        .all(db)
        .await
}

pub async fn items_by_ids(
    db: &impl ConnectionTrait,
    ids: &[OrderItemId],
) -> Result<Vec<order_item::Model>, DbErr> {
    order_item::Entity::find()
        .filter(among(db, order_item::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

/// The histories of those orders, each in its sequence.
pub async fn events_of(
    db: &impl ConnectionTrait,
    ids: &[OrderId],
) -> Result<Vec<order_event::Model>, DbErr> {
    order_event::Entity::find()
        .filter(among(db, order_event::Column::OrderId, ids.iter().copied()))
        .order_by_asc(order_event::COLUMN.sequence)
        .all(db)
        .await
}

/// An order's events that came to light since the mark, in sequence.
pub async fn events_since(
    db: &impl ConnectionTrait,
    id: OrderId,
    mark: &Mark,
) -> Result<Vec<order_event::Model>, DbErr> {
    let of_order = "order_event.order_id = $2";
    events_of_since(db, of_order, mark, id.into()).await
}

/// The same of all orders of a member.
pub async fn events_of_member_since(
    db: &impl ConnectionTrait,
    id: MemberId,
    mark: &Mark,
) -> Result<Vec<order_event::Model>, DbErr> {
    let of_member = r#"order_event.order_id IN (SELECT id FROM "order" WHERE member_id = $2)"#;
    events_of_since(db, of_member, mark, id.into()).await
}

async fn events_of_since(
    db: &impl ConnectionTrait,
    whose: &str,
    mark: &Mark,
    id: Value,
) -> Result<Vec<order_event::Model>, DbErr> {
    let backend = db.get_database_backend();
    let sql = format!(
        "SELECT order_id, sequence, status, item_ids, reason, note, at FROM order_event \
         WHERE {whose} AND {} ORDER BY order_id, sequence",
        Mark::after(backend, "order_event"),
    );
    let statement = Statement::from_sql_and_values(backend, sql, [mark.value(), id]);
    order_event::Entity::find()
        .from_raw_sql(statement)
        .all(db)
        .await
}

/// An order's events past a sequence.
pub async fn events_after(
    db: &impl ConnectionTrait,
    id: OrderId,
    sequence: i32,
) -> Result<Vec<order_event::Model>, DbErr> {
    order_event::Entity::find()
        .filter(order_event::COLUMN.order_id.eq(id))
        .filter(order_event::COLUMN.sequence.gt(sequence))
        .order_by_asc(order_event::COLUMN.sequence)
        .all(db)
        .await
}
