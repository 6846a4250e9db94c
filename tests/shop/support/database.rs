//! A database for each test, from a template that is migrated once.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use jangteo::db::Db;
use sea_orm::{ConnectOptions, ConnectionTrait, Database as Connection, DatabaseConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Connections of each test's server: enough to run into one another.
pub const CONNECTIONS: u32 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// An empty, migrated database of one's own; gone when dropped.
pub struct TestDatabase {
    pub url: String,
    /// Where SQLite's file is.
    _folder: Option<TempDir>,
}

impl Database {
    /// Itself, for tests that open shops of their own.
    pub async fn open(self) -> Self {
        self
    }

    pub async fn create(self) -> TestDatabase {
        match self {
            Self::Sqlite => create_sqlite().await,
            Self::Postgres => create_postgres().await,
        }
    }

    /// One without a schema.
    pub async fn create_empty(self) -> TestDatabase {
        match self {
            Self::Sqlite => new_sqlite(),
            Self::Postgres => new_postgres("template0").await,
        }
    }
}

impl TestDatabase {
    /// One that is there already.
    pub fn at(url: String) -> Self {
        Self { url, _folder: None }
    }

    /// The same database for one more server. It is gone with the first.
    pub fn again(&self) -> Self {
        Self::at(self.url.clone())
    }

    /// One connection, whose settings are its own.
    pub async fn connect_alone(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(&self.url);
        options.max_connections(1).sqlx_logging(false);
        Connection::connect(options)
            .await
            .expect("the test's database opens")
    }

    pub async fn connect(&self) -> Db {
        Db::connect(&self.url, CONNECTIONS)
            .await
            .expect("the test's database opens")
    }
}

async fn create_sqlite() -> TestDatabase {
    static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
    let template = TEMPLATE.get_or_init(async || {
        let database = new_sqlite();
        let db = database.connect().await;
        db.migrate().await.expect("migrations apply");
        db.close().await.expect("the template closes");
        std::fs::read(sqlite_file(&database)).expect("the template is a file")
    });
    let database = new_sqlite();
    std::fs::write(sqlite_file(&database), template.await).expect("the template is copied");
    database
}

fn new_sqlite() -> TestDatabase {
    let folder = TempDir::new().expect("a temporary folder");
    let url = format!("sqlite://{}", folder.path().join("shop.db").display());
    TestDatabase {
        url,
        _folder: Some(folder),
    }
}

fn sqlite_file(database: &TestDatabase) -> &Path {
    Path::new(database.url.trim_start_matches("sqlite://"))
}

async fn create_postgres() -> TestDatabase {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let template = TEMPLATE.get_or_init(async || {
        let database = new_postgres("template0").await;
        let db = database.connect().await;
        db.migrate().await.expect("migrations apply");
        db.close().await.expect("the template closes");
        database
            .url
            .rsplit_once('/')
            .expect("a URL has a path")
            .1
            .to_owned()
    });
    new_postgres(template.await).await
}

async fn new_postgres(template: &str) -> TestDatabase {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("jangteo_test_{}_{number}", std::process::id());
    let admin = connect_to_server().await;
    admin
        .execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
        .await
        .expect("a test may create a database");
    admin.close().await.expect("the connection closes");
    let (server, _) = server_url().rsplit_once('/').expect("a URL has a path");
    TestDatabase::at(format!("{server}/{name}"))
}

async fn connect_to_server() -> DatabaseConnection {
    Connection::connect(server_url())
        .await
        .expect("the test server of PostgreSQL answers")
}

/// The server at `TEST_DATABASE_URL`, or one of our own that ends with this process: it runs for as long as
/// the pipe to its standard input is open.
fn server_url() -> &'static str {
    static SERVER: OnceLock<(String, Option<Child>)> = OnceLock::new();
    let (url, _) = SERVER.get_or_init(|| {
        std::env::var("TEST_DATABASE_URL").map_or_else(|_| start_server(), |url| (url, None))
    });
    url
}

fn start_server() -> (String, Option<Child>) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres");
    let mut child = Command::new(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("scripts/postgres runs");
    let stdout = child.stdout.take().expect("its output is piped");
    let mut url = String::new();
    BufReader::new(stdout)
        .read_line(&mut url)
        .expect("it prints its URL");
    assert!(
        !url.is_empty(),
        "scripts/postgres could not start PostgreSQL: see above"
    );
    (url.trim().to_owned(), Some(child))
}
