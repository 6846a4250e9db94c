//! How often anybody may ask, and that whoever asks too often holds up nobody else.

use std::{num::NonZeroU32, time::Duration};

use jangteo::rate::RateLimits;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    slow::{EndlessShop, PRODUCTS},
    support::{Database, PASSWORD, PATIENCE, Shop, Socket},
};

const GRAPHQL_JSON: &str = "application/graphql-response+json";

const CHARGE: &str = "mutation($key: String!) { chargePoints(input: { amount: 1000, idempotencyKey: $key }) { userPoint { balance } } }";

const SIGN_IN: &str = "mutation($userId: String!, $password: String!) {
    signIn(input: { userId: $userId, password: $password }) { session { accessToken } userErrors { code } } }";

async fn shop(database: Database, rates: [u32; 3], proxies: usize) -> Shop {
    let [sign_ins, guesses, mutations] = rates.map(NonZeroU32::new);
    let rates = RateLimits {
        sign_ins,
        guesses,
        mutations,
        ..RateLimits::none()
    };
    Shop::open_limited(database, rates, proxies).await
}

/// Sends a request as anybody may, with these headers.
async fn send(shop: &Shop, headers: &[(&str, &str)], query: &str, variables: Value) -> Response {
    let http = reqwest::Client::new().post(shop.url("/graphql"));
    let request = headers
        .iter()
        .fold(http, |request, (name, value)| request.header(*name, *value));
    let body = json!({ "query": query, "variables": variables });
    request.json(&body).send().await.expect("an answer")
}

/// What the answer says of how often one may ask.
fn told(response: &Response, name: &str) -> Option<String> {
    let value = response.headers().get(name)?;
    Some(value.to_str().expect("text").to_owned())
}

async fn body(response: Response) -> Value {
    response.json().await.expect("JSON")
}

/// Tries a password from that address, as a proxy tells it; gives the code of what was wrong, if anything was.
async fn sign_in(shop: &Shop, from: &str, user_id: &str, password: &str) -> Option<String> {
    let variables = json!({ "userId": user_id, "password": password });
    let answer = body(send(shop, &[("x-forwarded-for", from)], SIGN_IN, variables).await).await;
    let refused = &answer["errors"][0]["extensions"];
    if refused["code"] == "RATE_LIMITED" {
        assert!(refused["retryAfterMs"].is_u64(), "{answer:#}");
    }
    let code = refused["code"]
        .as_str()
        .or(answer["data"]["signIn"]["userErrors"][0]["code"].as_str());
    code.map(str::to_owned)
}

both! {
    async fn who_guesses_is_slowed_down_and_the_member_is_not(database: Database) {
        let shop = shop(database, [100, 3, 0], 1).await;
        shop.member_named("mina").await;
        for _ in 0..3 {
            assert_eq!(sign_in(&shop, "203.0.113.9", "mina", "wrong horse").await.as_deref(), Some("BAD_CREDENTIALS"));
        }
        // The right one as well: nobody learns by it which is right.
        for password in ["wrong horse", PASSWORD] {
            assert_eq!(sign_in(&shop, "203.0.113.9", "mina", password).await.as_deref(), Some("RATE_LIMITED"));
        }
        assert_eq!(sign_in(&shop, "198.51.100.7", "mina", PASSWORD).await, None);
        // A proxy adds to what its client tells, so lying moves nobody elsewhere.
        assert_eq!(sign_in(&shop, "198.51.100.8, 203.0.113.9", "mina", PASSWORD).await.as_deref(), Some("RATE_LIMITED"));
        shop.advance(Duration::from_secs(20));
        assert_eq!(sign_in(&shop, "203.0.113.9", "mina", PASSWORD).await, None);
    }

    async fn one_address_makes_no_members_without_end(database: Database) {
        let shop = shop(database, [3, 0, 0], 0).await;
        let sign_up = |number: u32| {
            let query = "mutation($input: SignUpInput!) { signUp(input: $input) { session { accessToken } } }";
            let input = json!({ "userId": format!("member{number}"), "password": PASSWORD, "nickname": "민아" });
            // What nobody put there but the client is not believed.
            let headers = [("x-forwarded-for", format!("203.0.113.{number}"))];
            let shop = &shop;
            async move {
                let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
                body(send(shop, &headers, query, json!({ "input": input })).await).await
            }
        };
        for number in 1..=3 {
            assert!(sign_up(number).await["data"]["signUp"]["session"].is_object());
        }
        let before = shop.contents().await;
        let refused = sign_up(4).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{refused:#}");
        assert_eq!(refused["errors"][0]["path"], json!(["signUp"]));
        assert_eq!(shop.contents().await, before);
    }

    async fn a_member_who_sends_too_much_is_told_when_to_come_again(database: Database) {
        let shop = shop(database, [0, 0, 3], 0).await;
        let mina = shop.member().await;
        let bearer = format!("Bearer {}", mina.token.as_deref().expect("a token"));
        let headers = [("authorization", bearer.as_str()), ("accept", GRAPHQL_JSON)];
        for left in ["2", "1", "0"] {
            let charged = send(&shop, &headers, CHARGE, json!({ "key": left })).await;
            assert_eq!(told(&charged, "ratelimit"), Some(format!("\"mutations\";r={left}")));
            assert_eq!(told(&charged, "ratelimit-policy").as_deref(), Some("\"mutations\";q=3;w=60"));
            assert!(told(&charged, "retry-after").is_none());
        }
        // Their session is theirs to end and to renew, whoever else has the token.
        let sign_out = send(&shop, &headers, "mutation { signOut { userErrors { code } } }", json!({})).await;
        assert_eq!(sign_out.status(), StatusCode::OK);
        let refused = send(&shop, &headers, CHARGE, json!({ "key": "more" })).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(told(&refused, "retry-after").as_deref(), Some("20"));
        assert_eq!(told(&refused, "ratelimit").as_deref(), Some("\"mutations\";r=0"));
        let refused = body(refused).await;
        assert!(refused.get("data").is_none(), "{refused:#}");
        assert_eq!(refused["errors"][0]["extensions"]["code"], "RATE_LIMITED");
        assert_eq!(refused["errors"][0]["extensions"]["retryAfterMs"], 20_000);

        let events = [("authorization", bearer.as_str()), ("accept", "text/event-stream")];
        let refused = send(&shop, &events, CHARGE, json!({ "key": "more" })).await;
        assert_eq!(told(&refused, "retry-after").as_deref(), Some("20"));
        assert_eq!(told(&refused, "ratelimit").as_deref(), Some("\"mutations\";r=0"));

        // Looking is no change, and others are not held up.
        let balance = body(send(&shop, &headers, "{ me { userPoint { balance } } }", json!({})).await).await;
        assert_eq!(balance["data"]["me"]["userPoint"]["balance"], 3_000);
        let jun = shop.member().await;
        jun.charge(1_000, "key").await;

        shop.advance(Duration::from_secs(20));
        let charged = send(&shop, &headers, CHARGE, json!({ "key": "more" })).await;
        assert_eq!(charged.status(), StatusCode::OK);
    }

    async fn several_mutations_in_one_operation_are_several(database: Database) {
        let shop = shop(database, [0, 0, 3], 0).await;
        let mina = shop.member().await;
        let charge = |number: u32| {
            format!("c{number}: chargePoints(input: {{ amount: 1000, idempotencyKey: \"{number}\" }}) {{ userErrors {{ code }} }}")
        };
        let query = |numbers: std::ops::Range<u32>| format!("mutation {{ {} }}", numbers.map(charge).collect::<Vec<_>>().join(" "));
        mina.run(&query(0..2), json!({})).await;
        let answer = mina.send(&query(2..4), json!({})).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{:#}", answer.body);
        assert_eq!(mina.balance().await, 2_000);
    }

    async fn a_password_is_guessed_at_no_more_often_by_changing_it(database: Database) {
        let shop = shop(database, [100, 3, 0], 0).await;
        let mina = shop.member_named("mina").await;
        let change = async |expected: &str| {
            let query = "mutation { changePassword(input: { currentPassword: \"wrong horse\", newPassword: \"new correct horse\" }) {
                userErrors { code } } }";
            let answer = mina.send(query, json!({})).await.body;
            let refused = answer["errors"][0]["extensions"]["code"].as_str();
            let code = refused.or(answer["data"]["changePassword"]["userErrors"][0]["code"].as_str());
            assert_eq!(code, Some(expected), "{answer:#}");
        };
        change("BAD_CREDENTIALS").await;
        change("BAD_CREDENTIALS").await;
        assert_eq!(sign_in(&shop, "", "mina", "wrong horse").await.as_deref(), Some("BAD_CREDENTIALS"));
        change("RATE_LIMITED").await;
    }

    async fn what_one_asks_for_costs_as_much_as_it_is(database: Database) {
        let rates = RateLimits {
            cost: NonZeroU32::new(100),
            strangers_cost: NonZeroU32::new(30),
            mutations: NonZeroU32::new(9),
            ..RateLimits::none()
        };
        let shop = Shop::open_limited(database, rates, 1).await;
        let mina = shop.member().await;
        let bearer = format!("Bearer {}", mina.token.as_deref().expect("a token"));
        let of_mina = [("authorization", bearer.as_str()), ("accept", GRAPHQL_JSON)];
        let products = "query($first: Int!) { products(first: $first) { nodes { id name } } }";
        // The list, its nodes, and two fields of each: by a variable as well.
        let ask = |first: u32| send(&shop, &of_mina, products, json!({ "first": first }));
        for (first, left) in [(30, 100 - 62), (10, 100 - 62 - 22)] {
            let answer = ask(first).await;
            assert_eq!(told(&answer, "ratelimit"), Some(format!("\"cost\";r={left}")));
            assert_eq!(told(&answer, "ratelimit-policy").as_deref(), Some("\"cost\";q=100;w=60"));
        }
        let refused = ask(10).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(told(&refused, "ratelimit").as_deref(), Some("\"cost\";r=0"));
        // A minute gives back a hundred, and six are missing.
        assert_eq!(told(&refused, "retry-after").as_deref(), Some("4"));
        assert_eq!(body(refused).await["errors"][0]["extensions"]["code"], "RATE_LIMITED");
        // Their session is theirs to renew and to end, and what is small may still be asked for.
        let change = send(&shop, &of_mina, CHARGE, json!({ "key": "one" })).await;
        assert_eq!(told(&change, "ratelimit").as_deref(), Some("\"cost\";r=13, \"mutations\";r=8"));
        assert_eq!(told(&change, "ratelimit-policy").as_deref(), Some("\"cost\";q=100;w=60, \"mutations\";q=9;w=60"));
        mina.run("mutation { signOut { userErrors { code } } }", json!({})).await;

        // Strangers are counted by where they are.
        let at = |address: &'static str| {
            let headers = [("x-forwarded-for", address), ("accept", GRAPHQL_JSON)];
            let shop = &shop;
            async move { send(shop, &headers, products, json!({ "first": 10 })).await.status() }
        };
        assert_eq!(at("203.0.113.9").await, StatusCode::OK);
        assert_eq!(at("203.0.113.9").await, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(at("198.51.100.7").await, StatusCode::OK);
        shop.advance(Duration::from_mins(1));
        assert_eq!(at("203.0.113.9").await, StatusCode::OK);
    }

    async fn nobody_has_more_under_way_at_once_than_one_may(database: Database) {
        let rates = RateLimits {
            at_once: NonZeroU32::new(2),
            strangers_at_once: NonZeroU32::new(1),
            ..RateLimits::none()
        };
        // They are under way until the test is over.
        let slow = EndlessShop::open(database, PATIENCE * 2, rates).await;
        let shop = &slow.shop;
        let stores = "{ stores { totalCount } }";
        let (mina, jun) = (shop.member().await, shop.member().await);
        let bearer = format!("Bearer {}", mina.token.as_deref().expect("a token"));
        let headers = [("authorization", bearer.as_str()), ("accept", GRAPHQL_JSON)];

        let mut stranger = Socket::open(shop.address()).await;
        stranger.enter(None).await;
        stranger.subscribe("1", PRODUCTS, json!({})).await;
        stranger.expect_silence().await;
        let refused = send(shop, &[("accept", GRAPHQL_JSON)], stores, json!({})).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(told(&refused, "retry-after").as_deref(), Some("1"));
        assert_eq!(body(refused).await["errors"][0]["extensions"]["code"], "RATE_LIMITED");

        let mut socket = Socket::open(shop.address()).await;
        socket.enter(mina.token.as_deref()).await;
        for id in ["1", "2"] {
            socket.subscribe(id, PRODUCTS, json!({})).await;
        }
        socket.subscribe("3", stores, json!({})).await;
        let refused = socket.message().await;
        assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("3")));
        assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED", "{refused:#}");
        assert_eq!(send(shop, &headers, stores, json!({})).await.status(), StatusCode::TOO_MANY_REQUESTS);
        let before = mina.send(CHARGE, json!({ "key": "one" })).await.body;
        assert_eq!(before["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{before:#}");

        // Others are not held up, and whoever has given up on something may ask for something else.
        jun.run(stores, json!({})).await;
        socket.send(json!({ "id": "2", "type": "complete" })).await;
        let until = async {
            while send(shop, &headers, stores, json!({})).await.status() != StatusCode::OK {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, until).await.expect("there is room again");
        // A session may always be ended.
        socket.subscribe("2", PRODUCTS, json!({})).await;
        socket.expect_silence().await;
        mina.run("mutation { signOut { userErrors { code } } }", json!({})).await;
        shop.app().db.stop_reads_after(Duration::from_millis(1));
    }

    async fn a_websocket_is_no_way_around_it(database: Database) {
        let shop = shop(database, [0, 0, 2], 0).await;
        let mina = shop.member().await;
        let mut socket = Socket::open(shop.address()).await;
        socket.enter(mina.token.as_deref()).await;
        for (id, code) in [("1", None), ("2", None), ("3", Some("RATE_LIMITED"))] {
            socket.subscribe(id, CHARGE, json!({ "key": id })).await;
            let message = socket.message().await;
            let errors = match message["type"].as_str() {
                Some("error") => &message["payload"],
                _ => &message["payload"]["errors"],
            };
            assert_eq!(errors[0]["extensions"]["code"].as_str(), code, "{message:#}");
            if code.is_none() {
                socket.message().await;
            }
        }
    }
}
