use sha2::{Digest, Sha256};

use super::*;

const STORES: &str = "query Stores($first: Int) { stores(first: $first) { totalCount } }";

fn hash(text: &str) -> String {
    let bytes = Sha256::digest(text);
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    digits.collect::<Vec<_>>().concat()
}

/// A request by Apollo's protocol: with the hash, and with the text where that is asked for.
fn persisted(query: Option<&str>, hash: &str) -> Value {
    let named = json!({ "version": 1, "sha256Hash": hash });
    let mut parameters =
        json!({ "variables": { "first": 1 }, "extensions": { "persistedQuery": named } });
    if let Some(query) = query {
        parameters["query"] = query.into();
    }
    parameters
}

both! {
    async fn a_document_that_was_sent_with_its_hash_needs_not_be_sent_again(shop: Shop) {
        let answered = json!({ "data": { "stores": { "totalCount": 0 } } });
        for transport in Transport::ALL {
            // Each transport with a document of its own.
            let query = format!("{STORES} # {transport:?}");
            let hash = hash(&query);

            let unknown = transport.ask(&shop, &persisted(None, &hash)).await;
            assert_eq!(refusal(&unknown), ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound"));
            let sent = transport.ask(&shop, &persisted(Some(&query), &hash)).await;
            assert_eq!(sent, answered);

            for transport in Transport::ALL {
                let known = transport.ask(&shop, &persisted(None, &hash)).await;
                assert_eq!(known, answered, "{transport:?}");
                let by_id = json!({ "documentId": format!("sha256:{hash}") });
                assert_eq!(transport.ask(&shop, &by_id).await, answered, "{transport:?}");
            }
        }
    }

    async fn what_is_not_its_document_is_not_kept_under_a_hash(shop: Shop) {
        let (mine, wrong) = (hash(STORES), "{ nothing }");
        for transport in Transport::ALL {
            for (query, hash) in [("{ __typename }", mine.as_str()), (wrong, &hash(wrong))] {
                let refused = transport.ask(&shop, &persisted(Some(query), hash)).await;
                assert_eq!(refusal(&refused).0, "BAD_REQUEST");
                let unknown = transport.ask(&shop, &persisted(None, hash)).await;
                assert_eq!(refusal(&unknown).0, "PERSISTED_QUERY_NOT_FOUND");
            }
            let other = json!({ "extensions": { "persistedQuery": { "version": 2, "sha256Hash": mine } } });
            let refused = transport.ask(&shop, &other).await;
            assert_eq!(refusal(&refused).0, "BAD_REQUEST");
            let unknown = transport.ask(&shop, &json!({ "documentId": "stores" })).await;
            assert_eq!(refusal(&unknown).0, "PERSISTED_QUERY_NOT_FOUND");
        }
    }

    async fn a_mutation_is_named_by_its_hash_as_well_but_not_by_a_get(shop: Shop) {
        let query = "mutation { signUp(input: { userId: \"mina\", password: \"correct horse\", nickname: \"m\" }) {
            userErrors { code } } }";
        let hash = hash(query);
        let sent = Transport::Post.ask(&shop, &persisted(Some(query), &hash)).await;
        assert_eq!(sent["data"]["signUp"]["userErrors"], json!([]));
        let before = shop.contents().await;
        let by_get = transport::get(&shop, &persisted(None, &hash)).send().await;
        assert_eq!(by_get.expect("an answer").status(), 405);
        shop.contents().await.assert_same(&before);
        let again = Transport::WebSocket.ask(&shop, &persisted(None, &hash)).await;
        assert_eq!(again["data"]["signUp"]["userErrors"][0]["code"], "USER_ID_TAKEN");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_hash_is_an_answer_by_which_apollo_s_clients_send_the_text() {
    let shop = shop(Database::Sqlite, DocumentRules::default()).await;
    // Older ones of them give up for good at a status of 400.
    for accept in [
        "*/*",
        "application/json",
        "application/graphql-response+json",
    ] {
        let asked = persisted(None, &hash(STORES));
        let answer = transport::post(&shop, &asked, accept).send().await;
        assert_eq!(answer.expect("an answer").status(), 200, "{accept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_is_named_by_its_hash() {
    let shop = shop(Database::Sqlite, DocumentRules::default()).await;
    let query = "subscription { myOrderEvents { status } }";
    let hash = hash(query);
    // It begins, and its member is not signed in.
    for parameters in [persisted(Some(query), &hash), persisted(None, &hash)] {
        let answer = Transport::WebSocket.ask(&shop, &parameters).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    }
}
