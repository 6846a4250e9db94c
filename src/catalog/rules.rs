//! What a product and its options may be called and cost, and how many options there may be.

use std::{collections::HashSet, hash::Hash, ops::RangeInclusive};

use entity::{Won, id::OptionId};

use crate::{
    stock::STOCK_MAX,
    text::{Message, message},
};

/// The longest name of a product or an option, in characters: as much as a payment window shows.
pub const NAME_CHARS_MAX: usize = 100;

/// The longest description, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 10_000;

/// The most options that a product may have on sale.
pub const OPTIONS_MAX: usize = 100;

/// What a piece may cost: so little that a hundred lines of it still add up.
pub const PRICES: RangeInclusive<Won> = Won(1)..=Won(1_000_000_000);

/// An option as its merchant wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionWish {
    /// Which one it is; `None` for a new one.
    pub id: Option<OptionId>,
    pub name: String,
    pub price: Won,
    /// How many pieces there are of a new one. Those of another are adjusted, not said.
    pub stock_quantity: Option<i32>,
}

/// A field that breaks its rule: where it stands in the input, from the outside in, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    pub path: Vec<String>,
    pub message: Message,
}

/// A product's name without blanks around it, or why it cannot be one.
pub fn checked_name(name: &str) -> Result<String, InvalidField> {
    let message = message!("catalog-bad-name", max = NAME_CHARS_MAX);
    in_one_line(name).ok_or_else(|| InvalidField {
        path: vec!["name".into()],
        message,
    })
}

/// A description as it is, or why it cannot be one.
pub fn checked_description(description: String) -> Result<String, InvalidField> {
    let is_unreadable = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if description.chars().count() <= DESCRIPTION_CHARS_MAX && !description.contains(is_unreadable)
    {
        return Ok(description);
    }
    Err(InvalidField {
        path: vec!["description".into()],
        message: message!("catalog-bad-description", max = DESCRIPTION_CHARS_MAX),
    })
}

/// All options of a product in normal form, or the first field at fault.
pub fn checked_options(options: Vec<OptionWish>) -> Result<Vec<OptionWish>, InvalidField> {
    if !(1..=OPTIONS_MAX).contains(&options.len()) {
        return Err(InvalidField {
            path: vec!["options".into()],
            message: message!("catalog-bad-option-count", max = OPTIONS_MAX),
        });
    }
    let (mut ids, mut names) = (HashSet::new(), HashSet::new());
    let mut checked = Vec::with_capacity(options.len());
    for (index, wish) in options.into_iter().enumerate() {
        let wish = checked_option(wish)
            .and_then(|wish| {
                let is_twice = wish.id.is_some_and(|id| has(&mut ids, id));
                unless(is_twice, "id", message!("catalog-option-twice"))?;
                let is_twice = has(&mut names, wish.name.clone());
                unless(is_twice, "name", message!("catalog-option-name-twice"))?;
                Ok(wish)
            })
            .map_err(|(field, message)| InvalidField {
                path: vec!["options".into(), index.to_string(), field.into()],
                message,
            })?;
        checked.push(wish);
    }
    Ok(checked)
}

type InvalidOption = (&'static str, Message);

fn checked_option(wish: OptionWish) -> Result<OptionWish, InvalidOption> {
    let OptionWish {
        id,
        name,
        price,
        stock_quantity,
    } = wish;
    let bad_name = message!("catalog-bad-option-name", max = NAME_CHARS_MAX);
    let name = in_one_line(&name).ok_or(("name", bad_name))?;
    let (min, max) = PRICES.into_inner();
    let is_bad = !PRICES.contains(&price);
    unless(is_bad, "price", message!("catalog-bad-price", min, max))?;
    if let Some(quantity) = stock_quantity {
        let is_known = message!("catalog-stock-of-known-option");
        unless(id.is_some(), "stockQuantity", is_known)?;
        let is_bad = !(0..=STOCK_MAX).contains(&quantity);
        let message = message!("catalog-bad-stock", max = STOCK_MAX);
        unless(is_bad, "stockQuantity", message)?;
    }
    Ok(OptionWish {
        id,
        name,
        price,
        stock_quantity,
    })
}

fn unless(is_wrong: bool, field: &'static str, message: Message) -> Result<(), InvalidOption> {
    if is_wrong {
        Err((field, message))
    } else {
        Ok(())
    }
}

/// Whether it was there already; from now on it is.
fn has<T: Eq + Hash>(seen: &mut HashSet<T>, it: T) -> bool {
    !seen.insert(it)
}

fn in_one_line(name: &str) -> Option<String> {
    let name = name.trim();
    let is_good =
        (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.contains(char::is_control);
    is_good.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn option(name: &str, price: i64) -> OptionWish {
        OptionWish {
            id: None,
            name: name.into(),
            price: Won(price),
            stock_quantity: None,
        }
    }

    fn known(id: u128, name: &str) -> OptionWish {
        OptionWish {
            id: Some(OptionId(Uuid::from_u128(id))),
            ..option(name, 1_000)
        }
    }

    fn with_stock(wish: OptionWish, quantity: i32) -> OptionWish {
        OptionWish {
            stock_quantity: Some(quantity),
            ..wish
        }
    }

    #[test]
    fn a_name_is_short_and_in_one_line() {
        for (name, expected) in [
            (" 티셔츠 ", Some("티셔츠")),
            (&"가".repeat(100), Some(&*"가".repeat(100))),
            (&"가".repeat(101), None),
            ("", None),
            (" ", None),
            ("티\n셔츠", None),
        ] {
            let checked = checked_name(name);
            assert_eq!(checked.as_deref().ok(), expected, "{name:?}");
            if let Err(invalid) = checked {
                assert_eq!(invalid.path, ["name"]);
            }
        }
    }

    #[test]
    fn a_description_may_have_many_lines() {
        for (description, is_good) in [
            (String::new(), true),
            ("부드러운 면.\r\n\t빨아도 그대로예요. 👕".to_owned(), true),
            ("가".repeat(10_000), true),
            ("가".repeat(10_001), false),
            ("널\0".to_owned(), false),
        ] {
            let checked = checked_description(description.clone());
            assert_eq!(checked.is_ok(), is_good);
            match checked {
                Ok(checked) => assert_eq!(checked, description),
                Err(invalid) => assert_eq!(invalid.path, ["description"]),
            }
        }
    }

    #[test]
    fn good_options_are_put_into_normal_form() {
        let wishes = vec![
            known(1, " M "),
            with_stock(option("L", 1), 0),
            with_stock(option("XL", 1_000_000_000), STOCK_MAX),
        ];
        let checked = checked_options(wishes).expect("they are good");
        let names = checked.iter().map(|wish| wish.name.as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["M", "L", "XL"]);
        assert_eq!(checked[1].stock_quantity, Some(0));
    }

    #[test]
    fn the_field_at_fault_is_named_from_the_outside_in() {
        let many = |count: usize| {
            (0..count)
                .map(|number| option(&number.to_string(), 1_000))
                .collect::<Vec<_>>()
        };
        assert!(checked_options(many(100)).is_ok());
        for (wishes, path) in [
            (Vec::new(), "options"),
            (many(101), "options"),
            (vec![option("", 1_000)], "options.0.name"),
            (
                vec![option("M", 1_000), option("M ", 1_000)],
                "options.1.name",
            ),
            (vec![option("M", 0)], "options.0.price"),
            (vec![option("M", 1_000_000_001)], "options.0.price"),
            (vec![known(1, "M"), known(1, "L")], "options.1.id"),
            (
                vec![with_stock(known(1, "M"), 5)],
                "options.0.stockQuantity",
            ),
            (
                vec![with_stock(option("M", 1_000), -1)],
                "options.0.stockQuantity",
            ),
            (
                vec![with_stock(option("M", 1_000), STOCK_MAX + 1)],
                "options.0.stockQuantity",
            ),
        ] {
            let invalid = checked_options(wishes.clone()).expect_err(path);
            assert_eq!(invalid.path.join("."), path, "{wishes:?}");
        }
    }
}
