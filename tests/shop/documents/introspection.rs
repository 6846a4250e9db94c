use super::*;
use crate::support::Introspected;

/// What a client may ask of the schema, and whether that is introspection.
const QUESTIONS: [(&str, bool); 6] = [
    ("{ __schema { types { name } } }", true),
    ("{ a: __type(name: \"Order\") { name } }", true),
    (
        "{ me { id } ... { ...F } } fragment F on Query { b: __schema { queryType { name } } }",
        true,
    ),
    ("{ __typename }", false),
    (
        "{ a: __typename products(first: 1) { __typename nodes { b: __typename } } }",
        false,
    ),
    (
        "{ node(id: \"store_01jd0000000000000000000000\") { __typename } }",
        false,
    ),
];

both! {
    async fn the_schema_is_not_told_unless_that_is_asked_for(shop: Shop) {
        for (question, is_introspection) in QUESTIONS {
            for transport in Transport::ALL {
                let answer = transport.ask(&shop, &document(question)).await;
                if is_introspection {
                    let (code, message) = refusal(&answer);
                    assert_eq!(code, "INTROSPECTION_DISABLED", "{question}");
                    assert!(message.contains("schema.graphql"), "{message}");
                } else {
                    assert!(answer.get("errors").is_none(), "{answer:#}");
                }
            }
        }
    }

    async fn without_introspection_nothing_wrong_tells_a_name_of_the_schema(shop: Shop) {
        for (parameters, said) in [
            (document("{ produkts { id } }"), "type `…` does not have a field `produkts`"),
            (document("{ product { id } }"), "the required argument `…` is not provided"),
            (
                json!({
                    "query": "mutation($v: AddToCartInput!) { addToCart(input: $v) { cart { id } } }",
                    "variables": { "v": { "quantity": 1 } },
                }),
                "The value of `$v.…` is not one of type `ID!`.",
            ),
        ] {
            for transport in [Transport::Post, Transport::WebSocket, Transport::Events] {
                let answer = transport.ask(&shop, &parameters).await;
                assert_eq!(refusal(&answer), ("BAD_REQUEST", said));
            }
        }
    }

    async fn with_introspection_the_schema_is_told_and_named(introspected: Introspected) {
        let shop = introspected.0;
        for (question, _) in QUESTIONS {
            for transport in Transport::ALL {
                let answer = transport.ask(&shop, &document(question)).await;
                assert!(answer.get("errors").is_none(), "{answer:#}");
            }
        }
        for (query, said) in [
            ("{ produkts { id } }", "type `Query` does not have a field `produkts`"),
            ("{ product { id } }", "the required argument `Query.product(id:)` is not provided"),
        ] {
            let answer = Transport::Post.ask(&shop, &document(query)).await;
            assert_eq!(refusal(&answer), ("BAD_REQUEST", said));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_question_is_the_clients_mistake_by_its_status() {
    let shop = shop(Database::Sqlite, DocumentRules::default()).await;
    for (accept, status) in [
        ("application/json", 200),
        ("application/graphql-response+json", 400),
    ] {
        let question = document(QUESTIONS[0].0);
        let answer = transport::post(&shop, &question, accept).send().await;
        assert_eq!(answer.expect("an answer").status(), status);
    }
}
