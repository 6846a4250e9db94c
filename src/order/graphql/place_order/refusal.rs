//! Refusals of an order, in the words of the API.

use crate::{
    catalog::graphql::ProductOption,
    coupon::graphql::told as told_coupon,
    graphql::{
        ApiError, InputError, Loaders, UserError, UserErrorCode as Code,
        user_error::{InsufficientPoints, InsufficientStock, StockShortage, StoreClosed},
        won::Won,
    },
    order::placement::{ClosedLine, Malformed, Refusal, Shortage},
    payment::checkout,
    text::{Message, message},
};

/// A request that no shop could take; `list` is the input's list that its index is a place in.
pub fn told_malformed(malformed: &Malformed, list: &str) -> InputError {
    match malformed {
        Malformed::Empty => InputError::new(Code::EmptyOrder, message!("order-empty")).at(&[list]),
        Malformed::TooManyLines { max } => {
            InputError::invalid(message!("order-too-many-lines", max = *max), &[list])
        }
        Malformed::QuantityOutOfRange { index, max } => InputError::invalid(
            message!("order-quantity-out-of-range", max = *max),
            &[list, &index.to_string(), "quantity"],
        ),
    }
}

/// What this shop refused; `list` is the input's list that its index is a place in.
///
/// # Errors
/// When the options that fall short cannot be read.
pub async fn told(refusal: Refusal, list: &str, loaders: &Loaders) -> Result<UserError, ApiError> {
    let code = code(&refusal);
    let message = message(&refusal);
    let path = path(&refusal, list);
    Ok(match refusal {
        Refusal::InsufficientStock(shortages) => UserError::Stock(InsufficientStock {
            code,
            message,
            path,
            shortages: told_shortages(&shortages, loaders).await?,
        }),
        Refusal::InsufficientPoints { required, balance } => {
            UserError::Points(InsufficientPoints {
                code,
                message,
                path,
                required: Won(required),
                balance: Won(balance),
            })
        }
        Refusal::StoreClosed(closed) => UserError::Closed(StoreClosed {
            code,
            message,
            path,
            options: told_closed(&closed, loaders).await?,
        }),
        Refusal::CouponNotUsable(problem) => UserError::Coupon(told_coupon(problem, "couponId")),
        _ => UserError::Input(InputError {
            code,
            message,
            path,
        }),
    })
}

/// What stood in the way of paying.
pub fn told_checkout(refusal: &checkout::Refusal) -> InputError {
    match refusal {
        checkout::Refusal::Declined(why) => InputError::new(Code::PaymentDeclined, why.message()),
        checkout::Refusal::PaymentPending => InputError::new(
            Code::PaymentUnavailable,
            message!("order-payment-being-settled"),
        ),
        checkout::Refusal::Unavailable | checkout::Refusal::Placement(_) => InputError::new(
            Code::PaymentUnavailable,
            message!("order-payment-unavailable"),
        ),
    }
}

fn code(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::KeyReused => Code::IdempotencyKeyReused,
        Refusal::Empty => Code::EmptyOrder,
        Refusal::NoSuchCartItem { .. } | Refusal::NoSuchOption { .. } => Code::NotFound,
        Refusal::ProductUnavailable { .. } => Code::ProductUnavailable,
        Refusal::StoreClosed(_) => Code::StoreClosed,
        Refusal::CouponNotUsable(_) => Code::CouponNotUsable,
        Refusal::TotalTooLarge | Refusal::PointsMismatch { .. } => Code::InvalidInput,
        Refusal::PriceChanged { .. } => Code::PriceChanged,
        Refusal::InsufficientStock(_) => Code::InsufficientStock,
        Refusal::InsufficientPoints { .. } => Code::InsufficientPoints,
        Refusal::PaymentPending(_) => Code::PaymentUnavailable,
    }
}

fn message(refusal: &Refusal) -> Message {
    match refusal {
        Refusal::KeyReused => message!("order-key-reused"),
        Refusal::Empty => message!("order-cart-empty"),
        Refusal::NoSuchCartItem { .. } => message!("cart-line-not-found"),
        Refusal::NoSuchOption { .. } => message!("cart-option-not-found"),
        Refusal::ProductUnavailable { name, .. } => {
            message!("order-product-unavailable", name = name.as_str())
        }
        Refusal::StoreClosed(closed) => {
            let name = closed.first().map_or("", |line| line.name.as_str());
            let others = closed.len().saturating_sub(1);
            message!("order-store-closed", name, others)
        }
        Refusal::CouponNotUsable(problem) => told_coupon(*problem, "couponId").message,
        Refusal::TotalTooLarge => message!("order-total-too-large"),
        Refusal::PriceChanged { expected, actual } => {
            message!(
                "order-price-changed",
                expected = *expected,
                actual = *actual
            )
        }
        Refusal::PointsMismatch { points, total } => {
            message!("order-points-mismatch", points = *points, total = *total)
        }
        Refusal::PaymentPending(_) => message!("order-payment-pending"),
        Refusal::InsufficientStock(_) => message!("order-insufficient-stock"),
        Refusal::InsufficientPoints { required, balance } => {
            message!(
                "order-insufficient-points",
                required = *required,
                balance = *balance
            )
        }
    }
}

fn path(refusal: &Refusal, list: &str) -> Option<Vec<String>> {
    let field = |field: &str| Some(vec![field.to_owned()]);
    let place = |index: usize| Some(vec![list.to_owned(), index.to_string()]);
    match *refusal {
        Refusal::KeyReused => field("idempotencyKey"),
        Refusal::PriceChanged { .. } => field("expectedTotal"),
        Refusal::PointsMismatch { .. } => field("points"),
        Refusal::NoSuchCartItem { index } | Refusal::NoSuchOption { index } => place(index),
        Refusal::ProductUnavailable { index, .. } => index.and_then(place),
        Refusal::StoreClosed(ref closed) => {
            closed.first().and_then(|line| line.index).and_then(place)
        }
        Refusal::CouponNotUsable(_) => field("couponId"),
        Refusal::Empty
        | Refusal::PaymentPending(_)
        | Refusal::TotalTooLarge
        | Refusal::InsufficientStock(_)
        | Refusal::InsufficientPoints { .. } => None,
    }
}

/// An option that is gone meanwhile is left out.
async fn told_closed(
    closed: &[ClosedLine],
    loaders: &Loaders,
) -> Result<Vec<ProductOption>, ApiError> {
    let mut options = loaders
        .load_many(closed.iter().map(|line| line.option_id))
        .await?;
    let options = closed
        .iter()
        .filter_map(|line| options.remove(&line.option_id));
    Ok(options.collect())
}

/// An option that is gone meanwhile is left out.
async fn told_shortages(
    shortages: &[Shortage],
    loaders: &Loaders,
) -> Result<Vec<StockShortage>, ApiError> {
    let options = loaders
        .load_many(shortages.iter().map(|shortage| shortage.option_id))
        .await?;
    let told = |shortage: &Shortage| {
        let option: ProductOption = options.get(&shortage.option_id)?.clone();
        let Shortage {
            requested,
            available,
            ..
        } = *shortage;
        Some(StockShortage {
            option,
            requested,
            available,
        })
    };
    Ok(shortages.iter().filter_map(told).collect())
}
