//! The bus: tells listeners on this instance what was committed. It only wakes; what must not be missed
//! is in the database, numbered.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use entity::{
    id::{MemberId, OptionId, OrderId, ProductId},
    order_event,
};
use tokio::sync::broadcast;

/// What is told, by whom it interests. Clones are the same bus.
#[derive(Clone, Debug, Default)]
pub struct Bus {
    /// An order's events.
    pub orders: Topics<OrderId, Arc<order_event::Model>>,
    /// The events of all orders of a member.
    pub members: Topics<MemberId, Arc<order_event::Model>>,
    /// Which option of a product has a new stock.
    pub stock: Topics<ProductId, OptionId>,
}

/// A channel for each key that somebody listens to.
#[derive(Clone, Debug)]
pub struct Topics<K, M> {
    channels: Arc<Mutex<HashMap<K, broadcast::Sender<M>>>>,
}

/// Messages that a slow listener may be behind before it misses the oldest.
const BACKLOG: usize = 256;

/// Channels below which none is looked for to be removed.
const CHANNELS_MIN: usize = 64;

impl Bus {
    /// Tells of an order's event.
    pub fn publish_order_event(&self, member_id: MemberId, event: order_event::Model) {
        let order_id = event.order_id;
        let event = Arc::new(event);
        self.members.publish(&member_id, event.clone());
        self.orders.publish(&order_id, event);
    }
}

impl<K: Eq + Hash, M: Clone> Topics<K, M> {
    /// Listens from now on.
    pub fn subscribe(&self, key: K) -> broadcast::Receiver<M> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        // Whenever the map is about to grow, channels without listeners make room instead.
        if channels.len() >= CHANNELS_MIN && channels.len() == channels.capacity() {
            channels.retain(|_, channel| channel.receiver_count() > 0);
        }
        channels
            .entry(key)
            .or_insert_with(|| broadcast::Sender::new(BACKLOG))
            .subscribe()
    }

    /// Tells whoever listens now.
    pub fn publish(&self, key: &K, message: M) {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(key)
            && channel.send(message).is_err()
        {
            channels.remove(key);
        }
    }
}

impl<K, M> Default for Topics<K, M> {
    fn default() -> Self {
        Self {
            channels: Arc::default(),
        }
    }
}
