//! Secrets: kept, never told, and changed while everybody stays signed in.

use super::*;

#[test]
fn a_wrong_secret_is_refused_without_being_told() {
    let secret = "hunter2-hunter2";
    let unreachable = format!("postgres://shop:{secret}@127.0.0.1:1/shop");
    let key = "0123456789abcdef0123456789abcdef";
    for settings in [
        vec![("JWT_SECRET", secret)],
        vec![("DATABASE_URL", &*format!("mysql://shop:{secret}@db/shop"))],
        vec![
            (
                "DATABASE_URL",
                &*format!("postgres://shop:{secret}@db:port/shop"),
            ),
            ("JWT_SECRET", key),
        ],
        vec![
            ("DATABASE_URL", "postgres://db/shop"),
            (
                "DATABASE_REPLICA_URL",
                &*format!("postgres://shop:{secret}@db:port/shop"),
            ),
            ("JWT_SECRET", key),
        ],
        vec![
            ("DATABASE_URL", &*format!("postgres://shop:{secret}")),
            ("JWT_SECRET", key),
        ],
        vec![
            ("DATABASE_URL", &*unreachable),
            ("JWT_SECRET", key),
            ("LOG", "trace"),
        ],
    ] {
        let ended = Place::new().run(&["serve"], &settings, "");
        assert!(matches!(ended.code, Some(1 | 2)), "{settings:?}");
        for text in [&ended.output, &ended.errors] {
            assert!(
                !text.contains(secret) && !text.contains(key),
                "{settings:?}: {text}"
            );
        }
    }
}

#[tokio::test]
async fn secrets_are_not_logged() {
    let place = Place::new();
    let key = "0123456789abcdef0123456789abcdef";
    let settings = [
        ("JWT_SECRET", key),
        ("LOG", "trace"),
        ("LOG_FORMAT", "json"),
        ("INSTANT_CHARGE", "true"),
    ];
    let server = place.serve(&[], &settings);
    let input =
        json!({ "input": { "userId": "mina", "password": "correct horse", "nickname": "민아" } });
    let query = "mutation($input: SignUpInput!) { signUp(input: $input) { session { accessToken refreshToken } } }";
    let session = server.run(None, query, input).await["signUp"]["session"].clone();
    let token = |name: &str| session[name].as_str().expect("a token").to_owned();
    let (access, refresh) = (token("accessToken"), token("refreshToken"));
    let again = json!({ "input": { "refreshToken": refresh } });
    let query = "mutation($input: RefreshSessionInput!) { refreshSession(input: $input) { userErrors { code } } }";
    server.run(Some(&access), query, again).await;
    let charge = "mutation { chargePoints(input: { amount: 5000, idempotencyKey: \"first\" }) { userPoint { balance } } }";
    server.run(Some(&access), charge, json!({})).await;
    server.signal("TERM");
    let (code, output) = server.ended();
    assert_eq!(code, Some(0));

    let log = place.log();
    assert!(
        log.contains("/graphql"),
        "the log tells of the requests: {log}"
    );
    for line in log.lines().filter(|line| !line.is_empty()) {
        assert!(
            serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()),
            "{line}"
        );
    }
    let hidden = [
        key,
        "correct horse",
        access.as_str(),
        refresh.as_str(),
        "$argon2id$",
    ];
    for text in [&log, &output] {
        for secret in hidden {
            assert!(!text.contains(secret), "{secret} is told");
        }
    }
}

#[tokio::test]
async fn the_signing_key_is_made_once_and_kept_for_its_owner_alone() {
    let place = Place::with_demo().await;
    let server = place.serve(&[], &[]);
    let token = server
        .sign_in("mina", DEMO_PASSWORD)
        .await
        .expect("signed in");
    assert_eq!(server.stop("TERM"), Some(0));
    let key = place.file("jangteo.jwt-secret");
    let mode = fs::metadata(&key).expect("a key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let bytes = fs::read(&key).expect("a key");
    let is_hex = bytes.iter().all(u8::is_ascii_hexdigit);
    assert!(
        bytes.len() == 64 && is_hex,
        "it can be handed on in a setting"
    );

    let server = place.serve(&[], &[]);
    let me = server
        .run(Some(&token), "{ me { userId } }", json!({}))
        .await;
    assert_eq!(
        me["me"]["userId"], "mina",
        "a token from before is still good"
    );
    assert_eq!(server.stop("INT"), Some(0));
    assert_eq!(fs::read(&key).expect("a key"), bytes);
    let others = other_files(&place);
    assert!(others.is_empty(), "{others:?}");

    let server = place.serve(&[], &[("JWT_SECRET", "0123456789abcdef0123456789abcdef")]);
    let refused = server
        .send(Some(&token), "{ me { userId } }", json!({}))
        .await;
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
        "a key that is given wins"
    );
}

/// What is in the place beside the database, the key and the log.
fn other_files(place: &Place) -> Vec<String> {
    let files = fs::read_dir(place.0.path()).expect("a folder");
    let names = files.map(|file| {
        file.expect("a file")
            .file_name()
            .into_string()
            .expect("text")
    });
    let known = ["jangteo.db", "jangteo.jwt-secret", "log"];
    names
        .filter(|name| !known.contains(&name.as_str()))
        .collect()
}

/// A pair of keys; another is made by `openssl genpkey -algorithm ed25519`.
const PAIR: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";

#[tokio::test]
async fn the_signing_key_changes_while_everybody_stays_signed_in() {
    let place = Place::with_demo().await;
    let old = "0123456789abcdef0123456789abcdef";
    let me = "{ me { userId } }";
    let mut token: Option<String> = None;
    for (key, accepted, public) in [
        (old, None, 0),
        (old, Some(PAIR), 1),
        (PAIR, Some(old), 1),
        (PAIR, None, 1),
    ] {
        let mut settings = vec![("JWT_SECRET", key)];
        settings.extend(accepted.map(|accepted| ("JWT_ACCEPTED_SECRET", accepted)));
        let server = place.serve(&[], &settings);
        if let Some(token) = &token {
            server.run(Some(token), me, json!({})).await;
        }
        token = server.sign_in("mina", DEMO_PASSWORD).await;
        server.run(token.as_deref(), me, json!({})).await;

        let told = reqwest::get(format!("{}/.well-known/jwks.json", server.url)).await;
        let told = told
            .expect("an answer")
            .json::<Value>()
            .await
            .expect("JSON");
        assert_eq!(
            told["keys"].as_array().map(Vec::len),
            Some(public),
            "{told:#}"
        );
        assert!(!told.to_string().contains(old));
        assert_eq!(server.stop("TERM"), Some(0));
    }
    // A key that is out of use is out of use.
    let server = place.serve(&[], &[("JWT_SECRET", old)]);
    let refused = server.send(token.as_deref(), me, json!({})).await;
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
        "{refused:#}"
    );
}
