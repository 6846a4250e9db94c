//! How many orders a second, and how much is read: `make bench`.
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
//! | `looking_back.rs` | what queries take that look back |
//! | `reads/`, `by_hand/` | what clients read; a server that is written by hand for that |
//! | `crowd.rs`, `listener.rs` | thousands of listeners; one of them |
//! | `baseline.rs` | hand-written SQL, driven by pgbench |
//! | `audit.rs` | does everything add up afterwards? |
//! | `stats.rs`, `ratio.rs` | percentiles and medians; how the runs compare |
//! | `report.rs` | the table and the JSON |

mod audit;
mod baseline;
mod by_hand;
mod cli;
mod client;
mod crowd;
mod database;
mod history;
mod listener;
mod looking_back;
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
use mimalloc::MiMalloc;

/// What went wrong, in words for who started the benchmark.
type Error = Box<dyn std::error::Error + Send + Sync>;

type Result<T> = std::result::Result<T, Error>;

/// That of the server: what is compared with it has nothing less.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[expect(clippy::print_stderr, reason = "a command line speaks")]
fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let outcome = match &cli.by_hand {
        Some(url) => by_hand::serve(url).map(|()| true),
        None => measure(cli),
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

/// One thread for the clients: it is enough for all of them, and the other processors are the server's.
#[tokio::main(flavor = "current_thread")]
async fn measure(cli: cli::Cli) -> Result<bool> {
    // When it is interrupted, what it started is stopped, and its databases are removed.
    tokio::select! {
        outcome = suite::run(cli) => outcome,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    }
}
