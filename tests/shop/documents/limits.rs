use super::*;

/// A shop whose limits are so low that a small document exceeds each.
struct Narrow(Shop);

impl Narrow {
    async fn open(database: Database) -> Self {
        let limits = DocumentLimits {
            tokens: 200,
            nesting: 7,
            selections: 15,
            depth: 5,
            aliases: 3,
            directives: 3,
            root_fields: 4,
            cost: 60,
            input_entries: 3,
        };
        let rules = DocumentRules {
            limits,
            ..DocumentRules::default()
        };
        Self(shop(database, rules).await)
    }
}

both! {
    async fn what_exceeds_a_limit_is_refused_over_every_transport(narrow: Narrow) {
        let shop = narrow.0;
        let ids = ["store_01jd0000000000000000000000"; 4];
        for (parameters, said) in [
            (document(&format!("{{ __typename {} }}", ",".repeat(200))), "200 tokens"),
            (document("{ ... { ... { ... { ... { ... { ... { me { id } } } } } } } }"), "nests deeper than 7"),
            (document(&format!("{{ me {{ {} }} }}", "id ".repeat(15))), "more than 15 fields"),
            (document("{ product(id: \"p\") { store { products { nodes { store { id } } } } } }"), "nest deeper than 5"),
            (document("{ a: me { id } b: me { c: id d: id } }"), "3 aliases"),
            (document("{ me { id ...F ...F } } fragment F on Member { a: id b: id }"), "3 aliases"),
            (document("{ me @skip(if: true) { id @skip(if: true) ...F } } fragment F on Member { id @skip(if: true) nickname @include(if: true) }"), "3 directives"),
            (document("{ __typename me { id } cart { id } ... { me { id } cart { id } } }"), "at most 4 fields"),
            (document("{ products(first: 59) { nodes { id } } }"), "costs 61"),
            (document("{ products(first: 6) { nodes { options { id } } } }"), "costs 68"),
            (document(&format!("{{ nodes(ids: {}) {{ id }} }}", json!(ids))), "3 entries"),
            (json!({ "query": "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", "variables": { "ids": ids } }), "3 entries"),
            (json!({ "query": "query($n: Int!) { products(first: $n) { nodes { id } } }", "variables": { "n": 59 } }), "costs 61"),
            (document("query($n: Int = 59) { products(last: $n) { nodes { id } } }"), "costs 61"),
        ] {
            for transport in Transport::ALL {
                let answer = transport.ask(&shop, &parameters).await;
                let (code, message) = refusal(&answer);
                assert_eq!(code, "QUERY_TOO_COMPLEX", "{parameters}");
                assert!(message.contains(said), "{parameters}: {message}");
            }
        }
    }

    async fn what_is_within_the_limits_is_answered(narrow: Narrow) {
        let shop = narrow.0;
        let ids = ["store_01jd0000000000000000000000"; 3];
        for parameters in [
            document("{ ... { ... { ... { ... { ... { me { id } } } } } } }"),
            document("{ a: me { id } b: me { c: id } }"),
            document("{ products(first: 58) { nodes { id } } }"),
            document("{ products(first: 4) { nodes { options { id } } } }"),
            json!({ "query": "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", "variables": { "ids": ids } }),
            json!({ "query": "query A { products(first: 59) { nodes { id } } } query B { me { id } }", "operationName": "B" }),
        ] {
            for transport in Transport::ALL {
                let answer = transport.ask(&shop, &parameters).await;
                assert!(answer.get("data").is_some_and(|data| !data.is_null()), "{answer:#}");
            }
        }
    }

    async fn what_costs_too_much_changes_nothing(narrow: Narrow) {
        let shop = narrow.0;
        let before = shop.contents().await;
        let sign_up = "mutation($p: String!) {
            signUp(input: { userId: \"mina\", password: $p, nickname: \"m\" }) {
                session { member { orders(first: 30) { nodes { id orderKey } } } } userErrors { code } } }";
        let parameters = json!({ "query": sign_up, "variables": { "p": "correct horse" } });
        let answer = Transport::Post.ask(&shop, &parameters).await;
        assert_eq!(refusal(&answer).0, "QUERY_TOO_COMPLEX");
        shop.contents().await.assert_same(&before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_default_a_full_page_of_what_a_shop_shows_is_answered() {
    let shop = shop(Database::Sqlite, DocumentRules::default()).await;
    for query in [
        "{ products(first: 100) { totalCount pageInfo { endCursor hasNextPage } nodes {
            id name description price imageUrl options { id name price stockQuantity } store { id name isOpen } } } }",
        "{ orders(first: 20) { nodes { id orderKey status itemsTotal discount pointsUsed amountDue refunded placedAt
            items { id productName optionName unitPrice quantity lineTotal status option { id product { id imageUrl } } }
            history { sequence status at reason } payments { id status amount } } } }",
        "{ cart { total items { id quantity lineTotal option { id name price stockQuantity product { id name imageUrl store { id name } } } } }
            me { id nickname } popularProducts(first: 100) { rank quantitySold product { id name imageUrl } } }",
    ] {
        let answer = Transport::Post.ask(&shop, &document(query)).await;
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        assert!(matches!(code, None | Some("UNAUTHENTICATED")), "{answer:#}");
    }
}
