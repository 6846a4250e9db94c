//! Counting what comes in a minute, for each who sends it.

use std::{
    fmt,
    hash::Hash,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use governor::{
    Quota, RateLimiter, clock::Clock as _, middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};

use super::{Left, Lefts};
use crate::{clock::Clock, fault::Fault, graphql::ApiError};

/// After how many counts those are forgotten who have all of it left.
pub(super) const FORGET_EVERY: u32 = 4_096;

type Counts<K> = RateLimiter<K, DashMapStateStore<K>, ShopTime, StateInformationMiddleware>;

/// So many in a minute for each key, all at once if they like, and then one after the other as time passes; `None` for any
/// number.
pub struct Limiter<K: Hash + Eq + Clone> {
    /// What is counted, as the headers call it.
    name: &'static str,
    counts: Option<Counts<K>>,
    per_minute: u32,
    counted: AtomicU32,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    pub fn new(name: &'static str, per_minute: Option<NonZeroU32>, clock: &Clock) -> Self {
        let counts = per_minute.map(|per_minute| {
            RateLimiter::dashmap_with_clock(Quota::per_minute(per_minute), ShopTime(clock.clone()))
                .with_middleware()
        });
        Self {
            name,
            counts,
            per_minute: per_minute.map_or(0, NonZeroU32::get),
            counted: AtomicU32::default(),
        }
    }

    /// How many are remembered.
    #[cfg(test)]
    pub fn remembered(&self) -> usize {
        self.counts.as_ref().map_or(0, RateLimiter::len)
    }

    /// Counts so many at once, and notes what is left, where there is a limit.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub fn count(&self, key: &K, count: u32, left: &mut Lefts) -> Result<(), ApiError> {
        let Some(counts) = &self.counts else {
            return Ok(());
        };
        if self.counted.fetch_add(1, Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            counts.retain_recent();
        }
        // More at once than there may be in a minute is let in alone, as all of a minute's.
        let count = NonZeroU32::new(count.clamp(1, self.per_minute)).unwrap_or(NonZeroU32::MIN);
        let (now, counted) = match counts.check_key_n(key, count) {
            Ok(Ok(state)) => (state.remaining_burst_capacity(), Ok(())),
            Ok(Err(until)) => {
                let retry_after = until.wait_time_from(counts.clock().now());
                (0, Err(ApiError::RateLimited { retry_after }))
            }
            Err(error) => (0, Err(Fault::internal(error).into())),
        };
        left.note(Left {
            name: self.name,
            of: self.per_minute,
            now,
        });
        counted
    }
}

impl<K: Hash + Eq + Clone> fmt::Debug for Limiter<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter")
            .field("per_minute", &self.per_minute)
            .finish_non_exhaustive()
    }
}

/// The shop's clock, as time since 1970. One that is set back lets nobody wait longer than a minute.
#[derive(Clone, Debug)]
struct ShopTime(Clock);

impl governor::clock::Clock for ShopTime {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let micros = self.0.now().timestamp_micros();
        Duration::from_micros(micros.unsigned_abs())
    }
}
