//! The doors: what is executed and what is not, request ids, health, GraphiQL, pictures, limits, and what a
//! client learns of a fault.

use jangteo::{config::Limits, demo::catalog::STORES};
use reqwest::{Method, RequestBuilder, Response, header, redirect};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::{Database, PASSWORD, Shop};

const REQUEST_ID: &str = "x-request-id";

/// A request as anyone may send it; redirects are not followed.
fn request(shop: &Shop, method: Method, path: &str) -> RequestBuilder {
    let http = reqwest::Client::builder().redirect(redirect::Policy::none());
    http.build()
        .expect("a client")
        .request(method, shop.url(path))
}

async fn get(shop: &Shop, path: &str) -> Response {
    request(shop, Method::GET, path)
        .send()
        .await
        .expect("an answer")
}

fn post(shop: &Shop, content_type: &'static str) -> RequestBuilder {
    request(shop, Method::POST, "/graphql").header(header::CONTENT_TYPE, content_type)
}

fn header_of<'r>(response: &'r Response, name: &str) -> &'r str {
    let value = response.headers().get(name);
    let value = value.unwrap_or_else(|| panic!("{name} is missing: {response:?}"));
    value.to_str().expect("text")
}

/// The code of the answer's only error, which must bear the request id of the answer's header.
async fn error_code(response: Response) -> String {
    let request_id = header_of(&response, REQUEST_ID).to_owned();
    let body = response.json::<Value>().await.expect("the answer is JSON");
    let errors = body["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 1, "{body:#}");
    let extensions = &errors[0]["extensions"];
    assert_eq!(extensions["requestId"], request_id, "{body:#}");
    assert!(
        errors[0]["message"]
            .as_str()
            .is_some_and(|message| !message.is_empty())
    );
    extensions["code"].as_str().expect("a code").to_owned()
}

fn sign_up_mutation() -> String {
    format!(
        "mutation {{ signUp(input: {{ userId: \"mina\", password: \"{PASSWORD}\", nickname: \"민아\" }}) {{
            userErrors {{ code }} }} }}"
    )
}

both! {
    async fn a_post_of_json_is_executed_whatever_its_charset(shop: Shop) {
        for content_type in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/JSON;charset=UTF-8",
        ] {
            let body = json!({ "query": "{ products { totalCount } }" }).to_string();
            let response = post(&shop, content_type).body(body).send().await.expect("an answer");
            assert_eq!(response.status(), 200, "{content_type}");
            assert!(header_of(&response, "content-type").starts_with("application/json"));
            let answer = response.json::<Value>().await.expect("JSON");
            assert_eq!(answer, json!({ "data": { "products": { "totalCount": 0 } } }));
        }
    }

    async fn an_answer_has_the_type_that_the_client_likes(shop: Shop) {
        for (accept, expected) in [
            ("*/*", "application/json"),
            ("application/json", "application/json"),
            (
                "application/graphql-response+json, application/json;q=0.9",
                "application/graphql-response+json",
            ),
        ] {
            let request = post(&shop, "application/json").header(header::ACCEPT, accept);
            let body = json!({ "query": "{ __typename }" }).to_string();
            let response = request.body(body).send().await.expect("an answer");
            assert_eq!(header_of(&response, "content-type"), expected, "{accept}");
            let answer = response.json::<Value>().await.expect("JSON");
            assert_eq!(answer, json!({ "data": { "__typename": "Query" } }));
        }
    }

    async fn what_was_not_executed_has_no_data_where_the_type_says_so(shop: Shop) {
        let ask = async |accept: &str, query: &str| {
            let request = post(&shop, "application/json").header(header::ACCEPT, accept);
            let body = json!({ "query": query }).to_string();
            let response = request.body(body).send().await.expect("an answer");
            let status = response.status().as_u16();
            (status, response.json::<Value>().await.expect("JSON"))
        };
        let typed = "application/graphql-response+json";
        for query in ["{ nothing }", "{"] {
            let (status, answer) = ask(typed, query).await;
            assert_eq!((status, answer.get("data")), (400, None), "{query}");
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{query}");
            let (status, answer) = ask("application/json", query).await;
            assert_eq!((status, &answer["data"]), (200, &Value::Null), "{query}");
        }
        // What fails while it is executed has data, if only that there are none.
        let (status, answer) = ask(typed, "{ me { id } cart { id } }").await;
        assert_eq!(status, 200, "{answer}");
        assert!(answer.get("data").is_some() && answer.get("errors").is_some(), "{answer}");
    }

    async fn a_post_of_anything_else_executes_nothing(shop: Shop) {
        let before = shop.contents().await;
        let json = json!({ "query": sign_up_mutation() }).to_string();
        for content_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/graphql",
            "application/jsonp",
            "text/json",
            "",
        ] {
            let sent = post(&shop, content_type).body(json.clone()).send().await;
            let response = sent.expect("an answer");
            assert_eq!(response.status(), 415, "{content_type}");
            assert_eq!(error_code(response).await, "BAD_REQUEST");
        }
        let untold = request(&shop, Method::POST, "/graphql").body(json).send().await;
        let untold = untold.expect("an answer");
        assert_eq!(untold.status(), 415);
        assert_eq!(error_code(untold).await, "BAD_REQUEST");
        shop.contents().await.assert_same(&before);
    }

    async fn what_is_no_graphql_request_is_a_bad_request(shop: Shop) {
        for body in ["", "{", "[]", "null", "\"{ me { id } }\"", "{\"query\": 7}", "\u{0}"] {
            let sent = post(&shop, "application/json").body(body).send().await;
            let response = sent.expect("an answer");
            assert_eq!(response.status(), 400, "{body:?}");
            assert_eq!(error_code(response).await, "BAD_REQUEST");
        }
        let utf16 = vec![0xFF, 0xFE, b'{', 0, b'}', 0];
        let sent = post(&shop, "application/json").body(utf16).send().await;
        assert_eq!(sent.expect("an answer").status(), 400);
    }

    async fn one_post_is_one_operation(shop: Shop) {
        let before = shop.contents().await;
        let batch = json!([{ "query": sign_up_mutation() }, { "query": sign_up_mutation() }]);

        let sent = post(&shop, "application/json").body(batch.to_string()).send().await;

        assert_eq!(sent.expect("an answer").status(), 400);
        shop.contents().await.assert_same(&before);
    }

    async fn a_body_that_is_too_large_is_refused_and_executes_nothing(shop: Shop) {
        let before = shop.contents().await;
        let body = |padding| json!({ "query": sign_up_mutation(), "padding": " ".repeat(padding) });
        let too_large = body(256 * 1024).to_string();

        let sent = post(&shop, "application/json").body(too_large).send().await;

        let response = sent.expect("an answer");
        assert_eq!(response.status(), 413);
        assert!(!header_of(&response, REQUEST_ID).is_empty());
        let told: Value = response.json().await.expect("JSON");
        assert_eq!(told["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{told:#}");
        shop.contents().await.assert_same(&before);
        let large = body(200 * 1024).to_string();
        let sent = post(&shop, "application/json").body(large).send().await;
        assert_eq!(sent.expect("an answer").status(), 200);
    }

    async fn a_query_that_the_schema_does_not_know_is_a_bad_request(shop: Shop) {
        for query in ["{", "{ nothing }", "{ me }", "query($n: Int!) { products(first: $n) { totalCount } }"] {
            let body = json!({ "query": query }).to_string();
            let sent = post(&shop, "application/json").body(body).send().await;
            let response = sent.expect("an answer");
            assert_eq!(response.status(), 200);
            assert_eq!(error_code(response).await, "BAD_REQUEST", "{query}");
        }
    }

    async fn a_sensible_request_id_is_taken_over_and_nonsense_is_replaced(shop: Shop) {
        let ask = async |id: &str| {
            let body = json!({ "query": "{ cart { id } }" }).to_string();
            let asked = post(&shop, "application/json").header(REQUEST_ID, id).body(body);
            let response = asked.send().await.expect("an answer");
            let given = header_of(&response, REQUEST_ID).to_owned();
            assert_eq!(error_code(response).await, "UNAUTHENTICATED");
            given
        };
        let longest = "x".repeat(64);
        for id in ["a", "7f3c-41d2:9.b_C", &longest] {
            assert_eq!(ask(id).await, id);
        }
        let too_long = "x".repeat(65);
        for id in ["", "two words", "a\"b", "<script>", "a,b", &too_long] {
            let given = ask(id).await;
            assert_ne!(given, id);
            assert_eq!(given.len(), 32, "{given}");
        }
        assert_ne!(ask("").await, ask("").await);
    }

    async fn the_process_is_alive_and_ready(shop: Shop) {
        for (path, says) in [("/healthz", "alive\n"), ("/readyz", "ready\n")] {
            let response = get(&shop, path).await;
            assert_eq!(response.status(), 200);
            assert!(!header_of(&response, REQUEST_ID).is_empty());
            assert_eq!(response.text().await.expect("text"), says);
        }
    }

    async fn the_root_leads_to_graphiql(shop: Shop) {
        let response = get(&shop, "/").await;
        assert_eq!(response.status(), 307);
        assert_eq!(header_of(&response, "location"), "/graphiql");
        assert_eq!(get(&shop, "/nothing-here").await.status(), 404);
    }

    async fn everything_that_graphiql_s_page_needs_is_served_here(shop: Shop) {
        let page = get(&shop, "/graphiql").await;
        assert_eq!(page.status(), 200);
        assert!(header_of(&page, "content-type").starts_with("text/html"));
        let html = page.text().await.expect("text");
        let mut files = html
            .split(['"', '\''])
            .filter(|text| text.starts_with("/graphiql/") && text.contains('.'))
            .collect::<Vec<_>>();
        assert!(files.len() >= 5, "{files:?}");
        assert!(!html.contains("://"), "the page loads nothing from elsewhere");
        files.push("/graphiql/vendor/LICENSES.txt");
        for file in files {
            let response = get(&shop, file).await;
            assert_eq!(response.status(), 200, "{file}");
            let expected = match file.rsplit_once('.').expect("an extension").1 {
                "js" => "text/javascript",
                "css" => "text/css",
                "svg" => "image/svg+xml",
                "txt" => "text/plain",
                other => panic!("what is a .{other} here?"),
            };
            assert!(header_of(&response, "content-type").starts_with(expected), "{file}");
            assert_eq!(header_of(&response, "x-content-type-options"), "nosniff");
        }
        assert_eq!(get(&shop, "/graphiql/nothing.js").await.status(), 404);
        assert_eq!(get(&shop, "/graphiql/").await.text().await.expect("text"), html);
    }

    async fn graphiql_s_page_may_run_nothing_but_its_own_files(shop: Shop) {
        let page = get(&shop, "/graphiql").await;
        let policy = header_of(&page, "content-security-policy");
        let directives = policy.split(';').map(str::trim).collect::<Vec<_>>();
        assert!(directives.contains(&"default-src 'none'"), "{policy}");
        assert!(directives.contains(&"script-src 'self'"), "{policy}");
        assert!(directives.contains(&"frame-ancestors 'none'"), "{policy}");
        assert_eq!(header_of(&page, "referrer-policy"), "no-referrer");
    }

    async fn a_file_that_the_browser_has_is_not_sent_again(shop: Shop) {
        for path in ["/graphiql", "/graphiql/graphiql.js"] {
            let first = get(&shop, path).await;
            let tag = header_of(&first, "etag").to_owned();
            let again = |tag: &str| request(&shop, Method::GET, path).header("if-none-match", tag).send();

            let same = again(&tag).await.expect("an answer");
            assert_eq!(same.status(), 304);
            assert_eq!(header_of(&same, "etag"), tag);
            assert!(same.bytes().await.expect("a body").is_empty());
            let other = again("\"another\"").await.expect("an answer");
            assert_eq!(other.status(), 200);
            assert_eq!(other.bytes().await.expect("a body"), first.bytes().await.expect("a body"));
        }
    }

    async fn every_demo_product_has_a_picture_and_nothing_else_has(shop: Shop) {
        for product in STORES.iter().flat_map(|store| store.products) {
            let response = get(&shop, &format!("/pictures/{}.svg", product.slug)).await;
            assert_eq!(response.status(), 200, "{}", product.slug);
            assert_eq!(header_of(&response, "content-type"), "image/svg+xml");
            assert!(header_of(&response, "content-security-policy").starts_with("default-src 'none'"));
            let svg = response.text().await.expect("text");
            assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
        }
        let slug = STORES[0].products[0].slug;
        for file in ["nothing.svg", slug, &format!("{slug}.png"), "..%2f..%2fCargo.toml", ".svg"] {
            assert_eq!(get(&shop, &format!("/pictures/{file}")).await.status(), 404, "{file}");
        }
    }

    async fn a_query_that_is_too_deep_or_too_wide_is_refused_and_executes_nothing(shop: Shop) {
        let before = shop.contents().await;
        let deep = |levels| {
            let nested = "products { nodes { store { ".repeat(levels);
            format!("{{ {nested} id {} }}", "} } } ".repeat(levels))
        };
        let wide = |fields: usize| {
            let fields = (0..fields).map(|number| format!("a{number}: me {{ id }}"));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(" "))
        };
        let many_sign_ups = (0..400).map(|number| {
            format!(
                "a{number}: signUp(input: {{ userId: \"mina{number}\", password: \"{PASSWORD}\", nickname: \"m\" }}) {{
                    userErrors {{ code message }} }}"
            )
        });
        let many_sign_ups = format!("mutation {{ {} }}", many_sign_ups.collect::<Vec<_>>().join(" "));
        let fragment = |n| format!("fragment F{n} on Query {{ ...F{0} ...F{0} }} ", n + 1);
        let bomb = (0..25).map(fragment).collect::<String>();
        let bomb = format!("{{ ...F0 }} {bomb} fragment F25 on Query {{ me {{ id }} }}");
        let long = "products(first: 100) { nodes { store { ".repeat(3);
        let long = format!("{{ {long} id {} }}", "} } } ".repeat(3));
        for query in [deep(7), deep(4), wide(21), many_sign_ups, bomb, long] {
            let code = shop.anonymous().error_code(&query, json!({})).await;
            assert_eq!(code, "QUERY_TOO_COMPLEX");
        }
        shop.contents().await.assert_same(&before);
        let page = "{ products(first: 100) { nodes { id name options { id stockQuantity } store { id name } } } }";
        for query in [deep(2), wide(20), page.to_owned()] {
            shop.anonymous().run(&query, json!({})).await;
        }
    }

    async fn a_fault_tells_a_client_nothing_but_its_request_id(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let mina = shop.member_with_points(10_000).await;
        mina.add_to_cart(&shirt, 0, 1).await;
        let before = shop.contents().await;
        let db = shop.app().db.writer();
        for (table, query) in [
            ("cart_item", "{ x: cart { id items { id } } }"),
            ("cart_item", "mutation { x: clearCart { cart { id } } }"),
            ("product", "{ x: products { nodes { id } } }"),
            ("member", "mutation { x: signIn(input: { userId: \"mina\", password: \"12345678\" }) { session { accessToken } } }"),
            ("point_entry", "mutation { x: chargePoints(input: { amount: 1000, idempotencyKey: \"k\" }) { userPoint { balance } } }"),
            ("outbox", "mutation { x: placeOrder(input: { idempotencyKey: \"k\" }) { order { id } } }"),
        ] {
            let rename = |from: &str, to: &str| format!("ALTER TABLE {from} RENAME TO {to}");
            db.execute_unprepared(&rename(table, "hidden")).await.expect("the table is hidden");

            let answer = mina.send(query, json!({})).await;

            db.execute_unprepared(&rename("hidden", table)).await.expect("the table is back");
            assert_eq!(answer.status, 200);
            let errors = answer.body["errors"].as_array().expect("errors");
            assert_eq!(errors[0]["extensions"]["code"], "INTERNAL", "{query}");
            assert!(errors[0]["extensions"]["requestId"].is_string());
            let told = answer.body.to_string().to_lowercase();
            for secret in [table, "select", "insert", "update ", "delete", "table", "relation", "sql", "hidden", ".rs"] {
                assert!(!told.contains(secret), "{secret} is told: {told}");
            }
        }
        shop.contents().await.assert_same(&before);
        assert!(mina.place(json!({ "idempotencyKey": "k" })).await["order"].is_object(), "the shop goes on");
    }
}

/// A server whose database was never migrated.
async fn an_unmigrated_shop_is_alive_but_not_ready(database: Database) {
    let shop = Shop::open_at(database.create_empty().await, Limits::default()).await;

    let ready = get(&shop, "/readyz").await;

    assert_eq!(ready.status(), 503);
    assert!(
        ready
            .text()
            .await
            .expect("text")
            .contains("jangteo migrate up")
    );
    assert_eq!(get(&shop, "/healthz").await.status(), 200);
    shop.app().db.migrate().await.expect("migrations apply");
    assert_eq!(get(&shop, "/readyz").await.status(), 200);
}

mod an_unmigrated_shop {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn sqlite() {
        an_unmigrated_shop_is_alive_but_not_ready(Database::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        an_unmigrated_shop_is_alive_but_not_ready(Database::Postgres).await;
    }
}
