use chrono::{DateTime, TimeDelta, Timelike, Utc};

/// A window of time, half-open, and the whole hours that it touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// The start of the hour of `from`.
    pub first_hour: DateTime<Utc>,
    /// The end of the hour that holds the window's last instant.
    pub end_hour: DateTime<Utc>,
}

/// The last `days` days up to `now`, which is outside.
pub fn last_days(now: DateTime<Utc>, days: i32) -> Window {
    let from = now - TimeDelta::days(i64::from(days));
    let last_hour = hour_of(now);
    let end_hour = if last_hour == now {
        now
    } else {
        last_hour + TimeDelta::hours(1)
    };
    Window {
        from,
        to: now,
        first_hour: hour_of(from),
        end_hour,
    }
}

/// The start of the hour that holds the instant.
pub fn hour_of(at: DateTime<Utc>) -> DateTime<Utc> {
    at - TimeDelta::minutes(i64::from(at.minute()))
        - TimeDelta::seconds(i64::from(at.second()))
        - TimeDelta::nanoseconds(i64::from(at.nanosecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn an_instant_lies_in_its_hour() {
        assert_eq!(
            hour_of(at("2026-11-20T19:59:59.999999Z")),
            at("2026-11-20T19:00:00Z")
        );
        assert_eq!(
            hour_of(at("2026-11-20T20:00:00Z")),
            at("2026-11-20T20:00:00Z")
        );
    }

    #[test]
    fn a_window_touches_the_hours_of_its_ends() {
        let window = last_days(at("2026-11-20T19:30:00Z"), 3);
        assert_eq!(window.from, at("2026-11-17T19:30:00Z"));
        assert_eq!(window.first_hour, at("2026-11-17T19:00:00Z"));
        assert_eq!(window.end_hour, at("2026-11-20T20:00:00Z"));
    }

    #[test]
    fn a_window_that_ends_on_the_hour_does_not_touch_the_next() {
        let window = last_days(at("2026-11-20T19:00:00Z"), 1);
        assert_eq!(window.first_hour, at("2026-11-19T19:00:00Z"));
        assert_eq!(window.end_hour, at("2026-11-20T19:00:00Z"));
    }
}
