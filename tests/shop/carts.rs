//! Carts: adding, changing and removing lines; what is no longer to be had.

use std::time::Duration;

use entity::id::{CartItemId, OptionId, ProductId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, Product, Shop, refusal};

const CART: &str = "cart { id total totalQuantity items {
    id quantity unitPrice lineTotal isAvailable option { id name } } }";

async fn cart(client: &Client) -> Value {
    client.run(&format!("{{ {CART} }}"), json!({})).await["cart"].clone()
}

async fn add(client: &Client, option_id: &str, quantity: i32) -> Value {
    let input = json!({ "optionId": option_id, "quantity": quantity });
    client.mutate("addToCart", input, CART).await
}

async fn update(client: &Client, line: &Value, quantity: i32) -> Value {
    let input = json!({ "cartItemId": line, "quantity": quantity });
    client.mutate("updateCartItem", input, CART).await
}

async fn remove(client: &Client, lines: &[&Value]) -> Value {
    client
        .mutate("removeFromCart", json!({ "cartItemIds": lines }), CART)
        .await
}

async fn clear(client: &Client) -> Value {
    let query = format!("mutation {{ clearCart {{ {CART} userErrors {{ code message path }} }} }}");
    client.run(&query, json!({})).await["clearCart"].clone()
}

fn quantities(cart: &Value) -> Vec<i64> {
    let items = cart["items"].as_array().expect("items");
    items
        .iter()
        .map(|item| item["quantity"].as_i64().expect("pieces"))
        .collect()
}

async fn shirt(shop: &Shop) -> Product {
    let options = [
        ("화이트 M", 30_000, 10),
        ("네이비 L", 35_000, 5),
        ("블랙 S", 1_000, 0),
    ];
    shop.product("셔츠", &options).await
}

/// Puts pieces into the cart, a moment after whatever came before: lines stand in the order of their
/// milliseconds.
async fn put(
    shop: &Shop,
    client: &Client,
    product: &Product,
    option: usize,
    quantity: i32,
) -> Value {
    shop.advance(Duration::from_millis(1));
    client.add_to_cart(product, option, quantity).await
}

/// An id that nothing has.
fn made_up_line() -> Value {
    json!(CartItemId(Uuid::from_u128(7)).to_string())
}

both! {
    async fn a_cart_is_empty_at_the_first_look_and_the_same_at_the_second(shop: Shop) {
        let mina = shop.member().await;

        let first = cart(&mina).await;

        assert_eq!(first["items"], json!([]));
        assert_eq!((&first["total"], &first["totalQuantity"]), (&json!(0), &json!(0)));
        assert_eq!(cart(&mina).await["id"], first["id"]);
        assert_eq!(shop.contents().await.count("cart"), 1);
    }

    async fn adding_an_option_again_adds_up(shop: Shop) {
        let shirt = shirt(&shop).await;
        let mina = shop.member().await;

        put(&shop, &mina, &shirt, 0, 2).await;
        put(&shop, &mina, &shirt, 1, 1).await;
        let added = add(&mina, &shirt.options[0].to_string(), 3).await;

        assert_eq!(added["userErrors"], json!([]));
        assert_eq!(quantities(&added["cart"]), [5, 1], "lines stay in the order in which they came");
        assert_eq!(added["cart"]["items"][0]["unitPrice"], 30_000);
        assert_eq!(added["cart"]["items"][0]["lineTotal"], 150_000);
        assert_eq!(added["cart"]["total"], 185_000);
        assert_eq!(added["cart"]["totalQuantity"], 6);
        assert_eq!(cart(&mina).await, added["cart"]);
    }

    async fn one_piece_is_added_unless_said_otherwise(shop: Shop) {
        let shirt = shirt(&shop).await;
        let mina = shop.member().await;
        let input = json!({ "optionId": shirt.options[0].to_string() });

        let added = mina.mutate("addToCart", input, CART).await;

        assert_eq!(quantities(&added["cart"]), [1]);
    }

    async fn a_cart_tells_when_it_was_changed(shop: Shop) {
        let shirt = shirt(&shop).await;
        let mina = shop.member().await;
        let query = "{ cart { updatedAt } }";
        let before = mina.run(query, json!({})).await;
        shop.advance(Duration::from_mins(1));
        assert_eq!(mina.run(query, json!({})).await, before, "looking changes nothing");

        put(&shop, &mina, &shirt, 0, 1).await;

        let after = mina.run(query, json!({})).await;
        let at = after["cart"]["updatedAt"].as_str().expect("a time");
        assert_eq!(at.parse::<chrono::DateTime<chrono::Utc>>().expect("RFC 3339"), shop.now());
    }

    async fn a_line_is_set_to_a_quantity_and_zero_removes_it(shop: Shop) {
        let shirt = shirt(&shop).await;
        let mina = shop.member().await;
        put(&shop, &mina, &shirt, 0, 2).await;
        let lines = put(&shop, &mina, &shirt, 1, 1).await["cart"]["items"].clone();

        let updated = update(&mina, &lines[0]["id"], 999).await;
        assert_eq!(quantities(&updated["cart"]), [999, 1]);
        let updated = update(&mina, &lines[0]["id"], 1).await;
        assert_eq!(quantities(&updated["cart"]), [1, 1]);
        assert_eq!(updated["cart"]["total"], 65_000);
        let removed = update(&mina, &lines[0]["id"], 0).await;
        assert_eq!(quantities(&removed["cart"]), [1]);
        assert_eq!(removed["cart"]["items"][0]["id"], lines[1]["id"]);
        assert_eq!(refusal(&update(&mina, &lines[0]["id"], 1).await), ("NOT_FOUND", "cartItemId".into()));
    }

    async fn several_lines_are_removed_all_or_none(shop: Shop) {
        let shirt = shirt(&shop).await;
        let mina = shop.member().await;
        for option in 0..3 {
            put(&shop, &mina, &shirt, option, 1).await;
        }
        let lines = cart(&mina).await["items"].clone();
        let before = shop.contents().await;

        let refused = remove(&mina, &[&lines[0]["id"], &made_up_line(), &lines[1]["id"]]).await;

        assert_eq!(refusal(&refused), ("NOT_FOUND", "cartItemIds.1".to_owned()));
        shop.contents().await.assert_same(&before);
        let removed = remove(&mina, &[&lines[0]["id"], &lines[2]["id"], &lines[0]["id"]]).await;
        assert_eq!(removed["userErrors"], json!([]));
        assert_eq!(quantities(&removed["cart"]), [1]);
        assert_eq!(removed["cart"]["items"][0]["id"], lines[1]["id"]);
    }

    async fn at_most_a_hundred_lines_are_removed_at_once(shop: Shop) {
        let mina = shop.member().await;
        cart(&mina).await;
        let before = shop.contents().await;
        let line = made_up_line();

        let refused = remove(&mina, &vec![&line; 101]).await;

        assert_eq!(refusal(&refused), ("INVALID_INPUT", "cartItemIds".to_owned()));
        shop.contents().await.assert_same(&before);
    }

    async fn a_cleared_cart_is_empty_and_others_are_not(shop: Shop) {
        let shirt = shirt(&shop).await;
        let (mina, jun) = (shop.member().await, shop.member().await);
        for member in [&mina, &jun] {
            put(&shop, member, &shirt, 0, 1).await;
            put(&shop, member, &shirt, 1, 1).await;
        }

        let cleared = clear(&mina).await;

        assert_eq!(cleared["userErrors"], json!([]));
        assert_eq!(quantities(&cleared["cart"]), [0_i64; 0]);
        assert_eq!((&cleared["cart"]["total"], &cleared["cart"]["totalQuantity"]), (&json!(0), &json!(0)));
        assert_eq!(quantities(&cart(&jun).await), [1, 1]);
        assert_eq!(clear(&mina).await["userErrors"], json!([]), "an empty cart can be cleared");
    }

    async fn a_line_holds_one_to_nine_hundred_and_ninety_nine_pieces(shop: Shop) {
        let shirt = shirt(&shop).await;
        let mina = shop.member().await;
        let option = shirt.options[0].to_string();
        let line = add(&mina, &option, 990).await["cart"]["items"][0]["id"].clone();
        let before = shop.contents().await;
        for quantity in [10, 1_000, 0, -1, i32::MAX, i32::MIN] {
            let refused = add(&mina, &option, quantity).await;
            assert_eq!(refusal(&refused), ("INVALID_INPUT", "quantity".to_owned()), "{quantity}");
        }
        for quantity in [1_000, -1, i32::MAX, i32::MIN] {
            let refused = update(&mina, &line, quantity).await;
            assert_eq!(refusal(&refused), ("INVALID_INPUT", "quantity".to_owned()), "{quantity}");
        }
        shop.contents().await.assert_same(&before);
        assert_eq!(quantities(&add(&mina, &option, 9).await["cart"]), [999]);
    }

    async fn a_cart_holds_a_hundred_lines(shop: Shop) {
        let options = (0..101).map(|number| format!("{number}번")).collect::<Vec<_>>();
        let options = options.iter().map(|name| (name.as_str(), 1_000, 10)).collect::<Vec<_>>();
        let shirt = shop.product("색깔 셔츠", &options).await;
        let mina = shop.member().await;
        for option in 0..100 {
            put(&shop, &mina, &shirt, option, 1).await;
        }
        let before = shop.contents().await;

        let refused = add(&mina, &shirt.options[100].to_string(), 1).await;

        assert_eq!(refusal(&refused), ("INVALID_INPUT", String::new()));
        shop.contents().await.assert_same(&before);
        let added = add(&mina, &shirt.options[99].to_string(), 1).await;
        assert_eq!(added["cart"]["totalQuantity"], 101, "a line that is there can still grow");
        let items = &added["cart"]["items"];
        let names = items.as_array().expect("items").iter().map(|item| item["option"]["name"].as_str());
        assert!(names.eq(options[..100].iter().map(|(name, ..)| Some(*name))));
        remove(&mina, &[&items[0]["id"]]).await;
        let added = add(&mina, &shirt.options[100].to_string(), 1).await;
        assert_eq!(added["userErrors"], json!([]), "there is room again");
    }

    async fn lines_of_another_s_cart_look_like_lines_that_are_not_there(shop: Shop) {
        let shirt = shirt(&shop).await;
        let (mina, jun) = (shop.member().await, shop.member().await);
        let theirs = put(&shop, &mina, &shirt, 0, 2).await["cart"]["items"][0]["id"].clone();
        put(&shop, &jun, &shirt, 0, 1).await;
        let before = shop.contents().await;

        for quantity in [0, 5] {
            let refused = update(&jun, &theirs, quantity).await;
            assert_eq!(refusal(&refused), ("NOT_FOUND", "cartItemId".to_owned()));
            assert_eq!(refused, update(&jun, &made_up_line(), quantity).await);
        }
        let refused = remove(&jun, &[&theirs]).await;
        assert_eq!(refusal(&refused), ("NOT_FOUND", "cartItemIds.0".to_owned()));
        assert_eq!(refused, remove(&jun, &[&made_up_line()]).await);

        shop.contents().await.assert_same(&before);
    }

    async fn ids_of_nothing_and_of_something_else_are_refused_at_their_field(shop: Shop) {
        let shirt = shirt(&shop).await;
        let mina = shop.member().await;
        let line = put(&shop, &mina, &shirt, 0, 2).await["cart"]["items"][0]["id"].clone();
        let before = shop.contents().await;

        let nothing = OptionId(Uuid::from_u128(7)).to_string();
        assert_eq!(refusal(&add(&mina, &nothing, 1).await), ("NOT_FOUND", "optionId".into()));
        let malformed = [String::new(), "nonsense".into(), ProductId(shirt.options[0].0).to_string()];
        for id in malformed {
            let invalid = |path: &str| ("INVALID_INPUT", path.to_owned());
            assert_eq!(refusal(&add(&mina, &id, 1).await), invalid("optionId"), "{id}");
            assert_eq!(refusal(&update(&mina, &json!(id), 1).await), invalid("cartItemId"), "{id}");
            let removed = remove(&mina, &[&line, &json!(id)]).await;
            assert_eq!(refusal(&removed), invalid("cartItemIds.1"), "{id}");
        }

        shop.contents().await.assert_same(&before);
    }

    async fn a_deleted_product_cannot_be_added(shop: Shop) {
        let shirt = shirt(&shop).await;
        let mina = shop.member().await;
        put(&shop, &mina, &shirt, 0, 1).await;
        shop.delete_product(&shirt).await;
        let before = shop.contents().await;
        for option in [0, 1] {
            let refused = add(&mina, &shirt.options[option].to_string(), 1).await;
            assert_eq!(refusal(&refused), ("PRODUCT_UNAVAILABLE", "optionId".to_owned()));
        }
        shop.contents().await.assert_same(&before);
    }

    async fn lines_that_are_no_longer_to_be_had_show_it_and_do_not_break_the_cart(shop: Shop) {
        let good = shop.product("셔츠", &[("하나", 1_000, 10)]).await;
        let deleted = shop.product("바지", &[("하나", 2_000, 10)]).await;
        let sold_out = shop.product("모자", &[("하나", 4_000, 2)]).await;
        let closed = shop.product("양말", &[("하나", 8_000, 10)]).await;
        let mina = shop.member().await;
        for product in [&good, &deleted, &sold_out, &closed] {
            put(&shop, &mina, product, 0, 2).await;
        }
        let availability = |cart: &Value| {
            let items = cart["items"].as_array().expect("items");
            items.iter().map(|item| item["isAvailable"].as_bool().expect("a flag")).collect::<Vec<_>>()
        };
        assert_eq!(availability(&cart(&mina).await), [true; 4]);

        shop.delete_product(&deleted).await;
        shop.adjust_stock(&sold_out, 0, -1).await;
        shop.set_open(&closed, false).await;

        let seen = cart(&mina).await;
        assert_eq!(availability(&seen), [true, false, false, false]);
        assert_eq!(seen["total"], 30_000, "unavailable lines are counted too");
        let line = |index: usize| seen["items"][index]["id"].clone();
        let updated = update(&mina, &line(2), 1).await;
        assert_eq!(availability(&updated["cart"]), [true, false, true, false], "one piece is left");
        shop.set_open(&closed, true).await;
        let updated = update(&mina, &line(1), 0).await;
        assert_eq!(availability(&updated["cart"]), [true; 3]);
    }

    async fn twenty_adds_at_once_add_up_exactly(shop: Shop) {
        let shirt = shirt(&shop).await;
        let mina = shop.member().await;

        let adds = (0..20).map(|number| mina.add_to_cart(&shirt, number % 2, 3));
        let payloads = futures_util::future::join_all(adds).await;

        for payload in payloads {
            assert_eq!(payload["userErrors"], json!([]));
        }
        let cart = cart(&mina).await;
        assert_eq!(quantities(&cart), [30, 30]);
        assert_eq!(shop.contents().await.count("cart"), 1);
    }

    async fn adds_at_once_stop_at_the_limit_of_a_line(shop: Shop) {
        let shirt = shirt(&shop).await;
        let mina = shop.member().await;

        let adds = (0..20).map(|_| mina.add_to_cart(&shirt, 0, 100));
        let payloads = futures_util::future::join_all(adds).await;

        let refused = payloads.iter().filter(|payload| payload["cart"].is_null());
        let refused = refused.map(refusal).collect::<Vec<_>>();
        assert_eq!(refused, vec![("INVALID_INPUT", "quantity".to_owned()); 11]);
        assert_eq!(quantities(&cart(&mina).await), [900]);
    }

    async fn a_look_at_a_full_cart_takes_few_statements(shop: Shop) {
        let mina = shop.member().await;
        let mut statements = Vec::new();
        for products in [1, 4] {
            for number in 0..products {
                let product = shop.product(&format!("상품 {number}"), &[("하나", 1_000, 9)]).await;
                put(&shop, &mina, &product, 0, 1).await;
            }
            statements.push(shop.statements(cart(&mina)).await.1);
        }
        assert_eq!(statements[0], statements[1], "whatever the number of lines");
        assert!(statements[1] <= 6, "{statements:?}");
    }
}
