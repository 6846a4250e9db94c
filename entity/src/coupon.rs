//! Coupons: who holds each, and which order uses it.

use sea_orm::entity::prelude::*;

use crate::id::{CouponId, CouponIssueId, MemberId, OrderId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "coupon")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CouponId,
    pub issue_id: CouponIssueId,
    /// What its holder types, in normal form.
    #[sea_orm(unique)]
    pub code: String,
    /// Who registered it.
    pub member_id: Option<MemberId>,
    pub registered_at: Option<DateTimeUtc>,
    /// The order that uses it, or holds it while its payment is pending.
    #[sea_orm(unique)]
    pub order_id: Option<OrderId>,
    /// When it was taken back, unused: the gift that it was of went back to its sender. Nobody can use it any more, whatever
    /// their clock says.
    pub withdrawn_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "issue_id", to = "id")]
    pub issue: BelongsTo<super::coupon_issue::Entity>,
    #[sea_orm(belongs_to, from = "member_id", to = "id")]
    pub member: BelongsTo<Option<super::member::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
