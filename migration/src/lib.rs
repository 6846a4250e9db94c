//! Jangteo's schema, one file a change. Every migration goes up, down and up again in a test, on
//! both databases.
//!
//! What the tables promise by themselves, whatever the code does: stock and balances never fall
//! below zero, quantities are positive, prices are not negative, an order's sums add up, a member
//! has at most one order a key and one that waits for a payment, a gateway gives back no more than it took,
//! an order uses at most one coupon and a coupon serves one order, no discount is more than what it is taken off, and
//! every reference leads somewhere.
//!
//! What a migration must keep to, so that a shop is upgraded while it sells: for a while the program before it and the
//! program that it came with serve one database. So it only *expands*: new tables, new columns that are nullable or
//! have a default, new indexes. It renames nothing, takes away nothing, and forbids nothing that the program before it
//! writes. What nobody uses any more is taken away by a migration of a later release (*contract*), once no program
//! that knew it runs. docs/operations.md has the operator's side. This holds from release to release: those below are
//! all of the first one, 0.1, which has no program before it.

pub use sea_orm_migration::{prelude::*, seaql_migrations};

mod column;
mod m20261120_000001_member;
mod m20261120_000002_catalog;
mod m20261120_000003_cart;
mod m20261120_000004_order;
mod m20261120_000005_point;
mod m20261121_000006_order_note;
mod m20261121_000007_payment;
mod m20261121_000008_payment_cart;
mod m20261121_000009_fulfilment;
mod m20261121_000010_option;
mod m20261121_000011_coupon;
mod m20261121_000012_gift;
mod m20261201_000013_outbox;
mod m20261201_000014_commits;

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
            Box::new(m20261121_000009_fulfilment::Migration),
            Box::new(m20261121_000010_option::Migration),
            Box::new(m20261121_000011_coupon::Migration),
            Box::new(m20261121_000012_gift::Migration),
            Box::new(m20261201_000013_outbox::Migration),
            Box::new(m20261201_000014_commits::Migration),
        ]
    }
}
