//! The lines of an order, with names and prices as they were. Items carry the state.

use sea_orm::entity::prelude::*;

use crate::{
    Won,
    id::{OptionId, OrderId, OrderItemId, ProductId, StoreId},
    order::{CancelReason, OrderStatus},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderItemId,
    pub order_id: OrderId,
    /// Its place in the order, from 0.
    pub position: i32,
    pub option_id: OptionId,
    pub product_id: ProductId,
    pub store_id: StoreId,
    pub product_name: String,
    pub option_name: String,
    pub unit_price: Won,
    pub quantity: i32,
    pub line_total: Won,
    /// Its share of the order's discount.
    pub discount: Won,
    /// What of its discount the store bears.
    pub store_discount: Won,
    pub status: OrderStatus,
    pub cancel_reason: Option<CancelReason>,
    /// When it was sold: what popularity counts by.
    pub paid_at: Option<DateTimeUtc>,
    /// When it is canceled unless its store accepts it before; `None` where no time is running.
    pub accept_by: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "order_id", to = "id")]
    pub order: BelongsTo<super::order::Entity>,
    #[sea_orm(belongs_to, from = "option_id", to = "id")]
    pub option: BelongsTo<super::product_option::Entity>,
    #[sea_orm(belongs_to, from = "store_id", to = "id")]
    pub store: BelongsTo<super::store::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
