//! Black-box tests: a real server, real HTTP and WebSocket, on SQLite and on PostgreSQL.

#[macro_use]
mod support;

mod migrations;
mod orders;
mod transactions;
