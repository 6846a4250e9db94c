//! The program itself: its commands, its settings, its secrets, and how it starts and stops.

#![expect(
    clippy::expect_used,
    reason = "a test that meets what cannot be ends, and says so"
)]

#[path = "program/traces.rs"]
mod traces;

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write, pipe},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use entity::{
    cart, member, order, order_item, point_entry, product, product_option, stock, store, user_point,
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use jangteo::{clock::Clock, db::Db};
use sandbox::{
    Sandbox,
    control::{Button, Press, PressReport},
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{OnceCell, mpsc};

/// Settings that the surroundings of the tests may have made.
const SETTINGS: [&str; 69] = [
    "DATABASE_URL",
    "DATABASE_CONNECTIONS",
    "DATABASE_REPLICA_URL",
    "DATABASE_REPLICA_LAG_MS_MAX",
    "LISTEN",
    "AUTO_MIGRATE",
    "JWT_SECRET",
    "ACCESS_TOKEN_MINUTES",
    "REFRESH_TOKEN_DAYS",
    "INSTANT_CHARGE",
    "INSTANT_CHARGE_CONFIRMED",
    "CHARGE_MIN",
    "CHARGE_MAX",
    "BALANCE_MAX",
    "LINE_QUANTITY_MAX",
    "ORDER_QUEUE",
    "ORDER_BATCH",
    "ORDER_DEADLINE_MS",
    "BODY_BYTES_MAX",
    "STOP_SECONDS",
    "DRAIN_SECONDS",
    "LISTENERS_MAX",
    "LISTENERS_PER_MEMBER_MAX",
    "SOCKET_OPERATIONS_MAX",
    "SOCKET_INIT_SECONDS",
    "LISTENER_PING_SECONDS",
    "SOCKET_IDLE_SECONDS",
    "LISTENER_STALL_SECONDS",
    "PUBLIC_URL",
    "SHOP_URL",
    "PAYMENT_MINUTES",
    "ACCEPT_TEST_PAYMENTS",
    "GATEWAY_SECONDS",
    "PORTONE_API_SECRET",
    "PORTONE_STORE_ID",
    "PORTONE_CHANNEL_KEY",
    "PORTONE_WEBHOOK_SECRETS",
    "TOSS_CLIENT_KEY",
    "TOSS_SECRET_KEY",
    "TOSS_MERCHANT_ID",
    "KAKAOPAY_SECRET_KEY",
    "KAKAOPAY_CID",
    "PORTONE_URL",
    "TOSS_URL",
    "KAKAOPAY_URL",
    "PORTONE_SCRIPT_URL",
    "TOSS_SCRIPT_URL",
    "PLATFORM_URL",
    "PLATFORM_SECRETS",
    "PLATFORM_SOURCE",
    "PLATFORM_CONCURRENCY",
    "PLATFORM_SECONDS",
    "PLATFORM_ATTEMPTS",
    "OUTBOX_RETENTION_DAYS",
    "SANDBOX_LISTEN",
    "PICTURE_STORE",
    "PICTURE_BYTES_MAX",
    "S3_ENDPOINT",
    "S3_REGION",
    "S3_ACCESS_KEY_ID",
    "S3_SECRET_ACCESS_KEY",
    "NATS_URL",
    "NATS_CREDENTIALS",
    "NATS_PREFIX",
    "LOG",
    "LOG_FORMAT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "TRACE_RATIO",
    "RUST_LOG",
];

const DEMO_PASSWORD: &str = "jangteo-demo";

/// A working directory of its own, where the program finds or makes its files.
struct Place(TempDir);

/// What a run of the program came to.
struct Ended {
    code: Option<i32>,
    output: String,
    errors: String,
}

/// A running server; killed when dropped.
struct Serving {
    child: Child,
    url: String,
    output: BufReader<ChildStdout>,
}

impl Place {
    fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    /// One where the demo shop was loaded by a first start, and stopped.
    async fn with_demo() -> Self {
        static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(async || {
            let place = Self::new();
            assert_eq!(place.serve(&["--demo"], &[]).stop("TERM"), Some(0));
            fs::read(place.file("jangteo.db")).expect("the database is a file")
        });
        let place = Self::new();
        fs::write(place.file("jangteo.db"), template.await).expect("the template is copied");
        place
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jangteo"));
        for setting in SETTINGS {
            command.env_remove(setting);
        }
        command
            .current_dir(self.0.path())
            .args(arguments)
            .envs(settings.iter().copied());
        command
    }

    fn run(&self, arguments: &[&str], settings: &[(&str, &str)], input: &str) -> Ended {
        let mut command = self.command(arguments, settings);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        // A program that needs no input may be gone before it is written.
        _ = child
            .stdin
            .take()
            .expect("its input is piped")
            .write_all(input.as_bytes());
        let ended = child.wait_with_output().expect("the program ends");
        Ended {
            code: ended.status.code(),
            output: String::from_utf8(ended.stdout).expect("text"),
            errors: String::from_utf8(ended.stderr).expect("text"),
        }
    }

    /// Runs the program without settings and input; it must succeed. Gives what it prints.
    fn ok(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments, &[], "");
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.errors);
        ended.output
    }

    /// Starts a server on a free port. It logs into the file `log`.
    fn serve(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Serving {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"], settings);
        let log = File::create(self.file("log")).expect("a log");
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut child = command.spawn().expect("the program runs");
        let mut output = BufReader::new(child.stdout.take().expect("its output is piped"));
        let mut line = String::new();
        let url = loop {
            line.clear();
            let length = output.read_line(&mut line).expect("the server speaks");
            assert!(length > 0, "the server ended: {}", self.log());
            if let Some((_, url)) = line.split_once("GraphiQL   ") {
                break url.trim().trim_end_matches("/graphiql").to_owned();
            }
        };
        Serving { child, url, output }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.file("log")).expect("a log")
    }

    /// How many rows there are of what the demo shop makes; the server must have stopped.
    async fn counts(&self) -> Vec<(&'static str, u64)> {
        let url = format!("sqlite://{}", self.file("jangteo.db").display());
        let db = Db::connect(&url, 1).await.expect("the database opens");
        let mut counts = Vec::new();
        macro_rules! count {
            ($($table:ident)+) => {$(
                let rows = $table::Entity::find().count(db.reader()).await.expect("a count");
                counts.push((stringify!($table), rows));
            )+};
        }
        count!(cart member order order_item point_entry product product_option stock store user_point);
        db.close().await.expect("the database closes");
        counts
    }
}

impl Serving {
    fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(
            status.expect("a shell").success(),
            "the server is there to be signaled"
        );
    }

    /// Signals, and waits for the end; gives the exit code.
    fn stop(self, signal: &str) -> Option<i32> {
        self.signal(signal);
        self.ended().0
    }

    /// Waits for the end; gives the exit code and what was printed since the start.
    fn ended(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("text");
        (self.child.wait().expect("the server ends").code(), rest)
    }

    async fn send(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let sent = post(&reqwest::Client::new(), &self.url, token, query, &variables).await;
        sent.expect("the server answers")
    }

    /// Sends an operation that succeeds; gives its data.
    async fn run(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let answer = self.send(token, query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}: {answer:#}");
        answer["data"].clone()
    }

    /// Signs in; gives the access token, or nothing if the password is wrong.
    async fn sign_in(&self, user_id: &str, password: &str) -> Option<String> {
        let query = "mutation($input: SignInInput!) { signIn(input: $input) {
            session { accessToken } userErrors { code } } }";
        let input = json!({ "input": { "userId": user_id, "password": password } });
        let data = self.run(None, query, input).await;
        data["signIn"]["session"]["accessToken"]
            .as_str()
            .map(str::to_owned)
    }

    async fn role(&self, user_id: &str, password: &str) -> Value {
        let token = self.sign_in(user_id, password).await.expect("signed in");
        self.run(Some(&token), "{ me { role } }", json!({})).await["me"]["role"].clone()
    }

    async fn status(&self, path: &str) -> u16 {
        let answer = reqwest::get(format!("{}{path}", self.url)).await;
        answer.expect("the server answers").status().as_u16()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

async fn post(
    http: &reqwest::Client,
    url: &str,
    token: Option<&str>,
    query: &str,
    variables: &Value,
) -> reqwest::Result<Value> {
    let body = json!({ "query": query, "variables": variables });
    let mut request = http.post(format!("{url}/graphql")).json(&body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await?.json().await
}

#[test]
fn help_names_every_command_and_setting() {
    let place = Place::new();
    let help = place.ok(&["--help"]);
    for command in [
        "serve", "migrate", "seed", "schema", "member", "sandbox", "payment", "import", "export",
        "outbox", "settle", "audit", "health", "backup",
    ] {
        assert!(help.contains(command), "{help}");
    }
    let help = place.ok(&["serve", "--help"]);
    for setting in SETTINGS.iter().filter(|setting| **setting != "RUST_LOG") {
        assert!(
            help.contains(&format!("[env: {setting}")),
            "{setting} in {help}"
        );
    }
    for flag in ["--listen", "--database-url", "--demo"] {
        assert!(help.contains(flag), "{help}");
    }
    for default in [
        "127.0.0.1:8080",
        "sqlite://jangteo.db",
        "1000",
        "5000000",
        "10000000",
    ] {
        assert!(
            help.contains(&format!("[default: {default}]")),
            "{default} in {help}"
        );
    }
    let commands: [&[&str]; 17] = [
        &["migrate", "up"],
        &["migrate", "down"],
        &["migrate", "status"],
        &["seed"],
        &["member", "create"],
        &["member", "set-role"],
        &["payment", "list"],
        &["payment", "show"],
        &["outbox", "list"],
        &["outbox", "show"],
        &["outbox", "retry"],
        &["outbox", "purge"],
        &["import", "products"],
        &["export", "products"],
        &["settle"],
        &["audit"],
        &["backup"],
    ];
    for command in commands {
        let help = place.ok(&[command, &["--help"]].concat());
        assert!(help.contains("[env: DATABASE_URL"), "{command:?}: {help}");
    }
    assert!(
        fs::read_dir(place.0.path())
            .expect("a folder")
            .next()
            .is_none(),
        "help makes no files"
    );
}

#[test]
fn a_command_that_there_is_not_is_refused() {
    let place = Place::new();
    for arguments in [
        &["sell"][..],
        &["migrate"],
        &["member", "set-role", "mina", "king"],
        &[],
    ] {
        let ended = place.run(arguments, &[], "");
        assert_eq!(ended.code, Some(2), "{arguments:?}");
        assert!(ended.errors.contains("Usage: jangteo") || ended.errors.contains("--help"));
    }
}

#[test]
fn the_schema_is_printed() {
    assert_eq!(Place::new().ok(&["schema"]), jangteo::cli::sdl());
}

#[test]
fn migrations_go_up_and_down_and_tell_where_they_are() {
    let place = Place::new();
    let states = |status: &str| {
        let states = status
            .lines()
            .map(|line| line.split(' ').next().unwrap_or_default());
        states.map(str::to_owned).collect::<Vec<_>>()
    };
    let all = states(&place.ok(&["migrate", "status"])).len();
    assert!(all >= 5);
    assert_eq!(
        states(&place.ok(&["migrate", "status"])),
        vec!["pending"; all]
    );

    place.ok(&["migrate", "up"]);
    assert_eq!(
        states(&place.ok(&["migrate", "status"])),
        vec!["applied"; all]
    );
    place.ok(&["migrate", "up"]);

    place.ok(&["migrate", "down"]);
    let expected = [vec!["applied"; all - 1], vec!["pending"; 1]].concat();
    assert_eq!(states(&place.ok(&["migrate", "status"])), expected);
    place.ok(&["migrate", "down", "--steps", &(all - 1).to_string()]);
    assert_eq!(
        states(&place.ok(&["migrate", "status"])),
        vec!["pending"; all]
    );
    place.ok(&["migrate", "up"]);
    assert_eq!(
        states(&place.ok(&["migrate", "status"])),
        vec!["applied"; all]
    );
}

#[tokio::test]
async fn a_backup_is_its_owners_alone_and_overwrites_nothing() {
    let place = Place::with_demo().await;
    let printed = place.ok(&["backup", "copy.db"]);
    let copy = fs::read(place.file("copy.db")).expect("a copy");
    assert!(
        printed.contains(&format!("copy.db: {} bytes", copy.len())),
        "{printed}"
    );
    let mode = fs::metadata(place.file("copy.db")).expect("a copy");
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    place.ok(&["audit", "--database-url", "sqlite://copy.db"]);
    let copy = fs::read(place.file("copy.db")).expect("a copy");

    // Another's file, a folder that is not there, a back-up that goes on, PostgreSQL.
    fs::write(place.file("half.db.unfinished"), "half").expect("a file");
    for (arguments, told) in [
        (&["backup", "copy.db"][..], "there already"),
        (&["backup", "nowhere/copy.db"], "nowhere/copy.db"),
        (&["backup", "half.db"], "half.db.unfinished"),
        (
            &["backup", "x.db", "--database-url", "sqlite://none.db"],
            "no database at none.db",
        ),
    ] {
        let refused = place.run(arguments, &[], "");
        assert_eq!(refused.code, Some(1), "{arguments:?}");
        assert!(refused.errors.contains(told), "{}", refused.errors);
    }
    assert_eq!(fs::read(place.file("copy.db")).expect("a copy"), copy);
    for name in ["copy.db.unfinished", "half.db", "x.db", "none.db"] {
        assert!(!place.file(name).exists(), "{name} is left over");
    }
}

#[tokio::test]
async fn members_made_on_the_command_line_sign_in_with_their_role() {
    let place = Place::new();
    place.ok(&["migrate", "up"]);
    let create = |arguments: &[&str], password: &str| {
        place.run(&[&["member", "create"], arguments].concat(), &[], password)
    };

    let made = create(&["Mina", "--nickname", "민아"], "correct horse\n");
    assert_eq!(made.code, Some(0), "{}", made.errors);
    assert!(
        made.output.contains("mina") && made.output.contains("member_"),
        "{}",
        made.output
    );
    assert_eq!(
        create(&["boss", "--role", "admin"], "battery staple").code,
        Some(0)
    );

    let again = create(&["mina"], "another one\n");
    assert_eq!(again.code, Some(1));
    assert!(
        again.errors.contains("another member has this user id"),
        "{}",
        again.errors
    );
    let short = create(&["jun"], "short\n");
    assert_eq!(short.code, Some(1));
    assert!(
        short.errors.contains("8 to 128 characters"),
        "{}",
        short.errors
    );
    for ended in [made, again, short] {
        for password in ["correct horse", "another one"] {
            assert!(!ended.output.contains(password) && !ended.errors.contains(password));
        }
    }

    let server = place.serve(&[], &[]);
    assert_eq!(server.role("mina", "correct horse").await, "MEMBER");
    assert_eq!(server.role("boss", "battery staple").await, "ADMIN");
    assert_eq!(server.sign_in("mina", "another one").await, None);

    // Also while the server runs.
    place.ok(&["member", "set-role", "MINA", "merchant"]);
    assert_eq!(server.role("mina", "correct horse").await, "MERCHANT");
    let unknown = place.run(&["member", "set-role", "nobody", "admin"], &[], "");
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.errors.contains("nobody"), "{}", unknown.errors);
}

#[test]
fn members_are_not_made_in_a_database_that_is_not_up_to_date() {
    let ended = Place::new().run(&["member", "create", "mina"], &[], "correct horse\n");
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.errors.contains("jangteo migrate up"),
        "{}",
        ended.errors
    );
}

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
async fn a_server_that_drains_says_so_and_goes_on_serving() {
    let place = Place::new();
    // Longer than the test; it is killed at its end.
    let server = place.serve(&[], &[("DRAIN_SECONDS", "600")]);
    let ask = async || {
        let query = json!({ "query": "{ products { totalCount } }" });
        let asked = reqwest::Client::new().post(format!("{}/graphql", server.url));
        asked.json(&query).send().await.expect("the server answers")
    };
    assert_eq!(server.status("/readyz").await, 200);
    assert!(!ask().await.headers().contains_key("connection"));

    server.signal("TERM");
    while server.status("/readyz").await == 200 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.status("/readyz").await, 503);
    assert_eq!(server.status("/healthz").await, 200);
    // New connections are answered, and asked to go elsewhere with what comes next.
    let answer = ask().await;
    assert_eq!(answer.headers()["connection"], "close");
    let answer = answer.json::<Value>().await.expect("JSON");
    assert_eq!(answer["data"]["products"]["totalCount"], 0, "{answer:#}");
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
    assert!(bytes.len() >= 32);

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

#[tokio::test]
async fn the_demo_shop_is_loaded_once() {
    let place = Place::new();
    let server = place.serve(&["--demo"], &[]);
    assert_eq!(place.log(), "", "nothing but the greeting is seen at first");
    let shown = look_around(&server).await;
    assert_eq!(server.stop("INT"), Some(0));
    let counts = place.counts().await;

    let server = place.serve(&["--demo"], &[]);
    assert_eq!(look_around(&server).await, shown);
    assert_eq!(server.stop("TERM"), Some(0));
    assert_eq!(place.counts().await, counts);
    place.ok(&["seed"]);
    assert_eq!(place.counts().await, counts);

    assert_eq!(shown["products"]["totalCount"], 60);
    assert_eq!(shown["stores"]["totalCount"], 3);
    assert_eq!(
        shown["popularProducts"].as_array().expect("products").len(),
        10
    );
    let count = |table| {
        counts
            .iter()
            .find(|(name, _)| *name == table)
            .expect("a count")
            .1
    };
    assert_eq!(
        (count("member"), count("store"), count("product")),
        (7, 3, 60)
    );
    assert!(
        (120..=240).contains(&count("product_option")),
        "2 to 4 options each"
    );
    assert_eq!(count("stock"), count("product_option"));
    assert!(count("order") >= 100, "a week of orders");
}

async fn look_around(server: &Serving) -> Value {
    let query = "{
        products(first: 100) { totalCount nodes { id name price imageUrl store { name }
            options { id name price stockQuantity } } }
        stores { totalCount nodes { id name isOpen } }
        popularProducts(days: 7, first: 10) { rank quantitySold product { id } } }";
    server.run(None, query, json!({})).await
}

#[tokio::test]
async fn every_demo_account_signs_in_with_its_role_and_buyers_have_points() {
    let place = Place::with_demo().await;
    let server = place.serve(&["--demo"], &[]);
    for (user_id, role) in [
        ("mina", "MEMBER"),
        ("jun", "MEMBER"),
        ("sora", "MEMBER"),
        ("banana", "MERCHANT"),
        ("yuja", "MERCHANT"),
        ("plum", "MERCHANT"),
        ("admin", "ADMIN"),
    ] {
        assert_eq!(server.role(user_id, DEMO_PASSWORD).await, role, "{user_id}");
        let token = server.sign_in(user_id, DEMO_PASSWORD).await;
        let query = "{ me { store { products { totalCount } } userPoint { balance } orders { totalCount } } }";
        let me = server.run(token.as_deref(), query, json!({})).await["me"].clone();
        assert_eq!(me["store"].is_object(), role == "MERCHANT", "{user_id}");
        if role == "MEMBER" {
            assert!(
                me["userPoint"]["balance"]
                    .as_i64()
                    .is_some_and(|won| won >= 1_000_000),
                "{me}"
            );
            assert!(
                me["orders"]["totalCount"]
                    .as_i64()
                    .is_some_and(|orders| orders > 0),
                "{me}"
            );
        }
    }
    server.signal("TERM");
    let (code, said) = server.ended();
    assert_eq!(code, Some(0));
    for name in [
        "mina",
        "jun",
        "sora",
        "banana",
        "yuja",
        "plum",
        "admin",
        DEMO_PASSWORD,
        "Ctrl-C",
    ] {
        assert!(said.contains(name), "{name} is told: {said}");
    }
    assert!(said.ends_with("Stopped.\n"), "{said}");
}

const PLACE_ORDER: &str = "mutation($input: PlaceOrderInput!) { placeOrder(input: $input) {
    order { id } userErrors { code } } }";

/// Orders again and again until the server answers no more; gives the ids of the orders that it answered.
async fn order_until_refused(
    url: String,
    token: String,
    option: Value,
    name: usize,
    answered: mpsc::UnboundedSender<()>,
) -> Vec<Value> {
    let http = reqwest::Client::new();
    let mut orders = Vec::new();
    for number in 0_usize.. {
        let line = json!({ "optionId": option, "quantity": 1 });
        let input = json!({ "lines": [line], "idempotencyKey": format!("{name}-{number}") });
        let variables = json!({ "input": input });
        let Ok(answer) = post(&http, &url, Some(&token), PLACE_ORDER, &variables).await else {
            break;
        };
        assert!(
            answer.get("errors").is_none(),
            "an answer is an order or a refusal: {answer:#}"
        );
        let payload = &answer["data"]["placeOrder"];
        if payload["order"].is_object() {
            orders.push(payload["order"]["id"].clone());
        } else {
            assert_eq!(
                payload["userErrors"][0]["code"], "INSUFFICIENT_STOCK",
                "{answer:#}"
            );
        }
        // The test may have heard enough.
        _ = answered.send(());
    }
    orders
}

async fn no_order_is_lost_when_the_server_stops(signal: &str) {
    const BUYERS: usize = 12;
    let place = Place::with_demo().await;
    let server = place.serve(&["--demo"], &[]);
    let token = server
        .sign_in("mina", DEMO_PASSWORD)
        .await
        .expect("signed in");
    let option = cheapest_of_many(&server).await;
    let count = "{ orders { totalCount } }";
    let before = server.run(Some(&token), count, json!({})).await;
    let (answered, mut answers) = mpsc::unbounded_channel();
    let buyers = (0..BUYERS).map(|name| {
        let order = order_until_refused(
            server.url.clone(),
            token.clone(),
            option.clone(),
            name,
            answered.clone(),
        );
        tokio::spawn(order)
    });
    let buyers = buyers.collect::<FuturesUnordered<_>>();
    for _ in 0..BUYERS {
        answers.recv().await.expect("orders are answered");
    }

    server.signal(signal);

    let orders = buyers.map(|orders| orders.expect("a buyer")).concat().await;
    let (code, said) = server.ended();
    assert_eq!(code, Some(0), "{}", place.log());
    assert!(said.ends_with("Stopping…\nStopped.\n"), "{said}");
    assert!(orders.len() >= BUYERS);
    let server = place.serve(&["--demo"], &[]);
    let after = server.run(Some(&token), count, json!({})).await;
    let total = |data: &Value| data["orders"]["totalCount"].as_u64().expect("a count");
    assert_eq!(
        total(&after) - total(&before),
        orders.len() as u64,
        "placed is answered"
    );
    for ids in orders.chunks(100) {
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        let nodes = server.run(Some(&token), query, json!({ "ids": ids })).await["nodes"].clone();
        let found = nodes
            .as_array()
            .expect("nodes")
            .iter()
            .map(|node| &node["id"]);
        assert!(found.eq(ids), "answered is placed");
    }
}

/// The id of the cheapest option of which there are hundreds.
async fn cheapest_of_many(server: &Serving) -> Value {
    let query = "{ products(first: 100) { nodes { options { id price stockQuantity } } } }";
    let data = server.run(None, query, json!({})).await;
    let products = data["products"]["nodes"].as_array().expect("products");
    let options = products
        .iter()
        .filter_map(|product| product["options"].as_array())
        .flatten();
    let plenty = options.filter(|option| option["stockQuantity"].as_i64() >= Some(100));
    plenty
        .min_by_key(|option| option["price"].as_i64())
        .expect("plenty of something")["id"]
        .clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_order_is_lost_on_sigterm() {
    no_order_is_lost_when_the_server_stops("TERM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_order_is_lost_on_sigint() {
    no_order_is_lost_when_the_server_stops("INT").await;
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

#[tokio::test]
async fn stores_are_paid_out_once_and_get_their_sheets() {
    let place = Place::with_demo().await;
    let ended = place.run(&["settle", "--until", "2999-01-01"], &[], "");
    assert_eq!(ended.code, Some(1));
    assert!(ended.errors.contains("not over yet"), "{}", ended.errors);
    let ended = place.run(&["settle", "--until", "yesterday"], &[], "");
    assert_eq!(ended.code, Some(2));
    assert!(ended.errors.contains("2026-12-01"), "{}", ended.errors);

    let until = Clock::system().now().to_rfc3339();
    let settle = ["settle", "--until", &until, "--out", "sheets"];
    let rehearsed = place.ok(&[&settle[..], &["--dry-run"]].concat());
    assert!(!place.file("sheets").exists(), "a rehearsal writes nothing");
    let sheets = || {
        let files = fs::read_dir(place.file("sheets")).expect("a folder");
        let mut files = files
            .map(|file| {
                let path = file.expect("a file").path();
                let text = fs::read_to_string(&path).expect("text");
                (path, text)
            })
            .collect::<Vec<_>>();
        files.sort();
        files
    };
    let told = place.ok(&settle);
    let (first, sum) = (sheets(), told.lines().last().expect("a sum"));
    assert_eq!(first.len(), 3, "{told}");
    assert!(
        sum.starts_with("Paid ") && !sum.starts_with("Paid 0 "),
        "{told}"
    );
    assert_eq!(
        rehearsed.lines().last(),
        Some(&*sum.replacen("Paid", "Would pay", 1))
    );
    let again = place.ok(&settle);
    assert_eq!(again.matches(", settled before").count(), 3, "{again}");
    assert!(
        again
            .lines()
            .last()
            .is_some_and(|sum| sum.starts_with("Paid 0 won to 0 stores")),
        "{again}"
    );
    assert_eq!(sheets(), first, "once more, they are the same");
    let paid = first.iter().flat_map(|(_, text)| text.lines().skip(1));
    let paid = paid.map(|line| {
        line.rsplit(',')
            .next()
            .expect("an amount")
            .parse::<i64>()
            .expect("won")
    });
    assert!(
        sum.contains(&format!(" {} won ", paid.sum::<i64>())),
        "{sum}"
    );
    place.ok(&["audit"]);
}

#[tokio::test]
async fn an_audit_runs_beside_the_server_and_its_exit_tells_what_it_found() {
    let place = Place::with_demo().await;
    let server = place.serve(&["--demo"], &[]);
    let told = place.ok(&["audit"]);
    assert!(told.starts_with("invariant  checked"), "{told}");
    assert!(told.ends_with("\nEverything adds up.\n"), "{told}");
    let document: Value = serde_json::from_str(&place.ok(&["audit", "--json"])).expect("JSON");
    assert_eq!(
        (&document["clean"], &document["broken"]),
        (&json!(true), &json!([]))
    );
    let orders = &document["checks"][4];
    assert_eq!(
        (&orders["rows"], &orders["checked"]),
        (&json!("orders"), &json!(300))
    );

    let url = format!("sqlite://{}", place.file("jangteo.db").display());
    let db = Db::connect(&url, 1).await.expect("the database opens");
    let some = stock::Entity::find().one(db.reader()).await;
    let some = some.expect("the table reads").expect("some stock");
    let (option, quantity) = (some.option_id, some.quantity);
    let more = stock::ActiveModel {
        option_id: Set(option),
        quantity: Set(quantity + 1),
    };
    stock::Entity::update(more)
        .exec(db.writer())
        .await
        .expect("more stock");

    let found = format!(
        "1 {option}: quantity in stock: expected {quantity}, found {}\n\ninvariant  checked",
        quantity + 1
    );
    let ended = place.run(&["audit"], &[], "");
    assert_eq!((ended.code, &*ended.errors), (Some(1), ""));
    assert!(ended.output.starts_with(&found), "{}", ended.output);
    assert!(
        ended.output.ends_with("\n1 row is broken.\n"),
        "{}",
        ended.output
    );
    let ended = place.run(&["audit", "--json"], &[("DATABASE_URL", &url)], "");
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    let document: Value = serde_json::from_str(&ended.output).expect("JSON");
    assert_eq!(document["clean"], false);
    assert_eq!(document["broken"][0]["key"]["optionId"], option.to_string());
    assert_eq!(server.status("/readyz").await, 200);
}

#[tokio::test]
async fn an_audit_that_is_made_in_part_ends_its_document_and_has_no_verdict() {
    let place = Place::with_demo().await;
    let url = format!("sqlite://{}", place.file("jangteo.db").display());
    let db = Db::connect(&url, 1).await.expect("the database opens");
    for sql in [
        "ALTER TABLE outbox RENAME TO mislaid",
        "UPDATE stock SET quantity = quantity + 1",
    ] {
        let executed = db.writer().execute_unprepared(sql).await;
        executed.expect("the shop is broken");
    }
    let ended = place.run(&["audit", "--json"], &[], "");
    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    let why = "jangteo: not every check could be made: the report says why\n";
    assert_eq!(ended.errors, why);
    let document: Value = serde_json::from_str(&ended.output).expect("JSON");
    assert_eq!(document["clean"], Value::Null);
    assert_eq!(document["failed"][0]["rows"], "orders' messages");

    // Nobody reads the broken rows.
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    let mut audit = place.command(&["audit"], &[]);
    let ended = audit.stdout(writer).output().expect("the program runs");
    assert_eq!(ended.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

#[test]
fn an_audit_that_cannot_be_made_is_not_a_clean_one() {
    let place = Place::new();
    let ended = place.run(&["audit"], &[], "");
    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    assert!(
        ended.errors.contains("there is no database at jangteo.db"),
        "{}",
        ended.errors
    );
    assert!(!place.file("jangteo.db").exists(), "an audit makes nothing");

    place.ok(&["migrate", "up"]);
    place.ok(&["audit"]);
    place.ok(&["migrate", "down"]);
    let ended = place.run(&["audit", "--json"], &[], "");
    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    assert!(
        ended.errors.contains("jangteo migrate up"),
        "{}",
        ended.errors
    );
    assert_eq!(ended.output, "");

    let unreachable = [("DATABASE_URL", "postgres://shop:hunter2@127.0.0.1:1/shop")];
    let ended = place.run(&["audit"], &unreachable, "");
    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    assert!(!ended.errors.contains("hunter2"), "{}", ended.errors);
}

/// The settings of a shop that is paid through KakaoPay, as the sandbox plays it.
fn with_kakaopay(sandbox: &Sandbox, keys: &sandbox::Settings) -> Vec<(&'static str, String)> {
    vec![
        ("ACCEPT_TEST_PAYMENTS", "true".to_owned()),
        ("KAKAOPAY_URL", sandbox.url("/kakaopay")),
        ("KAKAOPAY_SECRET_KEY", keys.kakaopay.secret_key.clone()),
        ("KAKAOPAY_CID", keys.kakaopay.cid.clone()),
    ]
}

/// Orders something and agrees in KakaoPay's window, if that is wanted; gives the order's id and the payment's.
async fn order_through_kakaopay(
    server: &Serving,
    sandbox: &Sandbox,
    token: &str,
    is_paid: bool,
) -> [String; 2] {
    let line = json!({ "optionId": cheapest_of_many(server).await, "quantity": 1 });
    let input =
        json!({ "lines": [line], "provider": "KAKAOPAY", "idempotencyKey": is_paid.to_string() });
    let query = "mutation($input: PlaceOrderInput!) { placeOrder(input: $input) {
        order { id payments { id } } userErrors { code } } }";
    let placed = server
        .run(Some(token), query, json!({ "input": input }))
        .await;
    let order = &placed["placeOrder"]["order"];
    let ids = [&order["id"], &order["payments"][0]["id"]];
    let ids = ids.map(|id| id.as_str().expect("an id").to_owned());
    if is_paid {
        let press = sandbox.url(&format!("/sandbox/payments/kakaopay/{}/press", ids[1]));
        let http = reqwest::Client::new();
        let pressed = http.post(press).json(&Press {
            button: Button::Approve,
        });
        let pressed = pressed.send().await.expect("the sandbox answers");
        let report = pressed.json::<PressReport>().await.expect("a report");
        let landed = http.get(report.redirect).send().await;
        assert!(landed.expect("the shop answers").status().is_success());
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_what_became_of_payments_and_which_need_somebody() {
    let place = Place::with_demo().await;
    let keys = sandbox::Settings::demo(([127, 0, 0, 1], 0).into());
    let sandbox = Sandbox::start(keys.clone()).await.expect("a sandbox");
    let settings = with_kakaopay(&sandbox, &keys);
    let settings = settings.iter().map(|(name, value)| (*name, &**value));
    let settings = settings.collect::<Vec<_>>();
    let document = |arguments: &[&str]| {
        let arguments = [&["payment"], arguments, &["--json"]].concat();
        serde_json::from_str::<Value>(&place.ok(&arguments)).expect("one JSON document")
    };
    assert_eq!(document(&["list"]), json!({ "payments": [] }));

    let server = place.serve(&[], &settings);
    let token = server
        .sign_in("mina", DEMO_PASSWORD)
        .await
        .expect("signed in");
    let [order, paid] = order_through_kakaopay(&server, &sandbox, &token, true).await;
    let [_, waiting] = order_through_kakaopay(&server, &sandbox, &token, false).await;
    let list = place.ok(&["payment", "list"]);
    let lines = list.lines().collect::<Vec<_>>();
    assert_eq!(lines.len(), 3, "{list}");
    assert!(
        lines[1].starts_with(&waiting) && lines[1].contains(" READY "),
        "{list}"
    );
    assert!(
        lines[2].starts_with(&paid) && lines[2].contains(" PAID "),
        "{list}"
    );
    let listed = document(&["list", "--limit", "1"]);
    assert_eq!(listed["payments"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["payments"][0]["id"], waiting);
    assert_eq!(document(&["list", "--stuck"]), json!({ "payments": [] }));

    let story = place.ok(&["payment", "show", &paid]);
    for (name, fact) in [
        ("payment", &*paid),
        ("status", "PAID"),
        ("provider", "KAKAOPAY"),
    ] {
        assert!(
            story.contains(&format!("{name:11}{fact}\n")),
            "{name} {fact} in {story}"
        );
    }
    for line in [
        &*order,
        " CREATED ",
        " APPROVAL_ANSWERED ",
        " SETTLED ",
        "nothing: it is over",
    ] {
        assert!(story.contains(line), "{line} in {story}");
    }
    let told = document(&["show", &waiting]);
    let events = told["events"].as_array().expect("events").iter();
    let kinds = events.map(|event| &event["kind"]);
    assert!(kinds.eq(["CREATED", "PREPARED"]), "{told:#}");
    assert_eq!(told["next"][0]["at"], told["payment"]["expiresAt"]);

    // Without the gateway's keys nothing can be given back.
    assert_eq!(server.stop("TERM"), Some(0));
    let server = place.serve(&[], &[("LOG", "error"), ("LOG_FORMAT", "json")]);
    let input = json!({ "input": { "orderId": order } });
    let cancel = "mutation($input: CancelOrderInput!) { cancelOrder(input: $input) { userErrors { code } } }";
    let canceled = server.run(Some(&token), cancel, input).await;
    assert_eq!(canceled["cancelOrder"]["userErrors"], json!([]));
    let stuck = (0..500).find_map(|_| {
        let stuck = document(&["list", "--stuck"]);
        stuck["payments"].get(0).cloned()
    });
    let stuck = stuck.expect("the refund becomes stuck");
    assert_eq!(
        (&stuck["id"], &stuck["status"]),
        (&json!(paid), &json!("PAID"))
    );
    let refund = &stuck["stuckRefunds"][0];
    let failure = "NO_KEYS: This gateway is not configured.";
    assert_eq!(
        (&refund["status"], &refund["failure"]),
        (&json!("STUCK"), &json!(failure))
    );
    let list = place.ok(&["payment", "list", "--stuck"]);
    let line = format!("won is STUCK after 1 attempt ({failure}), next at ");
    assert!(list.contains(&line), "{list}");
    assert!(place.ok(&["payment", "show", &paid]).contains(&line));
    let log = place.log();
    let lines = log
        .lines()
        .filter(|line| line.contains("a refund is stuck"));
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let lines = lines.collect::<Vec<_>>();
    assert_eq!(lines.len(), 1, "{log}");
    assert_eq!(lines[0]["level"], "ERROR");
    assert_eq!(lines[0]["fields"]["payment"], paid);
    assert_eq!(lines[0]["fields"]["reason"], failure);
}

#[test]
fn a_payment_that_there_is_not_has_no_story() {
    let place = Place::new();
    place.ok(&["migrate", "up"]);
    let id = "payment_01h2xcejqtf2nbrexx3vqjhp41";
    let ended = place.run(&["payment", "show", id], &[], "");
    assert_eq!((ended.code, &*ended.output), (Some(1), ""));
    assert_eq!(
        ended.errors,
        format!("jangteo: there is no payment with the id {id}\n")
    );
    let ended = place.run(
        &["payment", "show", "order_01h2xcejqtf2nbrexx3vqjhp41"],
        &[],
        "",
    );
    assert_eq!(ended.code, Some(2), "as whatever else is typed wrong");
    assert!(
        ended.errors.contains("starts with \"payment_\""),
        "{}",
        ended.errors
    );

    let nowhere = [("DATABASE_URL", "sqlite://elsewhere.db")];
    let ended = place.run(&["payment", "list"], &nowhere, "");
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.errors.contains("there is no database"),
        "{}",
        ended.errors
    );
    assert!(!place.file("elsewhere.db").exists(), "a look makes nothing");

    // Nobody reads the list.
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    let mut list = place.command(&["payment", "list"], &[]);
    let ended = list.stdout(writer).output().expect("the program runs");
    assert_eq!((ended.status.code(), &*ended.stderr), (Some(0), &b""[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_asks_the_gateways_when_it_is_told_to() {
    let place = Place::with_demo().await;
    let keys = sandbox::Settings::demo(([127, 0, 0, 1], 0).into());
    let sandbox = Sandbox::start(keys.clone()).await.expect("a sandbox");
    let settings = with_kakaopay(&sandbox, &keys);
    let settings = settings.iter().map(|(name, value)| (*name, &**value));
    let settings = settings.collect::<Vec<_>>();
    let server = place.serve(&[], &settings);
    let token = server.sign_in("mina", DEMO_PASSWORD).await;
    let token = token.expect("signed in");
    let [_, paid] = order_through_kakaopay(&server, &sandbox, &token, true).await;
    order_through_kakaopay(&server, &sandbox, &token, false).await;
    assert_eq!(server.stop("TERM"), Some(0));

    let audit = |settings: &[_]| place.run(&["audit", "--gateway"], settings, "");
    let clean = audit(&settings);
    assert_eq!(clean.code, Some(0), "{}{}", clean.output, clean.errors);
    let counted = format!(
        "10 gateway {:22}{:>12}{:>12}\n",
        "payments at KakaoPay", 2, 0
    );
    assert!(clean.output.contains(&counted), "{}", clean.output);
    assert!(
        clean.output.ends_with("\nEverything adds up.\n"),
        "{}",
        clean.output
    );

    // KakaoPay tells nobody of what is done in its console.
    let console = format!("/sandbox/payments/kakaopay/{paid}/console-refund");
    let refunded = reqwest::Client::new().post(sandbox.url(&console));
    let refunded = refunded.json(&json!({ "amount": 100 })).send().await;
    assert!(refunded.expect("the sandbox answers").status().is_success());
    let broken = audit(&settings);
    assert_eq!(broken.code, Some(1), "{}", broken.errors);
    let line = format!("10 {paid}: given back: expected 0, found 100\n");
    assert!(broken.output.starts_with(&line), "{}", broken.output);
    assert_eq!(
        place.run(&["audit"], &settings, "").code,
        Some(0),
        "nobody was asked"
    );

    sandbox.stop().await.expect("the sandbox stops");
    for (settings, why) in [(&*settings, "UNREACHABLE"), (&[], "NO_KEYS")] {
        let untold = audit(settings);
        assert_eq!(untold.code, Some(2), "{}", untold.output);
        let line =
            "Could not check payments at KakaoPay (10 gateway): 2 of 2 could not be asked about (";
        assert!(
            untold.output.contains(&format!("{line}{why}: ")),
            "{}",
            untold.output
        );
    }
    let wrong = place.run(
        &["audit", "--gateway"],
        &[("KAKAOPAY_CID", "TC0ONETIME")],
        "",
    );
    assert_eq!((wrong.code, &*wrong.output), (Some(2), ""));
    assert!(
        wrong.errors.contains("KAKAOPAY_SECRET_KEY"),
        "{}",
        wrong.errors
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_platform_hears_of_orders_and_an_operator_sees_what_is_on_its_way() {
    let place = Place::with_demo().await;
    // A sandbox of the test's, that the program knows by its settings.
    let keys = sandbox::Settings::demo(([127, 0, 0, 1], 0).into());
    let sandbox = Sandbox::start(keys.clone()).await.expect("a sandbox");
    let url = sandbox.url("/platform");
    let secrets = keys.platform.secrets.join(",");
    let settings = [("PLATFORM_URL", &*url), ("PLATFORM_SECRETS", &*secrets)];
    let document = |arguments: &[&str]| {
        let arguments = [&["outbox"], arguments, &["--json"]].concat();
        serde_json::from_str::<Value>(&place.ok(&arguments)).expect("one JSON document")
    };
    place.ok(&["outbox", "purge", "--days", "0", "--undelivered"]);
    assert_eq!(document(&["list"]), json!({ "events": [] }));
    place.ok(&["audit"]);

    let server = place.serve(&["--instant-charge", "true"], &settings);
    let token = server
        .sign_in("mina", DEMO_PASSWORD)
        .await
        .expect("signed in");
    let query = "mutation { placeOrder(input: { lines: [{ optionId: \"option_01m6g6r500exntfad3h321a6fw\", quantity: 1 }],
        idempotencyKey: \"outbox\" }) { order { id } userErrors { code } } }";
    let charge = "mutation { chargePoints(input: { amount: 1000000, idempotencyKey: \"outbox\" }) {
        userErrors { code } } }";
    server.run(Some(&token), charge, json!({})).await;
    let placed = server.run(Some(&token), query, json!({})).await;
    let order = placed["placeOrder"]["order"]["id"].as_str();
    let order = order.expect("an order");
    let begun = Instant::now();
    let events = loop {
        let events = document(&["list", "--order", order])["events"].take();
        if events[0]["state"] == "delivered" {
            break events;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{events:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(events.as_array().map(Vec::len), Some(1));
    let id = events[0]["id"].as_str().expect("an id");
    let shown = document(&["show", id]);
    assert_eq!(shown["event"]["topic"], "order.paid.v1");
    assert_eq!(shown["event"]["data"]["orderId"], order);
    assert!(
        place
            .ok(&["outbox", "show", id])
            .contains("state      delivered")
    );
    let list = place.ok(&["outbox", "list", "--state", "delivered"]);
    assert!(list.contains(id), "{list}");
    assert_eq!(
        place.ok(&["outbox", "retry", "--dead"]),
        "0 events are tried again.\n"
    );
    let nothing = "event_01h2xcejqtf2nbrexx3vqjhp41";
    let ended = place.run(&["outbox", "show", nothing], &[], "");
    assert_eq!(
        ended.errors,
        format!("jangteo: there is no event with the id {nothing}\n")
    );
    for id in [nothing, id] {
        let ended = place.run(&["outbox", "retry", id], &[], "");
        assert_eq!(ended.code, Some(1));
        let told = format!("jangteo: there is no event with the id {id} that is to be delivered\n");
        assert_eq!(ended.errors, told);
    }
    assert_eq!(server.stop("TERM"), Some(0));
    let arrived = reqwest::get(sandbox.url("/sandbox/events"))
        .await
        .expect("an answer");
    let arrived = arrived.json::<Value>().await.expect("a report");
    assert_eq!(arrived["events"][0]["id"], id);
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
