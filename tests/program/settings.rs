//! Settings: what they do, and what is said of wrong ones.

use super::*;

#[test]
fn a_wrong_setting_is_named_and_nothing_starts() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken_address = taken.local_addr().expect("an address").to_string();
    for (settings, names) in [
        (vec![("LISTEN", "nonsense")], "--listen"),
        (vec![("LISTEN", "8080")], "as in 127.0.0.1:8080"),
        (vec![("LISTEN", &*taken_address)], "LISTEN"),
        (vec![("DATABASE_URL", "mysql://shop")], "DATABASE_URL"),
        (vec![("DATABASE_URL", "sqlite::memory:")], "DATABASE_URL"),
        (
            vec![
                ("DATABASE_URL", "sqlite://no/such/folder/shop.db"),
                ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
            ],
            "DATABASE_URL",
        ),
        (
            vec![("DATABASE_URL", "postgres://localhost/shop")],
            "JWT_SECRET",
        ),
        (
            vec![
                ("DATABASE_URL", "postgres://shop:secret@127.0.0.1:1/shop"),
                ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
            ],
            "cannot reach PostgreSQL at 127.0.0.1:1 (DATABASE_URL)",
        ),
        (
            vec![("DATABASE_CONNECTIONS", "0")],
            "--database-connections",
        ),
        (
            vec![("JWT_SECRET", "thirty-one-bytes-are-not-enough")],
            "JWT_SECRET",
        ),
        (
            vec![("JWT_ACCEPTED_SECRET", "thirty-one-bytes-are-not-enough")],
            "JWT_ACCEPTED_SECRET",
        ),
        (vec![("CORS_ORIGINS", "shop.example")], "CORS_ORIGINS"),
        (
            vec![("DATABASE_REPLICA_URL", "postgres://127.0.0.1/shop")],
            "DATABASE_REPLICA_URL",
        ),
        (
            vec![
                ("DATABASE_URL", "postgres://127.0.0.1/shop"),
                ("DATABASE_REPLICA_URL", "sqlite://shop.db"),
            ],
            "DATABASE_REPLICA_URL",
        ),
        (
            vec![("DATABASE_REPLICA_LAG_MS_MAX", "1999")],
            "--database-replica-lag-ms-max",
        ),
        (vec![("CHARGE_MIN", "6000000")], "CHARGE_MIN"),
        (vec![("CHARGE_MAX", "11000000")], "CHARGE_MAX"),
        (vec![("CHARGE_MAX", "-1")], "--charge-max"),
        (vec![("INSTANT_CHARGE", "perhaps")], "--instant-charge"),
        (
            vec![("NATS_URL", "nats://127.0.0.1:1")],
            "SQLite has one instance",
        ),
        (vec![("NATS_URL", "http://127.0.0.1:1")], "NATS_URL"),
        (
            vec![
                ("NATS_URL", "nats://127.0.0.1:1"),
                ("NATS_CREDENTIALS", "no/such/file"),
            ],
            "NATS_CREDENTIALS",
        ),
        (vec![("NATS_PREFIX", "shop.one")], "--nats-prefix"),
        (vec![("LOG", "a=b=c")], "LOG"),
        (vec![("LOG_FORMAT", "xml")], "--log-format"),
    ] {
        let place = Place::new();
        let ended = place.run(&["serve"], &settings, "");
        assert!(
            matches!(ended.code, Some(1 | 2)),
            "{settings:?}: {}",
            ended.errors
        );
        assert!(
            ended.errors.contains(names),
            "{settings:?}: {}",
            ended.errors
        );
        assert!(
            !ended.errors.contains("panicked"),
            "{settings:?}: {}",
            ended.errors
        );
        assert!(
            !ended.output.contains("is open"),
            "{settings:?}: {}",
            ended.output
        );
    }
}

#[tokio::test]
async fn a_server_that_may_not_migrate_waits_for_who_may() {
    let place = Place::new();
    let server = place.serve(&[], &[("AUTO_MIGRATE", "false")]);
    let url = server.url.clone();
    let health = || place.run(&["health", &url], &[], "");
    assert_eq!(
        (
            server.status("/healthz").await,
            server.status("/readyz").await
        ),
        (200, 503)
    );
    let unready = health();
    assert_eq!(unready.code, Some(1));
    assert!(
        unready.errors.contains("run `jangteo migrate up`"),
        "{}",
        unready.errors
    );

    place.ok(&["migrate", "up"]);

    assert_eq!(server.status("/readyz").await, 200);
    assert_eq!(place.ok(&["health", &url]), "ready\n");
    let bare = url.trim_start_matches("http://");
    assert_eq!(place.ok(&["health", bare]), "ready\n");
    assert_eq!(server.stop("TERM"), Some(0));
    let gone = health();
    assert_eq!(gone.code, Some(1));
    assert!(gone.errors.contains("does not answer"), "{}", gone.errors);
}

#[tokio::test]
async fn charges_are_as_the_settings_say() {
    let place = Place::with_demo().await;
    let charge = "mutation($key: String!) {
        chargePoints(input: { amount: 1000, idempotencyKey: $key }) { userErrors { code } } }";
    for (key, arguments, settings, errors) in [
        (
            "1",
            &[][..],
            &[][..],
            json!([{ "code": "PAYMENT_UNAVAILABLE" }]),
        ),
        ("2", &[], &[("INSTANT_CHARGE", "true")], json!([])),
        ("3", &["--demo"], &[], json!([])),
        (
            "4",
            &["--demo"],
            &[("CHARGE_MIN", "1001")],
            json!([{ "code": "INVALID_INPUT" }]),
        ),
        ("5", &["--demo"], &[("CHARGE_MAX", "1000")], json!([])),
        (
            "6",
            &["--demo", "--charge-max", "999"],
            &[("CHARGE_MIN", "1")],
            json!([{ "code": "POINT_LIMIT_EXCEEDED" }]),
        ),
    ] {
        let server = place.serve(arguments, settings);
        let token = server.sign_in("jun", DEMO_PASSWORD).await;
        let data = server
            .run(token.as_deref(), charge, json!({ "key": key }))
            .await;
        assert_eq!(
            data["chargePoints"]["userErrors"], errors,
            "{arguments:?} {settings:?}"
        );
    }
}

#[test]
fn the_database_is_where_the_setting_says() {
    let place = Place::new();
    let url = format!("sqlite://{}", place.file("elsewhere.db").display());
    let server = place.serve(
        &["--database-url", &url],
        &[("DATABASE_URL", "sqlite://not-here.db")],
    );
    assert_eq!(server.stop("TERM"), Some(0));
    let exists = |name| place.file(name).exists();
    assert!(
        exists("elsewhere.db") && exists("elsewhere.jwt-secret"),
        "the flag wins"
    );
    assert!(!exists("not-here.db") && !exists("jangteo.db"));
}

#[test]
fn a_platform_that_cannot_be_told_is_named_at_the_start() {
    let place = Place::new();
    let secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let url = "https://events.example/jangteo";
    for (settings, said) in [
        (
            vec![("PLATFORM_URL", url)],
            "PLATFORM_URL and PLATFORM_SECRETS are given together",
        ),
        (
            vec![("PLATFORM_SECRETS", secret)],
            "PLATFORM_URL and PLATFORM_SECRETS are given together",
        ),
        (
            vec![("PLATFORM_URL", url), ("PLATFORM_SECRETS", "whsec_AAAA")],
            "PLATFORM_SECRETS: a secret to sign with has at least 24 bytes",
        ),
        (
            vec![("PLATFORM_URL", url), ("PLATFORM_SECRETS", "whsec_!")],
            "PLATFORM_SECRETS: a webhook secret is whsec_ and base64",
        ),
        (
            vec![("PLATFORM_URL", "ftp://events.example")],
            "write an address that starts with https://",
        ),
        (
            vec![("PLATFORM_URL", "https://user:word@events.example")],
            "write an address that starts with https://",
        ),
        (
            vec![("PLATFORM_SOURCE", "우리 가게")],
            "write a URI or a path",
        ),
        (vec![("PLATFORM_SECONDS", "21")], "21 is not in 1..=20"),
    ] {
        let ended = place.run(&["serve", "--listen", "127.0.0.1:0"], &settings, "");
        assert_ne!(ended.code, Some(0));
        assert!(ended.errors.contains(said), "{said}: {}", ended.errors);
        assert!(!ended.errors.contains("AAAA"), "{}", ended.errors);
    }
}

#[tokio::test]
async fn the_schema_is_told_by_a_demo_or_where_a_setting_says_so() {
    let place = Place::with_demo().await;
    for (arguments, settings, is_told) in [
        (&[][..], &[][..], false),
        (&[], &[("INTROSPECTION", "true")], true),
        (&["--demo"], &[], true),
        (&["--demo", "--introspection", "false"], &[], false),
    ] {
        let server = place.serve(arguments, settings);
        let answer = server
            .send(None, "{ __schema { queryType { name } } }", json!({}))
            .await;
        let name = &answer["data"]["__schema"]["queryType"]["name"];
        let code = &answer["errors"][0]["extensions"]["code"];
        assert_eq!(name == "Query", is_told, "{arguments:?} {settings:?}");
        assert_eq!(
            code == "INTROSPECTION_DISABLED",
            !is_told,
            "{arguments:?} {settings:?}"
        );
    }
}

#[tokio::test]
async fn only_trusted_documents_are_executed_where_a_file_names_them() {
    let place = Place::with_demo().await;
    let trusted = [("TRUSTED_DOCUMENTS", "documents.json")];
    let write = |documents: Value| {
        fs::write(place.file("documents.json"), documents.to_string()).expect("a file");
    };
    let refused = || {
        let ended = place.run(&["serve", "--listen", "127.0.0.1:0"], &trusted, "");
        assert_eq!(ended.code, Some(1), "{}", ended.errors);
        ended.errors
    };
    assert!(refused().contains("TRUSTED_DOCUMENTS: cannot read documents.json"));
    write(json!({ "list": "{ products { totalCount } }", "old": "{ produkts { id } }" }));
    let told = refused();
    let why = "the document old cannot be executed: type `Query` does not have a field `produkts` (line 1, column 3)";
    assert!(told.contains(why), "{told}");

    write(json!({ "list": "{ stores { totalCount } }" }));
    let server = place.serve(&[], &trusted);
    let data = server
        .run(None, "{ stores { totalCount } }", json!({}))
        .await;
    assert!(data["stores"]["totalCount"].as_i64() > Some(0), "{data}");
    let other = server.send(None, "{ __typename }", json!({})).await;
    assert_eq!(
        other["errors"][0]["extensions"]["code"],
        "DOCUMENT_NOT_TRUSTED"
    );
}
