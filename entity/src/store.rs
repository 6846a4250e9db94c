//! Merchants' shops.

use sea_orm::entity::prelude::*;

use crate::id::{MemberId, StoreId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreId,
    #[sea_orm(unique)]
    pub merchant_id: MemberId,
    pub name: String,
    /// A closed store's products can be looked at but not ordered.
    pub is_open: bool,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "merchant_id", to = "id")]
    pub merchant: BelongsTo<super::member::Entity>,
    #[sea_orm(has_many)]
    pub products: HasMany<super::product::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
