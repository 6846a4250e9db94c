//! What other servers committed, as far as somebody here listens.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use async_nats::{Client, Subscriber};
use futures_util::StreamExt;
use tokio::{
    task::{AbortHandle, JoinSet},
    time::{Instant, sleep, sleep_until},
};

use super::Bus;
use crate::{
    event::{
        interest::Key,
        news::{News, subject},
    },
    panics::caught,
};

/// How long a subscription outlives its last listener: one whose connection broke is back within seconds.
const LINGER: Duration = Duration::from_secs(10);

/// How long after a subscription was sent the database is looked at for what it came too late for: longer than it takes to
/// reach NATS.
const ARRIVED: Duration = Duration::from_millis(250);

/// How long it rests after a panic, so that one that comes again does not spin.
const REST: Duration = Duration::from_secs(1);

struct Following {
    bus: Bus,
    client: Client,
    prefix: Arc<str>,
    /// What is subscribed to, and who hears it.
    subscribed: HashMap<Key, AbortHandle>,
    hearing: JoinSet<()>,
    /// When a key that nobody listened to any more is left if still nobody does.
    leaving: VecDeque<(Instant, Key)>,
    /// When to look at the database.
    look_at: Option<Instant>,
}

/// Subscribes to what somebody here listens to, and to nothing else, without end.
pub async fn follow(bus: Bus, client: Client, prefix: Arc<str>) {
    let mut following = Following {
        bus,
        client,
        prefix,
        subscribed: HashMap::new(),
        hearing: JoinSet::new(),
        leaving: VecDeque::new(),
        look_at: None,
    };
    loop {
        if caught(following.step()).await.is_err() {
            sleep(REST).await;
        }
        let count = following.subscribed.len();
        following.bus.figures.set_subscriptions(count);
    }
}

impl Following {
    async fn step(&mut self) {
        let leave_at = self.leaving.front().map(|(at, _)| *at);
        tokio::select! {
            () = self.bus.interests.changed() => self.follow_interests().await,
            () = at(leave_at) => self.leave(),
            () = at(self.look_at) => {
                self.look_at = None;
                self.bus.look.notify_one();
            }
            // One that was left has ended.
            Some(_) = self.hearing.join_next() => {}
        }
    }

    async fn follow_interests(&mut self) {
        for key in self.bus.interests.take_changed() {
            match (
                self.bus.interests.has(&key),
                self.subscribed.contains_key(&key),
            ) {
                (true, false) => self.subscribe(key).await,
                (false, true) => self.leaving.push_back((Instant::now() + LINGER, key)),
                (true, true) | (false, false) => {}
            }
        }
    }

    async fn subscribe(&mut self, key: Key) {
        match self.client.subscribe(subject(&self.prefix, key)).await {
            Ok(subscriber) => {
                let hearing = self.hearing.spawn(hear(self.bus.clone(), key, subscriber));
                self.subscribed.insert(key, hearing);
                self.look_at.get_or_insert_with(|| Instant::now() + ARRIVED);
            }
            Err(error) => tracing::warn!(%error, "cannot subscribe at NATS"),
        }
    }

    fn leave(&mut self) {
        let Some((_, key)) = self.leaving.pop_front() else {
            return;
        };
        if !self.bus.interests.has(&key)
            && let Some(hearing) = self.subscribed.remove(&key)
        {
            // With who hears it the subscription ends.
            hearing.abort();
        }
    }
}

/// Waits until then, or for ever.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

async fn hear(bus: Bus, key: Key, mut subscriber: Subscriber) {
    while let Some(message) = subscriber.next().await {
        bus.figures.received();
        if let Some(news) = News::read(&message.payload) {
            bus.receive(key, news);
        } else {
            // The sweep finds in the database what it was.
            tracing::debug!(
                ?key,
                "another server told what this one does not understand"
            );
        }
    }
}
