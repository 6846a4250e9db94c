use async_graphql::{Enum, Interface, SimpleObject};

use super::{ApiError, won::Won};
use crate::{
    catalog::graphql::ProductOption,
    fault::{Failure, Outcome},
};

/// What a caller can get wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UserErrorCode {
    /// A field of the input breaks its rule; the message tells which rule.
    InvalidInput,
    /// What the input refers to does not exist, or is not yours.
    NotFound,
    /// Another member has this userId.
    UserIdTaken,
    /// The userId and the password do not belong together.
    BadCredentials,
    /// The token is malformed, expired, already used, or its session has ended: sign in again.
    BadToken,
    /// There is nothing to order.
    EmptyOrder,
    /// There are fewer pieces than ordered; see InsufficientStock.
    InsufficientStock,
    /// The order costs more than the balance; see InsufficientPoints.
    InsufficientPoints,
    /// The order does not cost what `expectedTotal` says: show the new prices and ask again.
    PriceChanged,
    /// A product is no longer for sale.
    ProductUnavailable,
    /// A product's store is closed at the moment.
    StoreClosed,
    /// The charge, or the balance after it, would be above its limit.
    PointLimitExceeded,
    /// The idempotency key was used for another request: make a new key for a new wish.
    IdempotencyKeyReused,
    /// An item has gone too far to be canceled: the message tells which, and why.
    OrderNotCancelable,
    /// The payment method is not available at the moment: choose another.
    PaymentUnavailable,
    /// The gateway declined the payment, or the member gave it up.
    PaymentDeclined,
    /// What the gateway took is not what was agreed: it goes back.
    PaymentMismatch,
    /// The payment was not made in time.
    PaymentExpired,
}

/// Why a mutation changed nothing: something that the caller can put right.
#[derive(Clone, Interface)]
#[graphql(
    field(
        name = "code",
        ty = "&UserErrorCode",
        desc = "What is wrong, for programs."
    ),
    field(
        name = "message",
        ty = "&String",
        desc = "What is wrong and what to do, for people."
    ),
    field(
        name = "path",
        ty = "&Option<Vec<String>>",
        desc = "The input field at fault, from the outside in, for instance `[\"lines\", \"0\", \"quantity\"]`."
    )
)]
pub enum UserError {
    Input(InputError),
    Stock(InsufficientStock),
    Points(InsufficientPoints),
}

/// A user error that needs no more than its code and message.
#[derive(Clone, Debug, SimpleObject)]
pub struct InputError {
    /// What is wrong, for programs.
    pub code: UserErrorCode,
    /// What is wrong and what to do, for people.
    pub message: String,
    /// The input field at fault, from the outside in.
    pub path: Option<Vec<String>>,
}

/// There are fewer pieces than ordered. Every option that falls short is listed.
#[derive(Clone, SimpleObject)]
pub struct InsufficientStock {
    /// Always INSUFFICIENT_STOCK.
    pub code: UserErrorCode,
    /// What is wrong and what to do, for people.
    pub message: String,
    /// The input field at fault, from the outside in.
    pub path: Option<Vec<String>>,
    /// What falls short, and by how much.
    pub shortages: Vec<StockShortage>,
}

/// An option of which there are fewer pieces than ordered.
#[derive(Clone, SimpleObject)]
pub struct StockShortage {
    /// The option.
    pub option: ProductOption,
    /// Pieces that the order asks for, over all its lines.
    pub requested: i32,
    /// Pieces that there were when the order was decided.
    pub available: i32,
}

/// The order costs more than the member's balance.
#[derive(Clone, SimpleObject)]
pub struct InsufficientPoints {
    /// Always INSUFFICIENT_POINTS.
    pub code: UserErrorCode,
    /// What is wrong and what to do, for people.
    pub message: String,
    /// The input field at fault, from the outside in.
    pub path: Option<Vec<String>>,
    /// What the order costs.
    pub required: Won,
    /// The balance when the order was decided.
    pub balance: Won,
}

impl InputError {
    /// A user error of no field in particular.
    pub fn new(code: UserErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            path: None,
        }
    }

    /// INVALID_INPUT at a field.
    pub fn invalid(message: impl Into<String>, path: &[&str]) -> Self {
        Self::new(UserErrorCode::InvalidInput, message).at(path)
    }

    /// The same error with the field at fault.
    #[must_use]
    pub fn at(self, path: &[&str]) -> Self {
        Self {
            path: Some(path.iter().map(|part| (*part).to_owned()).collect()),
            ..self
        }
    }
}

/// What a payload is made of: the result, or why there is none. Faults become top-level errors.
pub fn settle<T, R: Into<UserError>>(
    outcome: Outcome<T, R>,
) -> Result<(Option<T>, Vec<UserError>), ApiError> {
    match outcome {
        Ok(result) => Ok((Some(result), Vec::new())),
        Err(Failure::Refused(refusal)) => Ok((None, vec![refusal.into()])),
        Err(Failure::Fault(fault)) => Err(fault.into()),
    }
}
