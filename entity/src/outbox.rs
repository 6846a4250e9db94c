//! What the world outside must hear, written in the transaction that it tells of.

use sea_orm::entity::prelude::*;

use crate::id::{OrderId, OutboxId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OutboxId,
    /// For instance `order.paid.v1`: what is told, and how the payload is made.
    pub topic: String,
    pub order_id: OrderId,
    /// Its place among the order's messages, from 1 without gaps: the order in which they are delivered.
    pub sequence: i32,
    pub payload: Json,
    pub created_at: DateTimeUtc,
    /// How often it was sent.
    pub attempts: i32,
    /// When whoever finds it delivers it: until then it is somebody's, from memory or by a claim. `None` when it is
    /// delivered or given up.
    pub due_at: Option<DateTimeUtc>,
    /// Why the last attempt did not do it.
    pub failure: Option<String>,
    /// When it was given up, until a person has it tried again.
    pub dead_at: Option<DateTimeUtc>,
    pub delivered_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "order_id", to = "id")]
    pub order: BelongsTo<super::order::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
