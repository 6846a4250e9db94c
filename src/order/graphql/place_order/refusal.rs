//! Refusals of an order, in the words of the API.

use crate::{
    catalog::graphql::ProductOption,
    graphql::{
        ApiError, InputError, Loaders, UserError, UserErrorCode as Code,
        user_error::{InsufficientPoints, InsufficientStock, StockShortage},
        won::Won,
    },
    order::placement::{Malformed, Refusal, Shortage},
    payment::checkout,
};

/// A request that no shop could take; `list` is the input's list that its index is a place in.
pub fn told_malformed(malformed: &Malformed, list: &str) -> InputError {
    match malformed {
        Malformed::Empty => {
            InputError::new(Code::EmptyOrder, "There is nothing to order.").at(&[list])
        }
        Malformed::TooManyLines { max } => {
            InputError::invalid(format!("An order has at most {max} lines."), &[list])
        }
        Malformed::QuantityOutOfRange { index, max } => InputError::invalid(
            format!("The quantity of an option is 1 to {max} pieces in one order."),
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
        checkout::Refusal::Declined(words) => InputError::new(
            Code::PaymentDeclined,
            format!("The provider did not begin the payment: {words}"),
        ),
        checkout::Refusal::PaymentPending => InputError::new(
            Code::PaymentUnavailable,
            "The payment of your order before is just being settled: try again in a moment.",
        ),
        checkout::Refusal::Unavailable | checkout::Refusal::Placement(_) => InputError::new(
            Code::PaymentUnavailable,
            "This way of paying is not available at the moment: choose another, or come again. If you try \
             again, make a new idempotency key.",
        ),
    }
}

fn code(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::KeyReused => Code::IdempotencyKeyReused,
        Refusal::Empty => Code::EmptyOrder,
        Refusal::NoSuchCartItem { .. } | Refusal::NoSuchOption { .. } => Code::NotFound,
        Refusal::ProductUnavailable { .. } => Code::ProductUnavailable,
        Refusal::StoreClosed { .. } => Code::StoreClosed,
        Refusal::TotalTooLarge | Refusal::PointsMismatch { .. } => Code::InvalidInput,
        Refusal::PriceChanged { .. } => Code::PriceChanged,
        Refusal::InsufficientStock(_) => Code::InsufficientStock,
        Refusal::InsufficientPoints { .. } => Code::InsufficientPoints,
        Refusal::PaymentPending(_) => Code::PaymentUnavailable,
    }
}

fn message(refusal: &Refusal) -> String {
    match refusal {
        Refusal::KeyReused => {
            "This idempotency key was used for another request: make a new key.".into()
        }
        Refusal::Empty => "Your cart is empty.".into(),
        Refusal::NoSuchCartItem { .. } => "There is no such line in your cart.".into(),
        Refusal::NoSuchOption { .. } => "There is no such option.".into(),
        Refusal::ProductUnavailable { name, .. } => {
            format!("{name} is no longer for sale: leave it out.")
        }
        Refusal::StoreClosed { name, .. } => {
            format!("The store of {name} is closed at the moment: leave it out, or come again.")
        }
        Refusal::TotalTooLarge => {
            "The total is beyond what can be counted: order less at once.".into()
        }
        Refusal::PriceChanged { expected, actual } => {
            format!("The order costs {actual} won, not {expected} won: show that and ask again.")
        }
        Refusal::PointsMismatch { points, total } => format!(
            "The order costs {total} won: with provider POINT all of it is paid in points, with any other at \
             most that, not {points}."
        ),
        Refusal::PaymentPending(_) => {
            "Another order of yours waits for its payment: finish it, or give it up.".into()
        }
        Refusal::InsufficientStock(_) => {
            "There are fewer pieces than ordered: order what is left.".into()
        }
        Refusal::InsufficientPoints { required, balance } => format!(
            "The order takes {required} points and the balance is {balance}: charge points first."
        ),
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
        Refusal::ProductUnavailable { index, .. } | Refusal::StoreClosed { index, .. } => {
            index.and_then(place)
        }
        Refusal::Empty
        | Refusal::PaymentPending(_)
        | Refusal::TotalTooLarge
        | Refusal::InsufficientStock(_)
        | Refusal::InsufficientPoints { .. } => None,
    }
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
