//! How far a replica has come: pure, times are arguments.

use std::collections::VecDeque;

use tokio::time::Instant;

/// Where the primary's log was, and when, as far as that is still of interest.
#[derive(Debug, Default)]
pub struct Marks(VecDeque<Mark>);

/// At that time the primary's log ended at this position, or before it.
#[derive(Clone, Copy, Debug)]
struct Mark {
    at: Instant,
    position: i64,
}

/// How many marks are kept of a replica that comes no further; beyond it every second one is given up.
const MARKS_MAX: usize = 1_024;

impl Marks {
    /// Notes that all that was committed at that time lies before this position.
    pub fn note(&mut self, at: Instant, position: i64) {
        match self.0.back_mut() {
            // An idle primary: who has come so far misses nothing.
            Some(last) if last.position == position => last.at = at,
            // Another primary, or an older copy of it: what was noted means nothing any more.
            Some(last) if last.position > position => {
                self.0.clear();
                self.0.push_back(Mark { at, position });
            }
            _ => self.0.push_back(Mark { at, position }),
        }
        if self.0.len() > MARKS_MAX {
            let mut place = 0;
            self.0.retain(|_| {
                place += 1;
                place % 2 == 1
            });
        }
    }

    /// The newest time as of which a replica that has replayed so far holds everything, if one is known.
    pub fn passed(&mut self, replayed: i64) -> Option<Instant> {
        let beyond = self.0.partition_point(|mark| mark.position <= replayed);
        let newest = beyond.checked_sub(1)?;
        self.0.drain(..newest);
        self.0.front().map(|mark| mark.at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_replica_holds_what_was_there_when_the_primary_was_where_it_is_now() {
        let begun = Instant::now();
        let second = |n| begun + Duration::from_secs(n);
        let mut marks = Marks::default();
        assert_eq!(marks.passed(1_000), None, "nothing is known yet");
        marks.note(second(1), 100);
        marks.note(second(2), 200);
        marks.note(second(3), 300);

        assert_eq!(marks.passed(99), None);
        assert_eq!(marks.passed(100), Some(second(1)));
        assert_eq!(marks.passed(299), Some(second(2)));
        assert_eq!(marks.passed(299), Some(second(2)), "it came no further");
        assert_eq!(marks.passed(500), Some(second(3)));
        assert_eq!(
            marks.passed(299),
            None,
            "it went back, and holds what nobody knows"
        );
    }

    #[test]
    fn time_that_passes_on_an_idle_primary_makes_nothing_older() {
        let begun = Instant::now();
        let mut marks = Marks::default();
        marks.note(begun, 100);
        let later = begun + Duration::from_hours(1);
        marks.note(later, 100);
        assert_eq!(marks.passed(100), Some(later));
    }

    #[test]
    fn another_primary_begins_anew() {
        let begun = Instant::now();
        let second = |n| begun + Duration::from_secs(n);
        let mut marks = Marks::default();
        marks.note(second(1), 500);
        marks.note(second(2), 100);
        assert_eq!(marks.passed(99), None);
        assert_eq!(marks.passed(500), Some(second(2)));
    }

    #[test]
    fn a_replica_that_stands_still_for_long_fills_no_memory() {
        let begun = Instant::now();
        let mut marks = Marks::default();
        let count = 100 * MARKS_MAX as u64;
        for n in 0..count {
            marks.note(begun + Duration::from_secs(n), i64::try_from(n).unwrap());
        }
        assert!(marks.0.len() <= MARKS_MAX);
        assert_eq!(marks.passed(0), Some(begun), "the oldest is kept");
        let newest = begun + Duration::from_secs(count - 1);
        let passed = marks.passed(i64::MAX).unwrap();
        assert!(newest - passed < Duration::from_secs(count / 2));
    }
}
