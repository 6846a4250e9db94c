//! A private PostgreSQL, by the script that the tests use too, but one that keeps what it commits.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use serde::Serialize;

use crate::{Result, usage::parent};

/// What differs from PostgreSQL's defaults; it goes into the report. Everything that a commit needs to be safe
/// is as it is by default: on.
const SETTINGS: [&str; 4] = [
    "shared_buffers=1GB",
    // No checkpoint in the middle of a measurement: there is one before each.
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
    // One for each client of pgbench.
    "max_connections=400",
];

/// Settings that the report quotes as the server has them.
const QUOTED: [&str; 7] = [
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_level",
    "shared_buffers",
    "max_wal_size",
    "max_connections",
];

/// A running PostgreSQL; it ends with this process, or when dropped.
#[derive(Debug)]
pub struct Postgres {
    script: Child,
    /// Without the database's name, with the slash before it.
    server_url: String,
    pub about: About,
}

/// What the report says of it.
#[derive(Clone, Debug, Serialize)]
pub struct About {
    pub version: String,
    pub settings: Vec<String>,
    /// The process whose children are the backends.
    pub pid: u32,
}

impl Postgres {
    pub async fn start() -> Result<Self> {
        let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/postgres"))
            .args(SETTINGS.iter().flat_map(|setting| ["-c", setting]))
            .env("POSTGRES_DURABLE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut url = String::new();
        let output = script.stdout.take().ok_or("no pipe")?;
        BufReader::new(output).read_line(&mut url)?;
        let (server, _) = url
            .trim()
            .rsplit_once('/')
            .ok_or("scripts/postgres did not start a server: see above")?;
        let server_url = format!("{server}/");
        let admin = Database::connect(format!("{server_url}postgres")).await?;
        let about = About::ask(&admin).await?;
        admin.close().await?;
        Ok(Self {
            script,
            server_url,
            about,
        })
    }

    pub fn url(&self, database: &str) -> String {
        format!("{}{database}", self.server_url)
    }

    /// Makes a database; of another, to which nobody may be connected, or an empty one. Nothing is left to be
    /// written behind a measurement's back.
    pub async fn create(&self, database: &str, template: Option<&str>) -> Result<()> {
        let template = template.unwrap_or("template0");
        self.administer(&[
            &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"),
            &format!("CREATE DATABASE {database} TEMPLATE {template}"),
            "CHECKPOINT",
        ])
        .await
    }

    pub async fn drop_database(&self, database: &str) -> Result<()> {
        self.administer(&[&format!("DROP DATABASE {database} WITH (FORCE)")])
            .await
    }

    pub async fn administer(&self, statements: &[&str]) -> Result<()> {
        let admin = Database::connect(self.url("postgres")).await?;
        for statement in statements {
            admin.execute_unprepared(statement).await?;
        }
        Ok(admin.close().await?)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The script ends, and the server with it, when its input does.
        drop(self.script.stdin.take());
        _ = self.script.wait();
    }
}

impl About {
    async fn ask(admin: &DatabaseConnection) -> Result<Self> {
        let version = ask(admin, "SHOW server_version").await?;
        let mut settings = Vec::new();
        for name in QUOTED {
            let value = ask(admin, &format!("SHOW {name}")).await?;
            settings.push(format!("{name}={value}"));
        }
        let backend = ask(admin, "SELECT pg_backend_pid()::text").await?;
        Ok(Self {
            version: format!("PostgreSQL {version}"),
            settings,
            pid: parent(backend.parse()?)?,
        })
    }
}

async fn ask(admin: &DatabaseConnection, question: &str) -> Result<String> {
    let statement = Statement::from_string(admin.get_database_backend(), question);
    let row = admin.query_one_raw(statement).await?.ok_or("no row")?;
    Ok(row.try_get_by_index(0)?)
}
