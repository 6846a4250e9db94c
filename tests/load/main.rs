//! The program under load, as it is run: servers as processes of their own, killed, with their database killed
//! under them, and side by side on one database. After each, nothing is lost, nothing happened twice, and the
//! audit finds nothing.
//!
//! What clients do, and when things are killed, is drawn from a seed, which a failing test prints; `LOAD_SEED`
//! sets it. `LOAD_SECONDS` is how long the servers side by side are kept busy: 60 unless it is set.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets what cannot be ends, and says so"
)]

#[macro_use]
#[path = "../shop/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "shared with the shop's tests, which need all of it"
)]
mod support;

mod backup;
mod buyer;
mod cluster;
mod crash;
mod crowd;
mod fleet;
mod follower;
mod hostile;
mod instances;
mod platform;
mod program;
mod replica;
mod rolling;
#[path = "../shop/hostile/shapes.rs"]
mod shapes;
mod told;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Each of these tests keeps servers busy, so that more of them at once only wait for each other.
static TURNS: Semaphore = Semaphore::const_new(2);

/// A test's turn, which lasts until it is dropped.
async fn turn() -> SemaphorePermit<'static> {
    TURNS.acquire().await.expect("nobody closes it")
}
