//! How often anybody may ask: who tries passwords, who signs up again and again, who sends more than a person or an app
//! does; and how much at once. Each instance counts for itself, so many of them allow as many times as much.
//!
//! Nobody can lock out somebody else. Attempts to sign in are counted by address, and by address together with the account
//! they are for, never by the account alone; what a member asks for is counted by the member, whom the token proves, and
//! only what strangers ask for by address.

mod left;
mod limiter;
mod settings;
mod source;
mod turns;

use entity::id::MemberId;

use crate::{
    clock::Clock,
    graphql::{ApiError, Identity},
    member::normalized,
};

use self::{limiter::Limiter, turns::Turns};

pub use left::{Left, Lefts, RATE_LIMIT, RATE_LIMIT_POLICY};
pub use settings::{RateLimits, RateSettings};
pub use source::{Peer, Source};
pub use turns::Turn;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    Member(MemberId),
    /// Somebody without a good token, there.
    Stranger(Source),
}

impl Asker {
    #[must_use]
    pub fn of(identity: Identity, source: Source) -> Self {
        match identity {
            Identity::Member(caller) => Self::Member(caller.member_id),
            Identity::Anonymous | Identity::BadToken => Self::Stranger(source),
        }
    }
}

/// Counts, and refuses what is too much.
#[derive(Debug)]
pub struct Rates {
    /// Sign-ins and sign-ups by address.
    doors: Limiter<Source>,
    /// Sign-ins by address and account: what a person mistypes.
    guesses: Limiter<(Source, String)>,
    mutations: Limiter<MemberId>,
    costs: Limiter<MemberId>,
    costs_of_strangers: Limiter<Source>,
    turns: Turns,
}

impl Rates {
    #[must_use]
    pub fn new(limits: &RateLimits, clock: &Clock) -> Self {
        Self {
            doors: Limiter::new("sign-ins", limits.sign_ins, clock),
            guesses: Limiter::new("guesses", limits.guesses, clock),
            mutations: Limiter::new("mutations", limits.mutations, clock),
            costs: Limiter::new(COST, limits.cost, clock),
            costs_of_strangers: Limiter::new(COST, limits.strangers_cost, clock),
            turns: Turns::new(limits),
        }
    }

    /// Somebody signs up.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub fn sign_up(&self, source: Source) -> Result<(), ApiError> {
        self.doors.count(&source, 1, &mut Lefts::default())
    }

    /// Somebody says that they are the member of that user id.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub fn sign_in(&self, source: Source, user_id: &str) -> Result<(), ApiError> {
        let left = &mut Lefts::default();
        self.doors.count(&source, 1, left)?;
        // As much of it as a user id may be long: whoever sends more does not fill the memory.
        let account = normalized(user_id).chars().take(ACCOUNT_CHARS).collect();
        self.guesses.count(&(source, account), 1, left)
    }

    /// A member sends so many mutations at once; notes what is left.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub fn mutate(
        &self,
        member_id: MemberId,
        count: u32,
        left: &mut Lefts,
    ) -> Result<(), ApiError> {
        self.mutations.count(&member_id, count, left)
    }

    /// Somebody asks for what costs that much; notes what is left.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub fn ask(&self, asker: Asker, cost: usize, left: &mut Lefts) -> Result<(), ApiError> {
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        match asker {
            Asker::Member(member_id) => self.costs.count(&member_id, cost, left),
            Asker::Stranger(source) => self.costs_of_strangers.count(&source, cost, left),
        }
    }

    /// A request that is under way until what is returned is dropped.
    ///
    /// # Errors
    /// `RATE_LIMITED`, when whoever asks has as many under way as one may.
    pub fn begin(&self, asker: Asker) -> Result<Option<Turn>, ApiError> {
        self.turns.begin(asker)
    }
}

const ACCOUNT_CHARS: usize = 32;

/// What the headers call it.
const COST: &str = "cost";

#[cfg(test)]
mod tests {
    use std::{
        fmt,
        num::NonZeroU32,
        sync::{
            Arc,
            atomic::{AtomicI64, Ordering::Relaxed},
        },
        time::Duration,
    };

    use chrono::DateTime;
    use uuid::Uuid;

    use super::{limiter::FORGET_EVERY, *};

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
            ..RateLimits::none()
        }
    }

    impl Shop {
        /// A member sends so many mutations at once; gives how many more there may be.
        fn mutate(&self, member_id: MemberId, count: u32) -> Result<Option<u32>, ApiError> {
            let mut left = Lefts::default();
            self.rates.mutate(member_id, count, &mut left)?;
            Ok(left.iter().next().map(|left| left.now))
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
            assert_eq!(shop.mutate(mina, 1).unwrap(), Some(now));
        }
        assert_eq!(retry_after(shop.mutate(mina, 1)), Duration::from_secs(10));
        shop.seconds.fetch_add(9, Relaxed);
        assert_eq!(retry_after(shop.mutate(mina, 1)), Duration::from_secs(1));
        shop.seconds.fetch_add(1, Relaxed);
        assert_eq!(shop.mutate(mina, 1).unwrap(), Some(0));
        // Another member is not asked to wait.
        assert!(shop.mutate(MemberId(Uuid::from_u128(2)), 1).is_ok());
    }

    #[test]
    fn several_at_once_count_as_several() {
        let shop = shop(&limits(6));
        let mina = MemberId(Uuid::from_u128(1));
        assert_eq!(shop.mutate(mina, 4).unwrap(), Some(2));
        assert_eq!(retry_after(shop.mutate(mina, 3)), Duration::from_secs(10));
        assert!(
            shop.mutate(mina, 2).is_ok(),
            "what was refused was not counted"
        );
        shop.seconds.fetch_add(60, Relaxed);
        assert_eq!(shop.mutate(mina, 1_000).unwrap(), Some(0));
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
            assert!(shop.mutate(MemberId(Uuid::from_u128(member)), 1).is_ok());
        }
        shop.seconds.fetch_add(61, Relaxed);
        assert!(shop.mutate(MemberId(Uuid::from_u128(0)), 1).is_ok());
        assert_eq!(shop.rates.mutations.remembered(), 1);
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let shop = shop(&RateLimits::none());
        for _ in 0..10_000 {
            assert_eq!(shop.mutate(MemberId(Uuid::nil()), 1).unwrap(), None);
        }
    }
}
