//! The table of reads, for people: medians over the rounds, and who reaches how much of whom.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use super::{Answerer, Case, Idle, Read};
use crate::stats::median;

/// Writes the lines of all reads.
pub fn write(text: &mut String, reads: &[Read], idle: &[Idle]) -> fmt::Result {
    writeln!(
        text,
        "\n{:<12}{:<18}{:>8}{:>9}{:>8}  {:>9}{:>9}{:>10}  {:>8}  {:>9}{:>8}{:>9}{:>8}  {:>7}{:>6}{:>6}{:>9}{:>6}{:>6} {:>7}",
        "database",
        "read",
        "products",
        "orders",
        "clients",
        "Jangteo/s",
        "by hand",
        "constant",
        "ratio",
        "p50 ms",
        "p99",
        "by hand",
        "p99",
        "CPU srv",
        "db",
        "load",
        "by hand",
        "db",
        "load",
        "errors",
    )?;
    let mut cases = BTreeMap::<Case, Vec<&Read>>::new();
    for read in reads {
        cases.entry(read.case).or_default().push(read);
    }
    for (case, reads) in &cases {
        line(text, case, reads)?;
    }
    for idle in idle {
        writeln!(
            text,
            "{}: ready {:.0} ms after its start, {:.1} MiB while it waits for the first question",
            idle.database,
            idle.ready_ms,
            idle.resident_mib()
        )?;
    }
    Ok(())
}

fn line(text: &mut String, case: &Case, reads: &[&Read]) -> fmt::Result {
    let of = |answerer, value: fn(&Read) -> f64| {
        let of_answerer = reads.iter().filter(|read| read.answerer == answerer);
        median(of_answerer.map(|read| value(read)))
    };
    let (ours, theirs) = (Answerer::Jangteo, Answerer::ByHand);
    writeln!(
        text,
        "{:<12}{:<18}{:>8}{:>9}{:>8}  {:>9.0}{:>9.0}{:>10.0}  {:>8.2}  {:>9.2}{:>8.2}{:>9.2}{:>8.2}  {:>7.2}{:>6.2}{:>6.2}{:>9.2}{:>6.2}{:>6.2} {:>7}",
        case.database,
        case.question,
        case.products,
        case.orders,
        case.clients,
        of(ours, |read| read.per_second),
        of(theirs, |read| read.per_second),
        of(Answerer::Constant, |read| read.per_second),
        ratio(reads),
        of(ours, |read| read.latency.p50),
        of(ours, |read| read.latency.p99),
        of(theirs, |read| read.latency.p50),
        of(theirs, |read| read.latency.p99),
        of(ours, |read| read.usage.server),
        of(ours, |read| read.usage.database),
        of(ours, |read| read.usage.load),
        of(theirs, |read| read.usage.server),
        of(theirs, |read| read.usage.database),
        of(theirs, |read| read.usage.load),
        reads.iter().map(|read| read.errors).sum::<u64>(),
    )
}

/// Jangteo's share of what is reached by hand, round by round: a machine whose speed drifts moves both.
fn ratio(reads: &[&Read]) -> f64 {
    let of_round = |round, answerer| {
        let mut of_round = reads.iter();
        of_round.find(|read| read.round == round && read.answerer == answerer)
    };
    let ours = reads
        .iter()
        .filter(|read| read.answerer == Answerer::Jangteo);
    median(ours.filter_map(|ours| {
        let theirs = of_round(ours.round, Answerer::ByHand)?;
        Some(ours.per_second / theirs.per_second)
    }))
}
