//! What time does to a connection: who does not introduce themselves, does not answer or asks for nothing is sent away.

use std::time::{Duration, Instant};

use super::closing::Closing;
use crate::listener::ListenerLimits;

/// When something of a connection is due.
#[derive(Debug)]
pub struct Timetable {
    ping_every: Duration,
    idle_within: Duration,
    /// By when it must have introduced itself, until it has.
    init_by: Option<Instant>,
    ping_at: Instant,
    /// Whether nothing was heard since it was pinged.
    awaits_pong: bool,
    /// By when it must ask for something, while it does not.
    ask_by: Option<Instant>,
}

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub enum Due {
    Nothing,
    Ping,
    Close(Closing),
}

impl Timetable {
    pub fn new(now: Instant, limits: &ListenerLimits) -> Self {
        Self {
            ping_every: limits.ping_every,
            idle_within: limits.idle_within,
            init_by: Some(now + limits.init_within),
            ping_at: now + limits.ping_every,
            awaits_pong: false,
            ask_by: Some(now + limits.idle_within),
        }
    }

    /// It has introduced itself.
    pub fn introduced(&mut self) {
        self.init_by = None;
    }

    /// Something was heard of it, whatever it was.
    pub fn heard(&mut self) {
        self.awaits_pong = false;
    }

    /// It waits for so many operations.
    pub fn waits_for(&mut self, operations: usize, now: Instant) {
        if operations > 0 {
            self.ask_by = None;
        } else if self.ask_by.is_none() {
            self.ask_by = Some(now + self.idle_within);
        }
    }

    /// When to look next.
    pub fn wake_at(&self) -> Instant {
        let others = [self.init_by, self.ask_by].into_iter().flatten();
        others.fold(self.ping_at, Instant::min)
    }

    /// What is due now.
    pub fn due(&mut self, now: Instant) -> Due {
        let is_over = |by: Option<Instant>| by.is_some_and(|by| by <= now);
        if is_over(self.init_by) {
            return Due::Close(Closing::INIT_TIMEOUT);
        }
        if is_over(self.ask_by) {
            return Due::Close(Closing::IDLE);
        }
        if now < self.ping_at {
            return Due::Nothing;
        }
        if self.awaits_pong {
            return Due::Close(Closing::SILENT);
        }
        self.awaits_pong = true;
        self.ping_at = now + self.ping_every;
        Due::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn timetable(now: Instant) -> Timetable {
        let limits = ListenerLimits {
            init_within: 10 * SECOND,
            ping_every: 25 * SECOND,
            idle_within: 60 * SECOND,
            ..ListenerLimits::default()
        };
        Timetable::new(now, &limits)
    }

    #[test]
    fn one_introduces_oneself_in_time() {
        let start = Instant::now();
        let mut late = timetable(start);
        assert_eq!(late.wake_at(), start + 10 * SECOND);
        assert_eq!(late.due(start + 9 * SECOND), Due::Nothing);
        // Pings and pongs are no introduction.
        late.heard();
        assert_eq!(
            late.due(start + 10 * SECOND),
            Due::Close(Closing::INIT_TIMEOUT)
        );
        let mut in_time = timetable(start);
        in_time.introduced();
        assert_eq!(in_time.wake_at(), start + 25 * SECOND);
        assert_eq!(in_time.due(start + 10 * SECOND), Due::Nothing);
    }

    #[test]
    fn whoever_answers_is_pinged_again_and_whoever_does_not_is_gone() {
        let start = Instant::now();
        let mut timetable = timetable(start);
        timetable.introduced();
        timetable.waits_for(1, start);
        assert_eq!(timetable.due(start + 24 * SECOND), Due::Nothing);
        assert_eq!(timetable.due(start + 25 * SECOND), Due::Ping);
        assert_eq!(timetable.wake_at(), start + 50 * SECOND);
        assert_eq!(timetable.due(start + 26 * SECOND), Due::Nothing);
        timetable.heard();
        assert_eq!(timetable.due(start + 50 * SECOND), Due::Ping);
        assert_eq!(
            timetable.due(start + 75 * SECOND),
            Due::Close(Closing::SILENT)
        );
    }

    #[test]
    fn whoever_asks_for_nothing_is_sent_away() {
        let start = Instant::now();
        let mut timetable = timetable(start);
        timetable.introduced();
        timetable.waits_for(0, start + 20 * SECOND);
        timetable.heard();
        assert_eq!(timetable.due(start + 30 * SECOND), Due::Ping);
        timetable.heard();
        assert_eq!(timetable.wake_at(), start + 55 * SECOND);
        timetable.waits_for(2, start + 31 * SECOND);
        timetable.waits_for(1, start + 32 * SECOND);
        assert_eq!(timetable.due(start + 55 * SECOND), Due::Ping);
        timetable.heard();
        // It has asked; from the end of the last operation on it has not.
        timetable.waits_for(0, start + 56 * SECOND);
        timetable.waits_for(0, start + 60 * SECOND);
        assert_eq!(timetable.due(start + 115 * SECOND), Due::Ping);
        assert_eq!(
            timetable.due(start + 116 * SECOND),
            Due::Close(Closing::IDLE)
        );
    }
}
