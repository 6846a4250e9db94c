//! Bugs: a panic ends the request that met it, which is told so, and nothing else. Here it is the clock that is broken.

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{PASSWORD, Shop, Socket};

const POPULAR: &str = "{ popularProducts { rank } }";

const SIGN_UP: &str = "mutation($input: SignUpInput!) { signUp(input: $input) {
    session { accessToken } userErrors { code } } }";

const PANICS: &str = "jangteo_panics_total";

fn post(shop: &Shop, query: &str, variables: &Value) -> RequestBuilder {
    let http = reqwest::Client::new().post(shop.url("/graphql"));
    http.json(&json!({ "query": query, "variables": variables }))
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.expect("an answer")
}

/// Asserts that the answer says INTERNAL, under the id by which the log tells of it, and no more.
async fn assert_internal(answer: Response, status: StatusCode) {
    assert_eq!(answer.status(), status);
    let request_id = answer.headers()["x-request-id"].clone();
    let body: Value = answer.json().await.expect("JSON");
    assert!(body.get("data").is_none(), "{body:#}");
    let errors = body["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 1, "{body:#}");
    let expected = json!({ "code": "INTERNAL", "requestId": request_id.to_str().expect("text") });
    assert_eq!(errors[0]["extensions"], expected);
    let message = errors[0]["message"].as_str().expect("a message");
    assert!(!message.contains("clock"), "{message}");
}

both! {
    async fn an_operation_that_panics_says_so_and_the_next_is_answered(shop: Shop) {
        let before = shop.figure(PANICS).await;
        shop.break_clock(true);
        let input = json!({ "input": { "userId": "mina", "password": PASSWORD, "nickname": "민아" } });
        assert_internal(send(post(&shop, POPULAR, &json!({}))).await, StatusCode::OK).await;
        assert_internal(send(post(&shop, SIGN_UP, &input)).await, StatusCode::OK).await;
        let accepts = post(&shop, POPULAR, &json!({})).header("accept", "application/graphql-response+json");
        assert_internal(send(accepts).await, StatusCode::INTERNAL_SERVER_ERROR).await;
        shop.break_clock(false);
        let after = shop.figure(PANICS).await;
        assert!(after >= before + 3.0, "{before} {after}");
        let failed = "jangteo_graphql_operations_total{kind=\"query\",outcome=\"failed\"}";
        assert!((shop.figure(failed).await - 2.0).abs() < 0.5);

        shop.anonymous().run(POPULAR, json!({})).await;
        let signed_up = shop.anonymous().run(SIGN_UP, input).await;
        assert!(signed_up["signUp"]["session"].is_object(), "nothing was half done: {signed_up:#}");
    }

    async fn a_request_that_panics_before_it_is_an_operation_says_so(shop: Shop) {
        let mina = shop.member().await;
        let token = mina.token.as_deref().expect("a token");
        shop.break_clock(true);
        let answer = send(post(&shop, "{ me { id } }", &json!({})).bearer_auth(token)).await;
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_internal(answer, StatusCode::INTERNAL_SERVER_ERROR).await;
        assert_eq!(send(reqwest::Client::new().get(shop.url("/healthz"))).await.status(), StatusCode::OK);
        shop.break_clock(false);
        mina.run("{ me { id } }", json!({})).await;
    }

    async fn a_websocket_goes_on_after_an_operation_that_panicked(shop: Shop) {
        let mut socket = Socket::open(shop.address()).await;
        socket.enter(None).await;
        shop.break_clock(true);
        socket.subscribe("1", POPULAR, json!({})).await;
        let refused = socket.message().await;
        assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("1")));
        assert_eq!(refused["payload"][0]["extensions"]["code"], "INTERNAL", "{refused:#}");
        shop.break_clock(false);
        socket.subscribe("1", POPULAR, json!({})).await;
        assert_eq!(socket.message().await["payload"], json!({ "data": { "popularProducts": [] } }));
    }

    async fn an_event_stream_tells_of_an_operation_that_panicked(shop: Shop) {
        shop.break_clock(true);
        let told = send(post(&shop, POPULAR, &json!({})).header("accept", "text/event-stream")).await;
        let told = told.text().await.expect("events");
        shop.break_clock(false);
        assert!(told.contains(r#""code":"INTERNAL""#), "{told}");
        assert!(told.ends_with("event: complete\ndata: \n\n"), "{told}");
    }
}
