//! Looking for things: search, filters, sorts, pages, and anything by its id.

use std::time::Duration;

use entity::id::{OptionId, ProductId, StoreId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, Product, Shop};

const PRODUCTS: &str = "
query($filter: ProductFilter, $sort: ProductSort, $first: Int, $after: String, $last: Int, $before: String) {
  products(filter: $filter, sort: $sort, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    edges { cursor node { name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}";

const NODES: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }";

/// A page of products: their names, and the connection.
async fn products(client: &Client, variables: Value) -> (Vec<String>, Value) {
    let page = client.run(PRODUCTS, variables).await["products"].take();
    let edges = page["edges"].as_array().expect("edges");
    let names = edges.iter().map(|edge| text(&edge["node"]["name"]));
    (names.collect(), page)
}

/// The names of the products that pass a filter, sorted by name.
async fn found(client: &Client, filter: Value) -> Vec<String> {
    let variables = json!({ "filter": filter, "sort": "NAME" });
    let (names, page) = products(client, variables).await;
    assert_eq!(page["totalCount"], names.len());
    names
}

fn text(value: &Value) -> String {
    let text = value.as_str();
    text.unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}

/// Walks over all pages of a size, forward or backward; the names in the list's order.
async fn walk(client: &Client, sort: &str, size: usize, forward: bool) -> Vec<String> {
    let mut names = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let variables = if forward {
            json!({ "sort": sort, "first": size, "after": cursor })
        } else {
            json!({ "sort": sort, "last": size, "before": cursor })
        };
        let (page, connection) = products(client, variables).await;
        let info = &connection["pageInfo"];
        assert_eq!(info["startCursor"], connection["edges"][0]["cursor"]);
        let (more, edge) = if forward {
            names.extend(page);
            (&info["hasNextPage"], &info["endCursor"])
        } else {
            names = [page, names].concat();
            (&info["hasPreviousPage"], &info["startCursor"])
        };
        cursor = edge.clone();
        if more == false {
            return names;
        }
    }
}

/// Products of one store: name, price of the only option, stock.
async fn fill(shop: &Shop, goods: &[(&str, i64, i32)]) -> Vec<Product> {
    let mut products: Vec<Product> = Vec::new();
    for (name, price, stock) in goods {
        shop.advance(Duration::from_millis(1));
        let options = [("하나", *price, *stock)];
        products.push(match products.first() {
            None => shop.product(name, &options).await,
            Some(first) => {
                shop.product_of(first.store_id, first.merchant_id, name, &options)
                    .await
            }
        });
    }
    products
}

both! {
    async fn names_are_searched_by_words_in_any_order_and_case(shop: Shop) {
        fill(&shop, &[
            ("무선 키보드 Pro", 1_000, 1),
            ("유선 키보드", 1_000, 1),
            ("무선 마우스 PRO", 1_000, 1),
            ("ÉCLAIR 과자", 1_000, 1),
        ]).await;
        let client = shop.anonymous();
        for (search, names) in [
            ("키보드", vec!["무선 키보드 Pro", "유선 키보드"]),
            ("보드", vec!["무선 키보드 Pro", "유선 키보드"]),
            ("pro 무선", vec!["무선 마우스 PRO", "무선 키보드 Pro"]),
            ("  PRO   키보드 ", vec!["무선 키보드 Pro"]),
            ("éclair", vec!["ÉCLAIR 과자"]),
            ("없는 것", vec![]),
            ("키보드 없는", vec![]),
        ] {
            assert_eq!(found(&client, json!({ "search": search })).await, names, "{search}");
        }
        assert_eq!(found(&client, json!({ "search": "" })).await.len(), 4);
        assert_eq!(found(&client, json!({ "search": " " })).await.len(), 4);
    }

    async fn signs_of_patterns_are_searched_as_they_are(shop: Shop) {
        fill(&shop, &[
            ("100% 면", 1_000, 1),
            ("100 면", 1_000, 1),
            ("a_b", 1_000, 1),
            ("axb", 1_000, 1),
            (r"c\d", 1_000, 1),
            ("c'd", 1_000, 1),
        ]).await;
        let client = shop.anonymous();
        for (search, names) in [
            ("%", vec!["100% 면"]),
            ("0%", vec!["100% 면"]),
            ("_", vec!["a_b"]),
            ("A_B", vec!["a_b"]),
            (r"\", vec![r"c\d"]),
            (r"c\d", vec![r"c\d"]),
            (r"\%", vec![]),
            ("'", vec!["c'd"]),
        ] {
            assert_eq!(found(&client, json!({ "search": search })).await, names, "{search}");
        }
        let long = json!({ "filter": { "search": "가".repeat(101) } });
        assert_eq!(client.error_code(PRODUCTS, long).await, "BAD_REQUEST");
        assert_eq!(found(&client, json!({ "search": "가".repeat(100) })).await, [""; 0]);
    }

    async fn products_are_filtered_by_all_conditions_together(shop: Shop) {
        let goods = fill(&shop, &[("가", 1_000, 1), ("나", 2_000, 0), ("다", 3_000, 5)]).await;
        let other = shop.product("라", &[("큰", 9_000, 0), ("작은", 2_000, 2)]).await;
        let client = shop.anonymous();
        let store = goods[0].store_id.to_string();
        for (filter, names) in [
            (json!({}), vec!["가", "나", "다", "라"]),
            (json!({ "storeId": store }), vec!["가", "나", "다"]),
            (json!({ "storeId": other.store_id.to_string() }), vec!["라"]),
            (json!({ "storeId": StoreId(Uuid::from_u128(7)).to_string() }), vec![]),
            (json!({ "inStock": true }), vec!["가", "다", "라"]),
            (json!({ "inStock": false }), vec!["나"]),
            (json!({ "minPrice": 2_000 }), vec!["나", "다", "라"]),
            (json!({ "maxPrice": 2_000 }), vec!["가", "나", "라"]),
            (json!({ "minPrice": 2_000, "maxPrice": 2_000, "inStock": true }), vec!["라"]),
            (json!({ "minPrice": 3_000, "maxPrice": 2_000 }), vec![]),
            (json!({ "storeId": store, "search": "다", "inStock": true }), vec!["다"]),
        ] {
            assert_eq!(found(&client, filter.clone()).await, names, "{filter}");
        }
        let wrong = json!({ "filter": { "storeId": other.id.to_string() } });
        assert_eq!(client.error_code(PRODUCTS, wrong).await, "BAD_REQUEST");

        shop.adjust_stock(&goods[1], 0, 1).await;
        assert_eq!(found(&client, json!({ "inStock": false })).await, [""; 0]);
        shop.delete_product(&goods[1]).await;
        assert_eq!(found(&client, json!({})).await, ["가", "다", "라"]);
    }

    async fn every_sort_is_walked_forward_and_backward_over_ties(shop: Shop) {
        fill(&shop, &[
            ("다", 2_000, 1), ("가", 1_000, 1), ("나", 2_000, 1), ("마", 2_000, 1), ("라", 1_000, 1),
            ("나", 3_000, 1), ("B", 500, 1), ("a", 500, 1),
        ]).await;
        let client = shop.anonymous();
        for (sort, expected) in [
            ("NEWEST", "a B 나 라 마 나 가 다"),
            ("PRICE_ASC", "B a 가 라 다 나 마 나"),
            ("PRICE_DESC", "나 마 나 다 라 가 a B"),
            ("NAME", "B a 가 나 나 다 라 마"),
        ] {
            let whole = products(&client, json!({ "sort": sort })).await.0;
            assert_eq!(whole.join(" "), expected, "{sort}");
            for size in [1, 2, 3, 8, 9] {
                for forward in [true, false] {
                    let walked = walk(&client, sort, size, forward).await;
                    assert_eq!(walked, whole, "{sort} by {size}, forward: {forward}");
                }
            }
        }
        let unsorted = products(&client, json!({})).await.0;
        assert_eq!(unsorted.join(" "), "a B 나 라 마 나 가 다");
    }

    async fn pages_stay_right_while_products_come_and_go(shop: Shop) {
        let goods = fill(&shop, &[("가", 1_000, 1), ("나", 1_000, 1), ("다", 1_000, 1), ("라", 1_000, 1)]).await;
        let client = shop.anonymous();
        for (sort, first, second) in [
            ("NEWEST", ["라", "다"], ["나", "가"]),
            ("PRICE_ASC", ["가", "나"], ["다", "라"]),
            ("NAME", ["가", "나"], ["다", "라"]),
        ] {
            let (names, page) = products(&client, json!({ "sort": sort, "first": 2 })).await;
            assert_eq!(names, first);
            // Before the page, whatever the sort; gone again before the next.
            shop.advance(Duration::from_millis(1));
            let before = if sort == "NEWEST" { ("하", 9_000, 1) } else { ("0", 1, 1) };
            let added = [("하나", before.1, before.2)];
            let added = shop.product_of(goods[0].store_id, goods[0].merchant_id, before.0, &added).await;
            let after = page["pageInfo"]["endCursor"].clone();
            let variables = json!({ "sort": sort, "first": 2, "after": after });
            let (names, page) = products(&client, variables).await;
            assert_eq!(names, second, "{sort}");
            assert_eq!(page["pageInfo"]["hasPreviousPage"], true);
            assert_eq!(page["pageInfo"]["hasNextPage"], false);
            shop.delete_product(&added).await;
        }
        // The product that the cursor stands on may go.
        let (_, page) = products(&client, json!({ "sort": "NAME", "first": 2 })).await;
        shop.delete_product(&goods[1]).await;
        let after = page["pageInfo"]["endCursor"].clone();
        let variables = json!({ "sort": "NAME", "first": 2, "after": after });
        assert_eq!(products(&client, variables).await.0, ["다", "라"]);
    }

    async fn a_page_lies_between_two_cursors(shop: Shop) {
        fill(&shop, &[("가", 1, 1), ("나", 1, 1), ("다", 1, 1), ("라", 1, 1), ("마", 1, 1)]).await;
        let client = shop.anonymous();
        let (_, page) = products(&client, json!({ "sort": "NAME" })).await;
        let cursor = |place: usize| page["edges"][place]["cursor"].clone();
        let between = json!({ "sort": "NAME", "after": cursor(0), "before": cursor(4) });
        assert_eq!(products(&client, between).await.0, ["나", "다", "라"]);
        let between = json!({ "sort": "NAME", "after": cursor(0), "before": cursor(4), "last": 2 });
        assert_eq!(products(&client, between).await.0, ["다", "라"]);
        let nothing = json!({ "sort": "NAME", "after": cursor(4) });
        assert_eq!(products(&client, nothing).await.0, [""; 0]);
    }

    async fn a_cursor_is_good_for_its_own_sort(shop: Shop) {
        fill(&shop, &[("가", 1_000, 1), ("나", 1_000, 1)]).await;
        let client = shop.anonymous();
        for (sort, others) in [
            ("NEWEST", ["PRICE_ASC", "NAME"]),
            ("PRICE_DESC", ["NEWEST", "NAME"]),
            ("NAME", ["NEWEST", "PRICE_DESC"]),
        ] {
            let (_, page) = products(&client, json!({ "sort": sort, "first": 1 })).await;
            let cursor = &page["pageInfo"]["endCursor"];
            for other in others {
                for variables in [
                    json!({ "sort": other, "after": cursor }),
                    json!({ "sort": other, "before": cursor }),
                ] {
                    assert_eq!(client.error_code(PRODUCTS, variables).await, "BAD_REQUEST", "{sort} {other}");
                }
            }
        }
        for nonsense in ["", "nonsense", "가"] {
            let variables = json!({ "after": nonsense });
            assert_eq!(client.error_code(PRODUCTS, variables).await, "BAD_REQUEST", "{nonsense}");
        }
    }

    async fn the_size_of_a_page_has_bounds(shop: Shop) {
        let goods = (0..25).map(|number| (if number < 13 { "가" } else { "나" }, 1_000, 1));
        fill(&shop, &goods.collect::<Vec<_>>()).await;
        let client = shop.anonymous();
        for (variables, size) in [
            (json!({}), 20),
            (json!({ "first": 0 }), 0),
            (json!({ "last": 0 }), 0),
            (json!({ "first": 100 }), 25),
            (json!({ "last": 100 }), 25),
            (json!({ "first": 25 }), 25),
            (json!({ "first": 24 }), 24),
        ] {
            let (names, page) = products(&client, variables.clone()).await;
            assert_eq!(names.len(), size, "{variables}");
            assert_eq!(page["totalCount"], 25);
            let has_more = page["pageInfo"]["hasNextPage"] == true || page["pageInfo"]["hasPreviousPage"] == true;
            assert_eq!(has_more, size < 25, "{variables}");
        }
        for variables in [
            json!({ "first": 101 }),
            json!({ "last": 101 }),
            json!({ "first": -1 }),
            json!({ "last": -1 }),
            json!({ "first": 1, "last": 1 }),
        ] {
            assert_eq!(client.error_code(PRODUCTS, variables.clone()).await, "BAD_REQUEST", "{variables}");
        }
    }

    async fn anything_is_found_by_its_id_in_the_order_of_the_ids(shop: Shop) {
        let goods = fill(&shop, &[("가", 1_000, 1), ("나", 1_000, 1)]).await;
        let client = shop.anonymous();
        let ids = json!([
            goods[1].id.to_string(),
            OptionId(Uuid::from_u128(7)).to_string(),
            goods[0].store_id.to_string(),
            goods[0].options[0].to_string(),
            goods[0].id.to_string(),
            ProductId(Uuid::from_u128(7)).to_string(),
            goods[1].id.to_string(),
        ]);
        let nodes = client.run(NODES, json!({ "ids": ids })).await["nodes"].take();
        let kinds = nodes.as_array().expect("nodes").iter().map(|node| node["__typename"].as_str());
        assert_eq!(
            kinds.collect::<Vec<_>>(),
            [Some("Product"), None, Some("Store"), Some("ProductOption"), Some("Product"), None, Some("Product")]
        );
        for place in [0, 2, 3, 4, 6] {
            assert_eq!(nodes[place]["id"], ids[place]);
        }
        assert_eq!((&nodes[1], &nodes[5]), (&Value::Null, &Value::Null));
        assert_eq!(client.run(NODES, json!({ "ids": [] })).await["nodes"], json!([]));

        let node = "query($id: ID!) { node(id: $id) { id } }";
        assert_eq!(client.run(node, json!({ "id": ids[0] })).await["node"]["id"], ids[0]);
        assert_eq!(client.run(node, json!({ "id": ids[1] })).await["node"], Value::Null);
        for wrong in ["", "product", "product_", "product_0", "thing_01h2xcejqtf2nbrexx3vqjhp41"] {
            assert_eq!(client.error_code(node, json!({ "id": wrong })).await, "BAD_REQUEST", "{wrong}");
        }
        let hundred = vec![ids[0].clone(); 100];
        let nodes = client.run(NODES, json!({ "ids": hundred })).await["nodes"].take();
        assert_eq!(nodes.as_array().map(Vec::len), Some(100));
        let too_many = vec![ids[0].clone(); 101];
        assert_eq!(client.error_code(NODES, json!({ "ids": too_many })).await, "BAD_REQUEST");
    }

    async fn a_malformed_id_costs_its_neighbours_nothing(shop: Shop) {
        let [shirt] = &fill(&shop, &[("셔츠", 1_000, 1)]).await[..] else { panic!("a product") };
        let shirt = shirt.id.to_string();
        let ids = json!({ "ids": [shirt, "nonsense", shirt, "product_0"] });

        let answer = shop.anonymous().send(NODES, ids).await.body;

        let node = json!({ "id": shirt, "__typename": "Product" });
        assert_eq!(answer["data"]["nodes"], json!([node, null, node, null]));
        let errors = answer["errors"].as_array().expect("errors");
        let told = errors.iter().map(|error| (&error["path"], &error["extensions"]["code"]));
        let bad = json!("BAD_REQUEST");
        assert_eq!(told.collect::<Vec<_>>(), [(&json!(["nodes", 1]), &bad), (&json!(["nodes", 3]), &bad)]);
    }

    async fn a_product_shows_its_options_and_its_stock_as_it_is(shop: Shop) {
        let options = [("화이트 M", 30_000, 10), ("네이비 L", 25_000, 0), ("블랙 S", 40_000, 3)];
        let shirt = shop.product("셔츠", &options).await;
        let mina = shop.member_with_points(1_000_000).await;
        let query = "query($id: ID!) { product(id: $id) {
            name price stockQuantity isDeleted createdAt imageUrl
            options { id name price stockQuantity product { id } } store { id isOpen } } }";
        let product = async || {
            shop.anonymous().run(query, json!({ "id": shirt.id.to_string() })).await["product"].take()
        };

        let seen = product().await;
        assert_eq!((&seen["price"], &seen["stockQuantity"]), (&json!(25_000), &json!(13)));
        assert_eq!(seen["store"], json!({ "id": shirt.store_id.to_string(), "isOpen": true }));
        assert_eq!(seen["isDeleted"], false);
        for (place, (name, price, stock)) in options.iter().enumerate() {
            let option = json!({
                "id": shirt.options[place].to_string(), "name": name, "price": price,
                "stockQuantity": stock, "product": { "id": shirt.id.to_string() },
            });
            assert_eq!(seen["options"][place], option);
        }

        mina.order(&shirt, 0, 4, "key").await;
        shop.adjust_stock(&shirt, 1, 5).await;
        let seen = product().await;
        assert_eq!(seen["stockQuantity"], 14);
        assert_eq!(shop.stock(&shirt).await, [6, 5, 3]);

        shop.set_open(&shirt, false).await;
        shop.delete_product(&shirt).await;
        let seen = product().await;
        assert_eq!((&seen["isDeleted"], &seen["store"]["isOpen"]), (&json!(true), &json!(false)));
        assert_eq!(seen["name"], "셔츠");
        assert_eq!(found(&shop.anonymous(), json!({})).await, [""; 0]);
        let ids = json!({ "ids": [shirt.id.to_string(), shirt.options[0].to_string()] });
        let nodes = shop.anonymous().run(NODES, ids).await["nodes"].take();
        assert!(nodes[0].is_object() && nodes[1].is_object(), "{nodes}");
    }

    async fn a_product_that_is_not_there_is_null(shop: Shop) {
        let product = "query($id: ID!) { product(id: $id) { id } }";
        let unknown = json!({ "id": ProductId(Uuid::from_u128(7)).to_string() });
        assert_eq!(shop.anonymous().run(product, unknown).await["product"], Value::Null);
        let store = json!({ "id": StoreId(Uuid::from_u128(7)).to_string() });
        assert_eq!(shop.anonymous().error_code(product, store.clone()).await, "BAD_REQUEST");
        let query = "query($id: ID!) { store(id: $id) { id } }";
        assert_eq!(shop.anonymous().run(query, store).await["store"], Value::Null);
    }

    async fn stores_are_listed_oldest_first_with_their_products(shop: Shop) {
        let mut stores = Vec::new();
        for name in ["하나", "둘", "셋"] {
            shop.advance(Duration::from_millis(1));
            let product = shop.product(name, &[("하나", 1_000, 1)]).await;
            shop.advance(Duration::from_millis(1));
            let newer = format!("{name} 더");
            shop.product_of(product.store_id, product.merchant_id, &newer, &[("하나", 1_000, 1)]).await;
            stores.push(product.store_id.to_string());
        }
        let query = "query($first: Int, $after: String, $last: Int, $before: String) {
            stores(first: $first, after: $after, last: $last, before: $before) {
                totalCount nodes { id products { totalCount nodes { name } } }
                pageInfo { endCursor hasNextPage hasPreviousPage } } }";
        let page = async |variables: Value| shop.anonymous().run(query, variables).await["stores"].take();

        let all = page(json!({})).await;
        assert_eq!(all["totalCount"], 3);
        let ids = all["nodes"].as_array().expect("stores").iter().map(|store| text(&store["id"]));
        assert_eq!(ids.collect::<Vec<_>>(), stores);
        assert_eq!(
            all["nodes"][1]["products"],
            json!({ "totalCount": 2, "nodes": [{ "name": "둘 더" }, { "name": "둘" }] })
        );
        let first = page(json!({ "first": 2 })).await;
        assert_eq!(first["pageInfo"]["hasNextPage"], true);
        let rest = page(json!({ "first": 2, "after": first["pageInfo"]["endCursor"] })).await;
        assert_eq!(rest["nodes"][0]["id"], stores[2]);
        assert_eq!(rest["pageInfo"]["hasPreviousPage"], true);
        let last = page(json!({ "last": 1 })).await;
        assert_eq!(last["nodes"][0]["id"], stores[2]);
        assert_eq!(shop.anonymous().error_code(query, json!({ "first": 101 })).await, "BAD_REQUEST");
    }
}

both! {
    async fn what_no_database_can_compare_is_refused(shop: Shop) {
        let mina = shop.member().await;
        for query in [
            "{ products(filter: { search: \"a\\u0000b\" }) { totalCount } }",
            "{ orders(filter: { placedFrom: \"-262143-01-01T00:00:00Z\" }) { totalCount } }",
            "{ orders(filter: { placedTo: \"+10000-01-01T00:00:00Z\" }) { totalCount } }",
        ] {
            assert_eq!(mina.error_code(query, json!({})).await, "BAD_REQUEST", "{query}");
        }
        let query = "mutation { signIn(input: { userId: \"a\\u0000b\", password: \"p\" }) {
            userErrors { code } } }";
        let data = shop.anonymous().run(query, json!({})).await;
        assert_eq!(data["signIn"]["userErrors"][0]["code"], "BAD_CREDENTIALS");
    }
}
