//! Charging points, and the ledger.

use jangteo::config::Limits;
use serde_json::{Value, json};

use crate::support::{Client, Database, Shop, refusal};

const POINT: &str = "userPoint { id balance }";

const LEDGER: &str = "
query Ledger($first: Int, $after: String, $last: Int, $before: String) {
  me { userPoint { balance entries(first: $first, after: $after, last: $last, before: $before) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id action amount balanceAfter createdAt order { id } } }
    nodes { amount }
  } } }
}";

async fn charge(client: &Client, amount: i64, key: &str) -> Value {
    let input = json!({ "amount": amount, "idempotencyKey": key });
    client.mutate("chargePoints", input, POINT).await
}

async fn ledger(client: &Client, page: Value) -> Value {
    client.run(LEDGER, page).await["me"]["userPoint"]["entries"].clone()
}

fn column(page: &Value, field: &str) -> Vec<i64> {
    let edges = page["edges"].as_array().expect("edges");
    edges
        .iter()
        .map(|edge| edge["node"][field].as_i64().expect("won"))
        .collect()
}

/// Whether there are pages before and after it.
fn neighbours(page: &Value) -> (bool, bool) {
    let has = |field| page["pageInfo"][field].as_bool().expect("a flag");
    (has("hasPreviousPage"), has("hasNextPage"))
}

both! {
    async fn a_purse_is_empty_at_the_first_look_and_the_same_at_the_second(shop: Shop) {
        let mina = shop.member().await;
        assert_eq!(shop.contents().await.count("user_point"), 0);

        let query = "{ me { userPoint { id balance entries { totalCount nodes { id } } } } }";
        let data = mina.run(query, json!({})).await;

        let purse = &data["me"]["userPoint"];
        assert_eq!(purse["balance"], 0);
        assert_eq!(purse["entries"], json!({ "totalCount": 0, "nodes": [] }));
        assert_eq!(mina.run(query, json!({})).await, data);
        assert_eq!(shop.contents().await.count("user_point"), 1);
    }

    async fn looks_at_a_new_purse_at_once_make_one(shop: Shop) {
        let mina = shop.member().await;

        let looks = (0..8).map(|_| mina.balance());
        let balances = futures_util::future::join_all(looks).await;

        assert_eq!(balances, [0; 8]);
        assert_eq!(shop.contents().await.count("user_point"), 1);
    }

    async fn a_charge_adds_to_the_balance_and_to_the_ledger(shop: Shop) {
        let mina = shop.member().await;

        let payload = charge(&mina, 30_000, "first").await;

        assert_eq!(payload["userErrors"], json!([]));
        assert_eq!(payload["userPoint"]["balance"], 30_000);
        assert_eq!(mina.balance().await, 30_000);
        let entry = &ledger(&mina, json!({})).await["edges"][0]["node"];
        assert_eq!(entry["action"], "CHARGE");
        assert_eq!(entry["amount"], 30_000);
        assert_eq!(entry["balanceAfter"], 30_000);
        assert_eq!(entry["order"], json!(null));
        let at = entry["createdAt"].as_str().expect("a time");
        assert_eq!(at.parse::<chrono::DateTime<chrono::Utc>>().expect("RFC 3339"), shop.now());
    }

    async fn the_smallest_and_the_largest_charge_are_taken(shop: Shop) {
        let mina = shop.member().await;
        assert_eq!(charge(&mina, 1_000, "smallest").await["userPoint"]["balance"], 1_000);
        assert_eq!(charge(&mina, 5_000_000, "largest").await["userPoint"]["balance"], 5_001_000);
        assert_eq!(charge(&mina, 4_999_000, "to the brim").await["userPoint"]["balance"], 10_000_000);
    }

    async fn a_refused_charge_changes_nothing(shop: Shop) {
        let mina = shop.member().await;
        charge(&mina, 5_000_000, "opening").await;
        charge(&mina, 1_000, "and more").await;
        let before = shop.contents().await;
        for (amount, code) in [
            (999, "INVALID_INPUT"),
            (1, "INVALID_INPUT"),
            (0, "INVALID_INPUT"),
            (-1_000, "INVALID_INPUT"),
            (-9_007_199_254_740_991, "INVALID_INPUT"),
            (5_000_001, "POINT_LIMIT_EXCEEDED"),
            (9_007_199_254_740_991, "POINT_LIMIT_EXCEEDED"),
            (4_999_001, "POINT_LIMIT_EXCEEDED"),
        ] {
            let payload = charge(&mina, amount, "another").await;
            assert_eq!(refusal(&payload), (code, "amount".to_owned()), "{amount} won");
        }
        shop.contents().await.assert_same(&before);
        let payload = charge(&mina, 4_999_000, "another").await;
        assert_eq!(payload["userPoint"]["balance"], 10_000_000, "a refusal does not use up the key");
    }

    async fn what_is_no_whole_number_of_won_is_not_charged(shop: Shop) {
        let mina = shop.member().await;
        charge(&mina, 1_000, "opening").await;
        let before = shop.contents().await;
        let query = "mutation($amount: Won!) {
            chargePoints(input: { amount: $amount, idempotencyKey: \"odd\" }) { userPoint { balance } } }";
        for amount in [json!(1_000.5), json!("1000"), json!(true), json!(9_007_199_254_740_992_i64)] {
            let code = mina.error_code(query, json!({ "amount": amount })).await;
            assert_eq!(code, "BAD_REQUEST", "{amount}");
        }
        shop.contents().await.assert_same(&before);
    }

    async fn a_charge_sent_again_charges_once(shop: Shop) {
        let mina = shop.member().await;
        charge(&mina, 30_000, "first").await;
        let before = shop.contents().await;

        let again = charge(&mina, 30_000, "first").await;

        assert_eq!(again["userErrors"], json!([]));
        assert_eq!(again["userPoint"]["balance"], 30_000);
        shop.contents().await.assert_same(&before);
    }

    async fn a_key_of_a_charge_of_another_amount_is_refused(shop: Shop) {
        let mina = shop.member().await;
        charge(&mina, 30_000, "first").await;
        let before = shop.contents().await;

        let payload = charge(&mina, 30_001, "first").await;

        assert_eq!(refusal(&payload), ("IDEMPOTENCY_KEY_REUSED", "idempotencyKey".to_owned()));
        shop.contents().await.assert_same(&before);
    }

    async fn the_same_key_of_another_member_is_another_charge(shop: Shop) {
        let (mina, jun) = (shop.member().await, shop.member().await);
        assert_eq!(mina.charge(30_000, "first").await, 30_000);
        assert_eq!(jun.charge(20_000, "first").await, 20_000);
        assert_eq!((mina.balance().await, jun.balance().await), (30_000, 20_000));
    }

    async fn twenty_charges_at_once_with_one_key_charge_once(shop: Shop) {
        let mina = shop.member().await;

        let charges = (0..20).map(|_| charge(&mina, 30_000, "first"));
        let payloads = futures_util::future::join_all(charges).await;

        for payload in payloads {
            assert_eq!(payload["userErrors"], json!([]));
            assert_eq!(payload["userPoint"]["balance"], 30_000);
        }
        assert_eq!(mina.balance().await, 30_000);
        assert_eq!(shop.contents().await.count("point_entry"), 1);
    }

    async fn twenty_charges_at_once_with_keys_of_their_own_add_up_to_the_limit(shop: Shop) {
        let mina = shop.member().await;

        let keys = (0..20).map(|number| format!("charge {number}")).collect::<Vec<_>>();
        let charges = keys.iter().map(|key| charge(&mina, 1_000_000, key));
        let payloads = futures_util::future::join_all(charges).await;

        let (taken, refused): (Vec<_>, Vec<_>) =
            payloads.iter().partition(|payload| payload["userPoint"].is_object());
        assert_eq!((taken.len(), refused.len()), (10, 10));
        for payload in refused {
            assert_eq!(refusal(payload), ("POINT_LIMIT_EXCEEDED", "amount".to_owned()));
        }
        assert_eq!(mina.balance().await, 10_000_000);
        let balances = column(&ledger(&mina, json!({})).await, "balanceAfter");
        assert_eq!(balances, (1..=10).rev().map(|n| n * 1_000_000).collect::<Vec<_>>());
    }

    async fn a_key_has_one_to_sixty_four_characters(shop: Shop) {
        let mina = shop.member().await;
        charge(&mina, 1_000, "k").await;
        charge(&mina, 1_000, &"가".repeat(64)).await;
        assert_eq!(mina.balance().await, 2_000);
        let before = shop.contents().await;
        for key in [String::new(), "k".repeat(65), "가".repeat(65)] {
            let payload = charge(&mina, 1_000, &key).await;
            assert_eq!(refusal(&payload), ("INVALID_INPUT", "idempotencyKey".to_owned()), "{key}");
        }
        shop.contents().await.assert_same(&before);
    }

    async fn points_are_not_charged_with_points_nor_through_a_gateway_that_is_not_there(shop: Shop) {
        let mina = shop.member().await;
        let before = shop.contents().await;
        for (provider, code) in [
            ("POINT", "INVALID_INPUT"),
            ("PORTONE", "PAYMENT_UNAVAILABLE"),
            ("TOSS", "PAYMENT_UNAVAILABLE"),
            ("KAKAOPAY", "PAYMENT_UNAVAILABLE"),
        ] {
            let input = json!({ "amount": 1_000, "idempotencyKey": "first", "provider": provider });
            let payload = mina.mutate("chargePoints", input, POINT).await;
            assert_eq!(refusal(&payload), (code, "provider".to_owned()), "{provider}");
        }
        shop.contents().await.assert_same(&before);
    }

    async fn the_ledger_is_newest_first_and_every_balance_follows_from_the_one_before(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트 M", 30_000, 10)]).await;
        let mina = shop.member_with_points(100_000).await;
        let order = mina.order(&shirt, 0, 2, "first").await["order"].clone();
        mina.charge(5_000, "more").await;

        let page = ledger(&mina, json!({})).await;

        assert_eq!(column(&page, "amount"), [5_000, -60_000, 100_000]);
        assert_eq!(column(&page, "balanceAfter"), [45_000, 40_000, 100_000]);
        assert_eq!(page["totalCount"], 3);
        assert_eq!(page["nodes"][1]["amount"], -60_000);
        let used = &page["edges"][1]["node"];
        assert_eq!(used["action"], "USE");
        assert_eq!(used["order"]["id"], order["id"]);
        assert_eq!(mina.balance().await, 45_000);
    }

    async fn the_ledger_is_paged_from_the_start(shop: Shop) {
        let mina = member_with_five_charges(&shop).await;

        let first = ledger(&mina, json!({ "first": 2 })).await;
        let second = ledger(&mina, json!({ "first": 2, "after": first["pageInfo"]["endCursor"] })).await;
        let third = ledger(&mina, json!({ "first": 2, "after": second["pageInfo"]["endCursor"] })).await;

        assert_eq!(column(&first, "amount"), [5_000, 4_000]);
        assert_eq!(column(&second, "amount"), [3_000, 2_000]);
        assert_eq!(column(&third, "amount"), [1_000]);
        assert_eq!(neighbours(&first), (false, true));
        assert_eq!(neighbours(&second), (true, true));
        assert_eq!(neighbours(&third), (true, false));
        assert_eq!([&first, &second, &third].map(|page| page["totalCount"].as_i64()), [Some(5); 3]);
    }

    async fn the_ledger_is_paged_from_the_end(shop: Shop) {
        let mina = member_with_five_charges(&shop).await;

        let last = ledger(&mina, json!({ "last": 2 })).await;
        let middle = ledger(&mina, json!({ "last": 2, "before": last["pageInfo"]["startCursor"] })).await;
        let first = ledger(&mina, json!({ "last": 2, "before": middle["pageInfo"]["startCursor"] })).await;

        assert_eq!(column(&last, "amount"), [2_000, 1_000]);
        assert_eq!(column(&middle, "amount"), [4_000, 3_000]);
        assert_eq!(column(&first, "amount"), [5_000]);
        assert_eq!(neighbours(&last), (true, false));
        assert_eq!(neighbours(&middle), (true, true));
        assert_eq!(neighbours(&first), (false, true));
        assert_eq!(last["totalCount"], 5);
    }

    async fn pages_stay_right_while_points_are_charged(shop: Shop) {
        let mina = member_with_five_charges(&shop).await;
        let first = ledger(&mina, json!({ "first": 2 })).await;

        mina.charge(6_000, "meanwhile").await;

        let second = ledger(&mina, json!({ "first": 2, "after": first["pageInfo"]["endCursor"] })).await;
        assert_eq!(column(&second, "amount"), [3_000, 2_000]);
        let between = json!({
            "after": first["edges"][0]["cursor"],
            "before": second["edges"][1]["cursor"],
        });
        assert_eq!(column(&ledger(&mina, between).await, "amount"), [4_000, 3_000]);
    }

    async fn a_page_that_makes_no_sense_is_a_bad_request(shop: Shop) {
        let mina = member_with_five_charges(&shop).await;
        assert_eq!(column(&ledger(&mina, json!({ "first": 0 })).await, "amount"), [0_i64; 0]);
        assert_eq!(column(&ledger(&mina, json!({ "first": 100 })).await, "amount").len(), 5);
        for page in [
            json!({ "first": 101 }),
            json!({ "first": -1 }),
            json!({ "last": 101 }),
            json!({ "first": 1, "last": 1 }),
            json!({ "first": 1, "after": "nonsense" }),
            json!({ "last": 1, "before": "" }),
        ] {
            assert_eq!(mina.error_code(LEDGER, page.clone()).await, "BAD_REQUEST", "{page}");
        }
    }
}

async fn member_with_five_charges(shop: &Shop) -> Client {
    let mina = shop.member().await;
    for number in 1..=5 {
        mina.charge(number * 1_000, &format!("charge {number}"))
            .await;
    }
    mina
}

async fn nothing_is_charged(database: Database) {
    let shop = Shop::open_with(database, Limits::default()).await;
    let mina = shop.member().await;
    let before = shop.contents().await;

    let payload = charge(&mina, 1_000, "first").await;

    assert_eq!(
        refusal(&payload),
        ("PAYMENT_UNAVAILABLE", "provider".to_owned())
    );
    shop.contents().await.assert_same(&before);
}

mod without_instant_charging_nothing_is_charged {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn sqlite() {
        nothing_is_charged(Database::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        nothing_is_charged(Database::Postgres).await;
    }
}
