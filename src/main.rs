//! The `jangteo` program.

use std::process::ExitCode;

use clap::Parser;
use jangteo::cli::{Cli, run};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("jangteo: {error}");
            ExitCode::FAILURE
        }
    }
}
