//! Orders. The status is derived from the items' and kept here for filters.

use sea_orm::entity::prelude::*;

use crate::{
    Won,
    id::{CouponId, MemberId, OrderId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderId,
    /// What a person reads over the phone.
    #[sea_orm(unique)]
    pub order_key: String,
    pub member_id: MemberId,
    pub status: OrderStatus,
    pub items_total: Won,
    pub discount: Won,
    /// What it was discounted by.
    pub coupon_id: Option<CouponId>,
    pub points_used: Won,
    /// What a payment gateway must take.
    pub amount_due: Won,
    pub refunded: Won,
    /// The client's key: at most one order a member and key.
    pub idempotency_key: String,
    /// SHA-256 of the request in canonical form: the same key with another request is refused.
    pub request_hash: Vec<u8>,
    pub placed_at: DateTimeUtc,
    pub payment_expires_at: Option<DateTimeUtc>,
    /// The sequence of the newest event.
    pub last_sequence: i32,
    #[sea_orm(belongs_to, from = "member_id", to = "id")]
    pub member: BelongsTo<super::member::Entity>,
    #[sea_orm(has_many)]
    pub items: HasMany<super::order_item::Entity>,
    #[sea_orm(has_many)]
    pub events: HasMany<super::order_event::Entity>,
}

/// Where an order, or one item of it, stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum OrderStatus {
    PendingPayment,
    Paid,
    Accepted,
    Ready,
    Completed,
    Canceled,
}

/// Why an item was canceled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum CancelReason {
    Customer,
    StoreRefused,
    NotAcceptedInTime,
    PaymentFailed,
    PaymentAbandoned,
    PaymentExpired,
    OutOfStock,
}

impl ActiveModelBehavior for ActiveModel {}
