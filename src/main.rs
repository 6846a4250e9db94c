//! The `jangteo` program.

use std::process::ExitCode;

use clap::Parser;
use jangteo::cli::{Cli, run};
use mimalloc::MiMalloc;

/// Answers are made of many small pieces on several threads: the C library's allocator takes a quarter of the
/// server's time for them, and keeps the memory that sign-ins used.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

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
