use entity::{
    id::{OptionId, ProductId},
    product_option, stock, stock_adjustment,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, IntoIden, IntoValueTuple, Query, TableRef},
};

use crate::db::Transaction;

pub async fn by_options(
    db: &impl ConnectionTrait,
    ids: &[OptionId],
) -> Result<Vec<stock::Model>, DbErr> {
    stock::Entity::find()
        .filter(stock::COLUMN.option_id.is_in(ids.iter().copied()))
        .all(db)
        .await
}

/// The options' stock, locked in the order of their ids.
pub async fn lock(tx: &Transaction, ids: &[OptionId]) -> Result<Vec<stock::Model>, DbErr> {
    stock::Entity::find()
        .filter(stock::COLUMN.option_id.is_in(ids.iter().copied()))
        .order_by_asc(stock::COLUMN.option_id)
        .lock_exclusive()
        .all(tx)
        .await
}

/// Moves the stock of many options, each by its delta, in one statement; their rows are locked. The
/// table's own check is the last guard against selling what is not there.
pub async fn add(tx: &Transaction, deltas: &[(OptionId, i32)]) -> Result<(), DbErr> {
    let rows = deltas
        .iter()
        .map(|(id, delta)| (*id, *delta).into_value_tuple())
        .collect();
    let quantity = Expr::col((stock::Entity, stock::Column::Quantity));
    let mut update = Query::update();
    update
        .table(stock::Entity)
        .value(
            stock::Column::Quantity,
            quantity.add(Expr::col(("moved", "column2"))),
        )
        .from(TableRef::ValuesList(rows, "moved".into_iden()))
        .and_where(
            Expr::col((stock::Entity, stock::Column::OptionId)).equals(("moved", "column1")),
        );
    tx.execute(&update).await?;
    Ok(())
}

pub async fn insert_adjustment(
    tx: &Transaction,
    adjustment: stock_adjustment::Model,
) -> Result<(), DbErr> {
    stock_adjustment::Entity::insert(stock_adjustment::ActiveModel::from(adjustment))
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

pub async fn product_of(
    db: &impl ConnectionTrait,
    id: OptionId,
) -> Result<Option<ProductId>, DbErr> {
    let option = product_option::Entity::find_by_id(id).one(db).await?;
    Ok(option.map(|option| option.product_id))
}
