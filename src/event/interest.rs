//! What the listeners of this server want to hear: so much, and no more, is asked of other servers.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use entity::id::{MemberId, ProductId, StoreId};
use tokio::sync::Notify;

/// Whom or what a word is about. Somebody's orders and gifts are one: who wants to hear of one of them mostly wants to
/// hear of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Member(MemberId),
    Store(StoreId),
    Product(ProductId),
}

/// The keys that somebody listens to. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Interests(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    listeners: HashMap<Key, usize>,
    /// Keys that got their first listener or lost their last since somebody took them; `None` where nobody does.
    changed: Option<HashSet<Key>>,
}

/// One listener's interest in a key, for as long as it is not dropped.
#[derive(Debug)]
pub struct Interest {
    key: Key,
    shared: Arc<Shared>,
}

impl Interests {
    /// From now on somebody takes what has changed.
    pub fn follow(&self) {
        self.0.state().changed.get_or_insert_default();
    }

    /// Counts a listener more.
    pub fn hold(&self, key: Key) -> Interest {
        let mut state = self.0.state();
        let listeners = state.listeners.entry(key).or_default();
        *listeners += 1;
        if *listeners == 1 {
            state.note(key);
            self.0.changed.notify_one();
        }
        Interest {
            key,
            shared: self.0.clone(),
        }
    }

    /// Whether anybody listens to it.
    pub fn has(&self, key: &Key) -> bool {
        self.0.state().listeners.contains_key(key)
    }

    /// How many keys are listened to.
    pub fn count(&self) -> usize {
        self.0.state().listeners.len()
    }

    /// Whether anybody listens to anything but stock.
    pub fn has_any_but_products(&self) -> bool {
        let state = self.0.state();
        let mut keys = state.listeners.keys();
        keys.any(|key| !matches!(key, Key::Product(_)))
    }

    /// The products whose stock somebody watches.
    pub fn products(&self) -> Vec<ProductId> {
        let product = |key: &Key| match key {
            Key::Product(id) => Some(*id),
            Key::Member(_) | Key::Store(_) => None,
        };
        self.0
            .state()
            .listeners
            .keys()
            .filter_map(product)
            .collect()
    }

    /// Waits until the interest in a key has begun or ended.
    pub async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// The keys whose interest has begun or ended since this was last asked; those that had both may be among them.
    pub fn take_changed(&self) -> HashSet<Key> {
        let mut state = self.0.state();
        state.changed.as_mut().map(mem::take).unwrap_or_default()
    }
}

impl State {
    fn note(&mut self, key: Key) {
        if let Some(changed) = &mut self.changed {
            changed.insert(key);
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        let listeners = state.listeners.entry(self.key).or_default();
        *listeners = listeners.saturating_sub(1);
        if *listeners == 0 {
            state.listeners.remove(&self.key);
            state.note(self.key);
            self.shared.changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_key_is_wanted_from_its_first_listener_to_its_last() {
        let interests = Interests::default();
        interests.follow();
        let product = ProductId(Uuid::from_u128(1));
        let keys = [
            Key::Product(product),
            Key::Member(MemberId(product.0)),
            Key::Store(StoreId(product.0)),
        ];
        let first = keys.map(|key| interests.hold(key));
        let second = interests.hold(keys[0]);
        assert_eq!(interests.take_changed(), HashSet::from(keys));
        assert!(interests.take_changed().is_empty());
        assert_eq!(interests.products(), [product]);

        drop(first);
        assert_eq!(interests.take_changed(), HashSet::from([keys[1], keys[2]]));
        assert!(interests.has(&keys[0]) && !interests.has(&keys[1]));
        assert_eq!(interests.count(), 1);

        drop(second);
        assert_eq!(interests.take_changed(), HashSet::from([keys[0]]));
        assert_eq!((interests.count(), interests.products()), (0, vec![]));
    }
}
