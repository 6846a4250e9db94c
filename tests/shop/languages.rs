//! Messages are in the language of whoever asks; everything else is the same in all of them.

use reqwest::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::support::{Client, Received, Shop, Socket};

const ENGLISH: &str = "A line holds 1 to 999 pieces: choose a quantity in that range.";
const KOREAN: &str = "수량은 1개부터 999개까지 담을 수 있어요.";

/// A mutation that is refused, with one of these.
fn too_many(option: &str) -> String {
    format!(
        "mutation {{ addToCart(input: {{ optionId: \"{option}\", quantity: 1000 }}) {{
            cart {{ id }} userErrors {{ code message path }} }} }}"
    )
}

async fn option(shop: &Shop) -> String {
    let product = shop.product("참외", &[("한 상자", 30_000, 10)]).await;
    product.options[0].to_string()
}

/// Sends an operation with these headers; gives the answer's headers and its body.
async fn post(
    shop: &Shop,
    member: &Client,
    headers: &HeaderMap,
    query: &str,
) -> (HeaderMap, Value) {
    let request = reqwest::Client::new()
        .post(shop.url("/graphql"))
        .headers(headers.clone())
        .json(&json!({ "query": query }));
    let request = match &member.token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let response = request.send().await.expect("an answer");
    (
        response.headers().clone(),
        response.json().await.expect("JSON"),
    )
}

fn accepting(languages: &[&[u8]]) -> HeaderMap {
    let values = languages
        .iter()
        .map(|value| HeaderValue::from_bytes(value).expect("a header"));
    values.map(|value| (ACCEPT_LANGUAGE, value)).collect()
}

/// Sends an operation on a connection of its own, opened with these headers and introduced by this payload.
async fn ask(shop: &Shop, headers: &HeaderMap, init: &Value, query: &str) -> Value {
    let opened = Socket::open_with(shop.address(), "graphql-transport-ws", headers).await;
    let mut socket = opened.expect("the server upgrades");
    socket
        .send(json!({ "type": "connection_init", "payload": init }))
        .await;
    assert_eq!(socket.message().await["type"], "connection_ack");
    let operation = json!({ "id": "1", "type": "subscribe", "payload": { "query": query } });
    socket.send(operation).await;
    match socket.receive().await {
        Received::Next(answer) => answer,
        other => panic!("expected an answer, got {other:?}"),
    }
}

both! {
    async fn a_refusal_is_in_the_language_that_is_asked_for(shop: Shop) {
        let (mina, query) = (shop.member().await, too_many(&option(&shop).await));
        for (accepted, language, message) in [
            ([].as_slice(), "en", ENGLISH),
            (&["ko".as_bytes()], "ko", KOREAN),
            (&[b"ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7"], "ko", KOREAN),
            (&[b"en;q=0.5, ko;q=0.6"], "ko", KOREAN),
            (&[b"fr;q=0.9", b"ko;q=0.1"], "ko", KOREAN),
            (&[b"en-GB, ko;q=0.9"], "en", ENGLISH),
            (&[b"ko;q=0"], "en", ENGLISH),
            (&[b"ja, fr"], "en", ENGLISH),
            (&[b"*"], "en", ENGLISH),
            (&[b""], "en", ENGLISH),
            (&[b";;q==,ko;q=1.5,\xff"], "en", ENGLISH),
            (&["한국어".as_bytes()], "en", ENGLISH),
        ] {
            let (headers, body) = post(&shop, &mina, &accepting(accepted), &query).await;

            let payload = &body["data"]["addToCart"];
            let error = json!({ "code": "INVALID_INPUT", "message": message, "path": ["quantity"] });
            assert_eq!(payload["userErrors"], json!([error]), "{accepted:?}");
            assert!(payload["cart"].is_null());
            assert_eq!(headers["content-language"], language, "{accepted:?}");
            assert_eq!(headers["vary"], "accept-language");
        }
    }

    async fn a_top_level_error_is_in_the_language_that_is_asked_for(shop: Shop) {
        let anyone = shop.anonymous();
        let cart = "{ cart { id } }";
        let fields = (0..21).map(|number| format!("a{number}: me {{ id }}")).collect::<Vec<_>>();
        let wide = format!("{{ {} }}", fields.join(" "));
        let korean = accepting(&[b"ko"]);
        for (query, code, in_english, in_korean) in [
            (cart, "UNAUTHENTICATED", "Sign in first", "먼저 로그인하고"),
            (&wide, "QUERY_TOO_COMPLEX", "at most 20 fields", "20개까지"),
        ] {
            for (headers, words) in [(&HeaderMap::new(), in_english), (&korean, in_korean)] {
                let (_, body) = post(&shop, &anyone, headers, query).await;

                assert_eq!(body["errors"][0]["extensions"]["code"], code);
                let message = body["errors"][0]["message"].as_str().expect("a message");
                assert!(message.contains(words), "{message}");
            }
        }
    }

    async fn what_is_no_graphql_request_is_refused_in_the_language_that_is_asked_for(shop: Shop) {
        for (language, words) in [("en", "application/json"), ("ko", "보내 주세요")] {
            let request = reqwest::Client::new().post(shop.url("/graphql")).body("{}");
            let answer = request.header(ACCEPT_LANGUAGE, language).send().await.expect("an answer");
            assert_eq!(answer.status(), 415);
            assert_eq!(answer.headers()["content-language"], language);
            let body = answer.json::<Value>().await.expect("JSON");
            let message = body["errors"][0]["message"].as_str().expect("a message");
            assert!(message.contains(words), "{message}");
            assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_REQUEST");
        }
    }

    async fn a_connection_speaks_the_language_of_its_introduction_or_else_of_its_upgrade(shop: Shop) {
        let (mina, query) = (shop.member().await, too_many(&option(&shop).await));
        let authorization = format!("Bearer {}", mina.token.expect("a token"));
        for (upgrade, introduction, message) in [
            ("", Value::Null, ENGLISH),
            ("ko", Value::Null, KOREAN),
            ("", json!("ko-KR, en;q=0.5"), KOREAN),
            ("en", json!("ko"), KOREAN),
            ("ko", json!("en"), ENGLISH),
            ("", json!(["ko"]), ENGLISH),
            ("", json!("?;q="), ENGLISH),
        ] {
            let mut init = json!({ "Authorization": authorization });
            if !introduction.is_null() {
                init["accept-language"] = introduction.clone();
            }
            let headers = accepting(&[upgrade.as_bytes()]);

            let answer = ask(&shop, &headers, &init, &query).await;

            let error = &answer["data"]["addToCart"]["userErrors"][0];
            assert_eq!(error["message"], message, "{upgrade:?} {introduction}");
            assert_eq!(error["code"], "INVALID_INPUT");
        }
    }

    async fn a_connection_s_top_level_errors_are_in_its_language(shop: Shop) {
        let init = json!({ "Accept-Language": "ko" });

        let answer = ask(&shop, &HeaderMap::new(), &init, "{ cart { id } }").await;

        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        let message = answer["errors"][0]["message"].as_str().expect("a message");
        assert!(message.contains("로그인"), "{message}");
    }

    async fn a_bad_token_is_refused_in_the_language_of_its_introduction(shop: Shop) {
        let mut socket = Socket::open(shop.address()).await;
        let init = json!({ "Authorization": "Bearer nonsense", "Accept-Language": "ko" });

        socket.send(json!({ "type": "connection_init", "payload": init })).await;

        match socket.receive().await {
            Received::Closed(Some(frame)) => assert!(frame.reason.contains("로그인"), "{frame:?}"),
            other => panic!("expected the end, got {other:?}"),
        }
    }
}
