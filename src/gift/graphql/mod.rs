//! Gifts in the API.

mod loader;
mod send_gift;
mod subscription;

use async_graphql::{Context, Enum, ID, Object, connection::Connection};
use chrono::{DateTime, Datelike, Utc};
use entity::{
    gift,
    id::{GiftId, MemberId},
};

use super::{
    state,
    store::{Place, Side},
};
use crate::{
    catalog::graphql::ProductOption,
    coupon::graphql::Coupon,
    graphql::{
        ApiError, AppContext,
        connection::{PageArguments, TotalCount, YEARS, connection},
        loader::{ListOf, referred},
        won::Won,
    },
    member::graphql::Member,
    text::message,
};

pub use send_gift::GiftMutation;
pub use subscription::GiftSubscription;

/// Something that one member bought for another, who has a coupon for it.
#[derive(Clone)]
pub struct Gift(pub gift::Model);

/// Where a gift stands.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum GiftStatus {
    /// Its receiver can order with its coupon, or has.
    Sent,
    /// What was ordered with its coupon was handed over. What that did not cost of `amount` went back to its sender.
    Used,
    /// It was not used in time, and went back to its sender.
    Returned,
}

pub type GiftConnection = Connection<String, Gift, TotalCount>;

/// Something that one member bought for another, who has a coupon for it.
#[Object]
impl Gift {
    /// Begins with `gift_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Who sent it.
    async fn from(&self, ctx: &Context<'_>) -> Result<Member, ApiError> {
        referred(ctx, self.0.from_member_id).await
    }

    /// Who got it.
    async fn to(&self, ctx: &Context<'_>) -> Result<Member, ApiError> {
        referred(ctx, self.0.to_member_id).await
    }

    /// Where it stands.
    async fn status(&self) -> Result<GiftStatus, ApiError> {
        match self.0.status {
            gift::GiftStatus::Sent => Ok(GiftStatus::Sent),
            gift::GiftStatus::Used => Ok(GiftStatus::Used),
            gift::GiftStatus::Returned => Ok(GiftStatus::Returned),
            gift::GiftStatus::PendingPayment | gift::GiftStatus::Failed => Err(unsent()),
        }
    }

    /// What its receiver orders it with. Its code is for them alone: others see asterisks.
    async fn coupon(&self, ctx: &Context<'_>) -> Result<Coupon, ApiError> {
        let id = self.0.coupon_id.ok_or_else(unsent)?;
        let Coupon(mut coupon) = referred(ctx, id).await?;
        if !ctx.caller()?.may_see(self.0.to_member_id) {
            coupon.code = "*".repeat(coupon.code.len());
        }
        Ok(Coupon(coupon))
    }

    /// What was given, as it is today.
    async fn option(&self, ctx: &Context<'_>) -> Result<ProductOption, ApiError> {
        referred(ctx, self.0.option_id).await
    }

    /// The product's name as it was when given.
    async fn product_name(&self) -> &str {
        &self.0.product_name
    }

    /// The option's name as it was when given.
    async fn option_name(&self) -> &str {
        &self.0.option_name
    }

    /// How many pieces.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// What its sender paid. FORBIDDEN to its receiver.
    async fn amount(&self, ctx: &Context<'_>) -> Result<Option<Won>, ApiError> {
        self.is_for_sender(ctx)?;
        Ok(Some(self.0.amount.into()))
    }

    /// What of it came back to its sender, in points. FORBIDDEN to its receiver.
    async fn returned(&self, ctx: &Context<'_>) -> Result<Option<Won>, ApiError> {
        self.is_for_sender(ctx)?;
        Ok(Some(self.0.returned.into()))
    }

    /// What its sender wrote; may be empty.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// When it was paid, and its receiver had it.
    async fn sent_at(&self) -> Result<DateTime<Utc>, ApiError> {
        self.0.sent_at.ok_or_else(unsent)
    }

    /// Until when it can be used; after that it goes back to its sender.
    async fn expires_at(&self) -> Result<DateTime<Utc>, ApiError> {
        self.0.expires_at.ok_or_else(unsent)
    }
}

fn unsent() -> ApiError {
    ApiError::internal("a gift shows that is not paid")
}

impl Gift {
    fn is_for_sender(&self, ctx: &Context<'_>) -> Result<(), ApiError> {
        if ctx.caller()?.may_see(self.0.from_member_id) {
            Ok(())
        } else {
            Err(ApiError::Forbidden)
        }
    }
}

/// A page of what a member was given, or gave; for `Member`.
pub async fn page(
    ctx: &Context<'_>,
    member_id: MemberId,
    side: Side,
    arguments: PageArguments,
) -> Result<GiftConnection, ApiError> {
    let window = arguments.window::<Place>()?;
    if !window
        .bounds()
        .all(|(sent_at, _)| YEARS.contains(&sent_at.year()))
    {
        return Err(ApiError::bad_request(message!("graphql-foreign-cursor")));
    }
    let key = ListOf {
        parent: member_id,
        asked: (side, window.clone()),
    };
    let rows = ctx.loaders().load_one(key).await?.unwrap_or_default();
    let count = TotalCount::of_parent(ListOf {
        parent: member_id,
        asked: side,
    });
    let place = |row: &gift::Model| (row.sent_at.unwrap_or_default(), row.id.0);
    connection(&window, rows, count, place, Gift)
}

/// The gift with this id, if the caller may see it and it was delivered.
pub async fn node(ctx: &Context<'_>, id: GiftId) -> Result<Option<Gift>, ApiError> {
    let caller = ctx.caller()?;
    let gift: Option<Gift> = ctx.loaders().load_one(id).await?;
    Ok(gift.filter(|Gift(gift)| {
        caller.may_see(gift.from_member_id) || caller.may_see(gift.to_member_id)
    }))
}

/// A gift as it shows: once it was delivered.
pub fn shown(gift: gift::Model) -> Option<Gift> {
    state::is_delivered(gift.status).then_some(Gift(gift))
}
