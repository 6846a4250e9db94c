//! The pay history: every attempt and every answer, numbered from 1, without secrets and card data.

use sea_orm::entity::prelude::*;

use crate::{id::PaymentId, payment::PaymentStatus};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub payment_id: PaymentId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i32,
    pub kind: PaymentEventKind,
    /// The payment's status after it.
    pub status: PaymentStatus,
    /// What was asked or answered, in words and numbers that may be shown to the shop's staff.
    pub detail: Json,
    pub at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "payment_id", to = "id")]
    pub payment: BelongsTo<super::payment::Entity>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum PaymentEventKind {
    /// It was made, with its deadline.
    Created,
    /// The gateway was told of it, or would not be.
    Prepared,
    /// The gateway is asked to take the money.
    ApprovalAsked,
    /// It answered, certainly or not.
    ApprovalAnswered,
    /// It was asked what it knows.
    LookedUp,
    /// It sent word by itself.
    WebhookReceived,
    /// The status changed, and with it what it paid for.
    Settled,
    /// Money is to go back.
    RefundOwed,
    /// The gateway was asked to give money back.
    RefundAnswered,
}

impl ActiveModelBehavior for ActiveModel {}
