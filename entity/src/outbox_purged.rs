//! How far each order's messages have left the outbox, oldest first: what is gone was told, its `order.paid` too.

use sea_orm::entity::prelude::*;

use crate::id::OrderId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_purged")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    /// The sequence of the newest message that is gone.
    pub sequence: i32,
    #[sea_orm(belongs_to, from = "order_id", to = "id")]
    pub order: BelongsTo<super::order::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
