use entity::{
    id::{OptionId, ProductId, StockAdjustmentId},
    product, product_option, stock, stock_adjustment,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, Order, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};
use uuid::Uuid;

use crate::{
    db::Transaction,
    paging::{Sorting, Window},
    rows::{Kind, Rows, among},
};

pub async fn by_options(
    db: &impl ConnectionTrait,
    ids: &[OptionId],
) -> Result<Vec<stock::Model>, DbErr> {
    stock::Entity::find()
        .filter(among(db, stock::Column::OptionId, ids.iter().copied()))
        .all(db)
        .await
}

/// How much there is of each option of those products.
pub async fn of_products(
    db: &impl ConnectionTrait,
    ids: &[ProductId],
) -> Result<Vec<(ProductId, OptionId, i32)>, DbErr> {
    product_option::Entity::find()
        .inner_join(stock::Entity)
        .filter(among(
            db,
            product_option::Column::ProductId,
            ids.iter().copied(),
        ))
        .select_only()
        .columns([
            product_option::Column::ProductId,
            product_option::Column::Id,
        ])
        .column(stock::Column::Quantity)
        .into_tuple()
        .all(db)
        .await
}

/// The options' stock, locked in the order of their ids.
pub async fn lock(tx: &Transaction, ids: &[OptionId]) -> Result<Vec<stock::Model>, DbErr> {
    stock::Entity::find()
        .filter(among(tx, stock::Column::OptionId, ids.iter().copied()))
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

/// The option and the product it is of.
pub async fn sold(
    db: &impl ConnectionTrait,
    id: OptionId,
) -> Result<Option<(product_option::Model, product::Model)>, DbErr> {
    let found = product_option::Entity::find_by_id(id)
        .find_also_related(product::Entity)
        .one(db)
        .await?;
    Ok(found.and_then(|(option, product)| Some((option, product?))))
}

pub async fn adjustments_by_ids(
    db: &impl ConnectionTrait,
    ids: &[StockAdjustmentId],
) -> Result<Vec<stock_adjustment::Model>, DbErr> {
    stock_adjustment::Entity::find()
        .filter(among(db, stock_adjustment::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

/// The same window of each of the options' adjustments, the newest first.
pub async fn windows_of_adjustments(
    db: &impl ConnectionTrait,
    ids: &[OptionId],
    window: &Window<Uuid>,
) -> Result<Vec<stock_adjustment::Model>, DbErr> {
    let sorting = Sorting {
        columns: vec![stock_adjustment::Column::Id],
        order: Order::Desc,
        values: |id: &Uuid| vec![(*id).into()],
    };
    let of_option = |id: &OptionId| {
        stock_adjustment::Entity::find().filter(stock_adjustment::COLUMN.option_id.eq(*id))
    };
    sorting.read(db, window, ids.iter().map(of_option)).await
}

/// How many adjustments those options had; an option that had none is missing.
pub async fn counts_of_adjustments(
    db: &impl ConnectionTrait,
    ids: &[OptionId],
) -> Result<Vec<(OptionId, i64)>, DbErr> {
    stock_adjustment::Entity::find()
        .filter(among(
            db,
            stock_adjustment::Column::OptionId,
            ids.iter().copied(),
        ))
        .select_only()
        .column(stock_adjustment::Column::OptionId)
        .column_as(stock_adjustment::Column::Id.count(), "count")
        .group_by(stock_adjustment::Column::OptionId)
        .into_tuple()
        .all(db)
        .await
}
