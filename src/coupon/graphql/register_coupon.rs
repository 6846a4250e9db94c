use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{Coupon, told};
use crate::{
    coupon,
    graphql::{ApiError, AppContext, UserError, settle},
};

/// Which coupon to register.
#[derive(InputObject)]
pub struct RegisterCouponInput {
    /// The coupon's code, as people write it: case, dashes and blanks do not matter, nor O for 0 and I or L for 1.
    code: String,
}

/// What registering a coupon gives.
#[derive(SimpleObject)]
pub struct RegisterCouponPayload {
    /// The coupon, which is yours now; null if there are user errors.
    coupon: Option<Coupon>,
    /// Why nothing was changed; empty on success.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct RegisterCouponMutation;

#[Object]
impl RegisterCouponMutation {
    /// Makes a coupon yours by its code. A code that is yours already gives its coupon again.
    async fn register_coupon(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which coupon to register.")] input: RegisterCouponInput,
    ) -> Result<Option<RegisterCouponPayload>, ApiError> {
        let member_id = ctx.caller()?.member_id;
        let outcome = coupon::register(ctx.app(), member_id, &input.code).await;
        let told = |problem| UserError::from(told(problem, "code"));
        let (coupon, user_errors) = settle(outcome.map_err(|failure| failure.map_refusal(told)))?;
        Ok(Some(RegisterCouponPayload {
            coupon: coupon.map(Coupon),
            user_errors,
        }))
    }
}
