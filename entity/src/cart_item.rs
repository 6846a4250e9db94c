//! The lines of a cart, at most one an option.

use sea_orm::entity::prelude::*;

use crate::id::{CartId, CartItemId, OptionId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cart_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CartItemId,
    pub cart_id: CartId,
    pub option_id: OptionId,
    pub quantity: i32,
    #[sea_orm(belongs_to, from = "cart_id", to = "id")]
    pub cart: BelongsTo<super::cart::Entity>,
    #[sea_orm(belongs_to, from = "option_id", to = "id")]
    pub option: BelongsTo<super::product_option::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
