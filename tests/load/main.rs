//! The program under load, as it is run: servers as processes of their own, killed, and with their database killed
//! under them. After each, nothing is lost, nothing happened twice, and the audit finds nothing.
//!
//! What clients do, and when things are killed, is drawn from a seed, which a failing test prints; `LOAD_SEED`
//! sets it.

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

mod buyer;
mod cluster;
mod crash;
mod crowd;
mod program;
