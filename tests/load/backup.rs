//! Copies taken while the shop sells: each is the shop as it was at one moment, and opens as a shop.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::block_in_place;

use crate::{
    cluster::Cluster,
    crash::migrate,
    crowd::{Crowd, seed, sign_up, stock_up},
    program::{Program, assert_audit_is_clean, run},
    support::{Client, Database, TestDatabase},
    turn,
};

const BUYERS: u64 = 16;

/// What the operator is told to do.
const MANUAL: &str = include_str!("../../docs/operations.md");

/// How many copies are taken while it sells.
const COPIES: u32 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_sqlite_takes_while_the_shop_sells_is_the_shop_at_one_moment() {
    let _turn = turn().await;
    let seed = seed();
    let database = Database::Sqlite.create().await;
    let options = stock_up(&database).await;
    let server = Program::start(&database.url);
    let crowd = Crowd::gather(server.address, BUYERS, &options, seed).await;
    let mina = Mina::sign_up(&server, &options[1]).await;
    let folder = TempDir::new().expect("a temporary folder");
    let mut copies = Vec::<PathBuf>::new();

    let busy = crowd.begin(&[server.address]);
    let mut told = Vec::new();
    for number in 0..COPIES {
        busy.until_answered(50).await;
        told.push(mina.order(&server, number).await);
        let copy = folder.path().join(format!("copy-{number}.db"));
        let file = copy.to_str().expect("text");
        run(&["backup", file], &database.url);
        copies.push(copy);
    }
    let crowd = busy.end().await;
    crowd.check(&database).await;
    server.stop();

    for (number, copy) in (0..).zip(&copies) {
        let url = format!("sqlite://{}", copy.display());
        assert_audit_is_clean(&url);
        // What was told before is in it; what comes after is not.
        let shop = Program::start(&url);
        for (key, order) in (0..).zip(&told) {
            let again = mina.order(&shop, key).await;
            assert_eq!(
                again == *order,
                key <= number,
                "order {key} in copy {number}"
            );
        }
        shop.stop();
        assert_audit_is_clean(&url);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_backup_of_postgres_is_restored_as_the_manual_says() {
    let _turn = turn().await;
    let seed = seed();
    let cluster = block_in_place(Cluster::start);
    let database = TestDatabase::at(cluster.url.clone());
    migrate(&database).await;
    let options = stock_up(&database).await;
    let server = Program::start(&database.url);
    let crowd = Crowd::gather(server.address, BUYERS, &options, seed).await;
    let mina = Mina::sign_up(&server, &options[1]).await;
    let manual = Manual::new(&database.url);

    let busy = crowd.begin(&[server.address]);
    busy.until_answered(50).await;
    let before = mina.order(&server, 1).await;
    manual.follow("take a base backup");
    busy.until_answered(50).await;
    let after = mina.order(&server, 2).await;
    let crowd = busy.end().await;
    crowd.check(&database).await;
    server.stop();
    // The machine is gone.
    drop(cluster);

    manual.follow("restore it");
    manual.follow_as_anyone("check it");
    let shop = Program::start(&manual.restored);
    assert_eq!(mina.order(&shop, 1).await, before);
    assert_ne!(mina.order(&shop, 2).await, after);
    shop.stop();
    assert_audit_is_clean(&manual.restored);
    manual.follow("stop it");
}

/// A buyer who knows what she was told.
struct Mina {
    client: Client,
    option: String,
}

impl Mina {
    async fn sign_up(server: &Program, option: &str) -> Self {
        let client = sign_up(server.address, 1_000_000).await;
        client.charge(1_000_000, "mina").await;
        Self {
            client,
            option: option.to_owned(),
        }
    }

    /// The order of that key; its id.
    async fn order(&self, server: &Program, key: u32) -> Value {
        let line = json!({ "optionId": self.option, "quantity": 1 });
        let input = json!({ "lines": [line], "idempotencyKey": format!("mina {key:03}") });
        let placed = self.client.at(server.address).place(input).await;
        assert_eq!(placed["order"]["status"], "PAID", "{placed:#}");
        placed["order"]["id"].clone()
    }
}

/// The manual's commands, in a folder of their own.
struct Manual {
    folder: TempDir,
    database: String,
    /// Where the restored database is found.
    restored: String,
    port: u16,
}

impl Manual {
    fn new(database: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = port.local_addr().expect("an address").port();
        let (server, name) = database.rsplit_once('/').expect("a URL has a path");
        let (server, _) = server.rsplit_once(':').expect("a URL with a port");
        let folder = TempDir::new().expect("a temporary folder");
        Self {
            folder,
            database: database.to_owned(),
            restored: format!("{server}:{port}/{name}"),
            port,
        }
    }

    /// Runs the commands under the manual's `<!-- test: … -->` of that name, as PostgreSQL's own user.
    fn follow(&self, name: &str) {
        let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres"));
        script.arg("--in").arg(self.folder.path()).arg("bash");
        self.run(name, script);
    }

    /// Runs them as whoever runs `jangteo`.
    fn follow_as_anyone(&self, name: &str) {
        let mut bash = Command::new("bash");
        let program = Path::new(env!("CARGO_BIN_EXE_jangteo")).parent();
        let mut path = program.expect("a folder").as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        bash.current_dir(self.folder.path()).env("PATH", path);
        self.run(name, bash);
    }

    fn run(&self, name: &str, mut bash: Command) {
        let (_, rest) = MANUAL
            .split_once(&format!("<!-- test: {name} -->\n```sh\n"))
            .unwrap_or_else(|| panic!("the manual tells how to {name}"));
        let (commands, _) = rest.split_once("\n```").expect("a block ends");
        bash.args(["-euo", "pipefail", "-c", commands])
            .env("DATABASE_URL", &self.database)
            .env("RESTORED_URL", &self.restored)
            .env("RESTORED_PORT", self.port.to_string());
        let done = block_in_place(|| bash.output()).expect("bash runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let log = fs::read_to_string(self.folder.path().join("restored.log")).unwrap_or_default();
        let (told, errors) = (text(&done.stdout), text(&done.stderr));
        assert!(done.status.success(), "{commands}\n{told}{errors}{log}");
    }
}

impl Drop for Manual {
    fn drop(&mut self) {
        // Where a test failed half-way, its server is still there.
        let pid = fs::read_to_string(self.folder.path().join("restored/postmaster.pid"));
        if let Some(pid) = pid
            .ok()
            .and_then(|file| Some(file.lines().next()?.to_owned()))
        {
            _ = Command::new("kill").args(["-INT", &pid]).status();
        }
    }
}
