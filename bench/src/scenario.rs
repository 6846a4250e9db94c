//! Many clients at once: closed loops, and a rush.

use std::{collections::BTreeMap, fmt, net::SocketAddr, sync::Arc, time::Duration};

use clap::ValueEnum;
use jangteo::member::Tokens;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde::Serialize;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{
    Result,
    client::{Buyer, OptionText, OrderRequest, Outcome, option_texts},
    shop::{HOT_OPTION, MEMBERS, OPTIONS, RUSH_OPTION},
    stats::{number, percentile},
    usage::{Usage, Watched},
};

/// What the clients order, two lines each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Options {
    /// Any two.
    Uniform,
    /// The same one, all of them, and any other.
    Hot,
    /// The same one, once, ten thousand of them, and there are a thousand pieces.
    Rush,
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Uniform => "uniform",
            Self::Hot => "hot",
            Self::Rush => "rush",
        })
    }
}

impl Options {
    /// Two different options, by their numbers. What is rushed for is nobody else's.
    fn pick(self, rng: &mut impl rand::Rng) -> [usize; 2] {
        let first = match self {
            Self::Uniform => rng.random_range(RUSH_OPTION + 1..OPTIONS),
            Self::Hot => HOT_OPTION,
            Self::Rush => RUSH_OPTION,
        };
        let second = loop {
            let second = rng.random_range(RUSH_OPTION + 1..OPTIONS);
            if second != first {
                break second;
            }
        };
        [first as usize, second as usize]
    }
}

/// Where the load goes, and what it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Load<'t> {
    pub address: SocketAddr,
    pub tokens: &'t Tokens,
    pub watched: Watched,
}

/// How long closed loops run.
#[derive(Clone, Copy, Debug)]
pub struct Duty {
    pub warm_up: Duration,
    pub measured: Duration,
}

/// What closed loops came to.
#[derive(Clone, Debug)]
pub struct Measured {
    pub per_second: f64,
    pub latency: Latency,
    /// Answers that were none, such as refusals, by their code.
    pub errors: BTreeMap<String, u64>,
    pub usage: Usage,
}

/// How long answers took, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Latency {
    pub p50: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
}

/// What a rush came to.
#[derive(Clone, Debug, Serialize)]
pub struct Rushed {
    pub buyers: u32,
    pub orders: u64,
    /// Those who were told that nothing is left.
    pub sold_out: u64,
    /// Those who were told anything else.
    pub errors: BTreeMap<String, u64>,
    /// When the last order was answered, in milliseconds from the first request on.
    pub last_unit_ms: f64,
    /// When the last buyer was answered.
    pub last_buyer_ms: f64,
    pub usage: Usage,
}

impl Latency {
    /// Of answers that took so many milliseconds.
    pub fn of(mut millis: Vec<f64>) -> Self {
        millis.sort_by(f64::total_cmp);
        Self {
            p50: percentile(&millis, 0.5),
            p99: percentile(&millis, 0.99),
            p999: percentile(&millis, 0.999),
            max: percentile(&millis, 1.0),
        }
    }
}

/// A question, such as an order, and its answer.
struct Sample {
    sent: Instant,
    answered: Instant,
    outcome: Outcome,
}

/// Who asks for something, again and again.
pub trait Client: Send + 'static {
    /// Asks once, and waits for the answer.
    fn ask(&mut self) -> impl Future<Output = Outcome> + Send;
}

/// A member who orders.
pub struct Shopper {
    buyer: Buyer,
    options: Options,
    texts: Arc<[OptionText]>,
    rng: StdRng,
}

impl Client for Shopper {
    async fn ask(&mut self) -> Outcome {
        let options = self.options.pick(&mut self.rng);
        self.buyer
            .order(options.map(|number| &self.texts[number]))
            .await
    }
}

/// That many members who order such options, each connected.
pub async fn shoppers(load: Load<'_>, options: Options, count: u32) -> Result<Vec<Shopper>> {
    let texts = Arc::<[OptionText]>::from(option_texts()?);
    let shopper = |buyer| Shopper {
        buyer,
        options,
        texts: texts.clone(),
        rng: StdRng::from_rng(&mut rand::rng()),
    };
    Ok(buyers(load, count)
        .await?
        .into_iter()
        .map(shopper)
        .collect())
}

/// Clients who ask, wait for the answer and ask again.
pub async fn closed_loops(
    clients: Vec<impl Client>,
    watched: &Watched,
    duty: Duty,
) -> Result<Measured> {
    let measured_from = Instant::now() + duty.warm_up;
    let end = measured_from + duty.measured;
    let mut loops = JoinSet::new();
    for mut client in clients {
        loops.spawn(async move {
            let mut samples = Vec::new();
            let mut is_open = true;
            while is_open && Instant::now() < end {
                let sample = sample(&mut client).await;
                is_open = !matches!(sample.outcome, Outcome::Broken(_));
                samples.push(sample);
            }
            samples
        });
    }
    sleep_until(measured_from).await;
    let before = watched.snapshot()?;
    sleep_until(end).await;
    let usage = watched.since(&before)?;
    let samples = loops.join_all().await.into_iter().flatten();
    let samples = samples.filter(|sample| (measured_from..end).contains(&sample.answered));
    Ok(measured(samples, duty.measured, usage))
}

/// That many members, each connected.
async fn buyers(load: Load<'_>, count: u32) -> Result<Vec<Buyer>> {
    let mut buyers = Vec::new();
    for member in 0..count {
        let request = OrderRequest::of(load.tokens, member)?;
        let buyer = Buyer::connect(load.address, request).await;
        buyers.push(buyer.map_err(|error| {
            format!(
                "connection {} of {count} (see ulimit -n): {error}",
                member + 1
            )
        })?);
    }
    Ok(buyers)
}

async fn sample(client: &mut impl Client) -> Sample {
    let sent = Instant::now();
    let outcome = client.ask().await;
    Sample {
        sent,
        answered: Instant::now(),
        outcome,
    }
}

fn measured(samples: impl Iterator<Item = Sample>, within: Duration, usage: Usage) -> Measured {
    let mut latencies = Vec::new();
    let mut errors = BTreeMap::new();
    for sample in samples {
        match sample.outcome {
            Outcome::Done => latencies.push(millis(sample.answered - sample.sent)),
            Outcome::Refused(code) => *errors.entry(code).or_default() += 1,
            Outcome::Broken(kind) => *errors.entry(kind.to_string()).or_default() += 1,
        }
    }
    Measured {
        per_second: number(latencies.len() as u64) / within.as_secs_f64(),
        latency: Latency::of(latencies),
        errors,
        usage,
    }
}

/// Every member orders the same option once, over a connection that is open before, all at the same moment.
pub async fn rush(load: Load<'_>) -> Result<Rushed> {
    let (open, doors) = watch::channel(());
    let mut rushing = JoinSet::new();
    for mut shopper in shoppers(load, Options::Rush, MEMBERS).await? {
        let mut doors = doors.clone();
        rushing.spawn(async move {
            // They open once, or never, when the benchmark has failed.
            _ = doors.changed().await;
            sample(&mut shopper).await
        });
    }
    let before = load.watched.snapshot()?;
    let begin = Instant::now();
    open.send(())?;
    let samples = rushing.join_all().await;
    let usage = load.watched.since(&before)?;
    Ok(rushed(&samples, begin, usage))
}

fn rushed(samples: &[Sample], begin: Instant, usage: Usage) -> Rushed {
    let mut rushed = Rushed {
        buyers: MEMBERS,
        orders: 0,
        sold_out: 0,
        errors: BTreeMap::new(),
        last_unit_ms: 0.0,
        last_buyer_ms: 0.0,
        usage,
    };
    for sample in samples {
        let at = millis(sample.answered - begin);
        rushed.last_buyer_ms = rushed.last_buyer_ms.max(at);
        match &sample.outcome {
            Outcome::Done => {
                rushed.orders += 1;
                rushed.last_unit_ms = rushed.last_unit_ms.max(at);
            }
            Outcome::Refused(code) if code == "INSUFFICIENT_STOCK" => rushed.sold_out += 1,
            Outcome::Refused(code) => *rushed.errors.entry(code.clone()).or_default() += 1,
            Outcome::Broken(kind) => *rushed.errors.entry(kind.to_string()).or_default() += 1,
        }
    }
    rushed
}

pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
