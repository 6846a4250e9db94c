//! Black-box tests: a real server, real HTTP and WebSocket, on SQLite and on PostgreSQL.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets what cannot be ends, and says so"
)]

#[macro_use]
mod support;

mod audit;
mod bus;
mod cancellations;
mod carts;
mod catalog;
mod commits;
mod conformance;
mod coupons;
mod deadlines;
mod documents;
mod fulfilment;
mod fuzz;
mod gifts;
mod hostile;
mod http;
mod languages;
mod members;
mod merchants;
mod migrations;
mod model;
mod operator;
mod orders;
mod outbox;
mod panics;
mod parts;
mod payments;
mod payouts;
mod pictures;
mod placement;
mod plans;
mod points;
mod popularity;
mod products;
mod rates;
mod scene;
mod schema;
mod sheets;
mod shop_day;
mod slow;
mod sse;
mod statements;
mod stock;
mod subscriptions;
mod transactions;
mod wallets;
mod watching;
mod websocket;
