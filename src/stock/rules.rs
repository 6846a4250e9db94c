//! How stock may be adjusted, and what an adjustment makes of it.

use super::{Refusal, STOCK_MAX};
use crate::text::{Message, message};

/// The longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 200;

/// How an option's stock is to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Pieces that came (positive) or went (negative).
    By(i32),
    /// As many as were counted, if there are still as many as whoever counted believed.
    To { quantity: i32, expected: i32 },
}

/// A field that breaks its rule, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    pub field: &'static str,
    pub message: Message,
}

impl Change {
    /// The one way that the fields ask for, or the field at fault.
    pub fn of(
        delta: Option<i32>,
        quantity: Option<i32>,
        expected: Option<i32>,
    ) -> Result<Self, InvalidField> {
        match (delta, quantity, expected) {
            (Some(0), None, None) => Err(invalid("delta", message!("stock-moves-nothing"))),
            (Some(delta), None, None) => Ok(Self::By(delta)),
            (None, Some(quantity), Some(expected)) => {
                if !(0..=STOCK_MAX).contains(&quantity) {
                    let message = message!("stock-bad-quantity", max = STOCK_MAX);
                    return Err(invalid("quantity", message));
                }
                Ok(Self::To { quantity, expected })
            }
            (None, Some(_), None) => Err(invalid("expectedQuantity", message!("stock-unexpected"))),
            _ => Err(invalid("delta", message!("stock-one-way"))),
        }
    }

    /// By how much the stock moves from where it stands.
    pub fn delta(self, quantity: i32) -> Result<i32, Refusal> {
        let (delta, after) = match self {
            Self::By(delta) => (delta, quantity.checked_add(delta)),
            Self::To { expected, .. } if expected != quantity => {
                return Err(Refusal::Changed { quantity });
            }
            Self::To { quantity: to, .. } => (to - quantity, Some(to)),
        };
        match after {
            Some(after) if (0..=STOCK_MAX).contains(&after) => Ok(delta),
            _ => Err(Refusal::OutOfRange { quantity }),
        }
    }
}

/// The reason without blanks around it, or why it cannot be one.
pub fn checked_reason(reason: &str) -> Result<String, InvalidField> {
    let reason = reason.trim();
    if (1..=REASON_CHARS_MAX).contains(&reason.chars().count())
        && !reason.contains(char::is_control)
    {
        Ok(reason.to_owned())
    } else {
        let message = message!("stock-bad-reason", max = REASON_CHARS_MAX);
        Err(invalid("reason", message))
    }
}

fn invalid(field: &'static str, message: Message) -> InvalidField {
    InvalidField { field, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TO_FIVE: Change = Change::To {
        quantity: 5,
        expected: 3,
    };

    #[test]
    fn stock_is_adjusted_in_one_way_at_a_time() {
        for (delta, quantity, expected, change) in [
            (Some(2), None, None, Ok(Change::By(2))),
            (Some(-2), None, None, Ok(Change::By(-2))),
            (None, Some(5), Some(3), Ok(TO_FIVE)),
            (Some(0), None, None, Err("delta")),
            (None, None, None, Err("delta")),
            (Some(2), Some(5), None, Err("delta")),
            (Some(2), Some(5), Some(3), Err("delta")),
            (Some(2), None, Some(3), Err("delta")),
            (None, None, Some(3), Err("delta")),
            (None, Some(5), None, Err("expectedQuantity")),
            (None, Some(-1), Some(3), Err("quantity")),
            (None, Some(STOCK_MAX + 1), Some(3), Err("quantity")),
        ] {
            let made = Change::of(delta, quantity, expected);
            let made = made.map_err(|invalid| invalid.field);
            assert_eq!(made, change, "{delta:?} {quantity:?} {expected:?}");
        }
    }

    #[test]
    fn stock_stays_between_nothing_and_its_maximum() {
        let to_nothing = Change::To {
            quantity: 0,
            expected: 3,
        };
        for (change, quantity, delta) in [
            (Change::By(2), 3, Ok(2)),
            (Change::By(-3), 3, Ok(-3)),
            (Change::By(1), STOCK_MAX - 1, Ok(1)),
            (TO_FIVE, 3, Ok(2)),
            (to_nothing, 3, Ok(-3)),
            (Change::By(-4), 3, Err("OutOfRange { quantity: 3 }")),
            (Change::By(i32::MIN), 3, Err("OutOfRange { quantity: 3 }")),
            (
                Change::By(1),
                STOCK_MAX,
                Err("OutOfRange { quantity: 1000000000 }"),
            ),
            (
                Change::By(i32::MAX),
                STOCK_MAX,
                Err("OutOfRange { quantity: 1000000000 }"),
            ),
            (TO_FIVE, 4, Err("Changed { quantity: 4 }")),
            (TO_FIVE, 5, Err("Changed { quantity: 5 }")),
        ] {
            let decided = change.delta(quantity);
            let decided = decided.map_err(|refusal| format!("{refusal:?}"));
            assert_eq!(decided, delta.map_err(str::to_owned), "{change:?}");
        }
    }

    #[test]
    fn every_adjustment_has_a_reason() {
        for (reason, expected) in [
            (" 입고 ", Some("입고")),
            (&"가".repeat(200), Some(&*"가".repeat(200))),
            (&"가".repeat(201), None),
            ("", None),
            ("  ", None),
            ("입\n고", None),
        ] {
            let checked = checked_reason(reason);
            assert_eq!(checked.as_deref().ok(), expected, "{reason:?}");
            if let Err(invalid) = checked {
                assert_eq!(invalid.field, "reason");
            }
        }
    }
}
