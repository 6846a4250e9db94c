//! The audit: whether money and stock add up, over every row of a live database; and, where it is asked to, whether the
//! gateways' records are as ours ([`gateway`]).
//!
//! Everything is read in one snapshot, so what is written meanwhile disturbs nothing. The database does the
//! sums, sorting on disk what memory does not hold, and sends only what is broken, row by row: the audit itself
//! needs no more memory for ten million orders than for ten.

pub mod gateway;
pub mod invariants;
pub mod report;
mod store;

use std::io;

use futures_util::TryStreamExt;
use sea_orm::DbErr;
use serde_json::Value;

use crate::{
    db::{Db, Transaction},
    fault::Fault,
};
use invariants::{Check, Relation};

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

/// What does not hold: 64-bit integers as JSON numbers; statuses, and whatever else is found or added up, as
/// strings; nothing as null.
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

/// A check that could not be made, or not to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCheck {
    pub invariant: u8,
    /// What the invariant is about, in a word.
    pub name: &'static str,
    /// What should have been checked, in the plural.
    pub rows: &'static str,
    /// Why it was not, in words.
    pub error: String,
}

/// What came of an audit, besides the broken rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    pub tallies: Vec<Tally>,
    pub failed: Vec<FailedCheck>,
}

impl Findings {
    /// Adds what came of further checks.
    pub fn append(&mut self, mut others: Self) {
        self.tallies.append(&mut others.tallies);
        self.failed.append(&mut others.failed);
    }
}

/// Why an audit ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum Unfinished {
    #[error(transparent)]
    Fault(#[from] Fault),
    /// A broken row could not be told of.
    #[error(transparent)]
    Untold(#[from] io::Error),
}

impl From<DbErr> for Unfinished {
    fn from(error: DbErr) -> Self {
        Self::Fault(error.into())
    }
}

/// Checks every invariant in one snapshot; hands each broken row to `told` as it is found. A check that fails
/// is among the findings, and the next is made.
///
/// # Errors
/// When the database does not let a snapshot begin, or `told` fails.
pub async fn audit(
    db: &Db,
    mut told: impl FnMut(&BrokenRow) -> io::Result<()>,
) -> Result<Findings, Unfinished> {
    let snapshot = db.snapshot().await?;
    store::mark(&snapshot).await?;
    let mut findings = Findings::default();
    for check in invariants::checks(db.backend()) {
        match tally(&snapshot, &check, &mut told).await {
            Ok(tally) => findings.tallies.push(tally),
            Err(Unfinished::Fault(fault)) => {
                findings.failed.push(FailedCheck {
                    invariant: check.invariant,
                    name: check.name,
                    rows: check.rows,
                    error: fault.to_string(),
                });
                // If that fails too, so do the checks that are left, and say why.
                _ = store::go_back(&snapshot).await;
            }
            Err(untold) => return Err(untold),
        }
    }
    Ok(findings)
}

async fn tally(
    snapshot: &Transaction,
    check: &Check,
    told: &mut impl FnMut(&BrokenRow) -> io::Result<()>,
) -> Result<Tally, Unfinished> {
    let mut tally = Tally {
        invariant: check.invariant,
        name: check.name,
        rows: check.rows,
        checked: store::count(snapshot, check).await?,
        broken: 0,
    };
    let mut broken = store::broken(snapshot, check).await?;
    while let Some(row) = broken.try_next().await? {
        told(&store::read(check, &row)?)?;
        tally.broken += 1;
    }
    Ok(tally)
}
