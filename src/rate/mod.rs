//! How often anybody may ask: who tries passwords, who signs up again and again, who sends more than a person or an app
//! does. Each instance counts for itself, so many of them allow as many times as much.
//!
//! Nobody can lock out somebody else. Attempts to sign in are counted by address, and by address together with the account
//! they are for, never by the account alone; a member's mutations are counted by the member, whom the token proves.

mod settings;
mod source;

use std::{
    fmt,
    hash::Hash,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use axum::http::{HeaderName, HeaderValue};
use entity::id::MemberId;
use governor::{
    Quota, RateLimiter, clock::Clock as _, middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};

use crate::{clock::Clock, fault::Fault, graphql::ApiError, member::normalized};

pub use settings::{RateLimits, RateSettings};
pub use source::{Peer, Source};

/// Counts, and refuses what is too much.
#[derive(Debug)]
pub struct Rates {
    /// Sign-ins and sign-ups by address.
    doors: Limiter<Source>,
    /// Sign-ins by address and account: what a person mistypes.
    guesses: Limiter<(Source, String)>,
    mutations: Limiter<MemberId>,
}

/// What is left after something was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// How many there may be in a minute.
    pub of: u32,
    /// How many more there may be at once.
    pub now: u32,
}

/// The headers that tell what is left: <https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

impl Left {
    /// What a client is told of it.
    pub fn headers(self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let Self { of, now } = self;
        let headers = [
            (RATE_LIMIT, format!("\"mutations\";r={now}")),
            (RATE_LIMIT_POLICY, format!("\"mutations\";q={of};w=60")),
        ];
        headers
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.parse().ok()?)))
    }
}

impl Rates {
    #[must_use]
    pub fn new(limits: &RateLimits, clock: &Clock) -> Self {
        Self {
            doors: Limiter::new(limits.sign_ins, clock),
            guesses: Limiter::new(limits.guesses, clock),
            mutations: Limiter::new(limits.mutations, clock),
        }
    }

    /// Somebody signs up.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub fn sign_up(&self, source: Source) -> Result<(), ApiError> {
        self.doors.count(&source, 1).map(drop)
    }

    /// Somebody says that they are the member of that user id.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub fn sign_in(&self, source: Source, user_id: &str) -> Result<(), ApiError> {
        self.doors.count(&source, 1)?;
        // As much of it as a user id may be long: whoever sends more does not fill the memory.
        let account = normalized(user_id).chars().take(ACCOUNT_CHARS).collect();
        self.guesses.count(&(source, account), 1).map(drop)
    }

    /// What a member is told who has none left.
    #[must_use]
    pub fn nothing_left(&self) -> Option<Left> {
        let of = self.mutations.per_minute;
        (of > 0).then_some(Left { of, now: 0 })
    }

    /// A member sends so many mutations at once; tells what is left, where there is a limit.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub fn mutate(&self, member_id: MemberId, count: u32) -> Result<Option<Left>, ApiError> {
        self.mutations.count(&member_id, count)
    }
}

const ACCOUNT_CHARS: usize = 32;

/// After how many counts those are forgotten who have all of it left.
const FORGET_EVERY: u32 = 4_096;

type Counts<K> = RateLimiter<K, DashMapStateStore<K>, ShopTime, StateInformationMiddleware>;

/// So many in a minute for each key, all at once if they like, and then one after the other as time passes; `None` for any
/// number.
struct Limiter<K: Hash + Eq + Clone> {
    counts: Option<Counts<K>>,
    per_minute: u32,
    counted: AtomicU32,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(per_minute: Option<NonZeroU32>, clock: &Clock) -> Self {
        let counts = per_minute.map(|per_minute| {
            RateLimiter::dashmap_with_clock(Quota::per_minute(per_minute), ShopTime(clock.clone()))
                .with_middleware()
        });
        Self {
            counts,
            per_minute: per_minute.map_or(0, NonZeroU32::get),
            counted: AtomicU32::default(),
        }
    }

    fn count(&self, key: &K, count: u32) -> Result<Option<Left>, ApiError> {
        let Some(counts) = &self.counts else {
            return Ok(None);
        };
        if self.counted.fetch_add(1, Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            counts.retain_recent();
        }
        // More at once than there may be in a minute is let in alone, as all of a minute's.
        let count = NonZeroU32::new(count.clamp(1, self.per_minute)).unwrap_or(NonZeroU32::MIN);
        match counts.check_key_n(key, count) {
            Ok(Ok(state)) => Ok(Some(Left {
                of: self.per_minute,
                now: state.remaining_burst_capacity(),
            })),
            Ok(Err(until)) => Err(ApiError::RateLimited {
                retry_after: until.wait_time_from(counts.clock().now()),
            }),
            Err(error) => Err(Fault::internal(error).into()),
        }
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, atomic::AtomicI64};

    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    struct Shop {
        seconds: Arc<AtomicI64>,
        rates: Rates,
    }

    fn shop(limits: &RateLimits) -> Shop {
        let seconds = Arc::new(AtomicI64::new(1_000_000));
        let hand = seconds.clone();
        let now = move || DateTime::from_timestamp(hand.load(Relaxed), 0).unwrap();
        Shop {
            rates: Rates::new(limits, &Clock::new(now)),
            seconds,
        }
    }

    fn limits(per_minute: u32) -> RateLimits {
        let per_minute = NonZeroU32::new(per_minute);
        RateLimits {
            sign_ins: per_minute,
            guesses: per_minute,
            mutations: per_minute,
        }
    }

    fn source(last: u8) -> Source {
        Source::of(([192, 0, 2, last]).into())
    }

    fn retry_after<T: fmt::Debug>(result: Result<T, ApiError>) -> Duration {
        match result {
            Err(ApiError::RateLimited { retry_after }) => retry_after,
            other => panic!("it is refused: {other:?}"),
        }
    }

    #[test]
    fn as_many_as_a_minute_has_at_once_and_then_one_by_one() {
        let shop = shop(&limits(6));
        let mina = MemberId(Uuid::from_u128(1));
        for now in (0..6).rev() {
            assert_eq!(
                shop.rates.mutate(mina, 1).unwrap(),
                Some(Left { of: 6, now })
            );
        }
        assert_eq!(
            retry_after(shop.rates.mutate(mina, 1)),
            Duration::from_secs(10)
        );
        shop.seconds.fetch_add(9, Relaxed);
        assert_eq!(
            retry_after(shop.rates.mutate(mina, 1)),
            Duration::from_secs(1)
        );
        shop.seconds.fetch_add(1, Relaxed);
        assert_eq!(
            shop.rates.mutate(mina, 1).unwrap(),
            Some(Left { of: 6, now: 0 })
        );
        // Another member is not asked to wait.
        assert!(shop.rates.mutate(MemberId(Uuid::from_u128(2)), 1).is_ok());
    }

    #[test]
    fn several_at_once_count_as_several() {
        let shop = shop(&limits(6));
        let mina = MemberId(Uuid::from_u128(1));
        assert_eq!(
            shop.rates.mutate(mina, 4).unwrap(),
            Some(Left { of: 6, now: 2 })
        );
        assert_eq!(
            retry_after(shop.rates.mutate(mina, 3)),
            Duration::from_secs(10)
        );
        assert!(
            shop.rates.mutate(mina, 2).is_ok(),
            "what was refused was not counted"
        );
        shop.seconds.fetch_add(60, Relaxed);
        assert_eq!(
            shop.rates.mutate(mina, 1_000).unwrap(),
            Some(Left { of: 6, now: 0 })
        );
    }

    #[test]
    fn who_guesses_at_an_account_locks_out_neither_its_member_nor_other_accounts() {
        let shop = shop(&RateLimits {
            guesses: NonZeroU32::new(3),
            ..limits(100)
        });
        let (stranger, home) = (source(1), source(2));
        for user_id in ["mina", "MINA ", "mina"] {
            assert!(shop.rates.sign_in(stranger, user_id).is_ok());
        }
        retry_after(shop.rates.sign_in(stranger, "mina"));
        assert!(shop.rates.sign_in(home, "mina").is_ok());
        assert!(shop.rates.sign_in(stranger, "jun").is_ok());
    }

    #[test]
    fn who_tries_many_accounts_is_slowed_down_by_address() {
        let shop = shop(&limits(3));
        let (stranger, home) = (source(1), source(2));
        for user_id in ["a", "b"] {
            assert!(shop.rates.sign_in(stranger, user_id).is_ok());
        }
        assert!(shop.rates.sign_up(stranger).is_ok());
        retry_after(shop.rates.sign_up(stranger));
        retry_after(shop.rates.sign_in(stranger, "c"));
        assert!(shop.rates.sign_up(home).is_ok());
    }

    #[test]
    fn who_has_all_of_it_left_is_forgotten() {
        let shop = shop(&limits(6));
        for member in 0..u128::from(FORGET_EVERY) - 1 {
            assert!(
                shop.rates
                    .mutate(MemberId(Uuid::from_u128(member)), 1)
                    .is_ok()
            );
        }
        shop.seconds.fetch_add(61, Relaxed);
        assert!(shop.rates.mutate(MemberId(Uuid::from_u128(0)), 1).is_ok());
        assert_eq!(shop.rates.mutations.counts.unwrap().len(), 1);
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let shop = shop(&RateLimits::none());
        for _ in 0..10_000 {
            assert_eq!(shop.rates.mutate(MemberId(Uuid::nil()), 1).unwrap(), None);
        }
    }
}
