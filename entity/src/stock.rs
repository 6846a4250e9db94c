//! How many of an option can still be sold: the row that orders lock.

use sea_orm::entity::prelude::*;

use crate::id::OptionId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub option_id: OptionId,
    pub quantity: i32,
    #[sea_orm(belongs_to, from = "option_id", to = "id")]
    pub option: BelongsTo<super::product_option::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
