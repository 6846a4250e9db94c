//! Every setting and every limit, with its default, its unit and its reason.
//!
//! A setting is a flag of `jangteo serve` or an environment variable; the flag wins. All of them are
//! checked before anything starts, and a wrong one is named in the error.

use std::{fmt, net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use entity::Won;
use sea_orm::sqlx::postgres::PgConnectOptions;

use crate::{
    event::NatsSettings,
    graphql::{DocumentRules, DocumentSettings},
    http::cors::Origins,
    listener::{ListenerLimits, ListenerSettings},
    outbox::PlatformSettings,
    payment::PaymentSettings,
    picture::PictureSettings,
    rate::RateSettings,
};

/// Which database to use: asked by every command that touches one.
#[derive(Args, Clone, Debug)]
pub struct DatabaseSettings {
    /// The database: a SQLite file, or a PostgreSQL server for many instances.
    ///
    /// Examples: `sqlite://jangteo.db`, `postgres://user:password@db.example/jangteo`
    #[arg(
        long,
        env = "DATABASE_URL",
        default_value = "sqlite://jangteo.db",
        hide_env_values = true
    )]
    pub database_url: String,

    /// Connections to PostgreSQL, or parallel readers on SQLite (1 to 500). More than the database
    /// has cores to serve only queues there instead of here.
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub database_connections: u32,
}

impl DatabaseSettings {
    /// The URL, if it is one of a database that can be used. Not checked while the command line is read: what
    /// is wrong there is printed, and the URL may hold a password.
    ///
    /// # Errors
    /// What is wrong, naming the setting.
    pub fn checked_url(&self) -> Result<&str, String> {
        let url = self.database_url.as_str();
        if url.contains(":memory:") || url.contains("mode=memory") {
            return Err(
                "DATABASE_URL: SQLite in memory cannot be read and written side by side; \
                        name a file, as in sqlite://jangteo.db"
                    .into(),
            );
        }
        if ["sqlite:", "postgres://", "postgresql://"]
            .iter()
            .any(|scheme| url.starts_with(scheme))
        {
            Ok(url)
        } else {
            Err("DATABASE_URL must begin with sqlite:// or postgres://".into())
        }
    }

    /// Where SQLite keeps its file; `None` on PostgreSQL.
    #[must_use]
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        let path = self.database_url.strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        Some(PathBuf::from(path.split('?').next().unwrap_or(path)))
    }

    /// Where PostgreSQL is to be found: its host and port, or its socket; `None` on SQLite.
    #[must_use]
    pub fn postgres_server(&self) -> Option<String> {
        if self.sqlite_file().is_some() {
            return None;
        }
        let options = self.database_url.parse::<PgConnectOptions>().ok()?;
        Some(match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        })
    }
}

/// What `jangteo serve` can be told.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct ServeSettings {
    /// The address and port to listen on; port 0 takes a free one.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT", value_parser = listen_address)]
    pub listen: SocketAddr,

    #[command(flatten)]
    pub database: DatabaseSettings,

    /// A streaming replica of DATABASE_URL's PostgreSQL, which answers what may be a little old: the catalog and what
    /// sells most, for whoever runs no store.
    #[arg(
        long,
        env = "DATABASE_REPLICA_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_replica_url: Option<String>,

    /// How old the replica's answers may be, in milliseconds (2000 to 3600000); an older replica is left out until it
    /// has caught up. How old they are is measured twice a second.
    #[arg(long, env = "DATABASE_REPLICA_LAG_MS_MAX", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(2_000..=3_600_000))]
    pub database_replica_lag_ms_max: u64,

    /// Load the demo shop on the first start, and allow instant charging.
    #[arg(long)]
    pub demo: bool,

    /// Where the demo's sandbox listens, which plays the payment gateways: by default on the port after the shop's.
    #[arg(long, env = "SANDBOX_LISTEN", value_name = "ADDRESS:PORT", value_parser = listen_address)]
    pub sandbox_listen: Option<SocketAddr>,

    /// Bring the database's schema up to date before serving. Without it the server starts but is not
    /// ready until `jangteo migrate up` was run.
    #[arg(long, env = "AUTO_MIGRATE", default_value_t = true, action = clap::ArgAction::Set)]
    pub auto_migrate: bool,

    /// The key that access tokens are signed with: a secret of at least 32 bytes (HS256), or an Ed25519 private key in PEM
    /// (EdDSA). On SQLite a secret is made where it is missing and kept beside the file; on PostgreSQL, where instances
    /// share it, it is required.
    #[arg(long, env = "JWT_SECRET", hide_env_values = true)]
    pub jwt_secret: Option<Secret>,

    /// Another key whose tokens are good as well, while one takes the other's place.
    #[arg(long, env = "JWT_ACCEPTED_SECRET", hide_env_values = true)]
    pub jwt_accepted_secret: Option<Secret>,

    /// How long an access token is good for, in minutes (1 to 1440). Short, because it cannot be called
    /// back.
    #[arg(long, env = "ACCESS_TOKEN_MINUTES", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub access_token_minutes: u32,

    /// How long a refresh token is good for, in days (1 to 365): how long a member may stay away and
    /// still be signed in.
    #[arg(long, env = "REFRESH_TOKEN_DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=365))]
    pub refresh_token_days: u32,

    /// Let members charge points at once, without a payment. For demos and tests only.
    #[arg(long, env = "INSTANT_CHARGE", default_value_t = false, action = clap::ArgAction::Set)]
    pub instant_charge: bool,

    /// Say it twice: on PostgreSQL, where shops are real, INSTANT_CHARGE needs this as well.
    #[arg(long, env = "INSTANT_CHARGE_CONFIRMED", default_value_t = false, action = clap::ArgAction::Set)]
    pub instant_charge_confirmed: bool,

    /// The least that one charge takes, in won: below it, fees eat the charge.
    #[arg(long, env = "CHARGE_MIN", default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(1..=1_000_000_000))]
    pub charge_min: i64,

    /// The most that one charge takes, in won: what a stolen card can lose at once.
    #[arg(long, env = "CHARGE_MAX", default_value_t = 5_000_000, value_parser = clap::value_parser!(i64).range(1..=1_000_000_000))]
    pub charge_max: i64,

    /// The most that a member's balance may reach by charging, in won.
    #[arg(long, env = "BALANCE_MAX", default_value_t = 10_000_000, value_parser = clap::value_parser!(i64).range(1..=1_000_000_000_000))]
    pub balance_max: i64,

    /// The most pieces of one option in a cart line or an order line.
    #[arg(long, env = "LINE_QUANTITY_MAX", default_value_t = 999, value_parser = clap::value_parser!(i32).range(1..=1_000_000))]
    pub line_quantity_max: i32,

    /// How long a gift may be used, in days (1 to 3650); unused it goes back to who sent it, in points.
    #[arg(long, env = "GIFT_DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub gift_days: u32,

    /// Orders that may wait to be placed; beyond it a client is told at once to come again (OVERLOADED).
    #[arg(long, env = "ORDER_QUEUE", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub order_queue: u32,

    /// The most orders that share one commit (1 to 1000). More gain little and wait longer.
    #[arg(long, env = "ORDER_BATCH", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub order_batch: u32,

    /// How long an order may wait before it is refused untried, in milliseconds (TIMEOUT).
    #[arg(long, env = "ORDER_DEADLINE_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    pub order_deadline_ms: u64,

    /// How long a query may take, in seconds (1 to 600); then it is answered with TIMEOUT, and the database stops as well.
    /// By default longer than a query waits for a connection, so that whoever finds none is told OVERLOADED. What changes
    /// something is never stopped half-way.
    #[arg(long, env = "QUERY_SECONDS_MAX", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub query_seconds_max: u64,

    /// The largest request body, in bytes: a hundred order lines take about 8 KiB.
    #[arg(long, env = "BODY_BYTES_MAX", default_value_t = 256 * 1024, value_parser = clap::value_parser!(u64).range(1024..=64 * 1024 * 1024))]
    pub body_bytes_max: u64,

    /// The sites whose pages may ask this server from a browser, as browsers write them, separated by commas; `*` for all.
    /// None but its own by default; with --demo, all.
    ///
    /// Example: `https://shop.example,https://admin.shop.example`
    #[arg(long, env = "CORS_ORIGINS", value_delimiter = ',')]
    pub cors_origins: Vec<String>,

    /// How long a stop waits for requests in flight, in seconds.
    #[arg(long, env = "STOP_SECONDS", default_value_t = 25, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub stop_seconds: u64,

    /// How long a stop goes on as if nothing were, but for `/readyz`, which says no, in seconds (0 to 600): as long
    /// as a load balancer takes to notice, and to send nobody here any more. It comes before STOP_SECONDS.
    #[arg(long, env = "DRAIN_SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub drain_seconds: u64,

    #[command(flatten)]
    pub documents: DocumentSettings,

    #[command(flatten)]
    pub rates: RateSettings,

    #[command(flatten)]
    pub listeners: ListenerSettings,

    #[command(flatten)]
    pub payments: PaymentSettings,

    #[command(flatten)]
    pub platform: PlatformSettings,

    #[command(flatten)]
    pub pictures: PictureSettings,

    #[command(flatten)]
    pub nats: NatsSettings,

    #[command(flatten)]
    pub log: LogSettings,

    #[command(flatten)]
    pub traces: TraceSettings,
}

fn listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "write an IP address and a port, as in 127.0.0.1:8080")
}

/// What the log says and how.
#[derive(Args, Clone, Debug)]
pub struct LogSettings {
    /// What is logged: a level, or levels by module as in RUST_LOG. By default of the database's libraries
    /// only what is wrong.
    #[arg(
        long,
        env = "LOG",
        default_value = "info,sea_orm_migration=warn,sqlx=warn"
    )]
    pub log: String,

    /// How it is written: for people, or a JSON object a line for collectors.
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// Whether traces are sent, and of what.
#[derive(Args, Clone, Debug)]
pub struct TraceSettings {
    /// The collector that traces are sent to, by OTLP over HTTP: the URL below which its /v1/traces is. Without it
    /// there are no traces, and they cost nothing.
    ///
    /// Example: `http://collector.example:4318`
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL", value_parser = collector)]
    pub otel_exporter_otlp_endpoint: Option<String>,

    /// The share of requests that are traced, from 0 to 1, where their sender has not decided it. Each takes some
    /// kilobytes at the collector.
    #[arg(long, env = "TRACE_RATIO", default_value_t = 1.0, value_parser = ratio)]
    pub trace_ratio: f64,
}

fn collector(text: &str) -> Result<String, &'static str> {
    let is_url = ["http://", "https://"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    is_url
        .then(|| text.to_owned())
        .ok_or("write a URL, as in http://collector.example:4318")
}

fn ratio(text: &str) -> Result<f64, &'static str> {
    let ratio = text
        .parse()
        .ok()
        .filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or("write a number from 0 to 1, as in 0.1")
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// The shop's limits, as the use cases want them.
#[derive(Clone, Debug)]
pub struct Limits {
    pub access_token: Duration,
    pub refresh_token: Duration,
    pub instant_charge: bool,
    /// How long a member has to pay at a gateway.
    pub payment_within: Duration,
    pub charge_min: Won,
    pub charge_max: Won,
    pub balance_max: Won,
    pub line_quantity_max: i32,
    /// How long a gift may be used.
    pub gift_valid: Duration,
    pub order_queue: usize,
    pub order_batch: usize,
    pub order_deadline: Duration,
    pub documents: DocumentRules,
    /// How long a query may take.
    pub query_within: Duration,
    pub listeners: ListenerLimits,
}

/// Lines in one order or one cart.
pub const LINES_MAX: usize = 100;

/// Nodes on one page of a connection.
pub const PAGE_MAX: usize = 100;

/// Nodes on a page where the client does not say how many.
pub const PAGE_DEFAULT: usize = 20;

/// How many entries a list is taken to have that has no page, in what a query costs: most orders have fewer items, and most
/// products fewer options.
pub const LIST_ASSUMED: usize = 10;

/// How many documents are kept so that they need not be read again: more than a shop's apps have operations.
pub const DOCUMENTS_KEPT: NonZeroUsize = NonZeroUsize::new(500).unwrap();

/// How long all documents together may be that are kept, in bytes: read, they take some ten times as much.
pub const DOCUMENTS_KEPT_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The longest document that is kept, in bytes: those of apps with all their fragments are shorter.
pub const DOCUMENT_KEPT_BYTES_MAX: usize = 64 * 1024;

impl ServeSettings {
    /// The replica's URL, if there is one and it can be used.
    ///
    /// # Errors
    /// What is wrong, naming the setting; not the URL, which may hold a password.
    pub fn checked_replica_url(&self) -> Result<Option<&str>, String> {
        let Some(url) = self.database_replica_url.as_deref() else {
            return Ok(None);
        };
        if self.database.sqlite_file().is_some() {
            return Err(
                "DATABASE_REPLICA_URL: only PostgreSQL has replicas; DATABASE_URL is SQLite".into(),
            );
        }
        if url.parse::<PgConnectOptions>().is_err() || !url.starts_with("postgres") {
            return Err(
                "DATABASE_REPLICA_URL must be a URL that begins with postgres://, as DATABASE_URL"
                    .into(),
            );
        }
        Ok(Some(url))
    }

    /// The sites whose pages may ask.
    ///
    /// # Errors
    /// What is wrong, naming the setting.
    pub fn origins(&self) -> Result<Origins, String> {
        if self.demo && self.cors_origins.is_empty() {
            return Ok(Origins::Any);
        }
        Origins::read(&self.cors_origins)
    }

    /// Where the demo's sandbox listens.
    #[must_use]
    pub fn sandbox_address(&self) -> SocketAddr {
        self.sandbox_listen.unwrap_or_else(|| {
            let port = match self.listen.port() {
                0 => 0,
                port => port.checked_add(1).unwrap_or_default(),
            };
            SocketAddr::new(self.listen.ip(), port)
        })
    }

    /// The limits that follow from the settings.
    ///
    /// # Errors
    /// What is wrong, naming the settings, when they contradict each other.
    pub fn limits(&self) -> Result<Limits, String> {
        if self.charge_min > self.charge_max {
            return Err("CHARGE_MIN is above CHARGE_MAX: no charge would be possible.".into());
        }
        if self.charge_max > self.balance_max {
            return Err("CHARGE_MAX is above BALANCE_MAX: lower it, or raise BALANCE_MAX.".into());
        }
        let instant_charge = self.demo || self.instant_charge;
        if instant_charge && self.database.sqlite_file().is_none() && !self.instant_charge_confirmed
        {
            return Err(
                "INSTANT_CHARGE makes money out of nothing, and this is PostgreSQL: if that is what you \
                 want, as in a test, set INSTANT_CHARGE_CONFIRMED=true as well."
                    .into(),
            );
        }
        let documents = self.documents.rules(self.demo);
        let documents = documents.map_err(|wrong| wrong.to_string())?;
        Ok(Limits {
            access_token: Duration::from_mins(u64::from(self.access_token_minutes)),
            refresh_token: Duration::from_hours(24 * u64::from(self.refresh_token_days)),
            instant_charge,
            payment_within: Duration::from_mins(u64::from(self.payments.payment_minutes)),
            charge_min: Won(self.charge_min),
            charge_max: Won(self.charge_max),
            balance_max: Won(self.balance_max),
            line_quantity_max: self.line_quantity_max,
            gift_valid: Duration::from_hours(24 * u64::from(self.gift_days)),
            order_queue: self.order_queue as usize,
            order_batch: self.order_batch as usize,
            order_deadline: Duration::from_millis(self.order_deadline_ms),
            documents,
            query_within: Duration::from_secs(self.query_seconds_max),
            listeners: self.listeners.limits(),
        })
    }
}

impl Default for Limits {
    /// The limits of a server that is told nothing.
    fn default() -> Self {
        Self {
            access_token: Duration::from_mins(15),
            refresh_token: Duration::from_hours(24 * 30),
            instant_charge: false,
            payment_within: Duration::from_mins(15),
            charge_min: Won(1_000),
            charge_max: Won(5_000_000),
            balance_max: Won(10_000_000),
            line_quantity_max: 999,
            gift_valid: Duration::from_hours(24 * 90),
            order_queue: 10_000,
            order_batch: 256,
            order_deadline: Duration::from_secs(10),
            documents: DocumentRules::default(),
            query_within: Duration::from_secs(15),
            listeners: ListenerLimits::default(),
        }
    }
}

/// Bytes that are never printed.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it keeps no secret as a signing key: it is too short, or nothing but blanks. A key that was drawn may
    /// begin or end with what looks like a blank.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.0.len() < SECRET_BYTES_MIN || self.0.trim_ascii().is_empty()
    }
}

/// Takes any text: how long it is, is checked where it cannot be printed any more.
impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The fewest bytes of a signing key: as many as HS256 puts out.
pub const SECRET_BYTES_MIN: usize = 32;
