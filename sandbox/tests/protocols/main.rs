//! The sandbox over real HTTP: each gateway's rules, each fault, the webhooks, the pages, a restart.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets what cannot be ends, and says so"
)]

mod control;
mod faults;
mod inbox;
mod kakaopay;
mod pages;
mod platform;
mod portone;
mod restart;
mod support;
mod toss;
mod webhooks;
