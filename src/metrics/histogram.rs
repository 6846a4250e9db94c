//! How long things take, or how many are taken at once.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::{MetricType, TypedMetric},
};
use tokio::time::Instant;

/// A histogram that is counted in atomics, where the library's has a lock for everybody: an order passes several.
/// Clones are the same.
#[derive(Clone, Debug)]
pub struct Histogram(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    /// What is counted: billionths of a second, or pieces.
    unit: Unit,
    /// The largest value of each bucket but the last, which has none.
    bounds: &'static [u64],
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}

#[derive(Clone, Copy, Debug)]
enum Unit {
    Nanoseconds,
    Pieces,
}

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000 * MICROSECOND;
const SECOND: u64 = 1_000 * MILLISECOND;

/// From a tenth of a millisecond, which a statement takes, to ten seconds, after which nobody waits.
const OF_WORK: [u64; 16] = [
    100 * MICROSECOND,
    250 * MICROSECOND,
    500 * MICROSECOND,
    MILLISECOND,
    2_500 * MICROSECOND,
    5 * MILLISECOND,
    10 * MILLISECOND,
    25 * MILLISECOND,
    50 * MILLISECOND,
    100 * MILLISECOND,
    250 * MILLISECOND,
    500 * MILLISECOND,
    SECOND,
    2_500 * MILLISECOND,
    5 * SECOND,
    10 * SECOND,
];

/// From five milliseconds, which the next machine takes, to the minute that gateways are given.
const OF_CALLS: [u64; 12] = [
    5 * MILLISECOND,
    10 * MILLISECOND,
    25 * MILLISECOND,
    50 * MILLISECOND,
    100 * MILLISECOND,
    250 * MILLISECOND,
    500 * MILLISECOND,
    SECOND,
    2_500 * MILLISECOND,
    5 * SECOND,
    15 * SECOND,
    60 * SECOND,
];

/// From one to the largest batch.
const OF_SIZES: [u64; 11] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_000];

impl Histogram {
    /// For what the server does, or asks of its database.
    #[must_use]
    pub fn of_work() -> Self {
        Self::new(Unit::Nanoseconds, &OF_WORK)
    }

    /// For what others are asked over the network.
    #[must_use]
    pub fn of_calls() -> Self {
        Self::new(Unit::Nanoseconds, &OF_CALLS)
    }

    /// For how many are taken at once.
    #[must_use]
    pub fn of_sizes() -> Self {
        Self::new(Unit::Pieces, &OF_SIZES)
    }

    fn new(unit: Unit, bounds: &'static [u64]) -> Self {
        let buckets = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Counts {
            unit,
            bounds,
            buckets,
            sum: AtomicU64::new(0),
        }))
    }

    /// Counts what took this long.
    pub fn observe(&self, time: Duration) {
        self.count(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Counts what was begun then and is done now.
    pub fn observe_since(&self, begun: Instant) {
        self.observe(begun.elapsed());
    }

    /// Counts so many that were taken at once.
    pub fn observe_size(&self, size: usize) {
        self.count(size as u64);
    }

    fn count(&self, value: u64) {
        let Self(counts) = self;
        let bucket = counts.bounds.partition_point(|bound| *bound < value);
        if let Some(bucket) = counts.buckets.get(bucket) {
            bucket.fetch_add(1, Ordering::Relaxed);
            counts.sum.fetch_add(value, Ordering::Relaxed);
        }
    }
}

impl Unit {
    fn told(self, value: u64) -> f64 {
        match self {
            Self::Nanoseconds => Duration::from_nanos(value).as_secs_f64(),
            #[expect(
                clippy::cast_precision_loss,
                reason = "a number of pieces, of which there are fewer than 2^53"
            )]
            Self::Pieces => value as f64,
        }
    }
}

impl TypedMetric for Histogram {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder) -> fmt::Result {
        let Self(counts) = self;
        let bounds = counts.bounds.iter().map(|bound| counts.unit.told(*bound));
        let counted = counts
            .buckets
            .iter()
            .map(|bucket| bucket.load(Ordering::Relaxed));
        let buckets = bounds
            .chain([f64::INFINITY])
            .zip(counted)
            .collect::<Vec<_>>();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = counts.unit.told(counts.sum.load(Ordering::Relaxed));
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::{encoding::text::encode, registry::Registry};

    use super::*;

    fn told(histogram: &Histogram) -> Vec<String> {
        let mut registry = Registry::default();
        registry.register("h", "help", histogram.clone());
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        samples.map(str::to_owned).collect()
    }

    #[test]
    fn times_are_told_in_seconds_and_a_bucket_holds_all_that_are_not_longer() {
        let histogram = Histogram::of_calls();
        for millis in [5, 6, 10, 60_000, 60_001] {
            histogram.observe(Duration::from_millis(millis));
        }
        let told = told(&histogram);
        assert_eq!(told[..2], ["h_sum 120.022", "h_count 5"]);
        assert_eq!(
            told[2..5],
            [
                "h_bucket{le=\"0.005\"} 1",
                "h_bucket{le=\"0.01\"} 3",
                "h_bucket{le=\"0.025\"} 3"
            ]
        );
        assert_eq!(
            told[told.len() - 2..],
            ["h_bucket{le=\"60.0\"} 4", "h_bucket{le=\"+Inf\"} 5"]
        );
    }

    #[test]
    fn sizes_are_told_in_pieces() {
        let histogram = Histogram::of_sizes();
        for size in [0, 1, 3, 5_000] {
            histogram.observe_size(size);
        }
        let told = told(&histogram);
        assert_eq!(told[..2], ["h_sum 5004.0", "h_count 4"]);
        assert_eq!(
            told[2..5],
            [
                "h_bucket{le=\"1.0\"} 2",
                "h_bucket{le=\"2.0\"} 2",
                "h_bucket{le=\"4.0\"} 3"
            ]
        );
        assert_eq!(told.last().unwrap(), "h_bucket{le=\"+Inf\"} 4");
    }

    #[test]
    fn bounds_rise() {
        for bounds in [&OF_WORK[..], &OF_CALLS, &OF_SIZES] {
            assert!(bounds.is_sorted_by(|a, b| a < b), "{bounds:?}");
        }
    }
}
