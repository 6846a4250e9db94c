//! The sandbox's time: the machine's, moved on demand, with waits made shorter on demand.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tokio::{sync::watch, time::sleep};

/// A clock that can be moved. Its copies are one clock.
///
/// Scaling does not make it run faster: it makes the gateways' waits shorter. So the times it tells stay true,
/// and a receiver of webhooks that looks at their timestamps accepts them at any scale. Moving it does change
/// the timestamps: a test that moves it past five minutes moves its shop's clock along.
#[derive(Clone, Debug)]
pub struct Clock(Arc<watch::Sender<Face>>);

#[derive(Clone, Copy, Debug)]
struct Face {
    ahead: TimeDelta,
    scale: f64,
}

impl Clock {
    pub(crate) fn new(scale: f64) -> Self {
        let face = Face {
            ahead: TimeDelta::zero(),
            scale,
        };
        Self(Arc::new(watch::Sender::new(face)))
    }

    /// The time, in whole milliseconds.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let machine = machine_now();
        let moved = machine.checked_add_signed(self.0.borrow().ahead);
        moved.unwrap_or(machine).trunc_subsecs(3)
    }

    /// Moves the clock forward and wakes who waited for the time it is now.
    pub fn advance(&self, by: TimeDelta) {
        self.0.send_modify(|face| {
            face.ahead = face.ahead.checked_add(&by).unwrap_or(face.ahead);
        });
    }

    /// Makes the waits that begin from now on so many times shorter. Refused unless above zero.
    pub fn set_scale(&self, scale: f64) -> bool {
        let sound = scale.is_finite() && scale > 0.0;
        if sound {
            self.0.send_modify(|face| face.scale = scale);
        }
        sound
    }

    /// How long the gateway's wait of so many minutes is here.
    pub(crate) fn minutes(&self, minutes: u32) -> TimeDelta {
        let millis = f64::from(minutes) * 60_000.0 / self.0.borrow().scale;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast of floats saturates, and a wait past all years is as good as any"
        )]
        TimeDelta::try_milliseconds(millis as i64).unwrap_or(TimeDelta::MAX)
    }

    /// When a wait of so many of the gateway's minutes that begins now is over.
    pub(crate) fn after_minutes(&self, minutes: u32) -> DateTime<Utc> {
        let now = self.now();
        now.checked_add_signed(self.minutes(minutes)).unwrap_or(now)
    }

    /// Returns when the clock shows that time, whether it came by itself or the clock was moved.
    pub(crate) async fn until(&self, time: DateTime<Utc>) {
        let mut moves = self.0.subscribe();
        while let Ok(left) = (time - self.now()).to_std() {
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = sleep(left) => {}
                // The sender lives in `self`.
                _ = moves.changed() => {}
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place here that asks the machine"
)]
fn machine_now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_moved_clock_wakes_who_waits_for_that_time() {
        let clock = Clock::new(1.0);
        let hour = clock.now() + TimeDelta::hours(1);
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.until(hour).await }
        });
        clock.advance(TimeDelta::minutes(61));
        timeout(Duration::from_secs(5), waiting)
            .await
            .unwrap()
            .unwrap();
        assert!(clock.now() >= hour);
    }

    #[test]
    fn a_scale_shortens_waits_and_leaves_the_time_true() {
        let clock = Clock::new(60.0);
        assert_eq!(clock.minutes(15), TimeDelta::seconds(15));
        assert!(clock.now() - machine_now() < TimeDelta::seconds(1));
        assert!(!clock.set_scale(0.0));
        assert!(!clock.set_scale(f64::NAN));
        assert!(clock.set_scale(1.0));
        assert_eq!(clock.minutes(15), TimeDelta::minutes(15));
    }
}
