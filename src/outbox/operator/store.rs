//! The operator's queries.

use chrono::{DateTime, Utc};
use entity::{
    id::{OrderId, OutboxId},
    outbox::{self, Model},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};

use super::{State, Which};
use crate::db::Transaction;

pub async fn newest(
    db: &impl ConnectionTrait,
    which: Which,
    most: u64,
) -> Result<Vec<Model>, DbErr> {
    let columns = outbox::COLUMN;
    let mut found = outbox::Entity::find();
    if let Some(order_id) = which.order_id {
        found = found.filter(columns.order_id.eq(order_id));
    }
    found = match which.state {
        None => found,
        Some(State::Delivered) => found.filter(columns.delivered_at.is_not_null()),
        Some(State::Dead) => found.filter(columns.dead_at.is_not_null()),
        Some(State::Retrying) => found
            .filter(columns.delivered_at.is_null())
            .filter(columns.dead_at.is_null())
            .filter(columns.attempts.gt(0)),
        Some(State::Waiting) => found
            .filter(columns.delivered_at.is_null())
            .filter(columns.dead_at.is_null())
            .filter(columns.attempts.eq(0)),
    };
    // Ids grow with time; those of one moment stand by their place in their order.
    let found = found.order_by_desc(columns.id).limit(most);
    found.all(db).await
}

pub async fn by_id(db: &impl ConnectionTrait, id: OutboxId) -> Result<Option<Model>, DbErr> {
    outbox::Entity::find_by_id(id).one(db).await
}

pub async fn of_order(db: &impl ConnectionTrait, id: OrderId) -> Result<Vec<Model>, DbErr> {
    outbox::Entity::find()
        .filter(outbox::COLUMN.order_id.eq(id))
        .order_by_asc(outbox::COLUMN.sequence)
        .all(db)
        .await
}

/// Makes what is not delivered of some orders fall due now: of the message's, or of all that have a dead one.
pub async fn revive(
    tx: &Transaction,
    id: Option<OutboxId>,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let mut orders = Query::select();
    orders
        .column(outbox::Column::OrderId)
        .from(outbox::Entity)
        .and_where(match id {
            Some(id) => outbox::COLUMN.id.eq(id),
            None => outbox::COLUMN.dead_at.is_not_null(),
        });
    let revived = outbox::Entity::update_many()
        .col_expr(outbox::Column::DueAt, Expr::val(now))
        .col_expr(outbox::Column::DeadAt, Expr::val(None::<DateTime<Utc>>))
        .col_expr(outbox::Column::Attempts, Expr::val(0))
        .filter(outbox::Column::OrderId.in_subquery(orders))
        .filter(outbox::COLUMN.delivered_at.is_null())
        .exec(tx)
        .await?;
    Ok(revived.rows_affected)
}
