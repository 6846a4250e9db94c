use chrono::{DateTime, Utc};
use entity::{
    id::{MemberId, OrderId, OrderItemId},
    order::{self, OrderStatus},
    order_event, order_item,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, Select,
};
use uuid::Uuid;

use crate::paging::Window;

/// Which orders are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub statuses: Option<Vec<OrderStatus>>,
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
        .filter(order::COLUMN.id.is_in(ids.iter().copied()))
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

/// A page of the member's orders, newest first.
pub async fn page(
    db: &impl ConnectionTrait,
    member_id: MemberId,
    filter: &Filter,
    window: &Window<Place>,
) -> Result<Vec<order::Model>, DbErr> {
    let mut cursor =
        of_member(member_id, filter).cursor_by((order::Column::PlacedAt, order::Column::Id));
    window.apply(cursor.desc(), |place| place).all(db).await
}

pub async fn count(
    db: &impl ConnectionTrait,
    member_id: MemberId,
    filter: &Filter,
) -> Result<u64, DbErr> {
    of_member(member_id, filter).count(db).await
}

fn of_member(member_id: MemberId, filter: &Filter) -> Select<order::Entity> {
    let wanted = Condition::all()
        .add(order::COLUMN.member_id.eq(member_id))
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
        .filter(order_item::COLUMN.order_id.is_in(ids.iter().copied()))
        .order_by_asc(order_item::COLUMN.position)
        .all(db)
        .await
}

pub async fn items_by_ids(
    db: &impl ConnectionTrait,
    ids: &[OrderItemId],
) -> Result<Vec<order_item::Model>, DbErr> {
    order_item::Entity::find()
        .filter(order_item::COLUMN.id.is_in(ids.iter().copied()))
        .all(db)
        .await
}

/// The histories of those orders, each in its sequence.
pub async fn events_of(
    db: &impl ConnectionTrait,
    ids: &[OrderId],
) -> Result<Vec<order_event::Model>, DbErr> {
    order_event::Entity::find()
        .filter(order_event::COLUMN.order_id.is_in(ids.iter().copied()))
        .order_by_asc(order_event::COLUMN.sequence)
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
