//! The `jangteo` program.

use std::process::ExitCode;

use clap::Parser;
use jangteo::cli::{Cli, run};

#[tokio::main]
#[expect(clippy::print_stderr, reason = "a command line speaks")]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("jangteo: {error}");
            ExitCode::FAILURE
        }
    }
}
