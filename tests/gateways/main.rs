//! The gateways' clients over real HTTP, against a sandbox that plays the gateways and breaks on demand.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets what cannot be ends, and says so"
)]

mod breaker;
mod faults;
mod kakaopay;
mod life;
mod play;
mod portone;
mod strangers;
mod toss;
mod webhooks;
