//! Listeners: clients that stay connected to hear what happens, over WebSocket or Server-Sent Events. How many there
//! may be, in all and of one member, and how it goes with them.

mod figures;
mod settings;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use entity::id::MemberId;
use prometheus_client::registry::Registry;

use crate::metrics::gauge;

pub use figures::{ClosedBy, Figures, Transport};
pub use settings::{ListenerLimits, ListenerSettings};

/// Everybody who listens on this instance.
#[derive(Debug)]
pub struct Listeners {
    pub limits: ListenerLimits,
    pub figures: Figures,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    of_members: HashMap<MemberId, usize>,
}

/// A member has as many connections as one may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

impl Listeners {
    #[must_use]
    pub fn new(limits: ListenerLimits) -> Self {
        Self {
            limits,
            figures: Figures::default(),
            counts: Mutex::default(),
        }
    }

    /// A place for one more connection, unless all are taken.
    pub fn admit(self: &Arc<Self>, transport: Transport) -> Option<Place> {
        let mut counts = self.counts();
        if counts.all >= self.limits.listeners_max {
            return None;
        }
        counts.all += 1;
        drop(counts);
        self.figures.opened(transport);
        Some(Place {
            listeners: self.clone(),
            transport,
            member: None,
        })
    }

    /// When, from the begin of a stop on, one of the listeners is to be sent away, where `share` is a number from 0 to 1
    /// by chance. At most a thousand a second are, so that the instances that stay are not overrun, but all of them in the
    /// first two fifths of the time that a stop takes.
    #[must_use]
    pub fn leave_after(&self, share: f64, stop_within: Duration) -> Duration {
        let a_thousand_a_second = Duration::from_millis(self.counts().all as u64);
        a_thousand_a_second
            .min(stop_within * 2 / 5)
            .mul_f64(share.clamp(0.0, 1.0))
    }

    /// Counts one who was not let in, and had no place.
    pub fn turned_away(&self, transport: Transport, by: ClosedBy) {
        self.figures.closed(transport, by);
    }

    /// Registers how it goes with them, and how many there may be.
    pub fn register(&self, registry: &mut Registry) {
        self.figures.register(registry);
        let max = i64::try_from(self.limits.listeners_max).unwrap_or(i64::MAX);
        gauge(
            registry,
            "listeners_max",
            "How many clients may be connected to listen",
            max,
        );
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one connection; free again when dropped.
#[derive(Debug)]
pub struct Place {
    listeners: Arc<Listeners>,
    transport: Transport,
    member: Option<MemberId>,
}

impl Place {
    /// Says whose the place is, once that is known.
    ///
    /// # Errors
    /// When the member has too many already.
    pub fn is_of(&mut self, member: MemberId) -> Result<(), TooMany> {
        let mut counts = self.listeners.counts();
        let count = counts.of_members.entry(member).or_default();
        if *count >= self.listeners.limits.per_member_max {
            return Err(TooMany);
        }
        *count += 1;
        drop(counts);
        self.member = Some(member);
        Ok(())
    }

    /// Counts how the connection ended.
    pub fn closed(&self, by: ClosedBy) {
        self.listeners.figures.closed(self.transport, by);
    }

    pub fn listeners(&self) -> &Arc<Listeners> {
        &self.listeners
    }

    /// Counts a subscription, until what is returned is dropped.
    pub fn subscribes(&self) -> Subscribes {
        self.listeners.figures.subscribed();
        Subscribes(self.listeners.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.listeners.counts();
        counts.all -= 1;
        if let Some(member) = self.member
            && let Some(count) = counts.of_members.get_mut(&member)
        {
            *count -= 1;
            if *count == 0 {
                counts.of_members.remove(&member);
            }
        }
        drop(counts);
        self.listeners.figures.left(self.transport);
    }
}

/// A subscription that is counted.
#[derive(Debug)]
pub struct Subscribes(Arc<Listeners>);

impl Drop for Subscribes {
    fn drop(&mut self) {
        self.0.figures.unsubscribed();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn listeners(listeners_max: usize, per_member_max: usize) -> Arc<Listeners> {
        Arc::new(Listeners::new(ListenerLimits {
            listeners_max,
            per_member_max,
            ..ListenerLimits::default()
        }))
    }

    #[test]
    fn a_place_that_is_left_is_another_s() {
        let listeners = listeners(2, 9);
        let first = listeners.admit(Transport::WebSocket).unwrap();
        let _second = listeners.admit(Transport::EventStream).unwrap();
        assert!(listeners.admit(Transport::WebSocket).is_none());
        drop(first);
        assert!(listeners.admit(Transport::WebSocket).is_some());
    }

    #[test]
    fn a_member_has_so_many_and_others_have_their_own() {
        let listeners = listeners(9, 2);
        let [mina, jun] = [1, 2].map(|id| MemberId(Uuid::from_u128(id)));
        let admit = |member| {
            let mut place = listeners.admit(Transport::WebSocket).unwrap();
            place.is_of(member).map(|()| place)
        };
        let first = admit(mina).unwrap();
        let _second = admit(mina).unwrap();
        assert_eq!(admit(mina).unwrap_err(), TooMany);
        let _others = admit(jun).unwrap();
        drop(first);
        let _third = admit(mina).unwrap();
        assert_eq!(admit(mina).unwrap_err(), TooMany);
    }

    #[test]
    fn nobody_is_remembered_who_has_left() {
        let listeners = listeners(9, 2);
        let mut place = listeners.admit(Transport::WebSocket).unwrap();
        place.is_of(MemberId(Uuid::nil())).unwrap();
        drop(place);
        assert!(listeners.counts().of_members.is_empty());
        assert_eq!(listeners.counts().all, 0);
    }

    #[test]
    fn a_few_leave_at_once_and_many_one_after_the_other() {
        let stop_within = Duration::from_secs(25);
        let listeners = listeners(100_000, 9);
        let places = |count: usize| {
            (0..count)
                .map(|_| listeners.admit(Transport::WebSocket).unwrap())
                .collect::<Vec<_>>()
        };
        let _two = places(2);
        assert_eq!(
            listeners.leave_after(1.0, stop_within),
            Duration::from_millis(2)
        );
        let _many = places(7_998);
        assert_eq!(
            listeners.leave_after(0.5, stop_within),
            Duration::from_secs(4)
        );
        let _crowd = places(20_000);
        assert_eq!(
            listeners.leave_after(1.0, stop_within),
            Duration::from_secs(10)
        );
        assert_eq!(listeners.leave_after(0.0, stop_within), Duration::ZERO);
    }
}
