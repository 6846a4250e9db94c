//! What browsers are told: whose pages may ask, and how carefully an answer is to be taken.

use reqwest::{Method, Response, header::HeaderMap};

use super::*;

const SHOP: &str = "https://shop.example";

/// Asks, as a browser does for a page of `origin`, whether it may send an order.
async fn preflight(server: &Serving, origin: &str) -> HeaderMap {
    let request = reqwest::Client::new()
        .request(Method::OPTIONS, format!("{}/graphql", server.url))
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    let answer = request.send().await.expect("an answer");
    assert!(answer.status().is_success(), "{answer:?}");
    answer.headers().clone()
}

async fn ask(server: &Serving, origin: &str) -> Response {
    let request = reqwest::Client::new()
        .post(format!("{}/graphql", server.url))
        .header("origin", origin)
        .json(&json!({ "query": "{ __typename }" }));
    request.send().await.expect("an answer")
}

fn let_in(headers: &HeaderMap) -> Option<&str> {
    let origin = headers.get("access-control-allow-origin")?;
    Some(origin.to_str().expect("text"))
}

#[tokio::test]
async fn pages_of_other_sites_may_ask_only_where_they_are_named() {
    let place = Place::new();
    for (settings, arguments, shop, stranger) in [
        (vec![], vec![], None, None),
        (
            vec![("CORS_ORIGINS", "https://admin.example,https://shop.example")],
            vec![],
            Some(SHOP),
            None,
        ),
        (vec![("CORS_ORIGINS", "*")], vec![], Some("*"), Some("*")),
        (vec![], vec!["--demo"], Some("*"), Some("*")),
    ] {
        let server = place.serve(&arguments, &settings);
        for (origin, expected) in [(SHOP, shop), ("https://stranger.example", stranger)] {
            let headers = preflight(&server, origin).await;
            assert_eq!(let_in(&headers), expected, "{settings:?} {origin}");
            if expected.is_some() {
                let allowed = headers["access-control-allow-headers"]
                    .to_str()
                    .expect("text");
                assert!(allowed.contains("authorization"), "{allowed}");
            }
            let answer = ask(&server, origin).await;
            assert_eq!(let_in(answer.headers()), expected, "{settings:?} {origin}");
            // Nobody's cookies are asked for, and none are set.
            assert!(
                !answer
                    .headers()
                    .contains_key("access-control-allow-credentials")
            );
            assert!(!answer.headers().contains_key("set-cookie"));
        }
        assert_eq!(server.stop("TERM"), Some(0));
    }
}

#[tokio::test]
async fn every_answer_says_how_to_take_it() {
    let place = Place::new();
    let server = place.serve(&["--demo"], &[]);
    for (path, is_kept) in [
        ("/graphiql", true),
        ("/healthz", false),
        ("/metrics", false),
        ("/no/such/page", false),
        ("/.well-known/jwks.json", true),
    ] {
        let answer = reqwest::get(format!("{}{path}", server.url))
            .await
            .expect("an answer");
        let told = |name: &str| answer.headers()[name].to_str().expect("text");
        assert_eq!(told("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(told("x-frame-options"), "DENY", "{path}");
        assert_eq!(told("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(told("cache-control") != "no-store", is_kept, "{path}");
    }
    let answer = ask(&server, SHOP).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
}
