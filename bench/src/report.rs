//! What was measured: every run in JSON, and one table of medians for people.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    fs,
    path::Path,
};

use serde::Serialize;

use crate::{
    Result,
    baseline::Script,
    crowd::Crowd,
    database::Kind,
    looking_back::LookedBack,
    machine::Machine,
    platform::Mood,
    postgres,
    ratio::{self, Ratio},
    reads::{self, Idle, Read},
    scenario::{Latency, Measured, Options, Rushed},
    stats::median,
    usage::Usage,
};

/// All of it.
#[derive(Debug, Serialize)]
pub struct Report {
    pub machine: Machine,
    pub postgres: Option<postgres::About>,
    pub settings: Settings,
    pub runs: Vec<Run>,
    pub rushes: Vec<Rush>,
    pub looked_back: Vec<LookedBack>,
    pub reads: Vec<Read>,
    /// Jangteo before the first of them.
    pub idle: Vec<Idle>,
    pub crowds: Vec<Crowd>,
    pub ratios: Vec<Ratio>,
}

/// How it was measured.
#[derive(Debug, Serialize)]
pub struct Settings {
    pub seconds: u64,
    pub warm_up: u64,
    pub rounds: u32,
    /// Flags of `jangteo serve`.
    pub serve: Vec<String>,
}

/// What was measured on what: the runs of all rounds that have it in common make a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Case {
    pub subject: Subject,
    pub database: Kind,
    /// Orders that there were before.
    pub history: u32,
    pub options: Options,
    /// Clients, or pgbench's sessions.
    pub clients: u32,
}

/// Who placed the orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    Jangteo,
    /// Jangteo, with a data platform to tell.
    Telling(Mood),
    Sql(Script),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jangteo => f.pad("Jangteo"),
            Self::Telling(mood) => mood.fmt(f),
            Self::Sql(script) => script.fmt(f),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            subject,
            database,
            history,
            options,
            clients,
        } = self;
        write!(
            f,
            "{subject} on {database}, {history} orders before, {options} options, {clients} clients"
        )
    }
}

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    pub round: u32,
    #[serde(flatten)]
    pub case: Case,
    pub orders_per_second: f64,
    /// In milliseconds; of a call for batches of SQL.
    pub latency: Latency,
    pub batches: Option<Batches>,
    /// How many processors each used.
    pub usage: Usage,
    pub load_average: f64,
    pub errors: BTreeMap<String, u64>,
    /// What does not add up afterwards: if anything, the run does not count.
    pub findings: Option<String>,
}

/// Orders that shared a commit.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Batches {
    pub mean: f64,
    pub max: i64,
}

/// One rush.
#[derive(Clone, Debug, Serialize)]
pub struct Rush {
    pub round: u32,
    pub database: Kind,
    #[serde(flatten)]
    pub rushed: Rushed,
    pub batches: Option<Batches>,
    pub load_average: f64,
    pub findings: Option<String>,
}

impl Run {
    pub fn new(round: u32, case: Case, measured: Measured, load_average: f64) -> Self {
        Self {
            round,
            case,
            orders_per_second: measured.per_second,
            latency: measured.latency,
            batches: None,
            usage: measured.usage,
            load_average,
            errors: measured.errors,
            findings: None,
        }
    }
}

impl Report {
    pub fn write(&self, file: &Path) -> Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(file, serde_json::to_string_pretty(self)?)?)
    }

    /// Whether everything added up.
    pub fn is_sound(&self) -> bool {
        self.runs.iter().all(|run| run.findings.is_none())
            && self.rushes.iter().all(|rush| rush.findings.is_none())
    }

    /// Compares what there is to compare.
    pub fn compare(&mut self) {
        self.ratios = ratio::of(&self.runs);
    }

    pub fn table(&self) -> Result<String> {
        let mut text = String::new();
        self.head(&mut text)?;
        if !self.runs.is_empty() {
            self.lines(&mut text)?;
        }
        if !self.rushes.is_empty() {
            self.rush_lines(&mut text)?;
        }
        if !self.looked_back.is_empty() {
            self.looked_back_lines(&mut text)?;
        }
        if !self.reads.is_empty() {
            reads::table::write(&mut text, &self.reads, &self.idle)?;
        }
        if !self.crowds.is_empty() {
            self.crowd_lines(&mut text)?;
        }
        if !self.ratios.is_empty() {
            self.ratio_lines(&mut text)?;
        }
        Ok(text)
    }

    fn head(&self, text: &mut String) -> Result<()> {
        let Machine {
            at,
            processor,
            processors,
            memory_gib,
            kernel,
            load_average,
            flush_ms,
            commit,
            compiler,
        } = &self.machine;
        writeln!(text, "Jangteo {commit}, {compiler}, {at}")?;
        writeln!(
            text,
            "{processor}, {processors} processors, {memory_gib} GiB, Linux {kernel}, load average {load_average:.2}, \
             a flush takes {flush_ms:.2} ms"
        )?;
        if let Some(postgres) = &self.postgres {
            writeln!(
                text,
                "{}: {}",
                postgres.version,
                postgres.settings.join(", ")
            )?;
        }
        let Settings {
            seconds,
            warm_up,
            rounds,
            serve,
        } = &self.settings;
        writeln!(
            text,
            "medians of {rounds} rounds of {seconds} s after {warm_up} s; jangteo serve {}",
            serve.join(" ")
        )?;
        Ok(())
    }

    fn lines(&self, text: &mut String) -> Result<()> {
        writeln!(
            text,
            "\n{:<12}{:<18}{:>9} {:<8}{:>8} {:>9} {:>15}  {:>8}{:>8}{:>8}  {:>7}{:>5}  {:>7}{:>6}{:>6}{:>7}  {:<10} audit",
            "database",
            "orders by",
            "history",
            "options",
            "clients",
            "orders/s",
            "min to max",
            "p50 ms",
            "p99",
            "p99.9",
            "batch",
            "max",
            "CPU srv",
            "db",
            "load",
            "others",
            "errors",
        )?;
        let mut cases = BTreeMap::<Case, Vec<&Run>>::new();
        for run in &self.runs {
            cases.entry(run.case).or_default().push(run);
        }
        for (case, runs) in cases {
            line(text, case, &runs)?;
        }
        Ok(())
    }

    fn rush_lines(&self, text: &mut String) -> Result<()> {
        writeln!(
            text,
            "\n{:<12}{:>6}{:>8}{:>8}{:>9} {:>13} {:>14}  {:>7}{:>5}  {:<10} audit",
            "rush",
            "round",
            "buyers",
            "orders",
            "sold out",
            "last unit ms",
            "last buyer ms",
            "batch",
            "max",
            "errors",
        )?;
        for rush in &self.rushes {
            let Rushed {
                buyers,
                orders,
                sold_out,
                last_unit_ms,
                last_buyer_ms,
                ..
            } = rush.rushed;
            writeln!(
                text,
                "{:<12}{:>6}{buyers:>8}{orders:>8}{sold_out:>9} {last_unit_ms:>13.0} {last_buyer_ms:>14.0}  {}  {:<10} {}",
                rush.database,
                rush.round,
                batches(rush.batches),
                errors(&rush.rushed.errors),
                rush.findings.as_deref().unwrap_or("clean"),
            )?;
        }
        Ok(())
    }

    fn looked_back_lines(&self, text: &mut String) -> Result<()> {
        writeln!(
            text,
            "\n{:<12}{:<24}{:>10}{:>10}{:>10}",
            "database", "query", "history", "p50 ms", "p99 ms"
        )?;
        for read in &self.looked_back {
            writeln!(
                text,
                "{:<12}{:<24}{:>10}{:>10.2}{:>10.2}",
                read.database, read.name, read.history, read.latency.p50, read.latency.p99
            )?;
        }
        Ok(())
    }

    fn crowd_lines(&self, text: &mut String) -> Result<()> {
        writeln!(
            text,
            "\n{:<12}{:>10}{:>9} {:>10}{:>8}{:>8}{:>9}{:>9}{:>9}  {:>20}  {:>6}",
            "crowd",
            "listeners",
            "KiB each",
            "orders/s",
            "events",
            "p50 ms",
            "p99",
            "p50 ans.",
            "p99 ans.",
            "all hear ms",
            "load"
        )?;
        for crowd in &self.crowds {
            writeln!(
                text,
                "{:<12}{:>10}{:>9.1} {:>10}{:>8}{:>8.1}{:>9.1}{:>9.1}{:>9.1}  {:>20}  {:>6.2}",
                crowd.database,
                crowd.listeners,
                crowd.kib_per_listener,
                crowd.rate,
                crowd.events,
                crowd.from_order.p50,
                crowd.from_order.p99,
                crowd.from_answer.p50,
                crowd.from_answer.p99,
                format!(
                    "{:.0} of {}",
                    median(crowd.waves_ms.iter().copied()),
                    crowd.waves_ms.len()
                ),
                crowd.load_average,
            )?;
        }
        Ok(())
    }

    fn ratio_lines(&self, text: &mut String) -> Result<()> {
        writeln!(text, "\n{:<64}{:>8}  reach", "ratio", "")?;
        for Ratio {
            name,
            median,
            reach,
        } in &self.ratios
        {
            writeln!(text, "{name:<64}{median:>8.2}  {reach}")?;
        }
        Ok(())
    }
}

fn line(text: &mut String, case: Case, runs: &[&Run]) -> Result<()> {
    let counting = runs.iter().filter(|run| run.findings.is_none());
    let middle = |value: fn(&Run) -> f64| median(counting.clone().map(|run| value(run)));
    let speeds = counting.clone().map(|run| run.orders_per_second);
    let lowest = speeds.clone().fold(f64::INFINITY, f64::min);
    let highest = speeds.fold(0.0, f64::max);
    let mut all_errors = BTreeMap::<String, u64>::new();
    for (code, count) in runs.iter().flat_map(|run| &run.errors) {
        *all_errors.entry(code.clone()).or_default() += count;
    }
    let batch = runs.iter().filter_map(|run| run.batches);
    let batch = batch.clone().next().map(|_| Batches {
        mean: median(batch.clone().map(|batches| batches.mean)),
        max: batch.map(|batches| batches.max).max().unwrap_or_default(),
    });
    writeln!(
        text,
        "{:<12}{:<18}{:>9} {:<8}{:>8} {:>9.0} {:>15}  {:>8.2}{:>8.2}{:>8.2}  {}  {:>7.2}{:>6.2}{:>6.2}{:>7.2}  {:<10} {}",
        case.database,
        case.subject,
        case.history,
        case.options,
        case.clients,
        middle(|run| run.orders_per_second),
        format!("{lowest:.0} to {highest:.0}"),
        middle(|run| run.latency.p50),
        middle(|run| run.latency.p99),
        middle(|run| run.latency.p999),
        batches(batch),
        middle(|run| run.usage.server),
        middle(|run| run.usage.database),
        middle(|run| run.usage.load),
        middle(|run| run.usage.others),
        errors(&all_errors),
        verdict(case, runs),
    )?;
    Ok(())
}

/// Hand-written SQL is not audited: it keeps the tables' constraints, not the shop's rules.
fn verdict(case: Case, runs: &[&Run]) -> String {
    let findings = runs.iter().filter_map(|run| run.findings.as_deref());
    let findings = findings.collect::<Vec<_>>();
    match case.subject {
        Subject::Sql(_) => String::new(),
        Subject::Jangteo | Subject::Telling(_) if findings.is_empty() => "clean".to_owned(),
        Subject::Jangteo | Subject::Telling(_) => format!(
            "FAILED, {} of {} runs do not count: {}",
            findings.len(),
            runs.len(),
            findings.join("; ")
        ),
    }
}

fn batches(batches: Option<Batches>) -> String {
    batches.map_or_else(
        || " ".repeat(12),
        |batches| format!("{:>7.1}{:>5}", batches.mean, batches.max),
    )
}

fn errors(errors: &BTreeMap<String, u64>) -> String {
    let told = errors.iter().map(|(code, count)| format!("{count} {code}"));
    match told.collect::<Vec<_>>() {
        told if told.is_empty() => "none".to_owned(),
        told => told.join(", "),
    }
}
