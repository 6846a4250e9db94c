use chrono::{DateTime, Utc};
use entity::{
    id::{OrderId, OrderItemId},
    order_item,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, sea_query::Expr,
};

use crate::db::Transaction;

/// Items whose time runs, in the words of their index: a parameter could be any status.
fn timed() -> Select<order_item::Entity> {
    order_item::Entity::find()
        .filter(Expr::cust("order_item.status = 'PAID'"))
        .filter(order_item::COLUMN.accept_by.is_not_null())
        .order_by_asc(order_item::COLUMN.accept_by)
}

/// The orders of items whose time is over, the longest over first: of so many items at most.
pub async fn late(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    most: u64,
) -> Result<Vec<OrderId>, DbErr> {
    timed()
        .filter(order_item::COLUMN.accept_by.lte(now))
        .limit(most)
        .select_only()
        .column(order_item::Column::OrderId)
        .into_tuple()
        .all(db)
        .await
}

/// When the next item's time is over, if any runs.
pub async fn next_accept_by(db: &impl ConnectionTrait) -> Result<Option<DateTime<Utc>>, DbErr> {
    timed()
        .select_only()
        .column(order_item::Column::AcceptBy)
        .into_tuple()
        .one(db)
        .await
}

/// Writes that no time runs for those items.
pub async fn stop_clocks(tx: &Transaction, ids: Vec<OrderItemId>) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    order_item::Entity::update_many()
        .set(order_item::ActiveModel {
            accept_by: Set(None),
            ..Default::default()
        })
        .filter(order_item::COLUMN.id.is_in(ids))
        .exec(tx)
        .await?;
    Ok(())
}
