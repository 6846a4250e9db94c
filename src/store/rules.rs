//! What a store may be called, and how long it may take to accept an order.

use std::ops::RangeInclusive;

use crate::text::{Message, message};

/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 50;

/// How many minutes a store may give itself to accept an order: a day at most.
pub const ACCEPT_MINUTES: RangeInclusive<i32> = 1..=1_440;

/// The name without blanks around it, or why it cannot be one.
pub fn checked_name(name: &str) -> Result<String, Message> {
    let name = name.trim();
    if (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.contains(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(message!("store-bad-name", max = NAME_CHARS_MAX))
    }
}

/// The minutes as they are, or why it cannot be as many.
pub fn checked_accept_minutes(minutes: i32) -> Result<i32, Message> {
    if ACCEPT_MINUTES.contains(&minutes) {
        Ok(minutes)
    } else {
        let (min, max) = ACCEPT_MINUTES.into_inner();
        Err(message!("store-bad-accept-minutes", min, max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_in_one_line() {
        for (name, expected) in [
            ("  장터 바나나 ", Some("장터 바나나")),
            ("가", Some("가")),
            (&"가".repeat(50), Some(&*"가".repeat(50))),
            (&"가".repeat(51), None),
            ("", None),
            ("   ", None),
            ("장터\n바나나", None),
            ("장터\0", None),
        ] {
            assert_eq!(checked_name(name).ok().as_deref(), expected, "{name:?}");
        }
    }

    #[test]
    fn an_order_is_accepted_within_a_day() {
        for (minutes, is_good) in [(0, false), (1, true), (1_440, true), (1_441, false)] {
            assert_eq!(
                checked_accept_minutes(minutes).is_ok(),
                is_good,
                "{minutes}"
            );
        }
    }
}
