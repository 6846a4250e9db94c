//! Coupons that were published together, and their terms.

use sea_orm::entity::prelude::*;

use crate::{
    Won,
    id::{CouponIssueId, MemberId, OptionId, StoreId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "coupon_issue")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CouponIssueId,
    /// Whose items it is for; `None` for those of all stores.
    pub store_id: Option<StoreId>,
    pub funding: CouponFunding,
    pub name: String,
    pub kind: CouponKind,
    /// What a fixed discount takes off.
    pub amount: Option<Won>,
    /// What a percent discount takes off, of a hundred.
    pub percent: Option<i32>,
    /// The most that a percent discount takes off.
    pub maximum: Option<Won>,
    /// What is free.
    pub free_option_id: Option<OptionId>,
    pub free_quantity: Option<i32>,
    /// What the items that it is for must cost together at least.
    pub minimum_total: Won,
    /// How many of them a member may register.
    pub per_member_limit: i32,
    /// How many codes there are.
    pub codes: i32,
    pub expires_at: DateTimeUtc,
    pub published_by: MemberId,
    /// The publisher's key, where they gave one: at most one publication a publisher and key.
    pub idempotency_key: Option<String>,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "store_id", to = "id")]
    pub store: BelongsTo<Option<super::store::Entity>>,
    #[sea_orm(belongs_to, from = "free_option_id", to = "id")]
    pub free_option: BelongsTo<Option<super::product_option::Entity>>,
    #[sea_orm(has_many)]
    pub coupons: HasMany<super::coupon::Entity>,
}

/// Who bears the discount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum CouponFunding {
    Platform,
    Store,
    /// Whoever gave it as a gift has paid it.
    Gift,
}

/// What a coupon takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum CouponKind {
    Fixed,
    Percent,
    FreeItem,
}

impl ActiveModelBehavior for ActiveModel {}
