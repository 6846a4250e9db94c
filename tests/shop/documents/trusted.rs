use std::sync::Arc;

use jangteo::graphql::TrustedDocuments;
use tempfile::NamedTempFile;

use super::*;

const STORES: &str = "query Stores { stores { totalCount } }";
const SIGN_UP: &str =
    "mutation SignUp($input: SignUpInput!) { signUp(input: $input) { userErrors { code } } }";

/// A shop that executes two documents, and no other.
struct Trusting(Shop);

impl Trusting {
    async fn open(database: Database) -> Self {
        let manifest = json!({
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [
                { "id": "stores", "name": "Stores", "type": "query", "body": STORES },
                { "id": "sign-up", "name": "SignUp", "type": "mutation", "body": SIGN_UP },
            ],
        });
        let file = NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), manifest.to_string()).expect("it is written");
        let mut rules = DocumentRules::default();
        let trusted = TrustedDocuments::read(file.path(), &rules).expect("a manifest");
        rules.trusted = Some(Arc::new(trusted));
        Self(shop(database, rules).await)
    }
}

both! {
    async fn a_trusted_document_is_executed_however_it_is_named(trusting: Trusting) {
        let shop = trusting.0;
        for transport in Transport::ALL {
            for parameters in [
                json!({ "documentId": "stores" }),
                json!({ "documentId": "stores", "operationName": "Stores", "variables": {} }),
                json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "stores" } } }),
                document(STORES),
            ] {
                let answer = transport.ask(&shop, &parameters).await;
                assert_eq!(answer["data"]["stores"]["totalCount"], 0, "{parameters}: {answer:#}");
            }
        }
        let input = json!({ "userId": "mina", "password": "correct horse", "nickname": "m" });
        let sign_up = json!({ "documentId": "sign-up", "variables": { "input": input } });
        let answer = Transport::Post.ask(&shop, &sign_up).await;
        assert_eq!(answer["data"]["signUp"]["userErrors"], json!([]));
    }

    async fn nothing_else_is_executed(trusting: Trusting) {
        let shop = trusting.0;
        let before = shop.contents().await;
        let sign_up = SIGN_UP.replace("$input)", "{ userId: \"mina\", password: \"correct horse\", nickname: \"m\" })");
        let sign_up = sign_up.replace("($input: SignUpInput!)", "");
        for transport in Transport::ALL {
            for parameters in [
                document("{ __typename }"),
                document(&sign_up),
                json!({ "documentId": "others" }),
                json!({ "query": "{ __typename }", "documentId": "stores" }),
                json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "others" } } }),
            ] {
                let answer = transport.ask(&shop, &parameters).await;
                let (code, message) = refusal(&answer);
                assert_eq!(code, "DOCUMENT_NOT_TRUSTED", "{transport:?} {parameters}");
                assert!(message.contains("documentId"), "{message}");
            }
        }
        shop.contents().await.assert_same(&before);
    }

    async fn a_trusted_document_is_within_the_limits_as_any_other(database: Database) {
        let query = "query Products($n: Int!) { products(first: $n) { nodes { id } } }";
        let file = NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), json!({ "products": query }).to_string()).expect("it is written");
        let limits = DocumentLimits { cost: 20, ..DocumentLimits::default() };
        let mut rules = DocumentRules { limits, ..DocumentRules::default() };
        let trusted = TrustedDocuments::read(file.path(), &rules).expect("a manifest");
        rules.trusted = Some(Arc::new(trusted));
        let shop = shop(database, rules).await;
        let page = |n: i32| json!({ "documentId": "products", "variables": { "n": n } });
        let answer = Transport::Post.ask(&shop, &page(18)).await;
        assert_eq!(answer["data"]["products"]["nodes"], json!([]));
        let answer = Transport::Post.ask(&shop, &page(19)).await;
        assert_eq!(refusal(&answer).0, "QUERY_TOO_COMPLEX");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_trusted_is_the_clients_mistake_by_its_status() {
    let shop = Trusting::open(Database::Sqlite).await.0;
    for (accept, status) in [
        ("application/json", 200),
        ("application/graphql-response+json", 400),
    ] {
        let asked = transport::post(&shop, &document("{ __typename }"), accept);
        assert_eq!(asked.send().await.expect("an answer").status(), status);
    }
}
