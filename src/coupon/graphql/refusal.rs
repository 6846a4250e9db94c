//! Refusals of coupons, in the words of the API.

use async_graphql::{Enum, SimpleObject};

use crate::{
    coupon::Problem,
    graphql::UserErrorCode,
    text::{Message, message},
};

/// The coupon cannot be used, or its code not registered.
#[derive(Clone, SimpleObject)]
pub struct CouponNotUsable {
    /// Always COUPON_NOT_USABLE.
    pub code: UserErrorCode,
    /// What is wrong and what to do, for people.
    pub message: Message,
    /// The input field at fault, from the outside in.
    pub path: Option<Vec<String>>,
    /// What is wrong with it, for programs.
    pub problem: CouponProblem,
}

/// What is wrong with a coupon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CouponProblem {
    /// There is none with this code or id, or it is not yours.
    Unknown,
    /// It is for another store's items, and none of those is ordered.
    Foreign,
    /// It was not used in time.
    Expired,
    /// An order has it already.
    Used,
    /// Another member has registered it.
    AlreadyRegistered,
    /// You have registered as many of these coupons as a member may.
    LimitReached,
    /// What is ordered of that which it is for costs less than its `minimumTotal`.
    BelowMinimum,
    /// It takes nothing off what is ordered.
    NothingToDiscount,
}

/// The refusal at a field of the input.
pub fn told(problem: Problem, field: &str) -> CouponNotUsable {
    CouponNotUsable {
        code: UserErrorCode::CouponNotUsable,
        message: message(problem, field),
        path: Some(vec![field.to_owned()]),
        problem: problem.into(),
    }
}

fn message(problem: Problem, field: &str) -> Message {
    match problem {
        Problem::Unknown if field == "code" => message!("coupon-code-unknown"),
        Problem::Unknown => message!("coupon-not-found"),
        Problem::Foreign => message!("coupon-foreign"),
        Problem::Expired => message!("coupon-expired"),
        Problem::Used => message!("coupon-used"),
        Problem::AlreadyRegistered => message!("coupon-already-registered"),
        Problem::LimitReached { limit } => message!("coupon-limit-reached", limit),
        Problem::BelowMinimum { minimum, total } => {
            message!("coupon-below-minimum", minimum, total)
        }
        Problem::NothingToDiscount => message!("coupon-nothing-to-discount"),
    }
}

impl From<Problem> for CouponProblem {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Unknown => Self::Unknown,
            Problem::Foreign => Self::Foreign,
            Problem::Expired => Self::Expired,
            Problem::Used => Self::Used,
            Problem::AlreadyRegistered => Self::AlreadyRegistered,
            Problem::LimitReached { .. } => Self::LimitReached,
            Problem::BelowMinimum { .. } => Self::BelowMinimum,
            Problem::NothingToDiscount => Self::NothingToDiscount,
        }
    }
}
