//! Jangteo's tables as SeaORM entities, one file a table, and the value types they are made of.
//!
//! There is no logic here: rules live in the slices of the `jangteo` crate. What is here is shape:
//! which columns a table has, what type each one is in Rust, and how the tables refer to each other.

#![expect(
    clippy::disallowed_methods,
    reason = "SeaORM's derives know how to save nested models, which nobody here does"
)]

pub mod id;
mod won;

pub mod cart;
pub mod cart_item;
pub mod coupon;
pub mod coupon_issue;
pub mod gift;
pub mod member;
pub mod order;
pub mod order_alias;
pub mod order_event;
pub mod order_item;
pub mod outbox;
pub mod outbox_purged;
pub mod payment;
pub mod payment_event;
pub mod point_entry;
pub mod product;
pub mod product_option;
pub mod product_sales;
pub mod refresh_token;
pub mod refund;
pub mod session;
pub mod settlement;
pub mod stock;
pub mod stock_adjustment;
pub mod store;
pub mod store_event;
pub mod store_wallet;
pub mod user_point;
pub mod wallet_entry;
pub mod webhook_receipt;

pub use won::Won;
