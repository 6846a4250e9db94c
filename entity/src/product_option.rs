//! The variants of a product, each with its own price and stock.

use sea_orm::entity::prelude::*;

use crate::{
    Won,
    id::{OptionId, ProductId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_option")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OptionId,
    pub product_id: ProductId,
    /// Where the merchant put it among the product's options, from 0.
    pub position: i32,
    pub name: String,
    pub price: Won,
    /// Options that were taken off sale stay for the orders that show them.
    pub deleted_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "product_id", to = "id")]
    pub product: BelongsTo<super::product::Entity>,
    #[sea_orm(has_one)]
    pub stock: HasOne<super::stock::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
