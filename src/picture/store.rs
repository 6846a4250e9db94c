use entity::{id::ProductId, product, store};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

/// The store that sells the product; none if the product is not on sale.
pub async fn store_of(
    db: &impl ConnectionTrait,
    id: ProductId,
) -> Result<Option<store::Model>, DbErr> {
    let found = product::Entity::find_by_id(id)
        .filter(product::COLUMN.deleted_at.is_null())
        .find_also_related(store::Entity)
        .one(db)
        .await?;
    Ok(found.and_then(|(_, store)| store))
}

/// Gives the product its picture. `false` if it is not on sale.
pub async fn set_image_url(
    db: &impl ConnectionTrait,
    id: ProductId,
    url: &str,
) -> Result<bool, DbErr> {
    let updated = product::Entity::update_many()
        .set(product::ActiveModel {
            image_url: Set(Some(url.to_owned())),
            ..Default::default()
        })
        .filter(product::COLUMN.id.eq(id))
        .filter(product::COLUMN.deleted_at.is_null())
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}
