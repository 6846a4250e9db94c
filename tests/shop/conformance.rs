//! What GraphQL's specification and GraphQL over HTTP want, rule by rule; `tests/clients` holds the same against graphql-js and
//! graphql-http.

use reqwest::{Client as Http, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{Client, Introspected, Shop};

/// A document, and whether it is valid.
#[derive(Deserialize)]
struct Case {
    rule: String,
    valid: bool,
    /// Whether no other operation may stand beside its own.
    #[serde(default)]
    alone: bool,
    document: String,
}

const GRAPHQL_JSON: &str = "application/graphql-response+json";

async fn post(shop: &Shop, body: &Value) -> Response {
    let request = Http::new().post(shop.url("/graphql"));
    let sent = request.header("accept", GRAPHQL_JSON).json(body).send();
    sent.await.expect("an answer")
}

async fn get(shop: &Shop, parameters: &[(&str, &str)]) -> Response {
    let request = Http::new().get(shop.url("/graphql")).query(parameters);
    request.send().await.expect("an answer")
}

async fn json_of(response: Response) -> Value {
    response.json().await.expect("JSON")
}

/// Refused before anything was executed: gives the message.
async fn refused(response: Response) -> String {
    assert_eq!(response.status(), 400);
    let body = json_of(response).await;
    assert!(body.get("data").is_none(), "{body:#}");
    assert_eq!(
        body["errors"][0]["extensions"]["code"], "BAD_REQUEST",
        "{body:#}"
    );
    body["errors"][0]["message"]
        .as_str()
        .expect("a message")
        .to_owned()
}

/// Adds an option to the cart, and asks for the pieces in it.
fn adding(client: &str) -> String {
    format!(
        "{client}: addToCart(input: {{ optionId: $option, quantity: $quantity }}) {{ cart {{ totalQuantity }} }}"
    )
}

async fn pieces_in_cart(member: &Client) -> Value {
    let data = member.run("{ cart { totalQuantity } }", json!({})).await;
    data["cart"]["totalQuantity"].clone()
}

both! {
    async fn a_document_is_executed_if_it_is_valid_and_only_then(introspected: Introspected) {
        let shop = introspected.0;
        let cases = include_str!("../clients/documents.json");
        let cases: Vec<Case> = serde_json::from_str(cases).expect("cases");
        assert!(cases.len() > 200);
        for Case { rule, valid, alone, document } in cases {
            let body = if alone {
                json!({ "query": document })
            } else {
                json!({ "query": format!("{document}\nquery Probe {{ __typename }}"), "operationName": "Probe" })
            };
            let response = post(&shop, &body).await;
            let status = response.status();
            let body = json_of(response).await;
            assert_eq!(status == 200, valid, "{rule}: {document}\n{body:#}");
            assert_eq!(body.get("data").is_some(), valid, "{rule}: {document}\n{body:#}");
            if !valid {
                assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{document}");
            }
        }
    }

    async fn only_the_operation_that_is_executed_needs_its_variables(shop: Shop) {
        let query = "query A($id: ID!, $first: Int!) { ...F nodes(ids: [$id]) { id } } query B { __typename }
            fragment F on Query { products(first: $first) { totalCount } }";
        let body = json_of(post(&shop, &json!({ "query": query, "operationName": "B" })).await).await;
        assert_eq!(body, json!({ "data": { "__typename": "Query" } }));
        for name in [json!(null), json!("C"), json!("")] {
            refused(post(&shop, &json!({ "query": query, "operationName": name })).await).await;
        }
        refused(post(&shop, &json!({ "query": "{ __typename }", "operationName": "A" })).await).await;
    }

    async fn an_error_says_where_in_the_document_it_is_if_it_is_anywhere(shop: Shop) {
        let query = "{\n  me { id }\n  nothing\n}";
        let body = json_of(post(&shop, &json!({ "query": query })).await).await;
        assert_eq!(body["errors"][0]["locations"], json!([{ "line": 3, "column": 3 }]));
        let wide = (0..30).map(|at| format!("a{at}: me {{ id }}"));
        let wide = wide.collect::<Vec<_>>().join(" ");
        for query in [format!("{{ {wide} }}"), "subscription { myOrderEvents { status } }".to_owned()] {
            let body = json_of(post(&shop, &json!({ "query": query })).await).await;
            assert!(body["errors"][0].get("locations").is_none(), "{body:#}");
        }
    }

    async fn a_value_of_a_wrong_type_is_refused_before_anything_is_executed(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let mina = shop.member().await;
        let query = format!(
            "mutation($option: ID!, $quantity: Int!, $name: String!) {{
                {} other: signIn(input: {{ userId: $name, password: \"wrong-password\" }}) {{ userErrors {{ code }} }} }}",
            adding("add")
        );
        let option = shirt.options[0].to_string();
        for variables in [
            json!({ "option": option, "quantity": 1 }),
            json!({ "option": option, "quantity": 1, "name": null }),
            json!({ "option": option, "quantity": 1, "name": 7 }),
            json!({ "option": option, "quantity": 1, "name": ["mina"] }),
            json!({ "option": option, "quantity": 1.5, "name": "mina" }),
        ] {
            let answer = mina.send(&query, variables.clone()).await;
            assert!(answer.body.get("data").is_none(), "{variables}: {:#}", answer.body);
            assert_eq!(answer.body["errors"][0]["extensions"]["code"], "BAD_REQUEST");
            refused(post(&shop, &json!({ "query": query, "variables": variables })).await).await;
        }
        assert_eq!(pieces_in_cart(&mina).await, 0);
        mina.run(&query, json!({ "option": option, "quantity": 1, "name": "mina" })).await;
        assert_eq!(pieces_in_cart(&mina).await, 1);
    }

    async fn a_default_counts_in_a_condition_and_in_an_argument(shop: Shop) {
        shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let query = "query($on: Boolean = true, $off: Boolean! = false, $first: Int = 0) {
            a: products(first: $first) @include(if: $on) { nodes { id } }
            b: products @include(if: $off) { totalCount } c: products @skip(if: $on) { totalCount } }";
        let anonymous = shop.anonymous();
        let data = anonymous.run(query, json!({})).await;
        assert_eq!(data, json!({ "a": { "nodes": [] } }));
        let data = anonymous.run(query, json!({ "on": false, "off": true })).await;
        assert_eq!(data, json!({ "b": { "totalCount": 1 }, "c": { "totalCount": 1 } }));
    }

    async fn an_object_of_which_nothing_is_selected_is_empty_and_not_null(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let query = "query($id: ID!, $no: Boolean = false) {
            node(id: $id) { ... on Order { id } }
            product(id: $id) { id @include(if: $no) store { ...F @include(if: $no) } options { ... @include(if: $no) { id } } }
            nothing: product(id: \"product_01jd0000000000000000000000\") { id @include(if: $no) } }
            fragment F on Store { id }";
        let data = shop.anonymous().run(query, json!({ "id": shirt.id.to_string() })).await;
        let expected = json!({
            "node": {}, "product": { "store": {}, "options": [{}] }, "nothing": null,
        });
        assert_eq!(data, expected);
        let data = shop.anonymous().run("{ me @skip(if: true) { id } }", json!({})).await;
        assert_eq!(data, json!({}));
    }

    async fn a_change_that_is_selected_twice_happens_once(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let mina = shop.member().await;
        let query = format!(
            "mutation($option: ID!, $quantity: Int!) {{ {0} {0} ... {{ ...F }} }} fragment F on Mutation {{ {0} }}",
            adding("add")
        );
        let variables = json!({ "option": shirt.options[0].to_string(), "quantity": 2 });
        let data = mina.run(&query, variables).await;
        assert_eq!(data["add"]["cart"]["totalQuantity"], 2);
        assert_eq!(pieces_in_cart(&mina).await, 2);
    }

    async fn a_get_answers_a_query(shop: Shop) {
        for parameters in [
            &[("query", "{ __typename }")] as &[_],
            &[("query", "query A { __typename }"), ("operationName", "A")],
            &[("query", "{ __typename }"), ("operationName", ""), ("variables", "null"), ("extensions", "{\"a\":1}")],
            &[("query", "query($a: Boolean!) { __typename @include(if: $a) }"), ("variables", "{\"a\":true}")],
        ] {
            let response = get(&shop, parameters).await;
            assert_eq!(response.status(), 200, "{parameters:?}");
            assert_eq!(response.headers()["cache-control"], "no-store");
            let body = json_of(response).await;
            assert_eq!(body, json!({ "data": { "__typename": "Query" } }));
        }
    }

    async fn a_get_changes_nothing_and_tells_nothing(shop: Shop) {
        let before = shop.contents().await;
        let sign_up = "mutation A { signUp(input: { userId: \"mina\", password: \"12345678\", nickname: \"m\" }) { userErrors { code } } }";
        let both = format!("query B {{ __typename }} {sign_up}");
        for parameters in [
            &[("query", sign_up)] as &[_],
            &[("query", both.as_str()), ("operationName", "A")],
            &[("query", "subscription { myOrderEvents { status } }")],
        ] {
            for accept in ["*/*", GRAPHQL_JSON, "text/event-stream"] {
                let request = Http::new().get(shop.url("/graphql")).query(parameters);
                let response = request.header("accept", accept).send().await.expect("an answer");
                assert_eq!(response.status(), 405, "{parameters:?}");
                assert_eq!(response.headers()["allow"], "POST");
                assert_eq!(json_of(response).await["errors"][0]["extensions"]["code"], "BAD_REQUEST");
            }
        }
        shop.contents().await.assert_same(&before);
        assert_eq!(get(&shop, &[("query", &both), ("operationName", "B")]).await.status(), 200);
    }

    async fn an_address_that_is_no_request_is_a_bad_request(shop: Shop) {
        for parameters in [
            &[] as &[_],
            &[("operationName", "A")],
            &[("query", "{ __typename }"), ("variables", "{")],
            &[("query", "{ __typename }"), ("variables", "[]")],
            &[("query", "{ __typename }"), ("extensions", "7")],
            &[("query", "{ __typename }"), ("query", "{ __typename }")],
        ] {
            refused(get(&shop, parameters).await).await;
        }
        // As everywhere: what the document is wrong in is an answer, unless the type says otherwise.
        let wrong = json_of(get(&shop, &[("query", "{ nothing }")]).await).await;
        assert_eq!(wrong["errors"][0]["extensions"]["code"], "BAD_REQUEST");
    }

    async fn a_subscription_that_is_only_posted_is_told_how_to_listen(shop: Shop) {
        let query = "subscription { myOrderEvents { status } }";
        let message = refused(post(&shop, &json!({ "query": query })).await).await;
        assert!(message.contains("text/event-stream") && message.contains("WebSocket"), "{message}");
    }

    async fn every_answer_varies_by_what_the_client_likes(shop: Shop) {
        let parameters = [("query", "{ __typename }")];
        for response in [
            post(&shop, &json!({ "query": "{ __typename }" })).await,
            post(&shop, &json!({ "query": "{" })).await,
            post(&shop, &json!([])).await,
            get(&shop, &parameters).await,
            get(&shop, &[]).await,
        ] {
            let vary = response.headers().get_all("vary").iter();
            let vary = vary.map(|value| value.to_str().expect("text")).collect::<Vec<_>>();
            assert!(vary.contains(&"accept") && vary.contains(&"accept-language"), "{vary:?}");
        }
    }
}
