//! Putting products on sale, changing them, and taking them off.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::support::{Client, Merchant, Product, Shop, refusal};

const PRODUCT: &str = "product {
    id name description imageUrl price stockQuantity isDeleted store { id }
    options { id name price stockQuantity isDeleted } }";

async fn create(merchant: &Merchant, product: Value) -> Value {
    let mut input = product;
    input["storeId"] = json!(merchant.store_id.to_string());
    merchant
        .client
        .mutate("createProduct", input, PRODUCT)
        .await
}

async fn update(merchant: &Merchant, product: &Product, wish: Value) -> Value {
    let mut input = wish;
    input["productId"] = json!(product.id.to_string());
    merchant
        .client
        .mutate("updateProduct", input, PRODUCT)
        .await
}

async fn delete(merchant: &Merchant, product: &Product) -> Value {
    let input = json!({ "productId": product.id.to_string() });
    merchant
        .client
        .mutate("deleteProduct", input, PRODUCT)
        .await
}

/// The names of the products that pass a filter, the cheapest first.
async fn found(client: &Client, filter: Value) -> Vec<String> {
    let query = "query($filter: ProductFilter) {
        products(filter: $filter, sort: PRICE_ASC) { totalCount nodes { name } } }";
    let data = client.run(query, json!({ "filter": filter })).await;
    let nodes = data["products"]["nodes"].as_array().expect("products");
    assert_eq!(data["products"]["totalCount"], nodes.len());
    let name = |node: &Value| node["name"].as_str().expect("a name").to_owned();
    nodes.iter().map(name).collect()
}

/// An option as anybody finds it by its id.
async fn option(client: &Client, id: &str) -> Value {
    let query = "query($id: ID!) { node(id: $id) { ... on ProductOption {
        name price stockQuantity isDeleted product { name isDeleted } } } }";
    client.run(query, json!({ "id": id })).await["node"].clone()
}

/// The names of the options of a product beside which there is no error, in their order.
fn names(payload: &Value) -> Vec<&str> {
    let options = payload["product"]["options"].as_array();
    let options = options.unwrap_or_else(|| panic!("options: {payload:#}"));
    let name = |option: &Value| option["name"].as_str().is_some();
    assert!(options.iter().all(name), "{payload:#}");
    options
        .iter()
        .filter_map(|option| option["name"].as_str())
        .collect()
}

both! {
    async fn a_merchant_puts_a_product_on_sale(shop: Shop) {
        let merchant = shop.merchant().await;
        let options = json!([
            { "name": " M ", "price": 12_000, "stockQuantity": 5 },
            { "name": "L", "price": 11_000 },
        ]);

        let payload = create(&merchant, json!({ "name": " 면 Tee ", "description": "부드러운\n면", "options": options })).await;

        assert_eq!(payload["userErrors"], json!([]));
        let product = &payload["product"];
        assert_eq!(product["name"], "면 Tee");
        assert_eq!(product["description"], "부드러운\n면");
        assert_eq!(product["price"], 11_000, "the lowest");
        assert_eq!(product["stockQuantity"], 5);
        assert_eq!(product["isDeleted"], false);
        assert_eq!(product["store"]["id"], merchant.store_id.to_string());
        assert_eq!(names(&payload), ["M", "L"]);
        assert_eq!(product["options"][1]["stockQuantity"], 0, "none unless said");
        let anybody = shop.anonymous();
        for filter in [json!({ "search": "TEE" }), json!({ "storeId": merchant.store_id.to_string() }), json!({ "maxPrice": 11_000 })] {
            assert_eq!(found(&anybody, filter).await, ["면 Tee"]);
        }
        let line = json!({ "optionId": product["options"][0]["id"], "quantity": 5 });
        let mina = shop.member_with_points(100_000).await;
        let placed = mina.place(json!({ "lines": [line], "idempotencyKey": "first" })).await;
        assert_eq!(placed["order"]["status"], "PAID", "{placed:#}");
    }

    async fn a_product_that_breaks_a_rule_is_refused_at_its_field_and_changes_nothing(shop: Shop) {
        let merchant = shop.merchant().await;
        let tee = merchant.product("티셔츠", &[("M", 1_000, 5)]).await;
        let before = shop.contents().await;
        let good = json!({ "name": "M", "price": 1_000 });
        let many = (0..101).map(|number| json!({ "name": number.to_string(), "price": 1_000 })).collect::<Vec<_>>();
        for (wish, field) in [
            (json!({ "name": " " }), "name"),
            (json!({ "name": "가".repeat(101) }), "name"),
            (json!({ "name": "티\u{0}셔츠" }), "name"),
            (json!({ "description": "가".repeat(10_001) }), "description"),
            (json!({ "description": "\u{0}" }), "description"),
            (json!({ "options": [] }), "options"),
            (json!({ "options": many }), "options"),
            (json!({ "options": [good, { "name": "", "price": 1_000 }] }), "options.1.name"),
            (json!({ "options": [good, { "name": " M", "price": 1_000 }] }), "options.1.name"),
            (json!({ "options": [{ "name": "M", "price": 0 }] }), "options.0.price"),
            (json!({ "options": [{ "name": "M", "price": -1 }] }), "options.0.price"),
            (json!({ "options": [{ "name": "M", "price": 1_000_000_001 }] }), "options.0.price"),
            (json!({ "options": [{ "name": "M", "price": 1_000, "stockQuantity": -1 }] }), "options.0.stockQuantity"),
            (json!({ "options": [{ "name": "M", "price": 1_000, "stockQuantity": 1_000_000_001 }] }), "options.0.stockQuantity"),
            (json!({ "options": [good, { "id": "member_1", "name": "L", "price": 1_000 }] }), "options.1.id"),
        ] {
            let payload = update(&merchant, &tee, wish.clone()).await;
            assert_eq!(refusal(&payload), ("INVALID_INPUT", field.to_owned()), "{wish}");

            let mut product = json!({ "name": "바지", "options": [good] });
            for (field, value) in wish.as_object().expect("a wish") {
                product[field] = value.clone();
            }
            let payload = create(&merchant, product).await;
            assert_eq!(refusal(&payload), ("INVALID_INPUT", field.to_owned()), "{wish}");
        }
        shop.contents().await.assert_same(&before);
    }

    async fn a_product_is_found_under_its_new_name(shop: Shop) {
        let merchant = shop.merchant().await;
        let tee = merchant.product("Tee", &[("M", 1_000, 5)]).await;

        let payload = update(&merchant, &tee, json!({ "name": "LONG Sleeve" })).await;

        assert_eq!(payload["product"]["name"], "LONG Sleeve");
        assert_eq!(names(&payload), ["M"], "what is left out stays");
        let anybody = shop.anonymous();
        assert_eq!(found(&anybody, json!({ "search": "long" })).await, ["LONG Sleeve"]);
        assert_eq!(found(&anybody, json!({ "search": "tee" })).await, [""; 0]);
        let payload = update(&merchant, &tee, json!({ "description": "긴팔" })).await;
        assert_eq!(payload["product"]["name"], "LONG Sleeve", "what is left out stays");
        assert_eq!(payload["product"]["description"], "긴팔");
        let before = shop.contents().await;
        let payload = update(&merchant, &tee, json!({})).await;
        assert_eq!(payload["product"]["description"], "긴팔");
        shop.contents().await.assert_same(&before);
    }

    async fn options_are_changed_added_and_put_in_another_order(shop: Shop) {
        let merchant = shop.merchant().await;
        let tee = merchant.product("티셔츠", &[("M", 3_000, 5), ("L", 3_000, 6)]).await;
        let other = merchant.product("바지", &[("하나", 2_000, 1)]).await;
        let anybody = shop.anonymous();
        assert_eq!(found(&anybody, json!({})).await, ["바지", "티셔츠"]);
        let [medium, large] = [0, 1].map(|option| tee.options[option].to_string());
        let options = json!([
            { "id": large, "name": "Large", "price": 3_500 },
            { "name": "S", "price": 1_500, "stockQuantity": 7 },
            { "id": medium, "name": "M", "price": 3_000 },
        ]);

        let payload = update(&merchant, &tee, json!({ "options": options })).await;

        let product = &payload["product"];
        assert_eq!(names(&payload), ["Large", "S", "M"]);
        assert_eq!(product["price"], 1_500);
        assert_eq!(product["stockQuantity"], 18);
        let [first, second, third] = [0, 1, 2].map(|place| &product["options"][place]);
        assert_eq!((&first["id"], &first["price"], &first["stockQuantity"]), (&json!(large), &json!(3_500), &json!(6)));
        assert_eq!((&second["price"], &second["stockQuantity"]), (&json!(1_500), &json!(7)));
        assert_eq!((&third["id"], &third["stockQuantity"]), (&json!(medium), &json!(5)));
        assert_eq!(found(&anybody, json!({})).await, ["티셔츠", "바지"]);
        assert_eq!(found(&anybody, json!({ "maxPrice": 1_500 })).await, ["티셔츠"]);
        assert_eq!(shop.stock(&other).await, [1], "another product is another matter");
    }

    async fn an_option_that_is_left_out_is_off_sale_and_old_orders_keep_showing_it(shop: Shop) {
        let merchant = shop.merchant().await;
        let tee = merchant.product("티셔츠", &[("M", 1_000, 5), ("L", 2_000, 6)]).await;
        let mina = shop.member_with_points(100_000).await;
        let order = mina.order(&tee, 0, 1, "first").await["order"]["id"].clone();
        mina.add_to_cart(&tee, 0, 1).await;
        let [medium, large] = [0, 1].map(|option| tee.options[option].to_string());

        let wish = json!({ "options": [{ "id": large, "name": "L", "price": 2_000 }] });
        let payload = update(&merchant, &tee, wish).await;

        assert_eq!(names(&payload), ["L"]);
        assert_eq!(payload["product"]["price"], 2_000);
        assert_eq!(payload["product"]["stockQuantity"], 6);
        let seen = option(&shop.anonymous(), &medium).await;
        assert_eq!(seen, json!({
            "name": "M", "price": 1_000, "stockQuantity": 4, "isDeleted": true,
            "product": { "name": "티셔츠", "isDeleted": false },
        }));
        let query = "query($id: ID!) { order(id: $id) { items { productName optionName option { id name isDeleted } } } }";
        let data = mina.run(query, json!({ "id": order })).await;
        assert_eq!(data["order"]["items"][0], json!({
            "productName": "티셔츠", "optionName": "M", "option": { "id": medium, "name": "M", "isDeleted": true },
        }));
        let cart = mina.run("{ cart { items { isAvailable } } }", json!({})).await;
        assert_eq!(cart["cart"]["items"], json!([{ "isAvailable": false }]));

        let before = shop.contents().await;
        let refused = mina.order(&tee, 0, 1, "second").await;
        assert_eq!(refusal(&refused), ("PRODUCT_UNAVAILABLE", "lines.0".to_owned()));
        let refused = mina.place(json!({ "idempotencyKey": "third" })).await;
        assert_eq!(refusal(&refused).0, "PRODUCT_UNAVAILABLE", "the whole cart");
        let refused = mina.add_to_cart(&tee, 0, 1).await;
        assert_eq!(refusal(&refused), ("PRODUCT_UNAVAILABLE", "optionId".to_owned()));
        shop.contents().await.assert_same(&before);
    }

    async fn what_is_left_of_options_off_sale_is_not_in_stock(shop: Shop) {
        let merchant = shop.merchant().await;
        let tee = merchant.product("티셔츠", &[("M", 1_000, 5), ("L", 1_000, 0)]).await;
        let anybody = shop.anonymous();
        assert_eq!(found(&anybody, json!({ "inStock": true })).await, ["티셔츠"]);
        let large = json!({ "id": tee.options[1].to_string(), "name": "L", "price": 1_000 });
        update(&merchant, &tee, json!({ "options": [large] })).await;
        assert_eq!(found(&anybody, json!({ "inStock": true })).await, [""; 0]);
        assert_eq!(found(&anybody, json!({ "inStock": false })).await, ["티셔츠"]);
    }

    async fn an_option_comes_back_on_sale_when_it_is_named_again(shop: Shop) {
        let merchant = shop.merchant().await;
        let tee = merchant.product("티셔츠", &[("M", 1_000, 5), ("L", 2_000, 6)]).await;
        let [medium, large] = [("M", 0), ("L", 1)].map(|(name, option)| {
            json!({ "id": tee.options[option].to_string(), "name": name, "price": 1_000 })
        });
        update(&merchant, &tee, json!({ "options": [large] })).await;

        let payload = update(&merchant, &tee, json!({ "options": [large, medium] })).await;

        assert_eq!(names(&payload), ["L", "M"]);
        assert_eq!(payload["product"]["stockQuantity"], 11, "with what was left of it");
        let mina = shop.member_with_points(100_000).await;
        assert_eq!(mina.order(&tee, 0, 5, "first").await["order"]["status"], "PAID");
    }

    async fn stock_is_said_of_new_options_alone(shop: Shop) {
        let merchant = shop.merchant().await;
        let tee = merchant.product("티셔츠", &[("M", 1_000, 5)]).await;
        let before = shop.contents().await;
        let medium = json!({ "id": tee.options[0].to_string(), "name": "M", "price": 1_000, "stockQuantity": 5 });
        let payload = update(&merchant, &tee, json!({ "options": [medium] })).await;
        assert_eq!(refusal(&payload), ("INVALID_INPUT", "options.0.stockQuantity".to_owned()));
        shop.contents().await.assert_same(&before);
    }

    async fn options_of_other_products_are_not_there_and_none_is_named_twice(shop: Shop) {
        let [merchant, rival] = [shop.merchant().await, shop.merchant().await];
        let tee = merchant.product("티셔츠", &[("M", 1_000, 5)]).await;
        let ours = merchant.product("바지", &[("M", 1_000, 5)]).await;
        let theirs = rival.product("모자", &[("M", 1_000, 5)]).await;
        let before = shop.contents().await;
        let medium = json!({ "id": tee.options[0].to_string(), "name": "M", "price": 1_000 });
        let mut refusals = Vec::new();
        let nobodys = entity::id::OptionId(uuid::Uuid::from_u128(7));
        for foreign in [ours.options[0], theirs.options[0], nobodys] {
            let foreign = json!({ "id": foreign.to_string(), "name": "L", "price": 1_000 });
            let payload = update(&merchant, &tee, json!({ "options": [medium, foreign] })).await;
            assert_eq!(refusal(&payload), ("NOT_FOUND", "options.1.id".to_owned()));
            refusals.push(payload);
            let payload = create(&merchant, json!({ "name": "양말", "options": [foreign] })).await;
            assert_eq!(refusal(&payload), ("NOT_FOUND", "options.0.id".to_owned()));
        }
        assert!(refusals.iter().all(|refused| *refused == refusals[0]), "{refusals:#?}");
        let again = json!({ "id": tee.options[0].to_string(), "name": "L", "price": 1_000 });
        let payload = update(&merchant, &tee, json!({ "options": [medium, again] })).await;
        assert_eq!(refusal(&payload), ("INVALID_INPUT", "options.1.id".to_owned()));
        shop.contents().await.assert_same(&before);
    }

    async fn a_deleted_product_is_off_sale_and_old_orders_keep_showing_it(shop: Shop) {
        let merchant = shop.merchant().await;
        let tee = merchant.product("티셔츠", &[("M", 1_000, 5)]).await;
        let mina = shop.member_with_points(100_000).await;
        let order = mina.order(&tee, 0, 1, "first").await["order"]["id"].clone();

        let payload = delete(&merchant, &tee).await;

        assert_eq!(payload["product"]["isDeleted"], true);
        assert_eq!(names(&payload), ["M"]);
        assert_eq!(found(&mina, json!({})).await, [""; 0]);
        let query = "query($id: ID!) { order(id: $id) { items { option { isDeleted product { name isDeleted } } } } }";
        let data = mina.run(query, json!({ "id": order })).await;
        assert_eq!(data["order"]["items"][0]["option"],
            json!({ "isDeleted": false, "product": { "name": "티셔츠", "isDeleted": true } }));
        let before = shop.contents().await;
        assert_eq!(refusal(&mina.order(&tee, 0, 1, "second").await).0, "PRODUCT_UNAVAILABLE");
        shop.advance(std::time::Duration::from_secs(1));
        assert_eq!(delete(&merchant, &tee).await, payload, "deleted again");
        let refused = update(&merchant, &tee, json!({ "name": "새 이름" })).await;
        assert_eq!(refusal(&refused), ("PRODUCT_UNAVAILABLE", "productId".to_owned()));
        shop.contents().await.assert_same(&before);
    }

    async fn an_admin_runs_the_products_of_any_store(shop: Shop) {
        let merchant = shop.merchant().await;
        let admin = Merchant { client: shop.admin().await, ..merchant };
        let tee = admin.product("티셔츠", &[("M", 1_000, 5)]).await;
        let payload = update(&admin, &tee, json!({ "name": "바지" })).await;
        assert_eq!(payload["product"]["name"], "바지");
        assert_eq!(delete(&admin, &tee).await["product"]["isDeleted"], true);
    }

    async fn of_many_who_change_a_product_at_once_the_last_has_it_as_they_want(shop: Shop) {
        let merchant = shop.merchant().await;
        let tee = merchant.product("티셔츠", &[("M", 9_000, 5)]).await;
        let wish = |number: i64| {
            let option = |place: i64| {
                json!({ "name": format!("{number}.{place}"), "price": 1_000 + number * 10 + place, "stockQuantity": 1 })
            };
            json!({ "name": format!("{number}"), "options": [option(1), option(2)] })
        };

        let payloads = join_all((1..=8).map(|number| update(&merchant, &tee, wish(number)))).await;

        for payload in payloads {
            assert_eq!(payload["userErrors"], json!([]));
        }
        let query = format!("query($id: ID!) {{ {}", PRODUCT.replacen("product {", "product(id: $id) {", 1) + " }");
        let data = merchant.client.run(&query, json!({ "id": tee.id.to_string() })).await;
        let product = &data["product"];
        let number = product["name"].as_str().and_then(|name| name.parse::<i64>().ok()).expect("a number");
        assert_eq!(names(&data), [format!("{number}.1"), format!("{number}.2")]);
        assert_eq!(product["price"], 1_000 + number * 10 + 1);
        assert_eq!(product["stockQuantity"], 2);
        assert_eq!(shop.contents().await.count("product_option"), 17, "what was off sale stays for those who bought it");
    }

    async fn orders_and_a_merchant_who_takes_off_sale_what_they_buy_do_not_harm_each_other(shop: Shop) {
        let merchant = shop.merchant().await;
        let tee = merchant.product("티셔츠", &[("M", 1_000, 100), ("L", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        let keys = (0..20).map(|number| number.to_string()).collect::<Vec<_>>();
        let orders = join_all(keys.iter().map(|key| mina.order(&tee, 0, 1, key)));
        let large = json!({ "id": tee.options[1].to_string(), "name": "L", "price": 1_000 });

        let (placed, updated) = join(orders, update(&merchant, &tee, json!({ "options": [large] }))).await;

        assert_eq!(names(&updated), ["L"]);
        let (sold, refused) = placed.iter().partition::<Vec<_>, _>(|placed| placed["order"].is_object());
        for refused in refused {
            assert_eq!(refusal(refused).0, "PRODUCT_UNAVAILABLE");
        }
        let medium = option(&mina, &tee.options[0].to_string()).await;
        assert_eq!(medium["stockQuantity"], 100 - sold.len());
        assert_eq!(refusal(&mina.order(&tee, 0, 1, "late").await).0, "PRODUCT_UNAVAILABLE");
    }
}
