//! Black-box tests: a real server, real HTTP and WebSocket, on SQLite and on PostgreSQL.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets what cannot be ends, and says so"
)]

#[macro_use]
mod support;

mod audit;
mod cancellations;
mod carts;
mod catalog;
mod commits;
mod http;
mod members;
mod migrations;
mod model;
mod operator;
mod orders;
mod payments;
mod placement;
mod plans;
mod points;
mod popularity;
mod schema;
mod statements;
mod subscriptions;
mod transactions;
