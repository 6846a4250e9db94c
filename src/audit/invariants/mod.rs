//! What always holds, as queries that find where it does not.
//!
//! A check selects rows with what is to be compared, and its rules compare: each is written once, and the
//! query that looks for broken rows is made of it. The queries go over whole tables once, by index or with one
//! sort, and hold nothing but running sums. No sum, difference or product in them can overflow, whatever a row
//! holds: `NUMERIC` has no end on PostgreSQL, and on SQLite becomes a float where an integer would overflow.

mod check;
mod coupons;
mod gifts;
mod history;
mod keys;
mod money;
mod orders;
mod outbox;
mod parents;
mod points;
mod sales;
mod stock;
mod wallets;

use sea_orm::DbBackend;

pub use check::{Check, Key, Kind, Relation, Rule};

/// Every check, by invariant.
#[must_use]
pub fn checks(backend: DbBackend) -> Vec<Check> {
    let mut checks = vec![
        stock::stock(),
        points::point_entries(),
        points::purses(),
        orders::order_items(),
        orders::amounts(),
        orders::points_of_orders(),
        orders::owners_of_points(),
        money::money(),
        money::payments(),
        gifts::gifts(),
        gifts::money(),
        gifts::owners_of_points(),
        keys::idempotency_keys(),
        keys::further_keys(),
        history::events(),
        history::statuses_of_events(),
        history::statuses_of_items(),
        history::parts(),
        history::feeds(),
        sales::sales(backend),
        outbox::announcements(),
    ];
    checks.extend(parents::parents());
    checks.extend(wallets::wallets());
    checks.extend([
        coupons::coupons(),
        coupons::coupons_of_orders(),
        coupons::discounted_items(),
        coupons::publications(),
        coupons::holders(),
    ]);
    checks
}
