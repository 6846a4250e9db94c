use entity::{
    id::{MemberId, StoreId},
    store,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, Order, PaginatorTrait,
    QueryFilter,
};
use uuid::Uuid;

use crate::paging::{Sorting, Window};

pub async fn insert(db: &impl ConnectionTrait, row: store::Model) -> Result<(), DbErr> {
    store::Entity::insert(store::ActiveModel::from(row))
        .exec_without_returning(db)
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
        .filter(store::COLUMN.id.is_in(ids.iter().copied()))
        .all(db)
        .await
}

pub async fn by_merchants(
    db: &impl ConnectionTrait,
    ids: &[MemberId],
) -> Result<Vec<store::Model>, DbErr> {
    store::Entity::find()
        .filter(store::COLUMN.merchant_id.is_in(ids.iter().copied()))
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
