//! Databases to measure on: one of each kind is loaded, and every measurement has a fresh copy of it.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use serde::Serialize;

use crate::{Result, postgres::Postgres, server::Program, shop};

/// The name of the loaded database that copies are made of.
const LOADED: &str = "loaded";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// Where databases are made.
#[derive(Debug)]
pub struct Databases<'p> {
    folder: PathBuf,
    program: &'p Program,
    pub postgres: Option<Postgres>,
}

/// A database by name.
#[derive(Clone, Debug)]
pub struct Named {
    pub kind: Kind,
    pub name: String,
    pub url: String,
}

impl<'p> Databases<'p> {
    /// Starts what must be started, and loads a shop with that many products into a database of each kind.
    pub async fn start(
        folder: &Path,
        program: &'p Program,
        kinds: &[Kind],
        products: u32,
    ) -> Result<Self> {
        let mut databases = Self {
            folder: folder.to_owned(),
            program,
            postgres: None,
        };
        if kinds.contains(&Kind::Postgres) {
            databases.postgres = Some(Postgres::start().await?);
        }
        for kind in kinds {
            databases.load(*kind, products).await?;
        }
        Ok(databases)
    }

    async fn load(&self, kind: Kind, products: u32) -> Result<()> {
        let loaded = self.named(kind, LOADED)?;
        if let (Kind::Postgres, Some(postgres)) = (kind, &self.postgres) {
            postgres.create(LOADED, None).await?;
        }
        self.program.run(&["migrate", "up"], &loaded.url)?;
        let connection = loaded.connect().await?;
        shop::load(&connection, products).await?;
        loaded.settle(&connection, &shop::TABLES).await?;
        Ok(connection.close().await?)
    }

    /// A fresh copy of the loaded shop, in place of the one that had the name.
    pub async fn copy(&self, kind: Kind, name: &str) -> Result<Named> {
        let copy = self.named(kind, name)?;
        if let (Kind::Postgres, Some(postgres)) = (kind, &self.postgres) {
            postgres.create(name, Some(LOADED)).await?;
        } else {
            self.remove_file(name)?;
            let file = self.file(name);
            fs::copy(self.file(LOADED), &file)?;
            fs::File::open(file)?.sync_all()?;
        }
        Ok(copy)
    }

    pub async fn remove(&self, database: &Named) -> Result<()> {
        match (database.kind, &self.postgres) {
            (Kind::Postgres, Some(postgres)) => postgres.drop_database(&database.name).await,
            _ => self.remove_file(&database.name),
        }
    }

    /// The process of the database, where it has one of its own.
    pub fn pid(&self, kind: Kind) -> Option<u32> {
        let postgres = self.postgres.as_ref().filter(|_| kind == Kind::Postgres);
        postgres.map(|postgres| postgres.about.pid)
    }

    fn named(&self, kind: Kind, name: &str) -> Result<Named> {
        let url = match kind {
            Kind::Sqlite => format!("sqlite://{}", self.file(name).display()),
            Kind::Postgres => {
                let postgres = self.postgres.as_ref().ok_or("PostgreSQL was not started")?;
                postgres.url(name)
            }
        };
        Ok(Named {
            kind,
            name: name.to_owned(),
            url,
        })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.db"))
    }

    fn remove_file(&self, name: &str) -> Result<()> {
        for end in ["db", "db-wal", "db-shm"] {
            let file = self.folder.join(format!("{name}.{end}"));
            if file.exists() {
                fs::remove_file(file)?;
            }
        }
        Ok(())
    }
}

impl Named {
    /// A connection without a server's limits on statements.
    pub async fn connect(&self) -> Result<DatabaseConnection> {
        let mut options = sea_orm::ConnectOptions::new(&self.url);
        options.max_connections(1).sqlx_logging(false);
        Ok(Database::connect(options).await?)
    }

    /// Leaves the database as one that has been there for a while: those tables' statistics known (all of them,
    /// where none is named), logs written back. Of a table that is still empty a planner had better know nothing:
    /// it would plan for that while the table grows.
    pub async fn settle(&self, connection: &DatabaseConnection, tables: &[&str]) -> Result<()> {
        let statements = match self.kind {
            Kind::Sqlite if tables.is_empty() => {
                "ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)".to_owned()
            }
            Kind::Sqlite => format!(
                "ANALYZE {}; PRAGMA wal_checkpoint(TRUNCATE)",
                tables.join("; ANALYZE ")
            ),
            Kind::Postgres => format!("VACUUM (ANALYZE) {}; CHECKPOINT", tables.join(", ")),
        };
        for statement in statements.split("; ") {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
