//! Becoming a merchant, opening and closing a store, and its settings.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{id::StoreId, order_item};
use futures_util::future::join_all;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::{Client, Merchant, PASSWORD, Shop, refusal};

const REGISTERED: &str = "
    session { accessToken refreshToken member { id userId nickname role store { id } } }
    store { id name isOpen acceptMinutes products { totalCount } }";

const STORE: &str = "store { id name isOpen acceptMinutes }";

fn registration(user_id: &str) -> Value {
    json!({ "userId": user_id, "password": PASSWORD, "nickname": "민아", "storeName": "민아네" })
}

async fn register(shop: &Shop, input: Value) -> Value {
    shop.anonymous()
        .mutate("registerMerchant", input, REGISTERED)
        .await
}

async fn set_open(client: &Client, store_id: StoreId, is_open: bool) -> Value {
    let input = json!({ "storeId": store_id.to_string(), "isOpen": is_open });
    client.mutate("setStoreOpen", input, STORE).await
}

async fn update(merchant: &Merchant, settings: Value) -> Value {
    let mut input = settings;
    input["storeId"] = json!(merchant.store_id.to_string());
    merchant.client.mutate("updateStore", input, STORE).await
}

/// Until when the items of a store that were sold are to be accepted.
async fn deadlines(shop: &Shop, store_id: StoreId) -> Vec<Option<DateTime<Utc>>> {
    let items = order_item::Entity::find().all(shop.app().db.reader()).await;
    let items = items.expect("the items read").into_iter();
    let of_store = items.filter(|item| item.store_id == store_id);
    of_store.map(|item| item.accept_by).collect()
}

both! {
    async fn registering_makes_a_merchant_with_a_closed_store_of_their_own(shop: Shop) {
        let before = shop.contents().await;
        let mut input = registration(" Mina.Kim ");
        input["storeName"] = json!("  장터 바나나 ");

        let payload = register(&shop, input).await;

        let (member, store) = (&payload["session"]["member"], &payload["store"]);
        assert_eq!(payload["userErrors"], json!([]));
        assert_eq!(member["userId"], "mina.kim");
        assert_eq!(member["role"], "MERCHANT");
        assert_eq!(member["store"]["id"], store["id"]);
        assert_eq!(store["name"], "장터 바나나");
        assert_eq!(store["isOpen"], false);
        assert_eq!(store["acceptMinutes"], 10);
        assert_eq!(store["products"]["totalCount"], 0);
        let token = payload["session"]["accessToken"].as_str().expect("a token");
        let mina = shop.anonymous().with_token(token);
        let me = mina.run("{ me { id role store { name } } }", json!({})).await;
        assert_eq!(me["me"], json!({ "id": member["id"], "role": "MERCHANT", "store": { "name": "장터 바나나" } }));
        let after = shop.contents().await;
        for table in ["member", "store", "store_wallet"] {
            assert_eq!(after.count(table), before.count(table) + 1, "{table}");
        }
        assert_eq!(after.count("user_point"), before.count("user_point"), "a purse is made at the first look");
    }

    async fn a_merchant_signs_in_as_any_member_does(shop: Shop) {
        register(&shop, registration("mina")).await;
        let mina = shop.sign_in("mina").await;
        let data = mina.run("{ me { role store { name } } }", json!({})).await;
        assert_eq!(data["me"], json!({ "role": "MERCHANT", "store": { "name": "민아네" } }));
    }

    async fn a_registration_that_breaks_a_rule_is_refused_at_its_field_and_changes_nothing(shop: Shop) {
        shop.member_named("jun").await;
        let before = shop.contents().await;
        for (field, value, code) in [
            ("userId", "ab".to_owned(), "INVALID_INPUT"),
            ("userId", "JUN".into(), "USER_ID_TAKEN"),
            ("password", "short".into(), "INVALID_INPUT"),
            ("nickname", " ".into(), "INVALID_INPUT"),
            ("storeName", String::new(), "INVALID_INPUT"),
            ("storeName", " \t ".into(), "INVALID_INPUT"),
            ("storeName", "장터\n바나나".into(), "INVALID_INPUT"),
            ("storeName", "가".repeat(51), "INVALID_INPUT"),
        ] {
            let mut input = registration("mina");
            input[field] = json!(value);

            let payload = register(&shop, input).await;

            assert_eq!(refusal(&payload), (code, field.to_owned()), "{value:?}");
        }
        shop.contents().await.assert_same(&before);
    }

    async fn of_many_who_register_under_one_user_id_at_once_one_gets_it_and_a_store(shop: Shop) {
        let before = shop.contents().await;

        let payloads = join_all((0..8).map(|_| register(&shop, registration("mina")))).await;

        let (made, refused) = payloads.iter().partition::<Vec<_>, _>(|payload| payload["store"].is_object());
        assert_eq!(made.len(), 1, "{made:#?}");
        for payload in refused {
            assert_eq!(refusal(payload), ("USER_ID_TAKEN", "userId".to_owned()));
        }
        let after = shop.contents().await;
        for table in ["member", "store", "store_wallet", "session"] {
            assert_eq!(after.count(table), before.count(table) + 1, "{table}");
        }
    }

    async fn what_a_store_sells_can_be_ordered_only_while_it_is_open(shop: Shop) {
        let merchant = shop.new_merchant().await;
        let tee = shop.product_of(merchant.store_id, merchant.member_id, "티셔츠", &[("M", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let before = shop.contents().await;

        let refused = mina.order(&tee, 0, 1, "too early").await;
        assert_eq!(refusal(&refused).0, "STORE_CLOSED");
        shop.contents().await.assert_same(&before);

        merchant.set_open(true).await;
        assert_eq!(mina.order(&tee, 0, 1, "in time").await["order"]["status"], "PAID");

        merchant.set_open(false).await;
        let before = shop.contents().await;
        let refused = mina.order(&tee, 0, 1, "too late").await;
        assert_eq!(refusal(&refused).0, "STORE_CLOSED");
        shop.contents().await.assert_same(&before);
    }

    async fn opening_what_is_open_and_closing_what_is_closed_changes_nothing(shop: Shop) {
        let merchant = shop.merchant().await;
        let tee = shop.product_of(merchant.store_id, merchant.member_id, "티셔츠", &[("M", 1_000, 10)]).await;
        shop.member_with_points(10_000).await.order(&tee, 0, 1, "first").await;
        for is_open in [true, false] {
            merchant.set_open(is_open).await;
            let before = shop.contents().await;
            shop.advance(Duration::from_mins(1));

            let payload = set_open(&merchant.client, merchant.store_id, is_open).await;

            assert_eq!(payload["store"]["isOpen"], is_open);
            shop.contents().await.assert_same(&before);
        }
    }

    async fn a_closed_store_has_no_deadline_and_an_opened_one_has_all_of_its_time_once_more(shop: Shop) {
        let [ours, others] = [shop.merchant().await, shop.merchant().await];
        let mina = shop.member_with_points(10_000).await;
        let mut lines = Vec::new();
        for merchant in [&ours, &others] {
            let tee = shop.product_of(merchant.store_id, merchant.member_id, "티셔츠", &[("M", 1_000, 10)]).await;
            lines.push(json!({ "optionId": tee.options[0].to_string(), "quantity": 1 }));
        }
        for key in ["kept", "canceled"] {
            let placed = mina.place(json!({ "lines": lines, "idempotencyKey": key })).await;
            assert_eq!(placed["order"]["status"], "PAID", "{placed:#}");
            if key == "canceled" {
                mina.mutate("cancelOrder", json!({ "orderId": placed["order"]["id"] }), "order { id }").await;
            }
        }
        let theirs = deadlines(&shop, others.store_id).await;
        update(&ours, json!({ "acceptMinutes": 25 })).await;

        ours.set_open(false).await;
        let stopped = deadlines(&shop, ours.store_id).await;
        shop.advance(Duration::from_mins(5));
        ours.set_open(true).await;
        let running = deadlines(&shop, ours.store_id).await;

        assert!(stopped.contains(&None), "{stopped:?}");
        let all_of_its_time = shop.now() + TimeDelta::minutes(25);
        let with_all_of_it = running.iter().filter(|deadline| **deadline == Some(all_of_its_time));
        assert_eq!(with_all_of_it.count(), 1, "that of the item that waits, not of the canceled: {running:?}");
        assert_eq!(deadlines(&shop, others.store_id).await, theirs, "another store is another matter");
    }

    async fn a_store_that_is_opened_and_closed_by_many_at_once_ends_up_as_its_deadlines_say(shop: Shop) {
        let merchant = shop.merchant().await;
        let tee = shop.product_of(merchant.store_id, merchant.member_id, "티셔츠", &[("M", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        for number in 0..3 {
            mina.order(&tee, 0, 1, &number.to_string()).await;
        }
        for _ in 0..5 {
            let wishes = (0..8).map(|number| set_open(&merchant.client, merchant.store_id, number % 2 == 1));
            join_all(wishes).await;

            let query = "query($id: ID!) { store(id: $id) { isOpen } }";
            let data = mina.run(query, json!({ "id": merchant.store_id.to_string() })).await;
            let is_open = data["store"]["isOpen"].as_bool().expect("open or not");
            let deadlines = deadlines(&shop, merchant.store_id).await;
            assert_eq!(deadlines.len(), 3);
            assert!(deadlines.iter().all(|deadline| deadline.is_some() == is_open), "{is_open}: {deadlines:?}");
        }
    }

    async fn a_store_is_renamed_and_takes_as_long_to_accept_as_its_merchant_says(shop: Shop) {
        let merchant = shop.merchant().await;
        let payload = update(&merchant, json!({ "name": " 새 이름 " })).await;
        assert_eq!(payload["store"]["name"], "새 이름");
        assert_eq!(payload["store"]["acceptMinutes"], 10, "what is left out stays");
        for minutes in [1, 1_440] {
            let payload = update(&merchant, json!({ "acceptMinutes": minutes })).await;
            assert_eq!(payload["store"]["name"], "새 이름", "what is left out stays");
            assert_eq!(payload["store"]["acceptMinutes"], minutes);
        }
        let before = shop.contents().await;
        let payload = update(&merchant, json!({})).await;
        assert_eq!(payload["store"]["acceptMinutes"], 1_440);
        shop.contents().await.assert_same(&before);
    }

    async fn settings_that_break_a_rule_are_refused_at_their_field_and_change_nothing(shop: Shop) {
        let merchant = shop.merchant().await;
        let before = shop.contents().await;
        for (settings, field) in [
            (json!({ "name": "" }), "name"),
            (json!({ "name": "가".repeat(51), "acceptMinutes": 5 }), "name"),
            (json!({ "name": "가\u{7}" }), "name"),
            (json!({ "name": "가", "acceptMinutes": 0 }), "acceptMinutes"),
            (json!({ "acceptMinutes": -1 }), "acceptMinutes"),
            (json!({ "acceptMinutes": 1_441 }), "acceptMinutes"),
        ] {
            let payload = update(&merchant, settings.clone()).await;
            assert_eq!(refusal(&payload), ("INVALID_INPUT", field.to_owned()), "{settings}");
        }
        let payload = set_open(&merchant.client, merchant.store_id, true).await;
        assert_eq!(payload["userErrors"], json!([]));
        let input = json!({ "storeId": merchant.member_id.to_string(), "isOpen": false });
        let payload = merchant.client.mutate("setStoreOpen", input, STORE).await;
        assert_eq!(refusal(&payload), ("INVALID_INPUT", "storeId".to_owned()), "an id of another kind");
        shop.contents().await.assert_same(&before);
    }

    async fn an_admin_runs_any_store(shop: Shop) {
        let merchant = shop.new_merchant().await;
        let admin = shop.admin().await;
        let payload = set_open(&admin, merchant.store_id, true).await;
        assert_eq!(payload["store"]["isOpen"], true);
        let input = json!({ "storeId": merchant.store_id.to_string(), "acceptMinutes": 30 });
        let payload = admin.mutate("updateStore", input, STORE).await;
        assert_eq!(payload["store"]["acceptMinutes"], 30);
    }
}
