//! Money that a gateway owes a member: a row first, then a call with the row's id as its key, until the
//! gateway's own record says that it is done.

use sea_orm::entity::prelude::*;

use crate::{
    Won,
    id::{PaymentId, RefundId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refund")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefundId,
    pub payment_id: PaymentId,
    /// Its place among the payment's refunds, from 1: they are made one after the other.
    pub sequence: i32,
    pub amount: Won,
    pub status: RefundStatus,
    /// What the gateway is told.
    pub reason: String,
    /// What the gateway's record had given back when it was last asked: a key is for one such request.
    pub canceled_before: Option<Won>,
    /// How many keys were used: each replays its first answer, a failure too.
    pub keys: i32,
    pub attempts: i32,
    /// Why the last attempt did not do it.
    pub failure: Option<String>,
    pub created_at: DateTimeUtc,
    /// When it is tried next; `None` when it is done.
    pub check_at: Option<DateTimeUtc>,
    pub done_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "payment_id", to = "id")]
    pub payment: BelongsTo<super::payment::Entity>,
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum RefundStatus {
    Owed,
    /// The gateway refuses: it is asked again, rarely, and a person must look.
    Stuck,
    Done,
}

impl ActiveModelBehavior for ActiveModel {}
