//! Gifts: something that one member bought for another, who has a coupon for it.

use sea_orm::entity::prelude::*;

use crate::{
    Won,
    id::{CouponId, GiftId, MemberId, OptionId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gift")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GiftId,
    pub from_member_id: MemberId,
    pub to_member_id: MemberId,
    pub status: GiftStatus,
    pub option_id: OptionId,
    /// As it was when bought, like the two below.
    pub product_name: String,
    pub option_name: String,
    pub unit_price: Won,
    pub quantity: i32,
    /// What its sender paid.
    pub amount: Won,
    /// What of it came back to the sender as points.
    pub returned: Won,
    pub message: String,
    /// What the receiver orders with; `None` until it is paid.
    pub coupon_id: Option<CouponId>,
    /// The sender's key: at most one gift a sender and key.
    pub idempotency_key: String,
    /// SHA-256 of the request in canonical form: the same key with another request is refused.
    pub request_hash: Vec<u8>,
    pub created_at: DateTimeUtc,
    pub sent_at: Option<DateTimeUtc>,
    pub expires_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "option_id", to = "id")]
    pub option: BelongsTo<super::product_option::Entity>,
    #[sea_orm(belongs_to, from = "coupon_id", to = "id")]
    pub coupon: BelongsTo<Option<super::coupon::Entity>>,
}

/// Where a gift stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum GiftStatus {
    /// A gateway must still take the money.
    PendingPayment,
    /// The receiver has its coupon; the money is held.
    Sent,
    /// What it paid for was handed over.
    Used,
    /// It expired unused: the sender has the points back.
    Returned,
    /// It was not paid.
    Failed,
}

impl ActiveModelBehavior for ActiveModel {}
