//! A gateway and what its calls tell of its health.

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};

use super::{PaymentGateway, ReasonKind, answer::NotApproved, breaker::Breaker};
use crate::clock::Clock;

/// A gateway with its circuit breaker. Every call goes through, open or not: who can do without it asks
/// [`admits`](Self::admits) first.
#[derive(Debug)]
pub struct Guarded {
    gateway: Box<dyn PaymentGateway>,
    health: Health,
}

impl Guarded {
    /// Guards a gateway whose calls are counted in `health`.
    pub(super) fn new(gateway: impl PaymentGateway + 'static, health: Health) -> Self {
        Self {
            gateway: Box::new(gateway),
            health,
        }
    }

    /// Whether the gateway seems out of order.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.health.breaker().is_open(now)
    }

    /// Whether whoever begins something new now is the probe that tells whether the gateway is back.
    pub fn is_probed(&self) -> bool {
        !self.health.breaker().is_closed()
    }

    /// Whether something new may be begun with the gateway. Who is told so is expected to try: the answer may
    /// decide for everybody else.
    pub fn admits(&self, now: DateTime<Utc>) -> bool {
        self.health.breaker().admits(now)
    }
}

impl Deref for Guarded {
    type Target = dyn PaymentGateway;

    fn deref(&self) -> &Self::Target {
        &*self.gateway
    }
}

/// How a gateway's calls went. They are counted where they go over the network: not every question to a gateway
/// makes a call, and what is answered here says nothing of it. Clones are the same.
#[derive(Clone)]
pub(super) struct Health {
    breaker: Arc<Mutex<Breaker>>,
    clock: Clock,
}

impl Health {
    /// Of a gateway that is taken to be in order.
    pub fn new(clock: Clock) -> Self {
        Self {
            breaker: Arc::default(),
            clock,
        }
    }

    /// Counts how a call went.
    pub fn count<T>(&self, went: &Result<T, NotApproved>) {
        match went {
            Err(NotApproved::Unknown(reason)) if reason.kind == ReasonKind::Gateway => {
                self.breaker().failed(self.clock.now());
            }
            _ => self.breaker().answered(),
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.breaker().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::gateway::answer::Verdict;

    #[test]
    fn only_a_gateway_out_of_order_is_a_failure() {
        let now = DateTime::UNIX_EPOCH;
        let health = Health::new(Clock::new(move || now));
        let count = |verdict: Verdict, times| {
            for _ in 0..times {
                health.count(&Err::<(), _>(verdict.because("CODE", "")));
            }
            health.breaker().is_open(now)
        };
        for kind in [
            ReasonKind::Payer,
            ReasonKind::Later,
            ReasonKind::NotFound,
            ReasonKind::Configuration,
            ReasonKind::Other,
        ] {
            assert!(!count(Verdict::Unknown(kind), 10), "{kind:?}");
            assert!(!count(Verdict::Declined(kind), 10), "{kind:?}");
        }
        assert!(!count(Verdict::Unknown(ReasonKind::Gateway), 4));
        health.count(&Ok(()));
        assert!(!count(Verdict::Unknown(ReasonKind::Gateway), 4));
        assert!(count(Verdict::Unknown(ReasonKind::Gateway), 1));
        health.count(&Ok(()));
        assert!(!health.breaker().is_open(now));
    }
}
