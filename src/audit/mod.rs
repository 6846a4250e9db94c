//! The audit: whether money and stock add up, over every row of a live database.
//!
//! Everything is read in one snapshot, so what is written meanwhile disturbs nothing. The database does the
//! sums, sorting on disk what memory does not hold, and sends only what is broken, row by row: the audit itself
//! needs no more memory for ten million orders than for ten.

pub mod invariants;
pub mod report;
mod store;

use std::io;

use futures_util::TryStreamExt;
use serde_json::Value;

use crate::{db::Db, fault::Fault};
use invariants::Relation;

/// A row for which something does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRow {
    /// Which invariant it breaks: see [`invariants::checks`].
    pub invariant: u8,
    /// What kind of row it is, in the plural.
    pub rows: &'static str,
    /// What identifies it, by name: ids as the API shows them.
    pub key: Vec<(&'static str, Value)>,
    /// At least one.
    pub discrepancies: Vec<Discrepancy>,
}

/// What does not hold: numbers as JSON numbers, statuses as strings, nothing as null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    /// What differs.
    pub what: &'static str,
    /// How what was found should relate to what was expected.
    pub relation: Relation,
    pub expected: Value,
    pub found: Value,
}

/// What came of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    pub invariant: u8,
    /// What the invariant is about, in a word.
    pub name: &'static str,
    /// What was checked, in the plural.
    pub rows: &'static str,
    pub checked: u64,
    pub broken: u64,
}

/// Checks every invariant in one snapshot; hands each broken row to `told` as it is found.
///
/// # Errors
/// When the database fails, or `told` does.
pub async fn audit(
    db: &Db,
    mut told: impl FnMut(&BrokenRow) -> io::Result<()>,
) -> Result<Vec<Tally>, Fault> {
    let snapshot = db.snapshot().await?;
    let mut tallies = Vec::new();
    for check in invariants::checks(db.backend()) {
        let mut tally = Tally {
            invariant: check.invariant,
            name: check.name,
            rows: check.rows,
            checked: store::count(&snapshot, &check).await?,
            broken: 0,
        };
        let mut broken = store::broken(&snapshot, &check).await?;
        while let Some(row) = broken.try_next().await? {
            told(&store::read(&check, &row)?).map_err(Fault::internal)?;
            tally.broken += 1;
        }
        tallies.push(tally);
    }
    Ok(tallies)
}
