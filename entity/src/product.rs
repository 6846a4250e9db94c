//! Things for sale. Stock is elsewhere: a stock lock must never slow a product read.

use sea_orm::entity::prelude::*;

use crate::{
    Won,
    id::{ProductId, StoreId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductId,
    pub store_id: StoreId,
    pub name: String,
    /// The name in lower case: what a search compares, alike on every database.
    pub search_name: String,
    pub description: String,
    pub image_url: Option<String>,
    /// The lowest option price, kept here so that sorting and filtering by price need no join.
    pub price: Won,
    pub created_at: DateTimeUtc,
    /// Deleted products stay for the orders that show them.
    pub deleted_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "store_id", to = "id")]
    pub store: BelongsTo<super::store::Entity>,
    #[sea_orm(has_many)]
    pub options: HasMany<super::product_option::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
