//! Coupons in the API: looking at them here, publishing and registering them in rooms of their own.

mod loader;
mod publish_coupons;
mod refusal;
mod register_coupon;
mod types;

use async_graphql::{Context, connection::Connection};
use chrono::{Datelike, SubsecRound};
use entity::id::{CouponId, MemberId};

use super::store::Place;
use crate::{
    graphql::{
        ApiError, AppContext,
        connection::{PageArguments, TotalCount, YEARS, connection},
        loader::ListOf,
    },
    text::message,
};

pub use publish_coupons::PublishCouponsMutation;
pub use refusal::{CouponNotUsable, told};
pub use register_coupon::RegisterCouponMutation;
pub use types::{Coupon, CouponStatus};

pub type CouponConnection = Connection<String, Coupon, TotalCount>;

/// A page of a member's coupons, those registered last first.
pub async fn page(
    ctx: &Context<'_>,
    member_id: MemberId,
    status: Option<CouponStatus>,
    arguments: PageArguments,
) -> Result<CouponConnection, ApiError> {
    let window = arguments.window::<Place>()?;
    if !window
        .bounds()
        .all(|(registered_at, _)| YEARS.contains(&registered_at.year()))
    {
        return Err(ApiError::bad_request(message!("graphql-foreign-cursor")));
    }
    // Coupons expire at whole seconds, so within one of them all lists are asked for alike.
    let now = ctx.app().clock.now().trunc_subsecs(0);
    let filter = status.map(|status| (status.into(), now));
    let key = ListOf {
        parent: member_id,
        asked: (filter, window.clone()),
    };
    let rows = ctx.loaders().load_one(key).await?.unwrap_or_default();
    let count = TotalCount::of_parent(ListOf {
        parent: member_id,
        asked: filter,
    });
    let place = |row: &entity::coupon::Model| (row.registered_at.unwrap_or_default(), row.id.0);
    connection(&window, rows, count, place, Coupon)
}

/// The coupon with this id, if the caller may see it: its holder, and admins.
pub async fn node(ctx: &Context<'_>, id: CouponId) -> Result<Option<Coupon>, ApiError> {
    let caller = ctx.caller()?;
    let coupon: Option<Coupon> = ctx.loaders().load_one(id).await?;
    Ok(coupon.filter(|coupon| match coupon.0.member_id {
        Some(holder) => caller.may_see(holder),
        None => caller.is_admin(),
    }))
}
