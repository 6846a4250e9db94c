//! What stores have earned and were not paid out yet.

use sea_orm::entity::prelude::*;

use crate::{
    Won,
    id::{StoreId, StoreWalletId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store_wallet")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreWalletId,
    #[sea_orm(unique)]
    pub store_id: StoreId,
    pub balance: Won,
    /// The sequence of the newest entry.
    pub last_sequence: i64,
    #[sea_orm(belongs_to, from = "store_id", to = "id")]
    pub store: BelongsTo<super::store::Entity>,
    #[sea_orm(has_many)]
    pub entries: HasMany<super::wallet_entry::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
