//! A store's part of its orders' histories: what its feed tells.

use sea_orm::entity::prelude::*;

use crate::{
    id::{OrderId, StoreId},
    order::OrderStatus,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub store_id: StoreId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    /// Which event of the order it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_sequence: i32,
    /// Where the store's items stood after it: the least advanced that was not canceled.
    pub status: OrderStatus,
    /// Whether it is the newest that the store heard of the order, so that the store's part stands there now.
    pub is_current: bool,
    /// Its number in the store's feed, from 1 without gaps; `None` until somebody first asked for the feed after it.
    pub sequence: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
