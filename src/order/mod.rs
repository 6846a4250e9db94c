//! Orders: placing them, looking at them, watching them, canceling them, and what their stores do with them.

pub mod announcement;
pub mod cancellation;
mod discount;
mod feed;
pub mod fulfilment;
pub mod graphql;
pub mod key;
pub mod movement;
pub mod part;
pub mod placement;
#[cfg(test)]
mod sample;
pub mod state;
pub mod store;
mod watch;

use entity::{Won, order_item};

use crate::text::{Message, message};

pub use feed::MemberWatch;
pub use watch::OrderWatch;

/// What was paid for an item, and comes back when it is canceled: its line total less its share of the discount.
pub fn paid_for(item: &order_item::Model) -> Won {
    Won(item.line_total.0 - item.discount.0)
}

/// The longest idempotency key, in characters.
const IDEMPOTENCY_KEY_MAX: usize = 64;

/// The key as it is stored, or what is wrong with it.
///
/// # Errors
/// The rule.
pub fn idempotency_key(text: &str) -> Result<String, Message> {
    let length = text.chars().count();
    if (1..=IDEMPOTENCY_KEY_MAX).contains(&length) && !text.contains(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(message!(
            "order-bad-idempotency-key",
            max = IDEMPOTENCY_KEY_MAX
        ))
    }
}
