use entity::{
    id::{OptionId, ProductId},
    product_option, stock, stock_adjustment,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};

use crate::{
    db::Transaction,
    rows::{Kind, Rows, among},
};

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
        .filter(
            stock::Column::OptionId
                .in_subquery(among(tx.get_database_backend(), ids.iter().copied())),
        )
        .order_by_asc(stock::COLUMN.option_id)
        .lock_exclusive()
        .all(tx)
        .await
}

/// Moves the stock of many options, each by its delta, in one statement, sorted by option. The table's own
/// check guards against selling what is not there, also where their rows were not locked before.
pub async fn add(tx: &Transaction, deltas: &[(OptionId, i32)]) -> Result<(), DbErr> {
    tx.execute_raw(addition(tx.get_database_backend(), deltas))
        .await?;
    Ok(())
}

/// The statement of [`add`].
pub fn addition(backend: DbBackend, deltas: &[(OptionId, i32)]) -> Statement {
    let moved = Rows::new(
        backend,
        "moved",
        [("option_id", Kind::Uuid), ("delta", Kind::Integer)],
        deltas
            .iter()
            .map(|(id, delta)| [(*id).into(), (*delta).into()]),
    );
    let sql = format!(
        "UPDATE stock SET quantity = stock.quantity + moved.delta \
         FROM {moved} WHERE stock.option_id = moved.option_id"
    );
    moved.statement(&sql)
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
