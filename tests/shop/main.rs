//! Black-box tests: a real server, real HTTP and WebSocket, on SQLite and on PostgreSQL.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets what cannot be ends, and says so"
)]

#[macro_use]
mod support;

mod catalog;
mod migrations;
mod orders;
mod placement;
mod popularity;
mod statements;
mod subscriptions;
mod transactions;
