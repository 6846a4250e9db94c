//! Time and ids are arguments: rules take them as values, use cases ask here, tests move them.

use std::{fmt, sync::Arc};

use chrono::{DateTime, NaiveDateTime, SubsecRound, TimeDelta, Utc};
use entity::id::TypedId;
use rand::Rng;
use uuid::Builder;

/// Where the time comes from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the machine"
    )]
    pub fn system() -> Self {
        Self::new(Utc::now)
    }

    /// A clock of one's own, for instance one that a test moves.
    pub fn new(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time in whole microseconds: what every database keeps, so that a time reads back as it
    /// was written.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)().trunc_subsecs(6)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

/// Korea has no daylight saving time.
const SEOUL_AHEAD_OF_UTC: TimeDelta = TimeDelta::hours(9);

/// The date and time as clocks show them in Korea.
pub fn in_seoul(time: DateTime<Utc>) -> NaiveDateTime {
    (time + SEOUL_AHEAD_OF_UTC).naive_utc()
}

/// The moment at which clocks show this in Korea.
pub fn from_seoul(shown: NaiveDateTime) -> DateTime<Utc> {
    shown.and_utc() - SEOUL_AHEAD_OF_UTC
}

/// A new UUIDv7 of the given moment.
pub fn new_id<I: TypedId>(now: DateTime<Utc>, rng: &mut impl Rng) -> I {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    let mut random = [0; 10];
    rng.fill_bytes(&mut random);
    I::from_uuid(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}
