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
    /// How long it has to accept an order, in minutes.
    pub accept_minutes: i32,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "merchant_id", to = "id")]
    pub merchant: BelongsTo<super::member::Entity>,
    #[sea_orm(has_many)]
    pub products: HasMany<super::product::Entity>,
    #[sea_orm(has_one)]
    pub wallet: HasOne<super::store_wallet::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
