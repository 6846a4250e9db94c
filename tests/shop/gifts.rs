//! Gifts: what one member buys for another.

mod expiry;
mod life;
mod rights;

use std::time::Duration;

use futures_util::future::join_all;
use jangteo::config::Limits;
use serde_json::{Value, json};

use crate::support::{Client, Database, Product, Shop, refusal};

pub use expiry::until_all_are;

/// What is asked of a gift.
pub const GIFT: &str = "gift { id status message quantity productName optionName sentAt expiresAt
    from { nickname } to { nickname } option { id } }";

const RECEIVED: &str = "subscription { giftReceived { id status message from { nickname } } }";

/// A shop with something to give: ten boxes of melons, at 12,000 won each and at 20,000.
pub struct GivingShop {
    pub shop: Shop,
    pub melon: Product,
}

impl GivingShop {
    pub async fn open(database: Database) -> Self {
        let limits = Limits {
            instant_charge: true,
            // Time passes in leaps here.
            access_token: Duration::from_hours(24 * 1_000),
            ..Limits::default()
        };
        let shop = Shop::open_with(database, limits).await;
        let options = [("한 상자", 12_000, 10), ("큰 상자", 20_000, 10)];
        let melon = shop.product("참외", &options).await;
        Self { shop, melon }
    }

    /// What gives a box of melons to this member.
    pub fn input(&self, to: &str, key: &str) -> Value {
        json!({
            "toUserId": to,
            "optionId": self.melon.options[0].to_string(),
            "message": "맛있게 먹어!",
            "idempotencyKey": key,
        })
    }

    /// Gives a box of melons, paid with points; gives the gift.
    pub async fn send(&self, from: &Client, to: &str, key: &str) -> Value {
        let payload = from.mutate("sendGift", self.input(to, key), GIFT).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
        payload["gift"].clone()
    }
}

/// The ids of what the member was given, or gave, the newest first.
pub async fn list(client: &Client, field: &str) -> Vec<Value> {
    let query = format!("{{ me {{ {field} {{ totalCount nodes {{ id }} }} }} }}");
    let data = client.run(&query, json!({})).await;
    let list = &data["me"][field];
    let nodes = list["nodes"].as_array().expect("gifts").clone();
    assert_eq!(list["totalCount"], nodes.len());
    nodes.into_iter().map(|node| node["id"].clone()).collect()
}

/// The member's newest entries: action, amount and the gift's id.
pub async fn entries(client: &Client) -> Vec<(String, i64, Value)> {
    let query =
        "{ me { userPoint { entries { nodes { action amount gift { id } order { id } } } } } }";
    let data = client.run(query, json!({})).await;
    let nodes = data["me"]["userPoint"]["entries"]["nodes"]
        .as_array()
        .expect("entries");
    let entry = |node: &Value| {
        let action = node["action"].as_str().expect("an action").to_owned();
        let amount = node["amount"].as_i64().expect("won");
        (action, amount, node["gift"]["id"].clone())
    };
    nodes.iter().map(entry).collect()
}

both! {
    async fn what_points_pay_for_is_there_at_once(shop: GivingShop) {
        let mina = shop.shop.member_with_points(30_000).await;
        let jun = shop.shop.member_named("jun").await;
        let mut received = jun.subscribe(RECEIVED, json!({})).await;
        let mut own = mina.subscribe(RECEIVED, json!({})).await;

        let input = json!({
            "toUserId": " Jun ",
            "optionId": shop.melon.options[0].to_string(),
            "quantity": 2,
            "message": "생일 축하해!\n늘 건강하고.",
            "idempotencyKey": "birthday",
        });
        let payload = mina.mutate("sendGift", input, &format!("{GIFT} payment {{ id }}")).await;

        assert_eq!((&payload["userErrors"], &payload["payment"]), (&json!([]), &Value::Null));
        let gift = &payload["gift"];
        assert_eq!(gift["status"], "SENT");
        assert_eq!(gift["message"], "생일 축하해!\n늘 건강하고.");
        assert_eq!((&gift["productName"], &gift["optionName"]), (&json!("참외"), &json!("한 상자")));
        assert_eq!((&gift["quantity"], &gift["to"]["nickname"]), (&json!(2), &json!("jun")));
        assert_eq!(gift["option"]["id"], shop.melon.options[0].to_string());
        let time = |field: &str| {
            let text = gift[field].as_str().expect("a time");
            text.parse::<chrono::DateTime<chrono::Utc>>().expect("RFC 3339")
        };
        assert_eq!(time("sentAt"), shop.shop.now());
        assert_eq!(time("expiresAt"), shop.shop.now() + Duration::from_hours(24 * 90));
        assert_eq!(mina.balance().await, 6_000);
        assert_eq!(entries(&mina).await[0], ("USE".into(), -24_000, gift["id"].clone()));
        let told = received.next().await["giftReceived"].take();
        assert_eq!((&told["id"], &told["message"]), (&gift["id"], &gift["message"]));
        own.expect_silence().await;
        assert_eq!(list(&jun, "gifts").await, [gift["id"].clone()]);
        assert_eq!(list(&mina, "sentGifts").await, [gift["id"].clone()]);
        assert_eq!(list(&jun, "sentGifts").await, [Value::Null; 0]);
        assert_eq!(list(&mina, "gifts").await, [Value::Null; 0]);
        assert_eq!(shop.shop.stock(&shop.melon).await, [10, 10], "nothing is reserved");
    }

    async fn what_costs_nothing_is_given_without_any_money(shop: GivingShop) {
        let sample = shop.shop.product("견본", &[("하나", 0, 5)]).await;
        let mina = shop.shop.member().await;
        let jun = shop.shop.member_named("jun").await;
        for (provider, key) in [("POINT", "first"), ("POINT", "second")] {
            let input = json!({ "toUserId": "jun", "optionId": sample.options[0].to_string(),
                "provider": provider, "idempotencyKey": key });
            let payload = mina.mutate("sendGift", input, GIFT).await;
            assert_eq!(payload["gift"]["status"], "SENT", "{payload:#}");
        }
        assert_eq!(list(&jun, "gifts").await.len(), 2);
        assert_eq!(mina.balance().await, 0);
    }

    async fn the_same_key_gives_the_same_gift_once(shop: GivingShop) {
        let mina = shop.shop.member_with_points(30_000).await;
        let jun = shop.shop.member_named("jun").await;
        let gift = shop.send(&mina, "jun", "birthday").await;
        let mut received = jun.subscribe(RECEIVED, json!({})).await;
        let before = shop.shop.contents().await;

        assert_eq!(shop.send(&mina, "JUN", "birthday").await, gift);
        shop.shop.delete_product(&shop.melon).await;
        assert_eq!(shop.send(&mina, "jun", "birthday").await["id"], gift["id"], "whatever has changed meanwhile");

        received.expect_silence().await;
        let after = shop.shop.contents().await;
        for table in ["gift", "coupon", "coupon_issue", "point_entry", "user_point"] {
            assert_eq!(after.0[table], before.0[table], "{table}");
        }
    }

    async fn a_key_of_another_gift_is_refused(shop: GivingShop) {
        let mina = shop.shop.member_with_points(60_000).await;
        shop.shop.member_named("jun").await;
        shop.shop.member_named("sora").await;
        shop.send(&mina, "jun", "birthday").await;
        let before = shop.shop.contents().await;
        let with = |field: &str, value: Value| {
            let mut input = shop.input("jun", "birthday");
            input[field] = value;
            input
        };
        for input in [
            with("toUserId", json!("sora")),
            with("toUserId", json!("nobody")),
            with("optionId", json!(shop.melon.options[1].to_string())),
            with("quantity", json!(2)),
            with("message", json!("")),
            with("provider", json!("TOSS")),
        ] {
            let payload = mina.mutate("sendGift", input.clone(), GIFT).await;
            assert_eq!(refusal(&payload), ("IDEMPOTENCY_KEY_REUSED", "idempotencyKey".to_owned()), "{input}");
        }
        shop.shop.contents().await.assert_same(&before);
        let sora = shop.shop.sign_in("sora").await;
        sora.charge(12_000, "opening").await;
        assert_eq!(shop.send(&sora, "jun", "birthday").await["status"], "SENT", "keys are each member's own");
    }

    async fn twenty_at_once_with_one_key_are_one_gift(shop: GivingShop) {
        let mina = shop.shop.member_with_points(100_000).await;
        let jun = shop.shop.member_named("jun").await;

        let gifts = join_all((0..20).map(|_| shop.send(&mina, "jun", "birthday"))).await;

        assert!(gifts.iter().all(|gift| gift == &gifts[0]), "{gifts:#?}");
        assert_eq!(mina.balance().await, 88_000);
        assert_eq!(list(&jun, "gifts").await.len(), 1);
    }

    async fn many_gifts_at_once_cost_no_more_than_there_is(shop: GivingShop) {
        let mina = shop.shop.member_with_points(50_000).await;
        let jun = shop.shop.member_named("jun").await;

        let keys = (0..10).map(|number| format!("gift {number}")).collect::<Vec<_>>();
        let sent = keys.iter().map(|key| mina.mutate("sendGift", shop.input("jun", key), GIFT));
        let payloads = join_all(sent).await;

        let (sent, refused): (Vec<_>, Vec<_>) = payloads.iter().partition(|payload| payload["gift"].is_object());
        assert_eq!((sent.len(), refused.len()), (4, 6));
        for payload in refused {
            assert_eq!(refusal(payload).0, "INSUFFICIENT_POINTS");
        }
        assert_eq!(mina.balance().await, 2_000);
        assert_eq!(list(&jun, "gifts").await.len(), 4);
    }

    async fn a_refused_gift_changes_nothing(shop: GivingShop) {
        let mina = shop.shop.member_named("mina").await;
        mina.charge(1_000_000, "opening").await;
        shop.shop.member_named("jun").await;
        let gone = shop.shop.product("수박", &[("한 통", 1_000, 5)]).await;
        shop.shop.delete_product(&gone).await;
        let dear = shop.shop.product("금", &[("한 돈", 9_007_199_254_740_991, 5)]).await;
        let nothing = entity::id::OptionId(uuid::Uuid::from_u128(7)).to_string();
        let before = shop.shop.contents().await;
        let with = |field: &str, value: Value| {
            let mut input = shop.input("jun", "key");
            input[field] = value;
            input
        };
        for (input, code, path) in [
            (with("toUserId", json!("nobody")), "NOT_FOUND", "toUserId"),
            (with("toUserId", json!("")), "NOT_FOUND", "toUserId"),
            (with("toUserId", json!("a\0b")), "NOT_FOUND", "toUserId"),
            (with("toUserId", json!("mina")), "INVALID_INPUT", "toUserId"),
            (with("toUserId", json!(" MINA")), "INVALID_INPUT", "toUserId"),
            (with("optionId", json!(nothing)), "NOT_FOUND", "optionId"),
            (with("optionId", json!("nonsense")), "INVALID_INPUT", "optionId"),
            (with("optionId", json!(gone.options[0].to_string())), "PRODUCT_UNAVAILABLE", "optionId"),
            (with("quantity", json!(0)), "INVALID_INPUT", "quantity"),
            (with("quantity", json!(1_000)), "INVALID_INPUT", "quantity"),
            (with("quantity", json!(11)), "INSUFFICIENT_STOCK", "quantity"),
            (with("message", json!("가".repeat(501))), "INVALID_INPUT", "message"),
            (with("message", json!("a\0b")), "INVALID_INPUT", "message"),
            (with("idempotencyKey", json!("")), "INVALID_INPUT", "idempotencyKey"),
            (with("provider", json!("TOSS")), "PAYMENT_UNAVAILABLE", "provider"),
            (with("optionId", json!(dear.options[0].to_string())), "INSUFFICIENT_POINTS", ""),
            (
                json!({ "toUserId": "jun", "optionId": dear.options[0].to_string(), "quantity": 2, "idempotencyKey": "key" }),
                "INVALID_INPUT",
                "quantity",
            ),
        ] {
            let payload = mina.mutate("sendGift", input.clone(), GIFT).await;
            assert_eq!(refusal(&payload), (code, path.to_owned()), "{input}");
        }
        shop.shop.contents().await.assert_same(&before);
        assert_eq!(shop.send(&mina, "jun", "key").await["status"], "SENT", "a refusal does not use up the key");
    }

    async fn what_falls_short_is_told_with_its_numbers(shop: GivingShop) {
        let mina = shop.shop.member_with_points(10_000).await;
        shop.shop.member_named("jun").await;
        let query = "mutation($input: SendGiftInput!) { sendGift(input: $input) { gift { id } userErrors {
            code
            ... on InsufficientStock { shortages { requested available option { id } } }
            ... on InsufficientPoints { required balance } } } }";
        let mut input = shop.input("jun", "key");
        let data = mina.run(query, json!({ "input": input })).await;
        let error = json!({ "code": "INSUFFICIENT_POINTS", "required": 12_000, "balance": 10_000 });
        assert_eq!(data["sendGift"]["userErrors"], json!([error]));

        input["quantity"] = json!(11);
        let data = mina.run(query, json!({ "input": input })).await;
        let option = json!({ "id": shop.melon.options[0].to_string() });
        let shortage = json!({ "requested": 11, "available": 10, "option": option });
        let error = json!({ "code": "INSUFFICIENT_STOCK", "shortages": [shortage] });
        assert_eq!(data["sendGift"]["userErrors"], json!([error]));
    }

    async fn gifts_are_listed_the_newest_first_page_by_page(shop: GivingShop) {
        let mina = shop.shop.member_with_points(100_000).await;
        let jun = shop.shop.member_named("jun").await;
        let mut sent = Vec::new();
        for number in 0..5 {
            sent.insert(0, shop.send(&mina, "jun", &number.to_string()).await["id"].clone());
            // Two of them at the same moment: their ids decide.
            if number != 1 {
                shop.shop.advance(Duration::from_secs(1));
            }
        }
        for (client, field) in [(&jun, "gifts"), (&mina, "sentGifts")] {
            let query = format!("query($first: Int, $after: String) {{ me {{ {field}(first: $first, after: $after) {{
                totalCount nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }} }}");
            let (mut seen, mut after) = (Vec::new(), Value::Null);
            for has_next in [true, true, false] {
                let data = client.run(&query, json!({ "first": 2, "after": after })).await;
                let page = &data["me"][field];
                assert_eq!((&page["totalCount"], &page["pageInfo"]["hasNextPage"]), (&json!(5), &json!(has_next)));
                seen.extend(page["nodes"].as_array().expect("gifts").iter().map(|node| node["id"].clone()));
                after = page["pageInfo"]["endCursor"].clone();
            }
            assert_eq!((&seen[0], &seen[1], &seen[4]), (&sent[0], &sent[1], &sent[4]));
            assert!(sent.iter().all(|id| seen.contains(id)), "{seen:?} {sent:?}");
        }
    }
}
