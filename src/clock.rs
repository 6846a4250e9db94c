//! Time and ids are arguments: rules take them as values, use cases ask here, tests move them.

use std::{fmt, sync::Arc};

use chrono::{DateTime, SubsecRound, Utc};
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

/// A new UUIDv7 of the given moment.
pub fn new_id<I: TypedId>(now: DateTime<Utc>, rng: &mut impl Rng) -> I {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    let mut random = [0; 10];
    rng.fill_bytes(&mut random);
    I::from_uuid(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}
