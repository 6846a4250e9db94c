//! The stock ledger: every change that is not a sale. An option's adjustments less what was sold
//! and not canceled are its stock.

use sea_orm::entity::prelude::*;

use crate::id::{MemberId, OptionId, StockAdjustmentId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_adjustment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockAdjustmentId,
    pub option_id: OptionId,
    pub delta: i32,
    pub quantity_after: i32,
    pub reason: String,
    /// Who did it.
    pub member_id: MemberId,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "option_id", to = "id")]
    pub option: BelongsTo<super::product_option::Entity>,
    #[sea_orm(belongs_to, from = "member_id", to = "id")]
    pub member: BelongsTo<super::member::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
