//! What this server's listeners were told of late, so that a sweep tells only what nobody has.

use std::{collections::HashSet, mem};

use entity::id::{GiftId, OrderId, StoreId};

/// Something that is told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tale {
    /// An order's event, by its sequence.
    Order(OrderId, i32),
    /// The same, to a store.
    Store(StoreId, OrderId, i32),
    Gift(GiftId),
}

/// The tales of the time since the sweep before the last. What one sweep finds was committed after the one before it,
/// and told later still: what is older is not asked for.
#[derive(Debug, Default)]
pub struct Told {
    newer: HashSet<Tale>,
    older: HashSet<Tale>,
}

impl Told {
    pub fn insert(&mut self, tale: Tale) {
        self.newer.insert(tale);
    }

    pub fn contains(&self, tale: &Tale) -> bool {
        self.newer.contains(tale) || self.older.contains(tale)
    }

    /// A sweep begins, and the one before it was successful.
    pub fn turn(&mut self) {
        self.older = mem::take(&mut self.newer);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_was_told_is_known_for_two_sweeps() {
        let mut told = Told::default();
        let tale = Tale::Gift(GiftId(Uuid::from_u128(1)));
        let other = Tale::Order(OrderId(Uuid::from_u128(1)), 1);
        told.insert(tale);
        assert!(told.contains(&tale) && !told.contains(&other));
        told.turn();
        told.insert(other);
        assert!(told.contains(&tale) && told.contains(&other));
        told.turn();
        assert!(!told.contains(&tale) && told.contains(&other));
    }
}
