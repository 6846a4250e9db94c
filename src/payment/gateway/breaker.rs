//! A circuit breaker: whether a gateway seems to be in order, from what it answered lately.
//!
//! It blocks nothing by itself. Who may do without a gateway, such as a new order, asks it first; who may not,
//! such as a refund, goes on trying.

use chrono::{DateTime, TimeDelta, Utc};

/// How many failures in a row open it: more than one member's bad luck.
const FAILURES_MAX: u32 = 5;

/// How long it stays open before somebody may probe, and how long a probe has to bring an answer before the next.
const PAUSE: TimeDelta = TimeDelta::seconds(10);

/// What is known of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker(State);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In order, but for this many failures since the last answer.
    Closed { failures: u32 },
    /// Out of order.
    Open { since: DateTime<Utc> },
    /// Somebody probes.
    HalfOpen { since: DateTime<Utc> },
}

impl Default for Breaker {
    fn default() -> Self {
        Self(State::Closed { failures: 0 })
    }
}

impl Breaker {
    /// Whether the gateway seems out of order, and nobody may probe yet.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        match self.0 {
            State::Closed { .. } => false,
            // A clock that was set back ends the pause as well.
            State::Open { since } | State::HalfOpen { since } => {
                (since..since + PAUSE).contains(&now)
            }
        }
    }

    /// Whether the gateway was in order when it last answered.
    pub fn is_closed(&self) -> bool {
        matches!(self.0, State::Closed { .. })
    }

    /// Whether one more may try. After the pause the first who asks is the probe, and nobody else until the
    /// gateway has answered.
    pub fn admits(&mut self, now: DateTime<Utc>) -> bool {
        if self.is_open(now) {
            return false;
        }
        if !self.is_closed() {
            self.0 = State::HalfOpen { since: now };
        }
        true
    }

    /// The gateway answered, whatever it was.
    pub fn answered(&mut self) {
        *self = Self::default();
    }

    /// The gateway was not to be reached, or not in order.
    pub fn failed(&mut self, now: DateTime<Utc>) {
        self.0 = match self.0 {
            State::Closed { failures } if failures + 1 < FAILURES_MAX => State::Closed {
                failures: failures + 1,
            },
            State::Closed { .. } | State::HalfOpen { .. } => State::Open { since: now },
            // Those who go on trying do not put off the next probe.
            State::Open { since } => State::Open { since },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::milliseconds(millis)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES_MAX {
            assert!(breaker.admits(at(0)));
            breaker.failed(at(0));
        }
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it() {
        let mut breaker = Breaker::default();
        for _ in 0..3 {
            for _ in 1..FAILURES_MAX {
                breaker.failed(at(0));
                assert!(!breaker.is_open(at(0)));
            }
            breaker.answered();
        }
        assert!(opened().is_open(at(0)));
        assert!(!opened().admits(at(9_999)));
    }

    #[test]
    fn after_the_pause_one_may_probe() {
        let mut breaker = opened();
        assert!(!breaker.is_open(at(10_000)));
        assert!(breaker.admits(at(10_000)));
        assert!(!breaker.admits(at(10_000)));
        assert!(breaker.is_open(at(19_999)));
        assert!(!breaker.is_closed(), "nobody has answered yet");
        breaker.answered();
        assert!(breaker.is_closed());
    }

    #[test]
    fn a_probe_decides() {
        let mut breaker = opened();
        assert!(breaker.admits(at(10_000)));
        breaker.answered();
        assert_eq!(breaker, Breaker::default());

        let mut breaker = opened();
        assert!(breaker.admits(at(10_000)));
        breaker.failed(at(12_000));
        assert!(!breaker.admits(at(21_999)));
        assert!(breaker.admits(at(22_000)));
    }

    #[test]
    fn a_probe_that_brings_no_answer_is_followed_by_another() {
        let mut breaker = opened();
        assert!(breaker.admits(at(10_000)));
        assert!(breaker.admits(at(20_000)));
        assert!(!breaker.admits(at(20_000)));
    }

    #[test]
    fn those_who_go_on_trying_neither_put_off_the_probe_nor_need_it() {
        let mut breaker = opened();
        breaker.failed(at(9_000));
        assert!(!breaker.is_open(at(10_000)));
        breaker.answered();
        assert!(breaker.admits(at(9_000)));
    }

    #[test]
    fn a_clock_set_back_does_not_keep_it_open() {
        assert!(!opened().is_open(at(-1)));
    }
}
