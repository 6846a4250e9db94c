//! What the tests are written with: a shop of its own for each, clients that speak to it as anyone would, a
//! clock that can be moved, and a look into the database where the point is that nothing changed.

mod blockade;
mod client;
mod contents;
mod database;
mod merchant;
mod nats;
mod proxy;
mod shop;
mod socket;

use std::time::Duration;

pub use blockade::Blockade;
pub use client::{Client, PLACE_ORDER, refusal};
pub use contents::Contents;
pub use database::{CONNECTIONS, Database, TestDatabase};
pub use merchant::Merchant;
pub use nats::Nats;
pub use proxy::{Cut, Proxy};
pub use shop::{Introspected, PASSWORD, PICTURE_BYTES_MAX, Product, Shop};
pub use socket::{Received, Socket, Subscription, narrow};

/// How long a test waits for what is bound to happen: so long that it never gives up because a machine is slow.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Tests that must pass on both databases:
///
/// ```ignore
/// both! {
///     async fn a_sentence_about_the_shop(shop: Shop) { … }
///     async fn a_sentence_about_shops_of_its_own(database: Database) { … }
/// }
/// ```
macro_rules! both {
    ($($(#[$attribute:meta])* async fn $name:ident($shop:ident: $kind:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            $(#[$attribute])*
            async fn sqlite() {
                check($kind::open($crate::support::Database::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            $(#[$attribute])*
            async fn postgres() {
                check($kind::open($crate::support::Database::Postgres).await).await;
            }

            async fn check($shop: $kind) $body
        }
    )+};
}
