//! A member's cart.

use sea_orm::entity::prelude::*;

use crate::id::{CartId, MemberId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cart")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CartId,
    #[sea_orm(unique)]
    pub member_id: MemberId,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "member_id", to = "id")]
    pub member: BelongsTo<super::member::Entity>,
    #[sea_orm(has_many)]
    pub items: HasMany<super::cart_item::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
