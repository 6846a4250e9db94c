//! Hand-written SQL on the same tables, driven by pgbench: what a shop reaches that commits every order by itself,
//! and what the tables bear when orders share everything.
//!
//! No HTTP, no GraphQL, no sign-in, no idempotent retry: only the rows that an order writes.

use std::{
    collections::BTreeMap,
    env, fmt, fs,
    ops::Range,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use chrono::{DateTime, Utc};
use jangteo::clock::Clock;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use tokio::time::sleep;

use crate::{
    Result,
    database::Named,
    scenario::{Duty, Latency, Measured, Options},
    stats::number,
    usage::Watched,
};

const PREPARE: [&str; 2] = [
    include_str!("../sql/baseline/prepare.sql"),
    include_str!("../sql/baseline/batch-function.sql"),
];

/// Sessions that call the function for batches: with two, one computes while the other commits.
pub const BATCH_SESSIONS: u32 = 2;

/// How much longer the scripts warm up for each session: a backend has to learn the tables and plan the statements
/// first.
const WARM_UP_A_SESSION: Duration = Duration::from_millis(15);

/// How much longer they run than is measured.
const MARGIN: Duration = Duration::from_millis(500);

/// How the names of pgbench's logs begin.
const LOG: &str = "calls";

/// How an order is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Script {
    /// One transaction an order, in nine round trips.
    Statements,
    /// One transaction an order, in one statement with CTEs.
    OneStatement,
    /// That many orders in one call of a function.
    Batch(u32),
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Statements => f.pad("nine round trips"),
            Self::OneStatement => f.pad("one statement"),
            Self::Batch(size) => f.pad(&format!("batches of {size}")),
        }
    }
}

impl Script {
    pub const BATCHES: [Self; 2] = [Self::Batch(64), Self::Batch(256)];

    fn text(self) -> &'static str {
        match self {
            Self::Statements => include_str!("../sql/baseline/statements.sql"),
            Self::OneStatement => include_str!("../sql/baseline/one-statement.sql"),
            Self::Batch(_) => include_str!("../sql/baseline/batch.sql"),
        }
    }

    fn orders(self) -> u32 {
        match self {
            Self::Batch(size) => size,
            Self::Statements | Self::OneStatement => 1,
        }
    }
}

/// Makes what the scripts call.
pub async fn prepare(database: &Named) -> Result<()> {
    let connection = database.connect().await?;
    for text in PREPARE {
        connection.execute_unprepared(text).await?;
    }
    Ok(connection.close().await?)
}

/// A script, what it orders, and how many sessions run it.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub script: Script,
    pub options: Options,
    pub sessions: u32,
}

impl Call {
    /// Runs it for that long. Latencies are of calls, whatever the orders in them.
    pub async fn run(
        self,
        database: &Named,
        postgres: Option<u32>,
        duty: Duty,
        folder: &Path,
    ) -> Result<Measured> {
        let warm_up = duty.warm_up + WARM_UP_A_SESSION * self.sessions;
        let pgbench = self.start(database, warm_up + duty.measured + MARGIN, folder)?;
        let watched = Watched {
            server: None,
            database: postgres,
            load: Some(pgbench.id()),
        };
        sleep(warm_up).await;
        let before = watched.snapshot()?;
        let from = Clock::system().now();
        sleep(duty.measured).await;
        let to = Clock::system().now();
        let usage = watched.since(&before)?;
        let output = pgbench.wait_with_output()?;
        let told = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(format!("pgbench: {told}{errors}").into());
        }
        let latencies = take_latencies(folder, from..to)?;
        let orders = latencies.len() as u64 * u64::from(self.script.orders());
        Ok(Measured {
            per_second: number(orders) / (to - from).as_seconds_f64(),
            latency: Latency::of(latencies),
            errors: failed(&told),
            usage,
        })
    }

    fn start(self, database: &Named, duration: Duration, folder: &Path) -> Result<Child> {
        let file = folder.join("script.sql");
        fs::write(&file, self.script.text())?;
        let pgbench = Command::new(program())
            .args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--log"])
            .arg(format!("--log-prefix={LOG}"))
            .arg(format!("--client={}", self.sessions))
            .arg(format!("--time={}", duration.as_secs_f64().ceil()))
            .arg(format!(
                "--define=hot={}",
                u8::from(self.options == Options::Hot)
            ))
            .arg(format!("--define=batch={}", self.script.orders()))
            .arg("--file")
            .arg(&file)
            .arg(&database.url)
            // All of them look up rows by their keys: planning that anew gains nothing.
            .env("PGOPTIONS", "-c plan_cache_mode=force_generic_plan")
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Ok(pgbench.map_err(|error| format!("pgbench: {error}"))?)
    }
}

/// What pgbench counted as failed, warm-up included.
fn failed(told: &str) -> BTreeMap<String, u64> {
    let count = told
        .split_once("number of failed transactions: ")
        .and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok())
        .filter(|count| *count > 0);
    count
        .map(|count| ("failed".to_owned(), count))
        .into_iter()
        .collect()
}

/// Reads pgbench's logs and removes them: what the calls took that ended within the time, in milliseconds.
fn take_latencies(folder: &Path, within: Range<DateTime<Utc>>) -> Result<Vec<f64>> {
    let mut latencies = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(LOG) {
            let log = fs::read_to_string(&path)?;
            latencies.extend(log.lines().filter_map(|line| latency(line, &within)));
            fs::remove_file(path)?;
        }
    }
    Ok(latencies)
}

/// A line is a call: client, number, microseconds, script, and when it ended, in seconds and microseconds. One
/// that failed has a word for what it took.
fn latency(line: &str, within: &Range<DateTime<Utc>>) -> Option<f64> {
    let fields = line.split(' ').collect::<Vec<_>>();
    let number = |index: usize| fields.get(index)?.parse::<u32>().ok();
    let ended = DateTime::from_timestamp(number(4)?.into(), number(5)? * 1_000)?;
    within
        .contains(&ended)
        .then_some(f64::from(number(2)?) / 1e3)
}

/// pgbench: from PATH, else Debian's newest.
fn program() -> PathBuf {
    let on_path = env::var_os("PATH").and_then(|path| {
        env::split_paths(&path)
            .map(|folder| folder.join("pgbench"))
            .find(|file| file.is_file())
    });
    on_path.unwrap_or_else(|| {
        let folders = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
        let files = folders
            .flatten()
            .map(|entry| entry.path().join("bin/pgbench"));
        files
            .filter(|file| file.is_file())
            .max()
            .unwrap_or_else(|| "pgbench".into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_counts_when_it_ended_within_the_time() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let within = at(1_000)..at(1_005);
        let line = "3 17 2500 0 1002 500000";
        assert_eq!(latency(line, &within), Some(2.5));
        assert_eq!(latency(line, &(at(1_003)..at(1_005))), None);
        assert_eq!(latency("3 17 failed 0 1002 500000", &within), None);
    }

    #[test]
    fn failed_transactions_are_told() {
        let told = |count| format!("number of failed transactions: {count} (0.1%)\ntps = 7");
        assert_eq!(failed(&told(0)), BTreeMap::new());
        assert_eq!(
            failed(&told(12)),
            BTreeMap::from([("failed".to_owned(), 12)])
        );
    }
}
