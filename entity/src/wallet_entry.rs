//! The ledger of store wallets: append-only, numbered from 1 in each.

use sea_orm::entity::prelude::*;

use crate::{
    Won,
    id::{OrderId, SettlementId, StoreWalletId, WalletEntryId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wallet_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WalletEntryId,
    pub store_wallet_id: StoreWalletId,
    pub sequence: i64,
    pub action: WalletAction,
    /// Signed: what is paid out is negative.
    pub amount: Won,
    pub balance_after: Won,
    /// The order that earned it.
    pub order_id: Option<OrderId>,
    /// Which event of the order tells that its items were handed over.
    pub order_sequence: Option<i32>,
    /// The settlement that paid it out.
    pub settlement_id: Option<SettlementId>,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "store_wallet_id", to = "id")]
    pub store_wallet: BelongsTo<super::store_wallet::Entity>,
    #[sea_orm(belongs_to, from = "order_id", to = "id")]
    pub order: BelongsTo<Option<super::order::Entity>>,
    #[sea_orm(belongs_to, from = "settlement_id", to = "id")]
    pub settlement: BelongsTo<Option<super::settlement::Entity>>,
}

/// Why the balance moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum WalletAction {
    /// Items were handed over.
    Sale,
    /// A settlement paid it out.
    Payout,
}

impl ActiveModelBehavior for ActiveModel {}
