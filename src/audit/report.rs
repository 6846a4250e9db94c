//! What an audit prints: for people, or as one JSON document. Broken rows are written as they are found.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{BrokenRow, Discrepancy, FailedCheck, Findings, Tally, invariants::Relation};

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line for each broken row, then a table of the checks, then why some failed.
    Text,
    /// An object of `broken` (rows), `checks` (with their counts), `failed` (checks that could not be made) and
    /// `clean` (whether nothing is broken; null if a check failed).
    Json,
}

/// A report that is being written.
#[derive(Debug)]
pub struct Report<W> {
    out: W,
    format: Format,
    /// Broken rows so far.
    broken: u64,
}

impl<W: Write> Report<W> {
    pub fn new(out: W, format: Format) -> Self {
        Self {
            out,
            format,
            broken: 0,
        }
    }

    /// Writes of a broken row.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn tell(&mut self, row: &BrokenRow) -> io::Result<()> {
        match self.format {
            Format::Text => writeln!(self.out, "{}", line(row))?,
            Format::Json => {
                let before = if self.broken == 0 {
                    "{\"broken\":["
                } else {
                    ","
                };
                write!(self.out, "{before}\n{}", object(row))?;
            }
        }
        self.broken += 1;
        Ok(())
    }

    /// Writes what came of the checks, and ends; gives whether nothing is broken, if every check was made.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(mut self, findings: &Findings) -> io::Result<Option<bool>> {
        let is_clean = findings.failed.is_empty().then_some(self.broken == 0);
        match self.format {
            Format::Text => {
                self.write_table(findings)?;
                self.write_verdict(&findings.failed)?;
            }
            Format::Json => {
                let before = if self.broken == 0 {
                    "{\"broken\":["
                } else {
                    "\n"
                };
                let checks = findings.tallies.iter().map(summary).collect::<Value>();
                let failed = findings.failed.iter().map(failure).collect::<Value>();
                let clean = Value::from(is_clean);
                writeln!(
                    self.out,
                    "{before}],\n\"checks\":{checks},\n\"failed\":{failed},\n\"clean\":{clean}}}"
                )?;
            }
        }
        self.out.flush()?;
        Ok(is_clean)
    }

    fn write_table(&mut self, findings: &Findings) -> io::Result<()> {
        if self.broken > 0 {
            writeln!(self.out)?;
        }
        writeln!(
            self.out,
            "{:11}{:22}{:>12}{:>12}",
            "invariant", "checked", "rows", "broken"
        )?;
        for tally in &findings.tallies {
            let invariant = format!("{} {}", tally.invariant, tally.name);
            let Tally {
                rows,
                checked,
                broken,
                ..
            } = tally;
            writeln!(self.out, "{invariant:11}{rows:22}{checked:>12}{broken:>12}")?;
        }
        for check in &findings.failed {
            let invariant = format!("{} {}", check.invariant, check.name);
            let rows = check.rows;
            writeln!(
                self.out,
                "{invariant:11}{rows:22}{:>12}{:>12}",
                "-", "failed"
            )?;
        }
        writeln!(self.out)
    }

    fn write_verdict(&mut self, failed: &[FailedCheck]) -> io::Result<()> {
        match self.broken {
            0 if failed.is_empty() => writeln!(self.out, "Everything adds up.")?,
            0 => {}
            1 => writeln!(self.out, "1 row is broken.")?,
            broken => writeln!(self.out, "{broken} rows are broken.")?,
        }
        for check in failed {
            let FailedCheck {
                invariant,
                name,
                rows,
                error,
            } = check;
            writeln!(
                self.out,
                "Could not check {rows} ({invariant} {name}): {error}"
            )?;
        }
        Ok(())
    }
}

/// `1 option_01…: quantity in stock: expected 5, found 6`
fn line(row: &BrokenRow) -> String {
    let key = row.key.iter().map(|(_, value)| shown(value));
    let discrepancies = row.discrepancies.iter().map(|discrepancy| {
        let Discrepancy {
            what,
            relation,
            expected,
            found,
        } = discrepancy;
        let relation = match relation {
            Relation::Equal => "",
            Relation::AtLeast => "at least ",
            Relation::AtMost => "at most ",
        };
        let (expected, found) = (shown(expected), shown(found));
        format!("{what}: expected {relation}{expected}, found {found}")
    });
    format!(
        "{} {}: {}",
        row.invariant,
        key.collect::<Vec<_>>().join(" "),
        discrepancies.collect::<Vec<_>>().join("; ")
    )
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn object(row: &BrokenRow) -> Value {
    let key = row
        .key
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    let discrepancies = row.discrepancies.iter().map(|discrepancy| {
        let expected = match discrepancy.relation {
            Relation::Equal => "expected",
            Relation::AtLeast => "atLeast",
            Relation::AtMost => "atMost",
        };
        json!({
            "what": discrepancy.what,
            expected: discrepancy.expected,
            "found": discrepancy.found,
        })
    });
    json!({
        "invariant": row.invariant,
        "rows": row.rows,
        "key": key.collect::<Map<_, _>>(),
        "discrepancies": discrepancies.collect::<Value>(),
    })
}

fn summary(tally: &Tally) -> Value {
    json!({
        "invariant": tally.invariant,
        "name": tally.name,
        "rows": tally.rows,
        "checked": tally.checked,
        "broken": tally.broken,
    })
}

fn failure(check: &FailedCheck) -> Value {
    json!({
        "invariant": check.invariant,
        "name": check.name,
        "rows": check.rows,
        "error": check.error,
    })
}
