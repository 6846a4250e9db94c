//! A folder for the program to run in, and a server that runs there.

use super::*;

/// Settings that the surroundings of the tests may have made.
pub const SETTINGS: [&str; 91] = [
    "DATABASE_URL",
    "DATABASE_CONNECTIONS",
    "DATABASE_REPLICA_URL",
    "DATABASE_REPLICA_LAG_MS_MAX",
    "LISTEN",
    "AUTO_MIGRATE",
    "JWT_SECRET",
    "JWT_ACCEPTED_SECRET",
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
    "QUERY_SECONDS_MAX",
    "BODY_BYTES_MAX",
    "DOCUMENT_TOKENS_MAX",
    "DOCUMENT_NESTING_MAX",
    "QUERY_SELECTIONS_MAX",
    "QUERY_DEPTH_MAX",
    "QUERY_ALIASES_MAX",
    "QUERY_DIRECTIVES_MAX",
    "ROOT_FIELDS_MAX",
    "QUERY_COST_MAX",
    "INPUT_ENTRIES_MAX",
    "INTROSPECTION",
    "TRUSTED_DOCUMENTS",
    "SIGN_INS_PER_MINUTE",
    "GUESSES_PER_MINUTE",
    "MUTATIONS_PER_MINUTE",
    "COST_PER_MINUTE",
    "STRANGER_COST_PER_MINUTE",
    "REQUESTS_AT_ONCE",
    "STRANGER_REQUESTS_AT_ONCE",
    "PROXIES",
    "CORS_ORIGINS",
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

pub const DEMO_PASSWORD: &str = "jangteo-demo";

/// A working directory of its own, where the program finds or makes its files.
pub struct Place(pub TempDir);

impl Place {
    pub fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    /// One where the demo shop was loaded by a first start, and stopped.
    pub async fn with_demo() -> Self {
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

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn command(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Command {
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

    pub fn run(&self, arguments: &[&str], settings: &[(&str, &str)], input: &str) -> Ended {
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
    pub fn ok(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments, &[], "");
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.errors);
        ended.output
    }

    /// Starts a server on a free port. It logs into the file `log`.
    pub fn serve(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Serving {
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

    pub fn log(&self) -> String {
        fs::read_to_string(self.file("log")).expect("a log")
    }

    /// How many rows there are of what the demo shop makes; the server must have stopped.
    pub async fn counts(&self) -> Vec<(&'static str, u64)> {
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

/// What a run of the program came to.
pub struct Ended {
    pub code: Option<i32>,
    pub output: String,
    pub errors: String,
}

/// A running server; killed when dropped.
pub struct Serving {
    pub child: Child,
    pub url: String,
    pub output: BufReader<ChildStdout>,
}

impl Serving {
    pub fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(
            status.expect("a shell").success(),
            "the server is there to be signaled"
        );
    }

    /// Signals, and waits for the end; gives the exit code.
    pub fn stop(self, signal: &str) -> Option<i32> {
        self.signal(signal);
        self.ended().0
    }

    /// Waits for the end; gives the exit code and what was printed since the start.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("text");
        (self.child.wait().expect("the server ends").code(), rest)
    }

    pub async fn send(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let sent = post(&reqwest::Client::new(), &self.url, token, query, &variables).await;
        sent.expect("the server answers")
    }

    /// Sends an operation that succeeds; gives its data.
    pub async fn run(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let answer = self.send(token, query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}: {answer:#}");
        answer["data"].clone()
    }

    /// Signs in; gives the access token, or nothing if the password is wrong.
    pub async fn sign_in(&self, user_id: &str, password: &str) -> Option<String> {
        let query = "mutation($input: SignInInput!) { signIn(input: $input) {
            session { accessToken } userErrors { code } } }";
        let input = json!({ "input": { "userId": user_id, "password": password } });
        let data = self.run(None, query, input).await;
        data["signIn"]["session"]["accessToken"]
            .as_str()
            .map(str::to_owned)
    }

    pub async fn role(&self, user_id: &str, password: &str) -> Value {
        let token = self.sign_in(user_id, password).await.expect("signed in");
        self.run(Some(&token), "{ me { role } }", json!({})).await["me"]["role"].clone()
    }

    pub async fn status(&self, path: &str) -> u16 {
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

pub async fn post(
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

pub const PLACE_ORDER: &str = "mutation($input: PlaceOrderInput!) { placeOrder(input: $input) {
    order { id } userErrors { code } } }";

/// The id of the cheapest option of which there are hundreds.
pub async fn cheapest_of_many(server: &Serving) -> Value {
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
