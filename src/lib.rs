//! Jangteo (장터): a GraphQL commerce backend for shops in Korea.
//!
//! # The map
//!
//! Each noun of the shop is a *slice*, a folder of its own, and has the same roles inside:
//!
//! | role | holds | never |
//! | --- | --- | --- |
//! | `graphql.rs` | the slice's types, resolvers and loaders | SQL, transactions |
//! | `mod.rs` | use cases: begin, call rules and store, commit | GraphQL types |
//! | `rules.rs`, `state.rs` | pure decisions | async, database, clock, chance: they are arguments |
//! | `store.rs` | queries, given a connection or a transaction | begin, rules, network |
//!
//! The slices: [`member`] (accounts and sessions), [`store`] (merchants' shops), [`catalog`] (products and
//! options), [`stock`] (how many are left), [`point`] (purses and their ledger), [`cart`], [`order`],
//! [`payment`] (gateways, and money that comes and goes there), [`payout`] (stores are paid what they have earned),
//! [`coupon`] (codes, who holds them, what they take off), [`gift`] (what members buy for each other), [`picture`] (what
//! products look like), [`popularity`] (what sells most), [`event`] (the bus that wakes subscriptions, on every instance),
//! [`outbox`] (what the data platform hears).
//!
//! What they share: [`graphql`] (roots, callers, errors, loaders, connections, ids), [`db`] (connections and
//! the one place where transactions begin), [`clock`] (time and ids), [`fault`] (refusals and faults),
//! [`paging`] (pages of sorted lists), [`text`] (messages in Korean and English), `rows` (many rows in one parameter), `base32`
//! (what people read aloud), [`config`] (every setting and
//! limit). Around them: [`app`] wires, [`http`] opens the doors, [`server`] starts and stops, [`cli`] is the
//! command line, [`sheet`] products as files that spreadsheets open, [`listener`] who is connected to hear what happens, [`rate`] how often anybody may ask, [`metrics`] what Prometheus reads, `trace` where the time goes, [`panics`] what bugs end, [`secret`] the signing key, [`signature`] what webhooks are known by, [`demo`] the demo shop; [`audit`] checks, over every row, that what
//! must hold does. The tables are the `entity` crate, the schema's history the `migration` crate; the `sandbox` crate plays
//! the payment gateways.
//!
//! # One walk: an order
//!
//! `POST /graphql` comes to `http/graphql.rs`, which takes nothing but JSON, reads who calls and hands the
//! request to [`graphql::ShopExecutor`]. The resolver in `order/graphql/place_order.rs` turns the input into
//! a checked [`Request`](order::placement::Request) and puts it on the queue of the
//! [`Engine`](order::placement::Engine), which is where orders are decided: it takes all that has queued and,
//! in one transaction, *loads* what they touch, *decides* each by a pure function, *applies* what
//! was decided in a handful of statements, commits, tells the bus, and answers. A subscription wakes, and
//! reads nothing that is not numbered in the order's history.
//!
//! # What always holds
//!
//! - Stock and balances never fall below zero, and every change of either has a line in a ledger.
//! - A refusal changes nothing. An answer is given after the commit, never before.
//! - The same idempotency key gives the same order, whatever was lost in between.
//! - An order's events are numbered from 1 without gaps; whoever listens misses none and sees none twice.
//! - Locks are taken in one order: order → payment → coupon → gift → cart lines → `user_point` (by id) → stock (by
//!   option) → sales (by hour and product) → `store_wallet` (by id). A cart's own row is locked before its lines; a
//!   store's, against opening and closing, after its orders; a product's before its options; a member's before the
//!   coupons that they register.
//! - No network call is made in a transaction; what the world must hear is a row of the outbox.
//! - What is not yours looks like what does not exist.
//! - Errors that reach a client carry a code and the request's id, and no word about how the server is made.

pub mod app;
pub mod audit;
mod base32;
pub mod cart;
pub mod catalog;
pub mod cli;
pub mod clock;
pub mod config;
pub mod coupon;
pub mod db;
pub mod demo;
pub mod event;
pub mod fault;
pub mod gift;
pub mod graphql;
pub mod http;
pub mod listener;
pub mod member;
pub mod metrics;
pub mod order;
pub mod outbox;
pub mod paging;
pub mod panics;
pub mod payment;
pub mod payout;
pub mod picture;
pub mod point;
pub mod popularity;
pub mod rate;
mod rows;
pub mod secret;
pub mod server;
pub mod sheet;
pub mod signature;
pub mod stock;
pub mod store;
pub mod text;
mod trace;
