//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::{database::Kind, scenario::Options, shop};

/// Measures how many orders a second Jangteo places, and what they wait; beside it, what hand-written SQL does.
///
/// Without flags: everything, in some twenty minutes.
#[derive(Clone, Debug, Parser)]
#[command(name = "bench")]
pub struct Cli {
    /// The databases.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Kind::Postgres, Kind::Sqlite])]
    pub database: Vec<Kind>,

    /// What the clients order.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Options::Uniform, Options::Hot, Options::Rush])]
    pub scenario: Vec<Options>,

    /// How many clients at once.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 256], default_value_if("reads", "true", "16,64"), value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub clients: Vec<u32>,

    /// How long each measurement lasts, in seconds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub seconds: u64,

    /// How long the clients order before that, in seconds.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub warm_up: u64,

    /// Rounds: each measures everything once, and the table has the medians.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub repeat: u32,

    /// Hand-written SQL: beside Jangteo, not, or nothing else.
    #[arg(long, value_enum, default_value_t = Baselines::Yes)]
    pub baselines: Baselines,

    /// Instead of all that: the same orders, and what queries take, on an empty shop and on one with that
    /// many orders.
    #[arg(long, value_name = "ORDERS", value_parser = clap::value_parser!(u32).range(10_000..=100_000_000))]
    pub history: Option<u32>,

    /// Instead of all that: so many listeners on one server, what each costs, and how soon they hear.
    #[arg(long, value_name = "LISTENERS", value_parser = clap::value_parser!(u32).range(1..=19_000), conflicts_with = "history")]
    pub crowd: Option<u32>,

    /// Orders a second that a crowd hears of.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: u32,

    /// Instead of all that: the same orders with no data platform to tell, with one that is quick, and with one that
    /// never answers.
    #[arg(long, conflicts_with_all = ["history", "crowd"])]
    pub platform: bool,

    /// Instead of all that: what clients read a second, beside what a server does that is written by hand; on a shop
    /// with `--history` orders (200,000), by 16 and 64 clients unless others are named.
    #[arg(long, conflicts_with_all = ["crowd", "platform"])]
    pub reads: bool,

    /// Products, of three options each.
    #[arg(long, default_value_t = shop::PRODUCTS, value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
    pub products: u32,

    /// Where the JSON goes.
    #[arg(long, value_name = "FILE", default_value = "target/bench.json")]
    pub json: PathBuf,

    /// A `jangteo` that was built elsewhere, instead of building this one.
    #[arg(long, value_name = "PROGRAM")]
    pub server: Option<PathBuf>,

    /// Serves what `--reads` compares with, on that database.
    #[arg(long, value_name = "URL", hide = true)]
    pub by_hand: Option<String>,

    /// Flags for `jangteo serve`, after `--`.
    #[arg(last = true)]
    pub serve: Vec<String>,
}

/// Which of the two kinds of measurement are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Baselines {
    Yes,
    No,
    Only,
}

impl Cli {
    pub fn has(&self, kind: Kind) -> bool {
        self.database.contains(&kind)
    }
}
