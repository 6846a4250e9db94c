use entity::{
    id::{MemberId, StoreId},
    store,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, Order, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, sea_query::LockType,
};
use uuid::Uuid;

use crate::{
    db::Transaction,
    paging::{Sorting, Window},
    rows::among,
};

/// The store, locked: but for its key, so that rows may be written that refer to it.
pub async fn lock(tx: &Transaction, id: StoreId) -> Result<Option<store::Model>, DbErr> {
    store::Entity::find_by_id(id)
        .lock(LockType::NoKeyUpdate)
        .one(tx)
        .await
}

/// Writes a store's name and how long it has to accept an order.
pub async fn save_settings(tx: &Transaction, store: &store::Model) -> Result<(), DbErr> {
    store::Entity::update_many()
        .set(store::ActiveModel {
            name: Set(store.name.clone()),
            accept_minutes: Set(store.accept_minutes),
            ..Default::default()
        })
        .filter(store::COLUMN.id.eq(store.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Opens or closes a store.
pub async fn set_open(db: &impl ConnectionTrait, id: StoreId, is_open: bool) -> Result<(), DbErr> {
    store::Entity::update_many()
        .set(store::ActiveModel {
            is_open: Set(is_open),
            ..Default::default()
        })
        .filter(store::COLUMN.id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[StoreId],
) -> Result<Vec<store::Model>, DbErr> {
    store::Entity::find()
        .filter(among(db, store::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

/// The stores, locked against opening and closing, in the order of their ids.
pub async fn lock_as_they_are(
    tx: &Transaction,
    ids: &[StoreId],
) -> Result<Vec<store::Model>, DbErr> {
    store::Entity::find()
        .filter(among(tx, store::Column::Id, ids.iter().copied()))
        .order_by_asc(store::COLUMN.id)
        .lock_shared()
        .all(tx)
        .await
}

pub async fn by_merchants(
    db: &impl ConnectionTrait,
    ids: &[MemberId],
) -> Result<Vec<store::Model>, DbErr> {
    store::Entity::find()
        .filter(among(db, store::Column::MerchantId, ids.iter().copied()))
        .all(db)
        .await
}

/// A window of all stores, the oldest first.
pub async fn window(
    db: &impl ConnectionTrait,
    window: &Window<Uuid>,
) -> Result<Vec<store::Model>, DbErr> {
    let sorting = Sorting {
        columns: vec![store::Column::Id],
        order: Order::Asc,
        values: |id: &Uuid| vec![(*id).into()],
    };
    sorting.read(db, window, [store::Entity::find()]).await
}

pub async fn count(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    store::Entity::find().count(db).await
}
