//! Webhooks that had their effect, so that each has it once.

use sea_orm::entity::prelude::*;

use crate::payment::PaymentProvider;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_receipt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub provider: PaymentProvider,
    /// The sender's id of it: the same on every delivery.
    #[sea_orm(primary_key, auto_increment = false)]
    pub webhook_id: String,
    /// SHA-256 of the body: the same id with another body is worth a look.
    pub body_hash: Vec<u8>,
    pub received_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
