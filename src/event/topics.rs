//! Channels to the listeners of this server.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{Stream, stream};
use tokio::sync::broadcast::{self, Receiver, error::RecvError};

use super::interest::Interest;

/// A channel for each key that somebody listens to. A slow listener may be `BACKLOG` messages behind before it misses the
/// oldest, and looks into the database instead. A channel has room for all of them from the start, 32 bytes each.
#[derive(Clone, Debug)]
pub struct Topics<K, M, const BACKLOG: usize> {
    channels: Arc<Mutex<HashMap<K, broadcast::Sender<M>>>>,
}

/// Somebody who listens, and whom other servers' words are for as well.
#[derive(Debug)]
pub struct Listener<M> {
    receiver: Receiver<M>,
    _interest: Interest,
}

/// What a listener was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard<M> {
    Word(M),
    /// So much that the oldest was dropped.
    TooMuch,
}

/// Channels below which none is looked for to be removed.
const CHANNELS_MIN: usize = 64;

impl<K: Eq + Hash, M: Clone, const BACKLOG: usize> Topics<K, M, BACKLOG> {
    /// Listens from now on.
    pub(super) fn listen(&self, key: K, interest: Interest) -> Listener<M> {
        Listener {
            receiver: self.subscribe(key),
            _interest: interest,
        }
    }

    fn subscribe(&self, key: K) -> Receiver<M> {
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

    /// Tells whoever listens on this server now.
    pub fn publish(&self, key: &K, message: M) {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(key)
            && channel.send(message).is_err()
        {
            channels.remove(key);
        }
    }
}

impl<M: Clone> Listener<M> {
    /// The next word; `None` when there will be none.
    pub async fn next(&mut self) -> Option<Heard<M>> {
        match self.receiver.recv().await {
            Ok(word) => Some(Heard::Word(word)),
            Err(RecvError::Lagged(_)) => Some(Heard::TooMuch),
            Err(RecvError::Closed) => None,
        }
    }

    /// What it is told, until there will be nothing more.
    pub fn into_stream(self) -> impl Stream<Item = Heard<M>> + Send
    where
        M: Send + 'static,
    {
        stream::unfold(self, async |mut listener| {
            let heard = listener.next().await?;
            Some((heard, listener))
        })
    }

    /// Forgets what it was told until now.
    pub fn forget(&mut self) {
        self.receiver = self.receiver.resubscribe();
    }
}

impl<K, M, const BACKLOG: usize> Default for Topics<K, M, BACKLOG> {
    fn default() -> Self {
        Self {
            channels: Arc::default(),
        }
    }
}
