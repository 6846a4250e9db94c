//! What comes of an attempt: how long to wait for the next, when to give up, and when to leave the platform alone.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use rand::{Rng, RngExt};

/// How long a message that was just written, or claimed, is one instance's: nobody else delivers it meanwhile. Longer
/// than an attempt takes, so that none is sent by two at once.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);

/// How long the messages behind a dead one wait until they are looked at again.
pub const BEHIND_THE_DEAD: TimeDelta = TimeDelta::hours(1);

/// The longest pause before the second attempt; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause before any attempt.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// The longest that a platform may ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(24);

/// How many attempts in a row must fail, whatever their messages, for the platform to be down.
const DOWN_AFTER: u32 = 3;

/// How long a platform that is down is left alone at most.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// How long it is at most because it asks for it. What was refused waits as long as it was asked to; but whoever asks for a
/// day may be mended in an hour, and others' messages may be welcome.
const LONGEST_REST_ASKED: Duration = Duration::from_mins(5);

/// Why an attempt did not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// In words, for whoever looks at the message.
    pub what: String,
    /// How long the platform wants to be left alone.
    pub retry_after: Option<Duration>,
}

/// What kind of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The platform answered, and did not take it.
    Refused,
    /// No answer came in time.
    TimedOut,
    /// There was no way to it, or back.
    Unreachable,
}

/// What follows a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Retry { at: DateTime<Utc> },
    GiveUp,
}

/// What follows a message's failed attempt, the last of so many. Whatever the failure, the message is tried again: who
/// answers wrongly may be mended, and a message that is gone is not.
pub fn next(
    attempts: u32,
    attempts_max: u32,
    failure: &Failure,
    now: DateTime<Utc>,
    rng: &mut impl Rng,
) -> Next {
    if attempts >= attempts_max {
        return Next::GiveUp;
    }
    let pause = pause(attempts, LONGEST_PAUSE);
    // At least half of it, so that it does grow; not all of it, so that not all come back at once.
    let pause = rng.random_range(pause / 2..=pause);
    let pause = pause.max(failure.retry_after.unwrap_or_default());
    let at = now + pause;
    // As exactly as the table knows it.
    Next::Retry {
        at: at.trunc_subsecs(6),
    }
}

fn pause(attempts: u32, longest: Duration) -> Duration {
    let doublings = attempts.saturating_sub(1).min(20);
    (FIRST_PAUSE * 2_u32.pow(doublings)).min(longest)
}

/// How long a platform wants to be left alone, by its header `Retry-After`: a number of seconds, or a date.
pub fn retry_after(header: &str, now: DateTime<Utc>) -> Option<Duration> {
    let header = header.trim();
    let asked = if header.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(header.parse().ok()?)
    } else {
        let date = DateTime::parse_from_rfc2822(header).ok()?;
        (date.to_utc() - now).to_std().unwrap_or_default()
    };
    Some(asked.min(RETRY_AFTER_MAX))
}

/// How the platform does, as far as the last attempts tell: one that is down is asked rarely, and with one message at a
/// time, until it takes one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    failures: u32,
    rests_until: Option<DateTime<Utc>>,
}

impl Health {
    /// It took a message.
    pub fn succeed(&mut self) {
        *self = Self::default();
    }

    /// It did not.
    pub fn fail(&mut self, failure: &Failure, now: DateTime<Utc>) {
        self.failures = self.failures.saturating_add(1);
        let rest = match failure.retry_after {
            Some(asked) => asked.min(LONGEST_REST_ASKED),
            None if self.is_down() => pause(self.failures - DOWN_AFTER + 1, LONGEST_REST),
            None => return,
        };
        self.rests_until = Some(now + rest).max(self.rests_until);
    }

    /// Until when it is left alone.
    pub fn rests_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.rests_until.filter(|until| *until > now)
    }

    /// How many messages may be under way at once.
    pub const fn at_once(&self, usually: usize) -> usize {
        if self.is_down() { 1 } else { usually }
    }

    const fn is_down(&self) -> bool {
        self.failures >= DOWN_AFTER
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn failure(retry_after: Option<u64>) -> Failure {
        Failure {
            kind: FailureKind::Refused,
            what: "it answered 503".into(),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    fn pause_after(attempts: u32, retry_after: Option<u64>, seed: u64) -> Duration {
        let mut rng = StdRng::seed_from_u64(seed);
        let Next::Retry { at } = next(attempts, u32::MAX, &failure(retry_after), NOW, &mut rng)
        else {
            panic!("it is tried again");
        };
        (at - NOW).to_std().unwrap()
    }

    proptest! {
        #[test]
        fn pauses_double_and_no_two_need_be_the_same(attempts in 1_u32..100, seed: u64) {
            let longest = Duration::from_secs(1 << (attempts - 1).min(20)).min(LONGEST_PAUSE);
            let pause = pause_after(attempts, None, seed);
            prop_assert!((longest / 2..=longest).contains(&pause));
        }

        #[test]
        fn a_platform_is_left_alone_as_long_as_it_wants(seconds in 3_600_u64..86_400, seed: u64) {
            prop_assert_eq!(pause_after(3, Some(seconds), seed), Duration::from_secs(seconds));
        }
    }

    #[test]
    fn a_short_wish_makes_no_pause_shorter() {
        assert!(pause_after(5, Some(1), 7) >= Duration::from_secs(8));
    }

    #[test]
    fn a_message_is_given_up_after_its_last_attempt() {
        let mut rng = StdRng::seed_from_u64(0);
        let mut after = |attempts| next(attempts, 3, &failure(None), NOW, &mut rng);
        assert!(matches!(after(2), Next::Retry { .. }));
        assert_eq!(after(3), Next::GiveUp);
        assert_eq!(after(4), Next::GiveUp);
    }

    #[test]
    fn retry_after_is_a_number_of_seconds_or_a_date() {
        let now = DateTime::parse_from_rfc3339("1994-11-06T08:49:30Z")
            .unwrap()
            .to_utc();
        for (header, expected) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("99999999", Some(86_400)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("Mon, 06 Nov 1995 08:49:37 GMT", Some(86_400)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("99999999999999999999", None),
        ] {
            let expected = expected.map(Duration::from_secs);
            assert_eq!(retry_after(header, now), expected, "{header:?}");
        }
    }

    #[test]
    fn one_bad_message_does_not_make_a_platform_down() {
        let mut health = Health::default();
        for _ in 0..10 {
            health.fail(&failure(None), NOW);
            health.fail(&failure(None), NOW);
            assert_eq!((health.rests_until(NOW), health.at_once(16)), (None, 16));
            health.succeed();
        }
    }

    #[test]
    fn a_platform_that_is_down_is_asked_ever_more_rarely_with_one_message_at_a_time() {
        let mut health = Health::default();
        let mut rests = Vec::new();
        for _ in 0..9 {
            health.fail(&failure(None), NOW);
            let until = health.rests_until(NOW);
            rests.push(until.map_or(0, |until| (until - NOW).num_seconds()));
        }
        assert_eq!(rests, [0, 0, 1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(health.at_once(16), 1);
        assert_eq!(
            health.rests_until(NOW + LONGEST_REST),
            None,
            "it is asked again"
        );
        health.succeed();
        assert_eq!((health.rests_until(NOW), health.at_once(16)), (None, 16));
    }

    #[test]
    fn a_platform_that_asks_for_a_rest_gets_it_at_once() {
        let mut health = Health::default();
        health.fail(&failure(Some(90)), NOW);
        assert_eq!(health.rests_until(NOW), Some(NOW + TimeDelta::seconds(90)));
        health.fail(&failure(Some(10)), NOW);
        assert_eq!(
            health.rests_until(NOW),
            Some(NOW + TimeDelta::seconds(90)),
            "who was under way meanwhile does not shorten it"
        );
        assert_eq!(health.at_once(16), 16);

        health.fail(&failure(Some(86_400)), NOW);
        let longest = health.rests_until(NOW).map(|until| until - NOW);
        assert_eq!(
            longest,
            Some(TimeDelta::minutes(5)),
            "it may be mended before"
        );
    }
}
