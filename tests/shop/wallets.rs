//! Wallets: what stores earn when they hand things over.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    fulfilment::{adds_up, complete, ordered, taken},
    support::{Client, Product, Shop},
};

const WALLET: &str = "query($id: ID!) { store(id: $id) { wallet {
    id balance pending
    entries { totalCount nodes { id action amount balanceAfter order { id items { id } } } } } } }";

pub async fn wallet(merchant: &Client, product: &Product) -> Value {
    let variables = json!({ "id": product.store_id.to_string() });
    merchant.run(WALLET, variables).await["store"]["wallet"].take()
}

/// What is in the wallet, and what will be.
fn amounts(wallet: &Value) -> (i64, i64) {
    let amount = |field: &str| wallet[field].as_i64().expect("an amount");
    (amount("balance"), amount("pending"))
}

both! {
    async fn a_store_earns_with_what_it_hands_over(shop: Shop) {
        let tee = shop.product("티셔츠", &[("M", 1_000, 100), ("L", 1_500, 100)]).await;
        let socks = shop.product("양말", &[("한 켤레", 300, 100)]).await;
        let [tailor, sockmaker] = [shop.seller_of(&tee).await, shop.seller_of(&socks).await];
        let mina = shop.member_with_points(100_000).await;
        assert_eq!(amounts(&wallet(&tailor, &tee).await), (0, 0));
        let first = ordered(&mina, &[(&tee, 0, 2), (&socks, 0, 1)], "first").await;
        let second = ordered(&mina, &[(&tee, 1, 1), (&tee, 0, 1)], "second").await;
        assert_eq!(amounts(&wallet(&tailor, &tee).await), (0, 4_500));
        assert_eq!(amounts(&wallet(&sockmaker, &socks).await), (0, 300));

        taken(&tailor, "acceptOrder", &first).await;
        let canceled = json!({ "orderId": second["id"], "orderItemIds": [second["items"][0]["id"]] });
        mina.mutate("cancelOrder", canceled, "order { id }").await;
        assert_eq!(amounts(&wallet(&tailor, &tee).await), (0, 3_000), "what is accepted is not earned, what is canceled never");
        taken(&tailor, "markOrderReady", &first).await;
        taken(&tailor, "completeOrder", &first).await;
        taken(&tailor, "completeOrder", &first).await;
        complete(&tailor, &second).await;
        let seen = wallet(&tailor, &tee).await;
        assert_eq!(amounts(&seen), (3_000, 0));
        assert_eq!(seen["entries"]["totalCount"], 2, "an order earns once");
        let entry = |order: &Value, amount: i64, after: i64, place: usize, items: &[usize]| {
            let items = items.iter().map(|item| json!({ "id": order["items"][*item]["id"] })).collect::<Value>();
            json!({ "id": seen["entries"]["nodes"][place]["id"], "action": "SALE", "amount": amount, "balanceAfter": after,
                    "order": { "id": order["id"], "items": items } })
        };
        assert_eq!(
            seen["entries"]["nodes"],
            json!([entry(&second, 1_000, 3_000, 0, &[0, 1]), entry(&first, 2_000, 2_000, 1, &[0])])
        );
        assert_eq!(amounts(&wallet(&sockmaker, &socks).await), (0, 300));
        adds_up(&shop).await;
    }

    async fn orders_that_are_handed_over_at_once_are_all_earned(shop: Shop) {
        let tee = shop.product("티셔츠", &[("M", 1_000, 100)]).await;
        let socks = shop.product("양말", &[("한 켤레", 300, 100)]).await;
        let tailor = shop.seller_of(&tee).await;
        let admin = shop.admin().await;
        let mina = shop.member_with_points(100_000).await;
        let mut orders = Vec::new();
        for number in 0..16 {
            let order = ordered(&mina, &[(&tee, 0, 1), (&socks, 0, 1)], &number.to_string()).await;
            for mutation in ["acceptOrder", "markOrderReady"] {
                taken(&admin, mutation, &order).await;
            }
            orders.push(order);
        }
        // The admin hands over for both stores, the tailor for one.
        let all = orders.iter().map(|order| taken(&admin, "completeOrder", order));
        let own = orders.iter().map(|order| taken(&tailor, "completeOrder", order));
        tokio::join!(join_all(all), join_all(own));
        assert_eq!(amounts(&wallet(&tailor, &tee).await), (16_000, 0));
        let sockmaker = shop.seller_of(&socks).await;
        assert_eq!(amounts(&wallet(&sockmaker, &socks).await), (16 * 300, 0));
        adds_up(&shop).await;
    }

    async fn the_ledger_of_a_wallet_is_paged(shop: Shop) {
        let tee = shop.product("티셔츠", &[("M", 1_000, 100)]).await;
        let tailor = shop.seller_of(&tee).await;
        let mina = shop.member_with_points(100_000).await;
        for number in 0..3 {
            complete(&tailor, &ordered(&mina, &[(&tee, 0, 1)], &number.to_string()).await).await;
        }
        let query = "query($id: ID!, $after: String) { store(id: $id) { wallet { entries(first: 2, after: $after) {
            nodes { balanceAfter } pageInfo { endCursor hasNextPage } } } } }";
        let mut variables = json!({ "id": tee.store_id.to_string() });
        let first = tailor.run(query, variables.clone()).await["store"]["wallet"]["entries"].take();
        assert_eq!(first["nodes"], json!([{ "balanceAfter": 3_000 }, { "balanceAfter": 2_000 }]));
        variables["after"] = first["pageInfo"]["endCursor"].clone();
        let second = tailor.run(query, variables).await["store"]["wallet"]["entries"].take();
        assert_eq!((&second["nodes"], &second["pageInfo"]["hasNextPage"]), (&json!([{ "balanceAfter": 1_000 }]), &json!(false)));
    }
}
