//! What a cart may hold.

/// Why a cart was not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not a quantity that a line may have.
    QuantityOutOfRange { max: i32 },
    /// The line would hold more than it may.
    LineTooLarge { max: i32 },
    /// The cart has as many lines as it may.
    CartFull { max: usize },
    /// No such option.
    NoSuchOption,
    /// The option's product is no longer for sale.
    ProductUnavailable,
    /// No such line in this cart; its place in the input.
    NoSuchLine { index: usize },
}

/// A quantity to put into a line, or why not.
pub fn quantity(quantity: i32, min: i32, max: i32) -> Result<i32, Refusal> {
    if (min..=max).contains(&quantity) {
        Ok(quantity)
    } else {
        Err(Refusal::QuantityOutOfRange { max })
    }
}

/// What a line holds after more was added, or why that is too much.
pub fn add_up(held: i32, added: i32, max: i32) -> Result<i32, Refusal> {
    held.checked_add(added)
        .filter(|sum| *sum <= max)
        .ok_or(Refusal::LineTooLarge { max })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_bounded() {
        assert_eq!(quantity(1, 1, 999), Ok(1));
        assert_eq!(quantity(0, 0, 999), Ok(0));
        for wrong in [0, -1, 1_000] {
            assert_eq!(
                quantity(wrong, 1, 999),
                Err(Refusal::QuantityOutOfRange { max: 999 })
            );
        }
    }

    #[test]
    fn lines_add_up_to_their_limit() {
        assert_eq!(add_up(990, 9, 999), Ok(999));
        assert_eq!(
            add_up(990, 10, 999),
            Err(Refusal::LineTooLarge { max: 999 })
        );
        assert_eq!(
            add_up(i32::MAX, 1, i32::MAX),
            Err(Refusal::LineTooLarge { max: i32::MAX })
        );
    }
}
