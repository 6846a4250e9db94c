//! An order's history, numbered from 1 without gaps: what subscriptions replay.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    id::{OrderId, OrderItemId, TypedId},
    order::{CancelReason, OrderStatus},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i32,
    /// The order's status after the event.
    pub status: OrderStatus,
    /// The items that moved.
    pub item_ids: ItemIds,
    pub reason: Option<CancelReason>,
    /// What the member said when they canceled.
    pub note: Option<String>,
    pub at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "order_id", to = "id")]
    pub order: BelongsTo<super::order::Entity>,
}

/// The items that an event is about, as a JSON array of UUIDs: only ever read whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct ItemIds(Vec<Uuid>);

impl ItemIds {
    pub fn iter(&self) -> impl Iterator<Item = OrderItemId> {
        self.0.iter().map(|uuid| OrderItemId(*uuid))
    }
}

impl FromIterator<OrderItemId> for ItemIds {
    fn from_iter<I: IntoIterator<Item = OrderItemId>>(ids: I) -> Self {
        Self(ids.into_iter().map(TypedId::uuid).collect())
    }
}

impl ActiveModelBehavior for ActiveModel {}
