//! How many requests somebody may have under way at once: nobody takes all connections to the database for themselves.

use std::{
    collections::{HashMap, hash_map::Entry},
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Asker, RateLimits};
use crate::graphql::ApiError;

/// The requests that are under way, by who asks; of nobody else anything is kept. Clones are the same.
#[derive(Clone, Debug)]
pub struct Turns(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    of_member: Option<NonZeroU32>,
    of_stranger: Option<NonZeroU32>,
    under_way: Mutex<HashMap<Asker, u32>>,
}

/// A request that is under way until this is dropped.
#[derive(Debug)]
pub struct Turn {
    turns: Turns,
    asker: Asker,
}

impl Turns {
    pub fn new(limits: &RateLimits) -> Self {
        Self(Arc::new(Shared {
            of_member: limits.at_once,
            of_stranger: limits.strangers_at_once,
            under_way: Mutex::default(),
        }))
    }

    /// One more request; `None` where there may be any number.
    ///
    /// # Errors
    /// When there are as many as there may be.
    pub fn begin(&self, asker: Asker) -> Result<Option<Turn>, ApiError> {
        let max = match asker {
            Asker::Member(_) => self.0.of_member,
            Asker::Stranger(_) => self.0.of_stranger,
        };
        let Some(max) = max.map(NonZeroU32::get) else {
            return Ok(None);
        };
        let mut under_way = self.under_way();
        let count = under_way.entry(asker).or_default();
        if *count >= max {
            return Err(ApiError::TooManyAtOnce { max });
        }
        *count += 1;
        drop(under_way);
        let turns = self.clone();
        Ok(Some(Turn { turns, asker }))
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Asker, u32>> {
        let under_way = self.0.under_way.lock();
        under_way.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.turns.under_way().entry(self.asker) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use entity::id::MemberId;
    use uuid::Uuid;

    use super::*;
    use crate::rate::Source;

    #[test]
    fn as_many_at_once_as_there_may_be_and_nobody_is_remembered() {
        let turns = Turns::new(&RateLimits {
            at_once: NonZeroU32::new(2),
            strangers_at_once: NonZeroU32::new(1),
            ..RateLimits::none()
        });
        let [mina, jun] = [1, 2].map(|id| Asker::Member(MemberId(Uuid::from_u128(id))));
        let stranger = Asker::Stranger(Source::default());
        let begin = |asker| {
            turns
                .begin(asker)
                .map(|turn| turn.expect("there is a limit"))
        };
        let is_full = |asker| match begin(asker) {
            Err(ApiError::TooManyAtOnce { max }) => Some(max),
            _ => None,
        };
        let first = begin(mina).unwrap();
        let second = begin(mina).unwrap();
        assert_eq!(is_full(mina), Some(2));
        let others = (begin(jun).unwrap(), begin(stranger).unwrap());
        assert_eq!(is_full(stranger), Some(1));
        drop(first);
        let third = begin(mina).unwrap();
        assert_eq!(is_full(mina), Some(2));
        drop((second, third, others));
        assert!(turns.under_way().is_empty());
        let without = Turns::new(&RateLimits::none());
        assert!(without.begin(mina).unwrap().is_none());
    }
}
