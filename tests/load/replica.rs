//! A real streaming replica: what may be old is read there, what may not is not, and whatever becomes of the replica,
//! nobody's query fails.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use jangteo::config::Limits;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tokio::{
    task::{JoinHandle, block_in_place},
    time::{Instant, sleep},
};

use crate::{
    cluster::Cluster,
    crash::migrate,
    crowd::{sign_in, sign_up},
    program::Program,
    support::{Client, Database, Shop, TestDatabase},
    turn,
};

/// An age that no replica reaches in a test, and the least that can be set.
const PATIENT: &str = "3600000";
const HASTY: &str = "2000";

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_mins(2);

const FIGURES: &str = include_str!("../../docs/metrics.md");

const PRICE: &str = "query($id: ID!) { product(id: $id) { price } }";
const LIST: &str = "{ products { nodes { price } totalCount } }";

#[tokio::test(flavor = "multi_thread")]
async fn only_what_may_be_old_is_read_from_a_replica_that_stands_still() {
    let _turn = turn().await;
    let (primary, standby) = block_in_place(pair);
    let street = Street::open(&primary).await;
    let server = serve(&primary, &standby.url, PATIENT);
    until_ready(&server, "replica: in use").await;
    let merchant = sign_in(server.address, "merchant0").await;
    let mina = sign_up(server.address, 1).await;
    let anybody = Client::new(server.address, None);

    replay(&standby, "pause").await;
    // The merchant sees the new price, in the answer and afterwards.
    let changed = street.set_price(&merchant, 2_000).await;
    assert_eq!(changed["price"], 2_000);
    let id = json!({ "id": street.product });
    assert_eq!(
        merchant.run(PRICE, id.clone()).await["product"]["price"],
        2_000
    );
    // Whoever looks into the window sees the old one: it is the replica that answers.
    for client in [&anybody, &mina] {
        assert_eq!(
            client.run(PRICE, id.clone()).await["product"]["price"],
            1_000
        );
        let list = client.run(LIST, json!({})).await;
        assert_eq!(list["products"]["nodes"][0]["price"], 1_000);
    }
    // Beside one's own things everything is new.
    let beside = "query($id: ID!) { me { id } product(id: $id) { price } }";
    assert_eq!(
        mina.run(beside, id.clone()).await["product"]["price"],
        2_000
    );

    // Cart, points, orders, and stock, which one acts on.
    assert_eq!(mina.charge(10_000, "charge").await, 10_000);
    let input = json!({ "optionId": street.option, "quantity": 2 });
    let added = mina.mutate("addToCart", input, "cart { total }").await;
    assert_eq!(added["cart"]["total"], 4_000);
    let cart = mina.run(
        "{ cart { total items { option { product { price } } } } }",
        json!({}),
    );
    let cart = cart.await;
    assert_eq!(cart["cart"]["total"], 4_000);
    assert_eq!(
        cart["cart"]["items"][0]["option"]["product"]["price"],
        2_000
    );
    let placed = mina.place(json!({ "idempotencyKey": "first" })).await;
    assert_eq!(placed["order"]["itemsTotal"], 4_000, "{placed:#}");
    assert_eq!(mina.balance().await, 6_000);
    let orders = mina.run("{ orders { totalCount } }", json!({})).await;
    assert_eq!(orders["orders"]["totalCount"], 1);
    let stock =
        "query($id: ID!) { product(id: $id) { price stockQuantity options { stockQuantity } } }";
    let seen = anybody.run(stock, id.clone()).await;
    let expected =
        json!({ "price": 1_000, "stockQuantity": 8, "options": [{ "stockQuantity": 8 }] });
    assert_eq!(seen["product"], expected);

    // What the replica does not have yet is there for whoever was sent its address, whole.
    let new = street.add_product(&merchant).await;
    let whole = "query($id: ID!) { product(id: $id) { price options { name } store { name } } }";
    let seen = anybody.run(whole, json!({ "id": new })).await;
    assert_eq!(seen["product"]["options"][0]["name"], "하나", "{seen:#}");
    assert!(seen["product"]["store"]["name"].is_string(), "{seen:#}");
    let list = anybody.run(LIST, json!({})).await;
    assert_eq!(
        list["products"]["totalCount"], 1,
        "in the window it stands later"
    );

    replay(&standby, "resume").await;
    until(async || anybody.run(LIST, json!({})).await["products"]["totalCount"] == 2).await;
    assert_eq!(anybody.run(PRICE, id).await["product"]["price"], 2_000);
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_stands_still_or_dies_is_left_out_and_comes_back() {
    let _turn = turn().await;
    let (primary, mut standby) = block_in_place(pair);
    let street = Street::open(&primary).await;
    let server = serve(&primary, &standby.url, HASTY);
    until_ready(&server, "replica: in use").await;
    let merchant = sign_in(server.address, "merchant0").await;
    let anybody = Client::new(server.address, None);
    let id = json!({ "id": street.product });
    let visitors = Visitors::come(&anybody, &street.product);
    until(async || figure(&server, "jangteo_replica_reads_total").await > 10).await;

    // Standing still, it is left out once it is too old, and not before it misses something.
    replay(&standby, "pause").await;
    street.set_price(&merchant, 2_000).await;
    until_ready(&server, "replica: left out").await;
    assert_eq!(figure(&server, "jangteo_replica_in_use").await, 0);
    assert_eq!(
        anybody.run(PRICE, id.clone()).await["product"]["price"],
        2_000
    );
    replay(&standby, "resume").await;
    until_ready(&server, "replica: in use").await;
    assert_eq!(
        anybody.run(PRICE, id.clone()).await["product"]["price"],
        2_000
    );

    for price in [3_000, 4_000, 5_000] {
        let visits = visitors.visits();
        block_in_place(|| standby.kill());
        until_ready(&server, "replica: left out").await;
        street.set_price(&merchant, price).await;
        assert_eq!(
            anybody.run(PRICE, id.clone()).await["product"]["price"],
            price
        );
        until(async || visitors.visits() > visits + 20).await;

        block_in_place(|| standby.start_again());
        until_ready(&server, "replica: in use").await;
        assert_eq!(
            anybody.run(PRICE, id.clone()).await["product"]["price"],
            price
        );
        let reads = figure(&server, "jangteo_replica_reads_total").await;
        until(async || figure(&server, "jangteo_replica_reads_total").await > reads).await;
    }
    // None of them was told anything but a price.
    visitors.leave().await;
    are_figures_written_down(&server).await;
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_shop_grows_no_older() {
    let _turn = turn().await;
    let (primary, standby) = block_in_place(pair);
    Street::open(&primary).await;
    let server = serve(&primary, &standby.url, HASTY);
    until_ready(&server, "replica: in use").await;
    // Nothing is written, so nothing is missed, even by a replica that replays nothing: however long it takes.
    replay(&standby, "pause").await;
    let limit = Duration::from_millis(HASTY.parse().expect("a number"));
    let begun = Instant::now();
    while begun.elapsed() < 2 * limit {
        sleep(Duration::from_millis(100)).await;
    }
    until_ready(&server, "replica: in use").await;
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_no_replica_of_the_shop_is_never_read() {
    let _turn = turn().await;
    let database = Database::Postgres.create().await;
    let strangers = Database::Postgres.create().await;
    let shop = Shop::open_at(database.again(), Limits::default()).await;
    let product = shop.product("사과", &[("하나", 1_000, 10)]).await;
    shop.stop().await;
    let other = Shop::open_at(strangers.again(), Limits::default()).await;
    for name in ["배", "감"] {
        other.product(name, &[("하나", 9_000, 10)]).await;
    }
    other.stop().await;
    // Another database; the primary itself; nobody.
    for url in [
        &*strangers.url,
        &database.url,
        "postgres://jangteo@127.0.0.1:1/shop",
    ] {
        let flags = ["--database-replica-url", url];
        let server = Program::start_with(&database.url, &flags);
        until_ready(&server, "replica: left out, it").await;
        let anybody = Client::new(server.address, None);
        let list = anybody
            .run("{ products { nodes { id } } }", json!({}))
            .await;
        let expected = json!([{ "id": product.id.to_string() }]);
        assert_eq!(list["products"]["nodes"], expected);
        assert_eq!(figure(&server, "jangteo_replica_reads_total").await, 0);
        server.stop();
    }
}

/// A primary and its replica.
fn pair() -> (Cluster, Cluster) {
    let primary = Cluster::start();
    let standby = Cluster::standby_of(&primary);
    (primary, standby)
}

fn serve(primary: &Cluster, replica: &str, lag_ms_max: &str) -> Program {
    let flags = [
        "--database-replica-url",
        replica,
        "--database-replica-lag-ms-max",
        lag_ms_max,
    ];
    Program::start_with(&primary.url, &flags)
}

/// `pause` or `resume`: whether the replica replays what it receives.
async fn replay(standby: &Cluster, what: &str) {
    let connection = TestDatabase::at(standby.url.clone()).connect_alone().await;
    let told = connection
        .execute_unprepared(&format!("SELECT pg_wal_replay_{what}()"))
        .await;
    told.expect("the replica listens");
    if what == "pause" {
        // It may be in the midst of a record.
        until(async || {
            let state = "SELECT pg_get_wal_replay_pause_state() AS state";
            let state = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, state);
            let row = connection.query_one_raw(state).await.expect("an answer");
            let state: String = row.expect("a row").try_get("", "state").expect("a state");
            state == "paused"
        })
        .await;
    }
    connection.close().await.expect("the connection closes");
}

async fn until(is_so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < PATIENCE, "it never came about");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until the server, which is ready all the time, tells so much of its replica.
async fn until_ready(server: &Program, told: &str) {
    until(async || {
        let ready = reqwest::get(format!("http://{}/readyz", server.address)).await;
        let ready = ready.expect("the server answers");
        assert_eq!(ready.status(), 200);
        ready.text().await.expect("text").contains(told)
    })
    .await;
}

/// Asserts that the documents have each figure that is told of a replica.
async fn are_figures_written_down(server: &Program) {
    let metrics = reqwest::get(format!("http://{}/metrics", server.address)).await;
    let metrics = metrics.expect("the server answers").text().await;
    let metrics = metrics.expect("text");
    let helps = metrics.lines().filter_map(|line| {
        line.strip_prefix("# HELP jangteo_replica_")?
            .split_once(' ')
    });
    let helps = helps.collect::<Vec<_>>();
    assert_eq!(helps.len(), 4, "{metrics}");
    for (name, help) in helps {
        let help = help.trim_end_matches('.');
        let row = FIGURES
            .lines()
            .find(|row| row.starts_with(&format!("| `jangteo_replica_{name}")));
        assert!(row.is_some_and(|row| row.contains(help)), "{name}: {help}");
    }
}

/// A figure of `/metrics`.
async fn figure(server: &Program, name: &str) -> u64 {
    let metrics = reqwest::get(format!("http://{}/metrics", server.address)).await;
    let metrics = metrics.expect("the server answers").text().await;
    let metrics = metrics.expect("text");
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    let figure = line.unwrap_or_else(|| panic!("{name} in {metrics}"));
    figure.trim().parse().expect("a whole number")
}

/// A shop with one store, which sells one thing.
struct Street {
    store: String,
    product: String,
    option: String,
}

impl Street {
    async fn open(primary: &Cluster) -> Self {
        let database = TestDatabase::at(primary.url.clone());
        migrate(&database).await;
        let shop = Shop::open_at(database, Limits::default()).await;
        let product = shop.product("사과", &[("하나", 1_000, 10)]).await;
        shop.stop().await;
        Self {
            store: product.store_id.to_string(),
            product: product.id.to_string(),
            option: product.options[0].to_string(),
        }
    }

    /// Gives the product as the merchant is told of it.
    async fn set_price(&self, merchant: &Client, price: i64) -> Value {
        let option = json!({ "id": self.option, "name": "하나", "price": price });
        let input = json!({ "productId": self.product, "options": [option] });
        let changed = merchant
            .mutate("updateProduct", input, "product { price }")
            .await;
        assert_eq!(changed["userErrors"], json!([]), "{changed:#}");
        changed["product"].clone()
    }

    /// Gives the new product's id.
    async fn add_product(&self, merchant: &Client) -> Value {
        let option = json!({ "name": "하나", "price": 500, "stockQuantity": 1 });
        let input = json!({ "storeId": self.store, "name": "배", "options": [option] });
        let made = merchant
            .mutate("createProduct", input, "product { id }")
            .await;
        made["product"]["id"].clone()
    }
}

/// People who look into the window all the time.
struct Visitors {
    visits: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    visiting: Vec<JoinHandle<()>>,
}

impl Visitors {
    fn come(client: &Client, product: &str) -> Self {
        let visits = Arc::new(AtomicU64::new(0));
        let is_over = Arc::new(AtomicBool::new(false));
        let visit = |_| {
            let (client, product) = (client.clone(), product.to_owned());
            let (visits, is_over) = (visits.clone(), is_over.clone());
            tokio::spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    let seen = client.run(PRICE, json!({ "id": product })).await;
                    assert!(seen["product"]["price"].is_i64(), "{seen:#}");
                    let seen = client.run(LIST, json!({})).await;
                    assert_eq!(seen["products"]["totalCount"], 1, "{seen:#}");
                    visits.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        Self {
            visiting: (0..4).map(visit).collect(),
            visits,
            is_over,
        }
    }

    fn visits(&self) -> u64 {
        self.visits.load(Ordering::Relaxed)
    }

    async fn leave(self) {
        self.is_over.store(true, Ordering::Relaxed);
        for visiting in self.visiting {
            visiting.await.expect("each visit was answered");
        }
    }
}
