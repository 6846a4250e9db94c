//! The outbox: what the world outside must hear, and its way to the data platform.
//!
//! A message is a row, written in the transaction that it tells of, so neither is there without the other. After the
//! commit the rows are handed to the `relay` in memory, which sends them at once; nobody waits for it. The table is
//! read for what memory has lost: by a crash, by a platform that was away, or because there was too much of it.
//!
//! What holds, whatever happens:
//!
//! - Each message is delivered at least once, and each time under the same id.
//! - Of an order's messages the next is sent only when the one before was taken. Behind one that was given up the
//!   others wait, until a person has it tried again.
//! - A message is one instance's at a time. `due_at` says until when: a new row is its writer's for a while, and
//!   whoever finds one that has fallen due claims it for as long.
//! - Memory is bounded: what does not fit waits in the table.
//! - A platform that is down is asked ever more rarely, with one message at a time.

pub mod event;
pub mod figures;
pub mod operator;
pub mod platform;
mod queue;
mod relay;
pub mod retention;
pub mod rules;
pub mod settings;
pub mod store;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::{
    id::{OrderId, OutboxId},
    outbox::Model,
};
use prometheus_client::registry::Registry;
use serde_json::Value;
use tokio::{
    sync::{Mutex, Notify, Semaphore, mpsc},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    clock::Clock,
    db::{Db, Transaction},
    fault::Fault,
    rows::insert,
};

use figures::Attempts;
use platform::Platform;
use queue::Parcel;
use relay::Relay;
use rules::LEASE;
use store::Depth;

pub use settings::{PlatformSettings, WrongPlatform};

/// How much is in memory at most, in lines of orders: some 20 MB.
const LINES_IN_MEMORY_MAX: usize = 20_000;

/// A new message, the first of its order unless [`append`] says otherwise.
pub fn message(
    id: OutboxId,
    topic: &str,
    order_id: OrderId,
    payload: Value,
    at: DateTime<Utc>,
) -> Model {
    Model {
        id,
        topic: topic.into(),
        order_id,
        sequence: 1,
        payload,
        created_at: at,
        attempts: 0,
        due_at: Some(at + LEASE),
        failure: None,
        dead_at: None,
        delivered_at: None,
    }
}

/// Messages that were written, to be handed over after the commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    messages: Vec<Model>,
    /// Whether something that was told of their order before was not delivered yet, when they were written.
    has_to_wait: bool,
}

impl Appended {
    /// The first messages of their orders: nothing comes before them.
    pub fn first(messages: Vec<Model>) -> Self {
        Self {
            messages,
            has_to_wait: false,
        }
    }
}

/// Writes further messages of an order, whose row is locked. Of an order that was never told to be paid nothing is
/// told: the world cannot take away what it was not given.
pub async fn append(
    tx: &Transaction,
    order_id: OrderId,
    mut messages: Vec<Model>,
) -> Result<Appended, Fault> {
    if messages.is_empty() {
        return Ok(Appended::default());
    }
    let Some(reach) = store::reach(tx, order_id).await? else {
        return Ok(Appended::default());
    };
    for (message, sequence) in messages.iter_mut().zip(reach.sequence + 1..) {
        message.sequence = sequence;
    }
    insert(tx, &messages).await?;
    Ok(Appended {
        messages,
        has_to_wait: reach.undelivered > 0,
    })
}

/// What waits to be delivered. Without a platform nobody is told, and nothing is late.
///
/// # Errors
/// When the database fails.
pub async fn depth(app: &App) -> Result<Depth, Fault> {
    if app.outbox.is_delivered() {
        Ok(store::depth(app.db.reader()).await?)
    } else {
        Ok(Depth::default())
    }
}

/// The way to the platform, for whoever has written messages. Clones are the same way.
#[derive(Clone, Debug, Default)]
pub struct Outbox(Option<Arc<Way>>);

#[derive(Debug)]
struct Way {
    inbox: mpsc::UnboundedSender<Parcel>,
    /// What keeps the inbox bounded.
    room: Arc<Semaphore>,
    wake: Arc<Notify>,
    attempts: Attempts,
    stopping: CancellationToken,
    relay: Mutex<Option<JoinHandle<()>>>,
}

impl Outbox {
    /// Starts the relay to a platform.
    pub(crate) fn start(db: Db, clock: Clock, platform: Platform) -> Self {
        let (inbox, parcels) = mpsc::unbounded_channel();
        let wake = Arc::<Notify>::default();
        let attempts = Attempts::default();
        let stopping = CancellationToken::new();
        let relay = Relay::new(db, clock, platform, attempts.clone(), wake.clone());
        let relay = tokio::spawn(relay.run(parcels, stopping.clone()));
        Self(Some(Arc::new(Way {
            inbox,
            room: Arc::new(Semaphore::new(LINES_IN_MEMORY_MAX)),
            wake,
            attempts,
            stopping,
            relay: Mutex::new(Some(relay)),
        })))
    }

    /// Whether there is a platform to tell.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.0.is_some()
    }

    /// Hands messages over, now that they are true. Never waits: what does not fit falls due in the table.
    pub fn hand_over(&self, appended: Appended) {
        let Some(way) = &self.0 else { return };
        let mut is_next = !appended.has_to_wait;
        for message in appended.messages {
            let first = message.sequence == 1;
            let lines = message.payload["items"].as_array().map_or(0, Vec::len);
            let lines = u32::try_from(1 + lines).unwrap_or(u32::MAX);
            let Ok(room) = way.room.clone().try_acquire_many_owned(lines) else {
                // What comes behind it of the same order is not next.
                is_next = false;
                continue;
            };
            // Whoever stops does not listen any more.
            _ = way
                .inbox
                .send(Parcel::new(message, first || is_next, Some(room)));
            is_next = false;
        }
    }

    /// Adds what this instance has tried to the figures of a scrape.
    pub fn register(&self, registry: &mut Registry) {
        match &self.0 {
            Some(way) => way.attempts.register(registry),
            None => Attempts::default().register(registry),
        }
    }

    /// Has the relay look at the table now: somebody has changed it, or the clock was moved.
    pub fn wake(&self) {
        if let Some(way) = &self.0 {
            way.wake.notify_one();
        }
    }

    /// Sends what can be sent quickly, leaves the rest to the table, and ends.
    pub async fn stop(&self) {
        let Some(way) = &self.0 else { return };
        way.stopping.cancel();
        if let Some(relay) = way.relay.lock().await.take()
            && let Err(error) = relay.await
        {
            tracing::error!(%error, "the relay died");
        }
    }
}
