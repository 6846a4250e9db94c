//! What an audit prints: for people, or as one JSON document. Broken rows are written as they are found.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{BrokenRow, Discrepancy, Tally, invariants::Relation};

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line for each broken row, then a table of the checks.
    Text,
    /// An object of `broken` (rows), `checks` (with their counts) and `clean` (whether nothing is broken).
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

    /// Writes what came of the checks, and ends; gives whether nothing is broken.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(mut self, tallies: &[Tally]) -> io::Result<bool> {
        let is_clean = self.broken == 0;
        match self.format {
            Format::Text => self.write_table(tallies)?,
            Format::Json => {
                let before = if is_clean { "{\"broken\":[" } else { "\n" };
                let checks = tallies.iter().map(summary).collect::<Value>();
                writeln!(
                    self.out,
                    "{before}],\n\"checks\":{checks},\n\"clean\":{is_clean}}}"
                )?;
            }
        }
        self.out.flush()?;
        Ok(is_clean)
    }

    fn write_table(&mut self, tallies: &[Tally]) -> io::Result<()> {
        if self.broken > 0 {
            writeln!(self.out)?;
        }
        writeln!(
            self.out,
            "{:11}{:22}{:>12}{:>12}",
            "invariant", "checked", "rows", "broken"
        )?;
        for tally in tallies {
            let invariant = format!("{} {}", tally.invariant, tally.name);
            let Tally {
                rows,
                checked,
                broken,
                ..
            } = tally;
            writeln!(self.out, "{invariant:11}{rows:22}{checked:>12}{broken:>12}")?;
        }
        let all = match self.broken {
            0 => "Everything adds up.".to_owned(),
            1 => "1 row is broken.".to_owned(),
            broken => format!("{broken} rows are broken."),
        };
        writeln!(self.out, "\n{all}")
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
