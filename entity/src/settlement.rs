//! What stores were paid out: one row a wallet and period.

use sea_orm::entity::prelude::*;

use crate::{
    Won,
    id::{SettlementId, StoreWalletId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "settlement")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SettlementId,
    pub store_wallet_id: StoreWalletId,
    /// Exclusive; the period begins where the one before ended.
    pub period_end: DateTimeUtc,
    /// The entries that it paid out.
    pub first_sequence: i64,
    pub last_sequence: i64,
    pub amount: Won,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "store_wallet_id", to = "id")]
    pub store_wallet: BelongsTo<super::store_wallet::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
