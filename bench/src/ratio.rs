//! How the runs compare: what the shop reaches against what it might.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    baseline::{BATCH_SESSIONS, Script},
    database::Kind,
    platform::Mood,
    report::{Case, Run, Subject},
    scenario::Options,
    stats::median,
};

/// How two cases compare: the median over the rounds.
#[derive(Clone, Debug, Serialize)]
pub struct Ratio {
    pub name: String,
    pub median: f64,
    /// What it should be.
    pub reach: &'static str,
}

/// All ratios of which both sides were measured. A run that did not add up does not count.
pub fn of(runs: &[Run]) -> Vec<Ratio> {
    Rounds(runs).ratios()
}

/// What is compared: its name, what is above and below the line, and what it should come to.
const COMPARISONS: [(&str, Side, Side, &str); 12] = {
    use Kind::{Postgres, Sqlite};
    use Options::{Hot, Uniform};
    use Side::{Shop, Sql};
    const ONE_ORDER: &[Script] = &[Script::Statements, Script::OneStatement];
    [
        (
            "hot at 64 clients / better hot one-order script at 64",
            Shop(Postgres, Hot, 64),
            Sql(ONE_ORDER, Hot, 64),
            "at least 4, aim at 8",
        ),
        (
            "hot / uniform at 64 clients",
            Shop(Postgres, Hot, 64),
            Shop(Postgres, Uniform, 64),
            "at least 0.95",
        ),
        (
            "hot / uniform at 256 clients",
            Shop(Postgres, Hot, 256),
            Shop(Postgres, Uniform, 256),
            "at least 0.95",
        ),
        (
            "256 / 64 clients, uniform",
            Shop(Postgres, Uniform, 256),
            Shop(Postgres, Uniform, 64),
            "at least 1.3",
        ),
        (
            "256 / 64 clients, hot",
            Shop(Postgres, Hot, 256),
            Shop(Postgres, Hot, 64),
            "at least 1.3",
        ),
        (
            "256 clients / one statement an order at 256, uniform",
            Shop(Postgres, Uniform, 256),
            Sql(&[Script::OneStatement], Uniform, 256),
            "at least 0.8",
        ),
        (
            "256 clients / better set-based function, uniform",
            Shop(Postgres, Uniform, 256),
            Sql(&Script::BATCHES, Uniform, BATCH_SESSIONS),
            "aim at 0.5",
        ),
        (
            "256 clients / better set-based function, hot",
            Shop(Postgres, Hot, 256),
            Sql(&Script::BATCHES, Hot, BATCH_SESSIONS),
            "aim at 0.5",
        ),
        (
            "SQLite / PostgreSQL, uniform at 64 clients",
            Shop(Sqlite, Uniform, 64),
            Shop(Postgres, Uniform, 64),
            "at least 1",
        ),
        (
            "SQLite / PostgreSQL, hot at 64 clients",
            Shop(Sqlite, Hot, 64),
            Shop(Postgres, Hot, 64),
            "at least 1",
        ),
        (
            "SQLite / PostgreSQL, uniform at 256 clients",
            Shop(Sqlite, Uniform, 256),
            Shop(Postgres, Uniform, 256),
            "at least 1",
        ),
        (
            "SQLite / PostgreSQL, hot at 256 clients",
            Shop(Sqlite, Hot, 256),
            Shop(Postgres, Hot, 256),
            "at least 1",
        ),
    ]
};

/// Where the slow are compared with the middle.
const TAILS: [(Kind, Options); 4] = [
    (Kind::Postgres, Options::Uniform),
    (Kind::Postgres, Options::Hot),
    (Kind::Sqlite, Options::Uniform),
    (Kind::Sqlite, Options::Hot),
];

/// The runs, to be compared round by round: a machine whose speed drifts moves both sides.
struct Rounds<'r>(&'r [Run]);

/// What stands above or below a ratio's line: of several cases, the fastest.
#[derive(Clone, Copy)]
enum Side {
    Shop(Kind, Options, u32),
    Sql(&'static [Script], Options, u32),
    Case(Case),
}

impl Side {
    fn covers(self, case: &Case) -> bool {
        match self {
            Self::Shop(database, options, clients) => *case == jangteo(database, options, clients),
            Self::Sql(scripts, options, clients) => {
                case.options == options
                    && case.clients == clients
                    && matches!(case.subject, Subject::Sql(script) if scripts.contains(&script))
            }
            Self::Case(other) => *case == other,
        }
    }
}

impl Rounds<'_> {
    fn ratios(&self) -> Vec<Ratio> {
        let speeds = COMPARISONS
            .iter()
            .filter_map(|(name, above, below, reach)| {
                Some(Ratio {
                    name: (*name).to_owned(),
                    median: self.ratio(*above, *below)?,
                    reach,
                })
            });
        let tails = TAILS.iter().filter_map(|(database, options)| {
            Some(Ratio {
                name: format!("p99 / p50 at 256 clients, {options}, {database}"),
                median: self.tail(Side::Shop(*database, *options, 256))?,
                reach: "below 5",
            })
        });
        speeds
            .chain(tails)
            .chain(self.growth())
            .chain(self.telling())
            .collect()
    }

    /// With a history against without.
    fn growth(&self) -> impl Iterator<Item = Ratio> {
        let grown = self.0.iter().filter(|run| run.case.history > 0);
        let cases = grown.map(|run| run.case).collect::<BTreeSet<_>>();
        cases.into_iter().filter_map(|case| {
            let Case {
                database,
                history,
                options,
                clients,
                ..
            } = case;
            Some(Ratio {
                name: format!(
                    "{history} orders before / none, {database}, {options}, {clients} clients"
                ),
                median: self.ratio(Side::Case(case), Side::Shop(database, options, clients))?,
                reach: "at least 0.8",
            })
        })
    }

    /// With a platform to tell against without.
    fn telling(&self) -> impl Iterator<Item = Ratio> {
        let telling = self.0.iter().map(|run| run.case);
        let telling = telling.filter(|case| matches!(case.subject, Subject::Telling(_)));
        let cases = telling.collect::<BTreeSet<_>>();
        cases.into_iter().filter_map(|case| {
            let Case {
                subject,
                database,
                options,
                clients,
                ..
            } = case;
            Some(Ratio {
                name: format!("{subject} / none, {database}, {options}, {clients} clients"),
                median: self.ratio(Side::Case(case), Side::Shop(database, options, clients))?,
                reach: match subject {
                    Subject::Telling(Mood::Hanging) => "at least 0.95",
                    _ => "at least 0.8",
                },
            })
        })
    }

    /// The median of the rounds' ratios.
    fn ratio(&self, above: Side, below: Side) -> Option<f64> {
        self.each_round(|runs| {
            let best = |side: Side| {
                let speeds = runs.iter().filter(|run| side.covers(&run.case));
                let speeds = speeds.map(|run| run.orders_per_second);
                speeds.max_by(f64::total_cmp)
            };
            Some(best(above)? / best(below)?)
        })
    }

    /// The median of the rounds' p99 to p50.
    fn tail(&self, side: Side) -> Option<f64> {
        self.each_round(|runs| {
            let run = runs.iter().find(|run| side.covers(&run.case))?;
            Some(run.latency.p99 / run.latency.p50)
        })
    }

    fn each_round(&self, ratio: impl Fn(&[&Run]) -> Option<f64>) -> Option<f64> {
        let mut rounds = BTreeMap::<u32, Vec<&Run>>::new();
        for run in self.0.iter().filter(|run| run.findings.is_none()) {
            rounds.entry(run.round).or_default().push(run);
        }
        let ratios = rounds.values().filter_map(|runs| ratio(runs));
        let ratios = ratios.collect::<Vec<_>>();
        (!ratios.is_empty()).then(|| median(ratios))
    }
}

const fn jangteo(database: Kind, options: Options, clients: u32) -> Case {
    Case {
        subject: Subject::Jangteo,
        database,
        history: 0,
        options,
        clients,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{scenario::Latency, usage::Usage};

    fn run(round: u32, case: Case, orders_per_second: f64) -> Run {
        Run {
            round,
            case,
            orders_per_second,
            latency: Latency {
                p50: 2.0,
                p99: 6.0,
                p999: 7.0,
                max: 8.0,
            },
            batches: None,
            usage: Usage {
                server: 0.0,
                database: 0.0,
                load: 0.0,
                others: 0.0,
            },
            load_average: 0.0,
            errors: BTreeMap::new(),
            findings: None,
        }
    }

    fn sql(script: Script, clients: u32) -> Case {
        Case {
            subject: Subject::Sql(script),
            ..jangteo(Kind::Postgres, Options::Hot, clients)
        }
    }

    fn ratio(runs: &[Run], name: &str) -> Option<f64> {
        let ratios = Rounds(runs).ratios();
        let ratio = ratios.iter().find(|ratio| ratio.name.starts_with(name));
        ratio.map(|ratio| ratio.median)
    }

    #[test]
    fn ratios_are_the_median_of_the_rounds_against_the_better_script() {
        let mut runs = Vec::new();
        for (round, ours) in [(1, 4_000.0), (2, 9_000.0), (3, 6_000.0)] {
            runs.push(run(round, jangteo(Kind::Postgres, Options::Hot, 64), ours));
            runs.push(run(round, sql(Script::Statements, 64), 500.0));
            runs.push(run(round, sql(Script::OneStatement, 64), 1_000.0));
            runs.push(run(round, sql(Script::Batch(64), 64), 9_000.0));
        }
        assert_eq!(ratio(&runs, "hot at 64 clients"), Some(6.0));
        assert_eq!(ratio(&runs, "hot / uniform at 64"), None);
    }

    #[test]
    fn a_run_that_does_not_add_up_does_not_count() {
        let case = jangteo(Kind::Sqlite, Options::Hot, 256);
        let mut runs = vec![run(1, case, 1.0)];
        assert_eq!(
            ratio(&runs, "p99 / p50 at 256 clients, hot, SQLite"),
            Some(3.0)
        );
        runs[0].findings = Some("1 purse".into());
        assert_eq!(ratio(&runs, "p99 / p50 at 256 clients, hot, SQLite"), None);
    }
}
