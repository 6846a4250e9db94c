use async_graphql::{Context, Enum, ID, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};
use entity::{coupon, coupon_issue, id::OptionId};

use crate::{
    catalog::graphql::ProductOption,
    coupon::{self as coupons, Discount, shown},
    graphql::{ApiError, AppContext, loader::referred, won::Won},
    store::graphql::Store,
};

/// A coupon: takes something off one order.
#[derive(Clone)]
pub struct Coupon(pub coupon::Model);

/// Where a coupon stands.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "coupons::Status")]
pub enum CouponStatus {
    /// Nobody has registered it.
    Issued,
    /// Its holder can order with it.
    Registered,
    /// An order has it: used, or held until its payment is made. It comes back when everything that it took something
    /// off is canceled.
    Used,
    /// It was not used in time.
    Expired,
}

/// What a coupon takes off.
#[derive(Union)]
pub enum CouponDiscount {
    Fixed(FixedDiscount),
    Percent(PercentDiscount),
    Free(FreeItem),
}

/// So many won off.
#[derive(SimpleObject)]
pub struct FixedDiscount {
    /// What it takes off, if what it is for costs as much.
    amount: Won,
}

/// A part of the price off, in whole won, rounded down.
#[derive(SimpleObject)]
pub struct PercentDiscount {
    /// Of a hundred.
    percent: i32,
    /// The most that it takes off; null if there is no such limit.
    maximum: Option<Won>,
}

/// Pieces of an option for nothing.
pub struct FreeItem {
    option_id: OptionId,
    quantity: i32,
}

/// Pieces of an option for nothing.
#[Object]
impl FreeItem {
    /// What is free. It must be among what is ordered.
    async fn option(&self, ctx: &Context<'_>) -> Result<ProductOption, ApiError> {
        referred(ctx, self.option_id).await
    }

    /// How many pieces at most.
    async fn quantity(&self) -> i32 {
        self.quantity
    }
}

/// A coupon: takes something off one order.
#[Object]
impl Coupon {
    /// Begins with `coupon_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What was typed to register it, in groups of four.
    async fn code(&self) -> String {
        shown(&self.0.code)
    }

    /// What it is called.
    async fn name(&self, ctx: &Context<'_>) -> Result<String, ApiError> {
        Ok(self.issue(ctx).await?.name)
    }

    /// What it takes off.
    async fn discount(&self, ctx: &Context<'_>) -> Result<CouponDiscount, ApiError> {
        let issue = self.issue(ctx).await?;
        match Discount::of(&issue) {
            Some(discount) => Ok(discount.into()),
            None => Err(ApiError::internal(format!(
                "{} takes nothing off",
                issue.id
            ))),
        }
    }

    /// What the ordered items of its store, or of all stores if it has none, must cost together at least.
    async fn minimum_total(&self, ctx: &Context<'_>) -> Result<Won, ApiError> {
        Ok(self.issue(ctx).await?.minimum_total.into())
    }

    /// Whose items it is for; null if it is for those of all stores.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>, ApiError> {
        match self.issue(ctx).await?.store_id {
            Some(store_id) => referred(ctx, store_id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Where it stands.
    async fn status(&self, ctx: &Context<'_>) -> Result<CouponStatus, ApiError> {
        let issue = self.issue(ctx).await?;
        Ok(coupons::status(&self.0, &issue, ctx.app().clock.now()).into())
    }

    /// When it expires.
    async fn expires_at(&self, ctx: &Context<'_>) -> Result<DateTime<Utc>, ApiError> {
        Ok(self.issue(ctx).await?.expires_at)
    }
}

impl Coupon {
    async fn issue(&self, ctx: &Context<'_>) -> Result<coupon_issue::Model, ApiError> {
        referred(ctx, self.0.issue_id).await
    }
}

impl From<Discount> for CouponDiscount {
    fn from(discount: Discount) -> Self {
        match discount {
            Discount::Fixed { amount } => Self::Fixed(FixedDiscount {
                amount: amount.into(),
            }),
            Discount::Percent { percent, maximum } => Self::Percent(PercentDiscount {
                percent,
                maximum: maximum.map(Into::into),
            }),
            Discount::FreeItem {
                option_id,
                quantity,
            } => Self::Free(FreeItem {
                option_id,
                quantity,
            }),
        }
    }
}
