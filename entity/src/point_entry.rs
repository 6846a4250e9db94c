//! The point ledger: append-only, numbered from 1 in each purse.

use sea_orm::entity::prelude::*;

use crate::{
    Won,
    id::{GiftId, OrderId, PaymentId, PointEntryId, UserPointId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "point_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PointEntryId,
    pub user_point_id: UserPointId,
    pub sequence: i64,
    pub action: PointAction,
    /// Signed: what is spent is negative.
    pub amount: Won,
    pub balance_after: Won,
    pub order_id: Option<OrderId>,
    /// The payment that charged them; credited once.
    pub payment_id: Option<PaymentId>,
    /// The gift that they were spent on, or came back from.
    pub gift_id: Option<GiftId>,
    /// The key of the charge that made it; unique in a purse.
    pub idempotency_key: Option<String>,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "user_point_id", to = "id")]
    pub user_point: BelongsTo<super::user_point::Entity>,
    #[sea_orm(belongs_to, from = "order_id", to = "id")]
    pub order: BelongsTo<Option<super::order::Entity>>,
    #[sea_orm(belongs_to, from = "payment_id", to = "id")]
    pub payment: BelongsTo<Option<super::payment::Entity>>,
}

/// Why the balance moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum PointAction {
    Charge,
    Use,
    Refund,
}

impl ActiveModelBehavior for ActiveModel {}
