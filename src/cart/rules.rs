//! What a cart may hold.

use entity::{cart_item, id::OptionId};

use crate::config::LINES_MAX;

/// Why a cart was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What of the pieces the cart has room for: those of an order that came to nothing, on top of what the cart holds now.
pub fn room(
    held: &[cart_item::Model],
    pieces: &[(OptionId, i32)],
    max: i32,
) -> Vec<(OptionId, i32)> {
    let mut lines = held.len();
    let mut fits = Vec::with_capacity(pieces.len());
    for (option_id, quantity) in pieces {
        let line = held.iter().find(|line| line.option_id == *option_id);
        lines += usize::from(line.is_none());
        let quantity = (*quantity).min(max - line.map_or(0, |line| line.quantity));
        if quantity > 0 && lines <= LINES_MAX {
            fits.push((*option_id, quantity));
        }
    }
    fits
}

#[cfg(test)]
mod tests {
    use entity::id::{CartId, CartItemId};
    use uuid::Uuid;

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

    fn option(number: usize) -> OptionId {
        OptionId(Uuid::from_u128(number as u128))
    }

    fn holding(options: usize, quantity: i32) -> Vec<cart_item::Model> {
        let line = |number| cart_item::Model {
            id: CartItemId(Uuid::nil()),
            cart_id: CartId(Uuid::nil()),
            option_id: option(number),
            quantity,
        };
        (0..options).map(line).collect()
    }

    #[test]
    fn what_comes_back_fills_the_cart_and_no_more() {
        let pieces = [(option(0), 5), (option(7), 3)];
        assert_eq!(room(&[], &pieces, 999), pieces);
        assert_eq!(
            room(&holding(1, 997), &pieces, 999),
            [(option(0), 2), (option(7), 3)]
        );
        assert_eq!(room(&holding(1, 999), &pieces, 999), [(option(7), 3)]);
        let full = holding(LINES_MAX, 1);
        let beyond = [(option(0), 5), (option(LINES_MAX), 3)];
        assert_eq!(room(&full, &beyond, 999), [(option(0), 5)]);
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
