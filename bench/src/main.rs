//! How many orders a second: `make bench`.
//!
//! The server is the release binary, a process of its own, on SQLite and on a private PostgreSQL that keeps what
//! it commits. Clients are members with a connection each, who order, wait for the answer and order again. What
//! they reach stands beside what hand-written SQL reaches on the same tables in the same run.
//!
//! | file | does |
//! | --- | --- |
//! | `cli.rs` | the command line |
//! | `suite.rs` | what is measured, in which order |
//! | `machine.rs`, `usage.rs` | what it is measured on, and who used its processors |
//! | `database.rs`, `postgres.rs` | databases: a loaded one of each kind, and fresh copies of it |
//! | `shop.rs`, `history.rs` | the data: products, members, points; years of orders |
//! | `server.rs` | the server under load |
//! | `client.rs` | one member's connection |
//! | `scenario.rs` | many clients at once |
//! | `platform.rs` | a data platform that hears of the orders |
//! | `reads.rs` | what queries take |
//! | `crowd.rs`, `listener.rs` | thousands of listeners; one of them |
//! | `baseline.rs` | hand-written SQL, driven by pgbench |
//! | `audit.rs` | does everything add up afterwards? |
//! | `stats.rs`, `ratio.rs` | percentiles and medians; how the runs compare |
//! | `report.rs` | the table and the JSON |

mod audit;
mod baseline;
mod cli;
mod client;
mod crowd;
mod database;
mod history;
mod listener;
mod machine;
mod platform;
mod postgres;
mod ratio;
mod reads;
mod report;
mod scenario;
mod server;
mod shop;
mod stats;
mod suite;
mod usage;

use std::process::ExitCode;

use clap::Parser;

/// What went wrong, in words for who started the benchmark.
type Error = Box<dyn std::error::Error + Send + Sync>;

type Result<T> = std::result::Result<T, Error>;

/// One thread for the clients: it is enough for all of them, and the other processors are the server's.
#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stderr, reason = "a command line speaks")]
async fn main() -> ExitCode {
    // When it is interrupted, what it started is stopped, and its databases are removed.
    let outcome = tokio::select! {
        outcome = suite::run(cli::Cli::parse()) => outcome,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("bench: something did not add up, see the table");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
