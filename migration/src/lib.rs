//! Jangteo's schema, one file a change. Every migration goes up, down and up again in a test, on
//! both databases.
//!
//! What the tables promise by themselves, whatever the code does: stock and balances never fall
//! below zero, quantities are positive, prices are not negative, an order's sums add up, a member
//! has at most one order a key and one that waits for a payment, a gateway gives back no more than it took,
//! and every reference leads somewhere.

pub use sea_orm_migration::prelude::*;

mod column;
mod m20261120_000001_member;
mod m20261120_000002_catalog;
mod m20261120_000003_cart;
mod m20261120_000004_order;
mod m20261120_000005_point;
mod m20261121_000006_order_note;
mod m20261121_000007_payment;
mod m20261121_000008_payment_cart;

/// All migrations in their order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261120_000001_member::Migration),
            Box::new(m20261120_000002_catalog::Migration),
            Box::new(m20261120_000003_cart::Migration),
            Box::new(m20261120_000004_order::Migration),
            Box::new(m20261120_000005_point::Migration),
            Box::new(m20261121_000006_order_note::Migration),
            Box::new(m20261121_000007_payment::Migration),
            Box::new(m20261121_000008_payment_cart::Migration),
        ]
    }
}
