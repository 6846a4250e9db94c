use entity::{
    id::{OptionId, ProductId, StoreId, TypedId},
    product, product_option, stock,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, sea_query::LockType,
};
use uuid::Uuid;

use crate::{
    db::Transaction,
    rows::{Kind, Rows, among},
};

/// The products of those ids, also those that were taken off sale; locked, in the order of their ids, if they are to be
/// written.
pub async fn products(
    tx: &Transaction,
    ids: &[ProductId],
    is_written: bool,
) -> Result<Vec<product::Model>, DbErr> {
    let mut found = product::Entity::find()
        .filter(among(tx, product::Column::Id, ids.iter().copied()))
        .order_by_asc(product::COLUMN.id);
    if is_written {
        found = found.lock(LockType::NoKeyUpdate);
    }
    found.all(tx).await
}

/// All options of those products, also those that were taken off sale.
pub async fn options(
    tx: &Transaction,
    ids: &[ProductId],
) -> Result<Vec<product_option::Model>, DbErr> {
    product_option::Entity::find()
        .filter(among(
            tx,
            product_option::Column::ProductId,
            ids.iter().copied(),
        ))
        .order_by_asc(product_option::COLUMN.product_id)
        .order_by_asc(product_option::COLUMN.position)
        .all(tx)
        .await
}

pub async fn stocks(tx: &Transaction, ids: &[OptionId]) -> Result<Vec<stock::Model>, DbErr> {
    stock::Entity::find()
        .filter(among(tx, stock::Column::OptionId, ids.iter().copied()))
        .all(tx)
        .await
}

/// Writes what is said of products, whose rows are locked, in one statement.
pub async fn save(tx: &Transaction, products: &[product::Model]) -> Result<(), DbErr> {
    if products.is_empty() {
        return Ok(());
    }
    let saved = Rows::new(
        tx.get_database_backend(),
        "saved",
        [
            ("id", Kind::Uuid),
            ("name", Kind::Text),
            ("search_name", Kind::Text),
            ("description", Kind::Text),
            ("price", Kind::BigInteger),
        ],
        products.iter().map(|product| {
            [
                product.id.into(),
                product.name.clone().into(),
                product.search_name.clone().into(),
                product.description.clone().into(),
                product.price.into(),
            ]
        }),
    );
    let sql = format!(
        "UPDATE product SET name = saved.name, search_name = saved.search_name, \
             description = saved.description, price = saved.price \
         FROM {saved} WHERE product.id = saved.id"
    );
    tx.execute_raw(saved.statement(&sql)).await?;
    Ok(())
}

/// How many products are on sale, in one store or in all.
pub async fn count(tx: &Transaction, store_id: Option<StoreId>) -> Result<u64, DbErr> {
    on_sale(store_id).count(tx).await
}

/// The next products on sale, in the order of their ids.
pub async fn after(
    tx: &Transaction,
    store_id: Option<StoreId>,
    id: ProductId,
    limit: u64,
) -> Result<Vec<product::Model>, DbErr> {
    on_sale(store_id)
        .filter(product::COLUMN.id.gt(id))
        .order_by_asc(product::COLUMN.id)
        .limit(limit)
        .all(tx)
        .await
}

/// What comes before every product.
pub fn beginning() -> ProductId {
    ProductId::from_uuid(Uuid::nil())
}

fn on_sale(store_id: Option<StoreId>) -> Select<product::Entity> {
    let on_sale = product::Entity::find().filter(product::COLUMN.deleted_at.is_null());
    match store_id {
        Some(id) => on_sale.filter(product::COLUMN.store_id.eq(id)),
        None => on_sale,
    }
}
