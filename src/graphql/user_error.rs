use async_graphql::{Enum, Interface, SimpleObject};

use super::{ApiError, won::Won};
use crate::{
    catalog::graphql::ProductOption,
    coupon::graphql::CouponNotUsable,
    fault::{Failure, Outcome},
    order::graphql::OrderStatus,
    text::Message,
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
    /// There are fewer pieces than ordered, or than are to be taken out of stock; see InsufficientStock.
    InsufficientStock,
    /// There are not as many pieces as expected; see StockChanged.
    StockChanged,
    /// The order costs more than the balance; see InsufficientPoints.
    InsufficientPoints,
    /// The order does not cost what `expectedTotal` says: show the new prices and ask again.
    PriceChanged,
    /// A product is no longer for sale.
    ProductUnavailable,
    /// A product's store is closed at the moment; see StoreClosed.
    StoreClosed,
    /// The charge, or the balance after it, would be above its limit.
    PointLimitExceeded,
    /// The idempotency key was used for another request: make a new key for a new wish.
    IdempotencyKeyReused,
    /// The coupon cannot be used, or registered; see CouponNotUsable.
    CouponNotUsable,
    /// An item has gone too far to be canceled: the message tells which, and why.
    OrderNotCancelable,
    /// The order does not stand where it would have to; see OrderStateChanged.
    OrderStateChanged,
    /// The payment method is not available at the moment: choose another.
    PaymentUnavailable,
    /// The gateway declined the payment, or the member gave it up.
    PaymentDeclined,
    /// What the gateway took is not what was agreed: it goes back.
    PaymentMismatch,
    /// The payment was not made in time.
    PaymentExpired,
    /// The server has no place for pictures.
    PicturesUnavailable,
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
        ty = "&Message",
        desc = "What is wrong and what to do, for people, in the language that `Accept-Language` prefers."
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
    StockChanged(StockChanged),
    Points(InsufficientPoints),
    Coupon(CouponNotUsable),
    State(OrderStateChanged),
    Closed(StoreClosed),
}

/// A user error that needs no more than its code and message.
#[derive(Clone, Debug, SimpleObject)]
pub struct InputError {
    /// What is wrong, for programs.
    pub code: UserErrorCode,
    /// What is wrong and what to do, for people.
    pub message: Message,
    /// The input field at fault, from the outside in.
    pub path: Option<Vec<String>>,
}

/// There are fewer pieces than ordered, or than are to be taken out of stock. Every option that falls short is listed.
#[derive(Clone, SimpleObject)]
pub struct InsufficientStock {
    /// Always INSUFFICIENT_STOCK.
    pub code: UserErrorCode,
    /// What is wrong and what to do, for people.
    pub message: Message,
    /// The input field at fault, from the outside in.
    pub path: Option<Vec<String>>,
    /// What falls short, and by how much.
    pub shortages: Vec<StockShortage>,
}

/// An option of which there are fewer pieces than asked for.
#[derive(Clone, SimpleObject)]
pub struct StockShortage {
    /// The option.
    pub option: ProductOption,
    /// Pieces that are asked for, over all lines.
    pub requested: i32,
    /// Pieces that there were when it was decided.
    pub available: i32,
}

/// There are not as many pieces as expected: somebody bought or adjusted meanwhile.
#[derive(Clone, SimpleObject)]
pub struct StockChanged {
    /// Always STOCK_CHANGED.
    pub code: UserErrorCode,
    /// What is wrong and what to do, for people.
    pub message: Message,
    /// The input field at fault, from the outside in.
    pub path: Option<Vec<String>>,
    /// Pieces that there were.
    pub quantity: i32,
}

/// Something is of a store that is closed at the moment. All that is so is listed; the cart keeps it.
#[derive(Clone, SimpleObject)]
pub struct StoreClosed {
    /// Always STORE_CLOSED.
    pub code: UserErrorCode,
    /// What is wrong and what to do, for people.
    pub message: Message,
    /// The input field at fault, from the outside in: the first, where there are several.
    pub path: Option<Vec<String>>,
    /// What cannot be ordered at the moment.
    pub options: Vec<ProductOption>,
}

/// The order costs more than the member's balance.
#[derive(Clone, SimpleObject)]
pub struct InsufficientPoints {
    /// Always INSUFFICIENT_POINTS.
    pub code: UserErrorCode,
    /// What is wrong and what to do, for people.
    pub message: Message,
    /// The input field at fault, from the outside in.
    pub path: Option<Vec<String>>,
    /// What the order costs.
    pub required: Won,
    /// The balance when the order was decided.
    pub balance: Won,
}

/// The store's part of the order stands elsewhere: somebody was faster, or a step comes before this one.
#[derive(Clone, SimpleObject)]
pub struct OrderStateChanged {
    /// Always ORDER_STATE_CHANGED.
    pub code: UserErrorCode,
    /// Where it stands, and what to do, for people.
    pub message: Message,
    /// The input field at fault, from the outside in.
    pub path: Option<Vec<String>>,
    /// Where it stands: the store's part of the order, or the item that was named.
    pub status: OrderStatus,
}

impl InputError {
    /// A user error of no field in particular.
    pub fn new(code: UserErrorCode, message: Message) -> Self {
        Self {
            code,
            message,
            path: None,
        }
    }

    /// INVALID_INPUT at a field.
    pub fn invalid(message: Message, path: &[&str]) -> Self {
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
