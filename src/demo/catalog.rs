//! The demo shop: three electronics stores and sixty products, as a customer in Korea finds them.
//!
//! Every brand and model is invented. Most options have between 50 and 500 in stock, with two
//! kinds of exception, so that a fresh demo has something to show at the edges:
//!
//! - sold out: every option of `nolteo-pocket-mini` has none left;
//! - scarce: one option of `haneul-phone-12-plus` and one of `ullim-quiet` have three left.

mod banana;
mod plum;
mod yuja;

/// A store and what it sells.
#[derive(Debug)]
pub struct DemoStore {
    pub name: &'static str,
    pub merchant: DemoMember,
    pub products: &'static [DemoProduct],
}

/// Somebody who can sign in to the demo, with [`PASSWORD`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoMember {
    pub user_id: &'static str,
    pub nickname: &'static str,
}

/// A product of a [`DemoStore`].
#[derive(Debug)]
pub struct DemoProduct {
    /// ASCII and unique over all stores; it names the product in the address of its picture.
    pub slug: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub category: Category,
    pub options: &'static [DemoOption],
}

/// One way to buy a [`DemoProduct`].
#[derive(Debug)]
pub struct DemoOption {
    pub name: &'static str,
    /// In won.
    pub price: i64,
    /// How many there are before the first order.
    pub stock: i32,
}

/// What kind of thing a [`DemoProduct`] is, which decides how its picture is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    Phone,
    Laptop,
    Tablet,
    Monitor,
    Keyboard,
    Mouse,
    Headphones,
    Earbuds,
    Speaker,
    Watch,
    Camera,
    Charger,
    PowerBank,
    Console,
    Storage,
    Projector,
    AirPurifier,
    RobotVacuum,
    Fan,
    Kettle,
}

/// Every store of the demo.
pub static STORES: [DemoStore; 3] = [
    DemoStore {
        name: "바나나전자",
        merchant: DemoMember {
            user_id: "banana",
            nickname: "바나나",
        },
        products: &banana::PRODUCTS,
    },
    DemoStore {
        name: "유자컴퓨터",
        merchant: DemoMember {
            user_id: "yuja",
            nickname: "유자",
        },
        products: &yuja::PRODUCTS,
    },
    DemoStore {
        name: "자두가전",
        merchant: DemoMember {
            user_id: "plum",
            nickname: "자두",
        },
        products: &plum::PRODUCTS,
    },
];

/// The customers of the demo.
pub static MEMBERS: [DemoMember; 3] = [
    DemoMember {
        user_id: "mina",
        nickname: "민아",
    },
    DemoMember {
        user_id: "jun",
        nickname: "준",
    },
    DemoMember {
        user_id: "sora",
        nickname: "소라",
    },
];

/// The administrator of the demo.
pub const ADMIN: DemoMember = DemoMember {
    user_id: "admin",
    nickname: "관리자",
};

/// The password of everyone in the demo. It is public, so demo data belongs in no real shop.
pub const PASSWORD: &str = "jangteo-demo";

/// The product with this slug, whichever store sells it.
#[must_use]
pub fn product(slug: &str) -> Option<&'static DemoProduct> {
    STORES
        .iter()
        .flat_map(|store| store.products)
        .find(|product| product.slug == slug)
}

/// Keeps an option to one line in the stores' lists.
const fn option(name: &'static str, price: i64, stock: i32) -> DemoOption {
    DemoOption { name, price, stock }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn products() -> impl Iterator<Item = &'static DemoProduct> {
        STORES.iter().flat_map(|store| store.products)
    }

    #[test]
    fn three_stores_sell_sixty_products() {
        assert!(STORES.iter().all(|store| store.products.len() == 20));
        assert_eq!(products().count(), 60);
    }

    #[test]
    fn slugs_are_unique_and_fit_an_address() {
        let mut seen = HashSet::new();
        for product in products() {
            let slug = product.slug;
            assert!(seen.insert(slug), "{slug} is used twice");
            assert!(!slug.is_empty() && !slug.starts_with('-') && !slug.ends_with('-'));
            assert!(
                slug.bytes()
                    .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-')),
                "{slug}"
            );
        }
    }

    #[test]
    fn names_are_unique_and_descriptions_are_there() {
        let mut seen = HashSet::new();
        for product in products() {
            assert!(!product.name.trim().is_empty(), "{}", product.slug);
            assert!(seen.insert(product.name), "{} is used twice", product.name);
            assert!(!product.description.trim().is_empty(), "{}", product.slug);
            // A continued string literal is easily joined with a double space.
            assert!(!product.description.contains("  "), "{}", product.slug);
        }
    }

    #[test]
    fn each_product_has_two_to_four_distinct_options() {
        for product in products() {
            assert!((2..=4).contains(&product.options.len()), "{}", product.slug);
            let names: HashSet<_> = product.options.iter().map(|option| option.name).collect();
            assert_eq!(names.len(), product.options.len(), "{}", product.slug);
            assert!(!names.contains(""), "{}", product.slug);
        }
    }

    #[test]
    fn prices_are_whole_tens_of_won() {
        for product in products() {
            for option in product.options {
                assert!(option.price > 0, "{}: {}", product.slug, option.name);
                assert_eq!(option.price % 10, 0, "{}: {}", product.slug, option.name);
            }
        }
    }

    #[test]
    fn stock_is_plentiful_except_where_the_module_says() {
        let mut sold_out = Vec::new();
        let mut scarce = Vec::new();
        for product in products() {
            if product.options.iter().all(|option| option.stock == 0) {
                sold_out.push(product.slug);
                continue;
            }
            for option in product.options {
                match option.stock {
                    3 => scarce.push(product.slug),
                    50..=500 => {}
                    other => panic!("{}: {} has {other}", product.slug, option.name),
                }
            }
        }
        assert_eq!(sold_out, ["nolteo-pocket-mini"]);
        assert_eq!(scarce, ["haneul-phone-12-plus", "ullim-quiet"]);
    }

    #[test]
    fn everyone_has_a_user_id_of_their_own() {
        let mut seen = HashSet::new();
        let merchants = STORES.iter().map(|store| store.merchant);
        for member in merchants.chain(MEMBERS).chain([ADMIN]) {
            let id = member.user_id;
            assert!((3..=20).contains(&id.len()), "{id}");
            assert!(
                id.bytes()
                    .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')),
                "{id}"
            );
            assert!(seen.insert(id), "{id} is used twice");
            assert!(!member.nickname.is_empty(), "{id}");
        }
    }

    #[test]
    fn a_product_is_found_by_its_slug() {
        assert_eq!(
            product("haneul-phone-12").map(|product| product.name),
            Some("하늘 폰 12")
        );
        assert!(product("no-such-product").is_none());
    }
}
