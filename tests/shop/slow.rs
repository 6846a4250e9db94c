//! Queries that take too long: whoever asked is told so, and neither the database nor a connection to it goes on with what
//! nobody waits for. Here it is the shop window that never comes to an end.

use std::time::Duration;

use jangteo::{config::Limits, rate::RateLimits};
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::{Database, PATIENCE, Shop, Socket};

pub const PRODUCTS: &str = "{ products(first: 1) { nodes { id } } }";

const ABANDONED: &str = "jangteo_graphql_operations_total{kind=\"query\",outcome=\"abandoned\"}";

/// A shop whose products nobody can read to the end, and another's connection to its database.
pub struct EndlessShop {
    pub shop: Shop,
    database: DatabaseConnection,
}

impl EndlessShop {
    pub async fn open(database: Database, query_within: Duration, rates: RateLimits) -> Self {
        let limits = Limits {
            query_within,
            instant_charge: true,
            ..Limits::default()
        };
        let shop = Shop::open_within(database, limits, rates).await;
        shop.product("셔츠", &[("M", 1_000, 5)]).await;
        // Read once, so that the server knows its statements.
        shop.anonymous().run(PRODUCTS, json!({})).await;
        let database = shop.database.connect_alone().await;
        let endless = match database.get_database_backend() {
            DbBackend::Sqlite => {
                "CREATE VIEW product AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                SELECT shelf.* FROM n CROSS JOIN shelf WHERE n.i < 0"
            }
            _ => {
                "CREATE VIEW product AS SELECT shelf.* FROM shelf WHERE pg_sleep(3600)::text = ''"
            }
        };
        for statement in ["ALTER TABLE product RENAME TO shelf", endless] {
            let done = database.execute_unprepared(statement).await;
            done.expect("the shop window has no end");
        }
        Self { shop, database }
    }

    /// Waits until no connection of the server's is in use, and nothing of what it asked for goes on in the database.
    async fn until_nothing_goes_on(&self) {
        let until = async {
            while self.asleep().await > 0 || self.busy() > 0 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        let over = timeout(PATIENCE, until).await;
        let (asleep, busy) = (self.asleep().await, self.busy());
        assert!(over.is_ok(), "{asleep} go on, {busy} are busy");
    }

    /// How many connections of the server's are in use.
    fn busy(&self) -> usize {
        let reader = self.shop.app().db.reader();
        let (open, idle) = if reader.get_database_backend() == DbBackend::Sqlite {
            let pool = reader.get_sqlite_connection_pool();
            (pool.size(), pool.num_idle())
        } else {
            let pool = reader.get_postgres_connection_pool();
            (pool.size(), pool.num_idle())
        };
        (open as usize).saturating_sub(idle)
    }

    /// How many statements PostgreSQL works on that have no end.
    async fn asleep(&self) -> i64 {
        if self.database.get_database_backend() == DbBackend::Sqlite {
            return 0;
        }
        let sleeping = "SELECT count(*) AS number FROM pg_stat_activity \
            WHERE datname = current_database() AND wait_event = 'PgSleep'";
        let statement = Statement::from_string(DbBackend::Postgres, sleeping);
        let row = self.database.query_one_raw(statement).await;
        let row = row.expect("PostgreSQL answers").expect("a row");
        row.try_get("", "number").expect("a number")
    }
}

fn code(body: &Value) -> &Value {
    &body["errors"][0]["extensions"]["code"]
}

both! {
    async fn a_query_that_takes_too_long_is_answered_and_stopped(database: Database) {
        let slow = EndlessShop::open(database, Duration::from_secs(1), RateLimits::none()).await;
        let shop = &slow.shop;
        let ask = async |accept: &str| {
            let request = reqwest::Client::new().post(shop.url("/graphql")).header("accept", accept);
            let answer = request.json(&json!({ "query": PRODUCTS })).send().await.expect("an answer");
            (answer.status(), answer.json::<Value>().await.expect("JSON"))
        };
        let (status, body) = ask("application/json").await;
        assert_eq!((status, code(&body)), (StatusCode::OK, &json!("TIMEOUT")), "{body:#}");
        assert!(body.get("data").is_none(), "{body:#}");
        let (status, body) = ask("application/graphql-response+json").await;
        assert_eq!((status, code(&body)), (StatusCode::SERVICE_UNAVAILABLE, &json!("TIMEOUT")), "{body:#}");
        slow.until_nothing_goes_on().await;
        assert!(shop.figure(ABANDONED).await < 0.5, "both were answered");
        // More than there are connections, one after the other: each has given its own back.
        for _ in 0..crate::support::CONNECTIONS {
            let (_, body) = ask("application/json").await;
            assert_eq!(code(&body), "TIMEOUT", "{body:#}");
        }
        slow.until_nothing_goes_on().await;
        shop.anonymous().run("{ stores { totalCount } }", json!({})).await;
    }

    async fn a_change_takes_as_long_as_it_takes(database: Database) {
        let limits = Limits { query_within: Duration::ZERO, instant_charge: true, ..Limits::default() };
        let shop = Shop::open_with(database, limits).await;
        let mina = shop.member().await;
        assert_eq!(mina.charge(1_000, "key").await, 1_000);
    }

    async fn nothing_goes_on_for_who_has_hung_up(database: Database) {
        let slow = EndlessShop::open(database, Limits::default().query_within, RateLimits::none()).await;
        let shop = &slow.shop;
        let body = json!({ "query": PRODUCTS }).to_string();
        let mut line = TcpStream::connect(shop.address()).await.expect("a connection");
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        line.write_all(request.as_bytes()).await.expect("the request is sent");
        let mut socket = Socket::open(shop.address()).await;
        socket.enter(None).await;
        socket.subscribe("1", PRODUCTS, json!({})).await;
        socket.expect_silence().await;
        drop(line);
        socket.send(json!({ "id": "1", "type": "complete" })).await;
        shop.until_figure(ABANDONED, 2.0).await;
        slow.until_nothing_goes_on().await;
        socket.subscribe("2", "{ stores { totalCount } }", json!({})).await;
        assert_eq!(socket.message().await["id"], "2", "nothing was told of the first");
    }
}
