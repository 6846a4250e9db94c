//! A store's part of orders: its own items of them, once they are paid, and what it hears of them.

pub mod store;
mod watch;

pub use watch::{Heard, StoreWatch};
