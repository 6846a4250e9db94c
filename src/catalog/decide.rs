//! What becomes of a product whose merchant changes it: over the rows as they are under the product's lock.

use chrono::{DateTime, Utc};
use entity::{product, product_option};

use super::{OptionWish, search_form};

/// What is to be different about a product; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct ProductWish {
    pub name: Option<String>,
    pub description: Option<String>,
    /// All options that are to be on sale, in their order. One that is left out is taken off sale.
    pub options: Option<Vec<OptionWish>>,
}

/// A product and its options as they are to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub product: product::Model,
    /// The options that were there and are different now.
    pub options: Vec<product_option::Model>,
    /// The new options, each with its place among all.
    pub added: Vec<(i32, OptionWish)>,
}

/// The option at this place in the wish is not one of the product's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchOption {
    pub index: usize,
}

/// Decides what becomes of the product. `there` are all of its options, also those that were taken off sale, which a
/// wish that names them puts on sale again.
pub fn change(
    product: product::Model,
    there: &[product_option::Model],
    wish: &ProductWish,
    now: DateTime<Utc>,
) -> Result<Change, NoSuchOption> {
    let name = wish.name.clone().unwrap_or(product.name);
    let mut change = Change {
        product: product::Model {
            search_name: search_form(&name),
            name,
            description: wish.description.clone().unwrap_or(product.description),
            ..product
        },
        options: Vec::new(),
        added: Vec::new(),
    };
    let Some(wishes) = &wish.options else {
        return Ok(change);
    };
    change.product.price = lowest_price(wishes);
    for (index, (position, wish)) in (0..).zip(wishes).enumerate() {
        let Some(id) = wish.id else {
            change.added.push((position, wish.clone()));
            continue;
        };
        let before = there.iter().find(|option| option.id == id);
        let before = before.ok_or(NoSuchOption { index })?;
        let after = product_option::Model {
            position,
            name: wish.name.clone(),
            price: wish.price,
            deleted_at: None,
            ..before.clone()
        };
        if after != *before {
            change.options.push(after);
        }
    }
    let is_left_out = |option: &&product_option::Model| {
        option.deleted_at.is_none() && wishes.iter().all(|wish| wish.id != Some(option.id))
    };
    let left_out = there.iter().filter(is_left_out);
    change
        .options
        .extend(left_out.map(|option| product_option::Model {
            deleted_at: Some(now),
            ..option.clone()
        }));
    Ok(change)
}

fn lowest_price(wishes: &[OptionWish]) -> entity::Won {
    let prices = wishes.iter().map(|wish| wish.price);
    prices.min().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use entity::{
        Won,
        id::{OptionId, ProductId, StoreId},
    };
    use uuid::Uuid;

    use super::*;

    const CREATED: i64 = 1_700_000_000;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    fn product() -> product::Model {
        product::Model {
            id: ProductId(Uuid::from_u128(1)),
            store_id: StoreId(Uuid::from_u128(2)),
            name: "Tee".into(),
            search_name: "tee".into(),
            description: "부드러운 면".into(),
            image_url: None,
            price: Won(1_000),
            created_at: at(CREATED),
            deleted_at: None,
        }
    }

    fn option(id: u128, position: i32, name: &str) -> product_option::Model {
        product_option::Model {
            id: OptionId(Uuid::from_u128(id)),
            product_id: product().id,
            position,
            name: name.into(),
            price: Won(1_000),
            deleted_at: None,
        }
    }

    fn wish(id: Option<u128>, name: &str, price: i64) -> OptionWish {
        OptionWish {
            id: id.map(|id| OptionId(Uuid::from_u128(id))),
            name: name.into(),
            price: Won(price),
            stock_quantity: None,
        }
    }

    fn changed(
        there: &[product_option::Model],
        options: Vec<OptionWish>,
    ) -> Result<Change, NoSuchOption> {
        let wish = ProductWish {
            options: Some(options),
            ..ProductWish::default()
        };
        change(product(), there, &wish, at(CREATED + 60))
    }

    #[test]
    fn what_is_not_wished_for_stays_as_it_is() {
        let there = [option(10, 0, "M")];
        let nothing = change(product(), &there, &ProductWish::default(), at(CREATED)).unwrap();
        assert_eq!(nothing.product, product());
        assert!(nothing.options.is_empty() && nothing.added.is_empty());

        let same = changed(&there, vec![wish(Some(10), "M", 1_000)]).unwrap();
        assert_eq!(same.product, product());
        assert!(same.options.is_empty() && same.added.is_empty());
    }

    #[test]
    fn a_new_name_is_found_under_its_new_name() {
        let wish = ProductWish {
            name: Some("LONG Tee".into()),
            description: Some(String::new()),
            options: None,
        };
        let Change { product, .. } = change(product(), &[], &wish, at(CREATED)).unwrap();
        assert_eq!(product.name, "LONG Tee");
        assert_eq!(product.search_name, "long tee");
        assert_eq!(product.description, "");
        assert_eq!(product.price, Won(1_000));
    }

    #[test]
    fn options_are_changed_added_moved_and_taken_off_sale() {
        let there = [option(10, 0, "M"), option(11, 1, "L"), option(12, 2, "XL")];
        let wishes = vec![
            wish(Some(11), "Large", 900),
            wish(None, "S", 800),
            wish(Some(12), "XL", 1_000),
        ];

        let change = changed(&there, wishes.clone()).unwrap();

        assert_eq!(change.product.price, Won(800));
        assert_eq!(change.added, [(1, wishes[1].clone())]);
        let large = product_option::Model {
            price: Won(900),
            ..option(11, 0, "Large")
        };
        let medium = product_option::Model {
            deleted_at: Some(at(CREATED + 60)),
            ..option(10, 0, "M")
        };
        assert_eq!(change.options, [large, medium]);
    }

    #[test]
    fn an_option_off_sale_stays_so_until_it_is_named_again() {
        let off_sale = product_option::Model {
            deleted_at: Some(at(CREATED)),
            ..option(10, 0, "M")
        };
        let there = [off_sale, option(11, 0, "L")];

        let without = changed(&there, vec![wish(Some(11), "L", 1_000)]).unwrap();
        assert!(without.options.is_empty());

        let wishes = vec![wish(Some(11), "L", 1_000), wish(Some(10), "M", 1_000)];
        let again = changed(&there, wishes).unwrap();
        assert_eq!(again.options, [option(10, 1, "M")]);
    }

    #[test]
    fn an_option_of_another_product_is_not_there() {
        let wishes = vec![wish(Some(10), "M", 1_000), wish(Some(99), "L", 1_000)];
        let refused = changed(&[option(10, 0, "M")], wishes);
        assert_eq!(refused, Err(NoSuchOption { index: 1 }));
    }
}
