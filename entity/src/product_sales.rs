//! How many of a product were sold in each hour, maintained in the transactions that sell.

use sea_orm::entity::prelude::*;

use crate::id::ProductId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_sales")]
pub struct Model {
    /// The start of the hour, in UTC.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hour: DateTimeUtc,
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: ProductId,
    /// Pieces sold in the hour and not canceled since.
    pub quantity: i64,
    #[sea_orm(belongs_to, from = "product_id", to = "id")]
    pub product: BelongsTo<super::product::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
