//! What the inputs that cancel items have in common.

use async_graphql::ID;
use entity::id::OrderItemId;

use crate::{
    config::LINES_MAX,
    graphql::{InputError, parse_ids},
    text::message,
};

/// The input's list of items.
pub const ITEMS: &str = "orderItemIds";

/// The longest reason, in characters.
const REASON_MAX: usize = 200;

/// The items that a list names.
///
/// # Errors
/// When one of them is no item's id, or there are more than an order has.
pub fn item_ids(ids: &[ID]) -> Result<Vec<OrderItemId>, InputError> {
    if ids.len() > LINES_MAX {
        let message = message!("order-too-many-items", max = LINES_MAX);
        return Err(InputError::invalid(message, &[ITEMS]));
    }
    parse_ids(ids, ITEMS)
}

/// A reason; `None` where nothing is said.
///
/// # Errors
/// When it is too long, or no text.
pub fn reason(text: Option<String>) -> Result<Option<String>, InputError> {
    let text = text.filter(|text| !text.trim().is_empty());
    let is_good =
        |text: &str| text.chars().count() <= REASON_MAX && !text.contains(char::is_control);
    if text.as_deref().is_none_or(is_good) {
        Ok(text)
    } else {
        let message = message!("order-bad-reason", max = REASON_MAX);
        Err(InputError::invalid(message, &["reason"]))
    }
}
