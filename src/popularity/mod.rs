//! Popular products: what sold most, exact to the second, at a cost that does not grow with the number of
//! orders.
//!
//! Sales are counted per product and hour in the transactions that sell. A window over them is the sum of
//! the hours that it touches, less what its first and last hour hold outside of it, which the items' own
//! index tells.

pub mod graphql;
pub mod rules;
pub mod store;

use chrono::{DateTime, Utc};
use entity::{id::ProductId, order_item};

/// Pieces of a product that were sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale {
    pub product_id: ProductId,
    pub at: DateTime<Utc>,
    pub quantity: i64,
}

impl Sale {
    /// The sale that an order item is, if it was ever paid.
    pub fn of(item: &order_item::Model) -> Option<Self> {
        Some(Self {
            product_id: item.product_id,
            at: item.paid_at?,
            quantity: i64::from(item.quantity),
        })
    }
}
