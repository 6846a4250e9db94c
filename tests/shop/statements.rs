//! How many SQL statements an answer takes: the same for one row and for a hundred.

use futures_util::future::join_all;
use jangteo::order::placement::{Command, Figures, Line, Placer, Request, Selection};
use sea_orm::DbBackend;
use serde_json::{Value, json};

use crate::support::{Client, PLACE_ORDER, Product, Shop};

const PRODUCTS: &str = "query($first: Int!) { products(first: $first) { nodes {
    id name price stockQuantity options { id name price stockQuantity } store { id name isOpen } } } }";

const ORDERS: &str = "query($first: Int!) { orders(first: $first) { nodes {
    id orderKey status items { productName quantity store { name }
        option { name stockQuantity product { name isDeleted } } } } } }";

const CART: &str = "{ cart { total totalQuantity items {
    quantity unitPrice lineTotal isAvailable
    option { name stockQuantity product { name isDeleted store { name } } } } } }";

/// The answer to a query, and how many statements it took.
async fn counted(shop: &Shop, client: &Client, query: &str, variables: Value) -> (Value, u64) {
    shop.statements(client.run(query, variables)).await
}

/// How many statements place a batch of whatever size: on PostgreSQL the stock is taken apart from the rest.
fn placing(shop: &Shop) -> u64 {
    match shop.app().db.backend() {
        DbBackend::Postgres => 5,
        _ => 4,
    }
}

/// A hundred products of four stores, with three options each.
async fn hundred_products(shop: &Shop) -> Vec<Product> {
    const OPTIONS: &[(&str, i64, i32)] = &[("하나", 10, 99), ("둘", 20, 99), ("셋", 30, 99)];
    let mut products = Vec::new();
    for _ in 0..4 {
        let first = shop.product("상품", OPTIONS).await;
        let others =
            (1..25).map(|_| shop.product_of(first.store_id, first.merchant_id, "상품", OPTIONS));
        products.extend(join_all(others).await);
        products.push(first);
    }
    products
}

/// The input of an order of a piece of each of the products.
fn input(products: &[Product], key: &str) -> Value {
    let line =
        |product: &Product| json!({ "optionId": product.options[0].to_string(), "quantity": 1 });
    let lines = products.iter().map(line).collect::<Vec<_>>();
    json!({ "input": { "lines": lines, "idempotencyKey": key } })
}

both! {
    async fn products_take_as_many_for_a_hundred_as_for_one(shop: Shop) {
        hundred_products(&shop).await;
        let client = shop.anonymous();
        let mut counts = Vec::new();
        for first in [1, 20, 100] {
            let (data, count) = counted(&shop, &client, PRODUCTS, json!({ "first": first })).await;
            let nodes = data["products"]["nodes"].as_array().expect("products");
            assert_eq!(nodes.len(), first);
            assert!(nodes.iter().all(|node| node["stockQuantity"] == 297), "{data:#}");
            counts.push(count);
        }
        assert_eq!(counts, [1, 1, 1]);
    }

    async fn products_by_their_ids_take_no_more(shop: Shop) {
        let products = hundred_products(&shop).await;
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Product {
            stockQuantity options { stockQuantity } store { name } } } }";
        for size in [1, 100] {
            let ids = products[..size].iter().map(|product| product.id.to_string()).collect::<Vec<_>>();
            let (_, count) = counted(&shop, &shop.anonymous(), query, json!({ "ids": ids })).await;
            assert_eq!(count, 3, "{size} products");
        }
    }

    async fn orders_take_as_many_for_twenty_as_for_one(shop: Shop) {
        let products = hundred_products(&shop).await;
        let mina = shop.member_with_points(100_000).await;
        for number in 0..20 {
            let place = 5 * number;
            let input = input(&products[place..place + 5], &number.to_string());
            let data = mina.run(PLACE_ORDER, input).await;
            assert_eq!(data["placeOrder"]["order"]["status"], "PAID", "{data:#}");
        }
        let mut counts = Vec::new();
        for first in [1, 20] {
            let (data, count) = counted(&shop, &mina, ORDERS, json!({ "first": first })).await;
            let nodes = data["orders"]["nodes"].as_array().expect("orders");
            assert_eq!(nodes.len(), first);
            assert!(nodes.iter().all(|node| node["items"].as_array().map(Vec::len) == Some(5)));
            counts.push(count);
        }
        assert_eq!(counts, [6, 6]);
    }

    async fn an_order_takes_as_many_for_twenty_lines_as_for_one(shop: Shop) {
        let products = hundred_products(&shop).await;
        let mina = shop.member_with_points(100_000).await;
        let mut counts = Vec::new();
        for (size, key) in [(1, "one"), (20, "twenty"), (100, "hundred")] {
            let (data, count) = counted(&shop, &mina, PLACE_ORDER, input(&products[..size], key)).await;
            assert_eq!(data["placeOrder"]["order"]["items"].as_array().map(Vec::len), Some(size));
            counts.push(count);
        }
        // Those to place it, three to show it.
        let expected = placing(&shop) + 3;
        assert_eq!(counts, [expected; 3]);
    }

    async fn a_batch_takes_as_many_for_fifty_orders_as_for_one(shop: Shop) {
        let products = hundred_products(&shop).await;
        let mina = shop.member_with_points(100_000).await;
        let member_id = mina.member_id().await;
        let app = shop.app();
        let placer = Placer { db: app.db.clone(), clock: app.clock.clone(), bus: app.bus.clone(), figures: Figures::default(), outbox: app.outbox.clone() };
        let command = |number: usize| {
            let line = Line { option_id: products[number].options[0], quantity: 1 };
            let request = Request {
                selection: Selection::Lines(vec![line]),
                points: None,
                gateway: None,
                coupon_id: None,
                expected_total: None,
                idempotency_key: number.to_string(),
            };
            Command { member_id, request, seed: [u8::try_from(number).expect("a byte"); 32] }
        };
        let commands = (0..51).map(command).collect::<Vec<_>>();
        let (one, fifty) = commands.split_at(1);
        let (of_one, count_of_one) = shop.statements(placer.place(one)).await;
        let (of_fifty, count_of_fifty) = shop.statements(placer.place(fifty)).await;
        assert!(of_one.iter().chain(&of_fifty).all(Result::is_ok));
        let expected = placing(&shop);
        assert_eq!((count_of_one, count_of_fifty), (expected, expected));
    }

    async fn a_cart_takes_as_many_for_twenty_lines_as_for_one(shop: Shop) {
        let products = hundred_products(&shop).await;
        let mina = shop.member().await;
        let mut counts = Vec::new();
        for lines in [1, 20] {
            for product in &products[..lines] {
                mina.add_to_cart(product, 0, 1).await;
            }
            let (data, count) = counted(&shop, &mina, CART, json!({})).await;
            assert_eq!(data["cart"]["items"].as_array().map(Vec::len), Some(lines));
            counts.push(count);
        }
        // The cart, its lines, and all that these are reckoned from.
        assert_eq!(counts, [3, 3]);
    }

    async fn what_is_found_by_its_id_or_its_owner_is_loaded_together(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        for number in 0..20 {
            mina.order(&shirt, 0, 1, &number.to_string()).await;
        }
        let query = "{ orders { nodes { member { userPoint { balance } } } } }";
        let (data, count) = counted(&shop, &mina, query, json!({})).await;
        assert_eq!(data["orders"]["nodes"].as_array().map(Vec::len), Some(20));
        assert_eq!(count, 3);

        let query = "{ me { userPoint { entries { nodes { id } } } } }";
        let data = mina.run(query, json!({})).await;
        let entries = data["me"]["userPoint"]["entries"]["nodes"].as_array().expect("entries");
        let ids = entries.iter().map(|entry| entry["id"].clone()).collect::<Vec<_>>();
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on PointEntry { balanceAfter } } }";
        let (data, count) = counted(&shop, &mina, query, json!({ "ids": ids })).await;
        assert!(data["nodes"][19]["balanceAfter"].is_i64(), "{data:#}");
        assert_eq!(count, 2);
    }

    async fn lists_of_several_parents_are_loaded_together(shop: Shop) {
        hundred_products(&shop).await;
        let query = "{ stores { nodes {
            newest: products(first: 2) { totalCount nodes { name store { name } } }
            oldest: products(last: 3) { pageInfo { hasPreviousPage } nodes { name stockQuantity } } } } }";
        let (data, count) = counted(&shop, &shop.anonymous(), query, json!({})).await;
        let stores = data["stores"]["nodes"].as_array().expect("stores");
        assert_eq!(stores.len(), 4);
        for store in stores {
            assert_eq!(store["newest"]["totalCount"], 25);
            assert_eq!(store["newest"]["nodes"].as_array().map(Vec::len), Some(2));
            assert_eq!(store["oldest"]["nodes"].as_array().map(Vec::len), Some(3));
            assert_eq!(store["oldest"]["pageInfo"]["hasPreviousPage"], true);
        }
        // Stores, two windows of their products and the count, those products' stores, and options with their stock.
        assert_eq!(count, 6);
    }

    async fn the_stock_ledgers_of_many_options_take_as_many_as_that_of_one(shop: Shop) {
        let merchant = shop.merchant().await;
        let mut options = Vec::new();
        for _ in 0..20 {
            options.push(merchant.product("상품", &[("하나", 10, 99)]).await.options[0].to_string());
        }
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on ProductOption {
            adjustments(first: 5) { totalCount nodes { delta member { nickname } } } } } }";
        for size in [1, 20] {
            let variables = json!({ "ids": options[..size] });
            let (data, count) = counted(&shop, &merchant.client, query, variables).await;
            for option in data["nodes"].as_array().expect("options") {
                assert_eq!(option["adjustments"]["totalCount"], 1, "{data:#}");
                assert_eq!(option["adjustments"]["nodes"][0]["delta"], 99, "{data:#}");
            }
            // Options, products, stores, their adjustments and the count, and who made them.
            assert_eq!(count, 6, "{size} options");
        }
    }

    async fn an_admin_sees_the_lists_of_many_members_with_a_statement_each(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        let admin = shop.admin().await;
        let mut ids = Vec::new();
        for orders in 0..5 {
            let member = shop.member_with_points(100_000).await;
            for number in 0..orders {
                member.order(&shirt, 0, 1, &number.to_string()).await;
            }
            ids.push(member.run("{ me { id } }", json!({})).await["me"]["id"].clone());
        }
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Member {
            orders(first: 2) { totalCount nodes { member { id } } }
            userPoint { entries(first: 1) { totalCount nodes { action } } } } } }";
        let (data, count) = counted(&shop, &admin, query, json!({ "ids": ids })).await;
        for (orders, member) in data["nodes"].as_array().expect("members").iter().enumerate() {
            assert_eq!(member["orders"]["totalCount"], orders);
            let page = member["orders"]["nodes"].as_array().expect("orders");
            assert_eq!(page.len(), orders.min(2));
            assert!(page.iter().all(|order| order["member"]["id"] == ids[orders]));
            assert_eq!(member["userPoint"]["entries"]["totalCount"], orders + 1);
            let newest = if orders == 0 { "CHARGE" } else { "USE" };
            assert_eq!(member["userPoint"]["entries"]["nodes"][0]["action"], newest);
        }
        // Members; their orders and purses; the orders' count, the entries and theirs; the orders' members.
        assert!(count <= 7, "{count}");
    }
}
