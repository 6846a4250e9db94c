//! Orders: placing them, looking at them, watching them, canceling them.

pub mod announcement;
pub mod cancellation;
pub mod graphql;
pub mod key;
pub mod placement;
mod refund;
pub mod state;
pub mod store;
mod watch;

pub use watch::OrderWatch;

/// The longest idempotency key, in characters.
const IDEMPOTENCY_KEY_MAX: usize = 64;

/// The key as it is stored, or what is wrong with it.
///
/// # Errors
/// The rule, in words for the client.
pub fn idempotency_key(text: &str) -> Result<String, String> {
    let length = text.chars().count();
    if (1..=IDEMPOTENCY_KEY_MAX).contains(&length) && !text.contains(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "An idempotency key has 1 to {IDEMPOTENCY_KEY_MAX} characters and no control characters."
        ))
    }
}
