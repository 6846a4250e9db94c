//! The relay: sends what is handed over, and what it claims from the table, a few at a time; and writes down, many in
//! one statement, what came of it.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use entity::{
    id::{OrderId, OutboxId},
    outbox::Model,
};
use scoped_futures::ScopedFutureExt;
use tokio::{
    sync::{Notify, mpsc},
    task::{JoinError, JoinSet},
    time::{Instant, sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::{
    figures::Attempts,
    platform::Platform,
    queue::{Parcel, Queue},
    rules::{self, BEHIND_THE_DEAD, Failure, Health, LEASE, Next},
    store::{self, Failed},
};
use crate::{
    clock::Clock,
    db::{Db, in_background},
    fault::{self, Fault, Never},
    panics::caught,
};

/// How long the table is not looked at, at most: what another instance has lost falls due without a word.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// How long it rests after a panic, so that one that comes again does not spin.
const REST: Duration = Duration::from_secs(1);

/// How long it is not looked at, at least, so that a clock that stands still does not spin.
const SWEEP_AT_MOST_EVERY: Duration = Duration::from_millis(20);

/// How many messages are claimed at once; and with fewer than that in memory, more are.
const PAGE: usize = 256;

/// How long outcomes gather before they are written down: on SQLite, orders and they share one writer.
const GATHER: Duration = Duration::from_millis(100);

/// How long a stop goes on sending.
const DRAIN: Duration = Duration::from_secs(3);

/// What came of a message.
#[derive(Debug)]
struct Outcome {
    id: OutboxId,
    order_id: OrderId,
    sequence: i32,
    failed: Option<Failed>,
}

/// An attempt that is over. The parcel's room is free again with it.
type Tried = (Parcel, Result<(), Failure>);

/// What a look at the table found.
#[derive(Debug, Default)]
struct Swept {
    parcels: Vec<Parcel>,
    /// Whether there may be more.
    is_full: bool,
    next_due: Option<DateTime<Utc>>,
}

pub struct Relay {
    db: Db,
    clock: Clock,
    platform: Arc<Platform>,
    attempts: Attempts,
    wake: Arc<Notify>,
    queue: Queue,
    health: Health,
    trying: JoinSet<Tried>,
    /// At most one each.
    writing: JoinSet<Result<Vec<Outcome>, Vec<Outcome>>>,
    sweeping: JoinSet<Result<Swept, Fault>>,
    unwritten: Vec<Outcome>,
    /// What was written while somebody looked at the table, who may have seen it as it was before.
    written: Vec<(OrderId, i32)>,
    write_at: Instant,
    sweep_at: Instant,
}

impl Relay {
    pub fn new(
        db: Db,
        clock: Clock,
        platform: Platform,
        attempts: Attempts,
        wake: Arc<Notify>,
    ) -> Self {
        Self {
            db,
            clock,
            platform: Arc::new(platform),
            attempts,
            wake,
            queue: Queue::default(),
            health: Health::default(),
            trying: JoinSet::new(),
            writing: JoinSet::new(),
            sweeping: JoinSet::new(),
            unwritten: Vec::new(),
            written: Vec::new(),
            write_at: Instant::now(),
            sweep_at: Instant::now(),
        }
    }

    pub async fn run(
        mut self,
        mut inbox: mpsc::UnboundedReceiver<Parcel>,
        stopping: CancellationToken,
    ) {
        while !stopping.is_cancelled() {
            if caught(self.turn(&mut inbox, &stopping)).await.is_err() {
                // Nobody knows what it was about. All falls due in the table.
                self.queue.empty();
                sleep(REST).await;
            }
        }
        inbox.close();
        while let Ok(parcel) = inbox.try_recv() {
            self.queue.add(parcel);
        }
        self.finish().await;
    }

    /// Begins what is to be done, and waits for what comes of something, or for something new.
    async fn turn(
        &mut self,
        inbox: &mut mpsc::UnboundedReceiver<Parcel>,
        stopping: &CancellationToken,
    ) {
        self.send();
        self.write();
        self.sweep();
        let pause = self.pause();
        tokio::select! {
            () = stopping.cancelled() => {}
            Some(parcel) = inbox.recv() => self.take_in(parcel, inbox),
            Some(tried) = self.trying.join_next() => self.settle(tried),
            Some(written) = self.writing.join_next() => self.written(written),
            Some(swept) = self.sweeping.join_next() => self.swept(swept),
            () = self.wake.notified() => self.sweep_at = Instant::now(),
            () = sleep(pause) => {}
        }
    }

    fn take_in(&mut self, parcel: Parcel, inbox: &mut mpsc::UnboundedReceiver<Parcel>) {
        self.queue.add(parcel);
        while let Ok(parcel) = inbox.try_recv() {
            self.queue.add(parcel);
        }
    }

    /// Sends as many as may be under way.
    fn send(&mut self) {
        let now = self.clock.now();
        if self.health.rests_until(now).is_some() {
            return;
        }
        let until = now + self.platform.timeout;
        while self.trying.len() < self.health.at_once(self.platform.at_once) {
            let Some(parcel) = self.queue.take(until) else {
                return;
            };
            let platform = self.platform.clone();
            self.trying.spawn(async move {
                let result = platform.deliver(&parcel.message, now).await;
                (parcel, result)
            });
        }
    }

    /// What an attempt means for its message, for those behind it, and for the platform.
    fn settle(&mut self, tried: Result<Tried, JoinError>) {
        let (parcel, result) = match tried {
            Ok(tried) => tried,
            Err(error) => {
                // Nobody knows whose it was. All falls due in the table.
                tracing::error!(%error, "an attempt to deliver died");
                self.queue.empty();
                return;
            }
        };
        self.attempts.count(&result);
        let now = self.clock.now();
        let message = &parcel.message;
        let failed = match &result {
            Ok(()) => {
                self.health.succeed();
                self.queue.succeed(message.order_id, message.sequence);
                None
            }
            Err(failure) => {
                self.health.fail(failure, now);
                self.queue.fail(message.order_id, message.sequence);
                Some(self.failed(message, failure, now))
            }
        };
        if self.unwritten.is_empty() {
            self.write_at = Instant::now() + GATHER;
        }
        self.unwritten.push(Outcome {
            id: message.id,
            order_id: message.order_id,
            sequence: message.sequence,
            failed,
        });
    }

    fn failed(&self, message: &Model, failure: &Failure, now: DateTime<Utc>) -> Failed {
        let attempts = u32::try_from(message.attempts).unwrap_or_default() + 1;
        let max = self.platform.attempts_max;
        let what = &failure.what;
        let (due_at, is_dead) = match rules::next(attempts, max, failure, now, &mut rand::rng()) {
            Next::Retry { at } => {
                tracing::debug!(event = %message.id, attempts, what, "an event was not delivered");
                (at, false)
            }
            Next::GiveUp => {
                tracing::error!(event = %message.id, attempts, what, "an event is given up");
                (now + BEHIND_THE_DEAD, true)
            }
        };
        Failed {
            order_id: message.order_id,
            sequence: message.sequence,
            what: what.clone(),
            due_at,
            is_dead,
        }
    }

    /// Writes outcomes down, when enough time has passed for some to gather.
    fn write(&mut self) {
        let is_due = self.write_at <= Instant::now();
        if self.unwritten.is_empty() || !self.writing.is_empty() || !is_due {
            return;
        }
        let outcomes = std::mem::take(&mut self.unwritten);
        let work = write_down(self.db.clone(), outcomes, self.clock.now());
        self.writing.spawn(in_background(work));
    }

    fn written(&mut self, written: Result<Result<Vec<Outcome>, Vec<Outcome>>, JoinError>) {
        match written {
            Ok(Ok(outcomes)) => {
                let written = outcomes.iter().map(|it| (it.order_id, it.sequence));
                self.written.extend(written);
                if self.sweeping.is_empty() {
                    self.forget();
                }
                let failed = outcomes
                    .iter()
                    .filter_map(|outcome| outcome.failed.as_ref());
                if let Some(due_at) = failed.map(|failed| failed.due_at).min() {
                    self.sweep_in(due_at);
                }
                self.write_at = Instant::now() + GATHER;
            }
            Ok(Err(mut outcomes)) => {
                outcomes.append(&mut self.unwritten);
                self.unwritten = outcomes;
                self.write_at = Instant::now() + SWEEP_EVERY;
            }
            Err(error) => tracing::error!(%error, "what was delivered could not be written down"),
        }
    }

    /// Looks for what has fallen due, when it is time, and as much as there is room for.
    fn sweep(&mut self) {
        let now = self.clock.now();
        let is_due = self.sweep_at <= Instant::now();
        let has_room = self.queue.waiting() < PAGE;
        let rests = self.health.rests_until(now).is_some();
        if !is_due || !has_room || rests || !self.sweeping.is_empty() {
            return;
        }
        // Of a platform that is down nobody knows whether it takes more than one.
        let most = match self.health.at_once(self.platform.at_once) {
            1 => 1,
            _ => PAGE,
        };
        let work = look(self.db.clone(), now, most);
        self.sweeping.spawn(in_background(work));
    }

    fn swept(&mut self, swept: Result<Result<Swept, Fault>, JoinError>) {
        self.sweep_at = Instant::now() + SWEEP_EVERY;
        match swept.map_err(Fault::internal).flatten() {
            Ok(swept) => {
                for parcel in swept.parcels {
                    self.queue.add(parcel);
                }
                if swept.is_full {
                    self.sweep_at = Instant::now();
                } else if let Some(due_at) = swept.next_due {
                    self.sweep_in(due_at);
                }
            }
            Err(error) => tracing::warn!(%error, "the outbox could not be looked at"),
        }
        self.forget();
    }

    /// Nobody can see any more that it was not written.
    fn forget(&mut self) {
        for (order_id, sequence) in self.written.drain(..) {
            self.queue.forget(order_id, sequence);
        }
    }

    /// Looks at the table at that time, if not before.
    fn sweep_in(&mut self, due_at: DateTime<Utc>) {
        let pause = (due_at - self.clock.now()).to_std().unwrap_or_default();
        let pause = pause.clamp(SWEEP_AT_MOST_EVERY, SWEEP_EVERY);
        self.sweep_at = self.sweep_at.min(Instant::now() + pause);
    }

    /// How long there is nothing to do by itself.
    fn pause(&self) -> Duration {
        let now = Instant::now();
        let rest = self.health.rests_until(self.clock.now());
        let rest = rest.map(|until| (until - self.clock.now()).to_std().unwrap_or_default());
        let mut pause = match rest {
            Some(rest) => rest.clamp(SWEEP_AT_MOST_EVERY, SWEEP_EVERY),
            None if self.sweeping.is_empty() && self.queue.waiting() < PAGE => {
                self.sweep_at.saturating_duration_since(now)
            }
            None => SWEEP_EVERY,
        };
        if !self.unwritten.is_empty() && self.writing.is_empty() {
            pause = pause.min(self.write_at.saturating_duration_since(now));
        }
        pause
    }

    /// Sends what is in memory for a short while, and gives the rest to whoever looks at the table first.
    async fn finish(mut self) {
        let end = Instant::now() + DRAIN;
        self.sweeping.shutdown().await;
        while Instant::now() < end {
            self.send();
            if self.trying.is_empty() {
                break;
            }
            if let Ok(Some(tried)) = timeout_at(end, self.trying.join_next()).await {
                self.settle(tried);
            }
        }
        self.trying.shutdown().await;
        while let Some(written) = self.writing.join_next().await {
            self.written(written);
        }
        let now = self.clock.now();
        let outcomes = std::mem::take(&mut self.unwritten);
        let rest = self.queue.empty();
        let rest = rest.iter().map(|message| (message.id, now)).collect();
        in_background(async {
            // What fails here falls due by itself.
            _ = write_down(self.db.clone(), outcomes, now).await;
            if let Err(error) = defer(&self.db, rest).await {
                tracing::warn!(%error, "what was not delivered waits until it falls due");
            }
        })
        .await;
    }
}

/// Writes outcomes down; gives them back either way.
async fn write_down(
    db: Db,
    outcomes: Vec<Outcome>,
    now: DateTime<Utc>,
) -> Result<Vec<Outcome>, Vec<Outcome>> {
    let delivered = outcomes.iter().filter(|outcome| outcome.failed.is_none());
    let delivered = delivered.map(|outcome| outcome.id).collect::<Vec<_>>();
    let failed = outcomes.iter().filter_map(|outcome| outcome.failed.clone());
    let failed = failed.collect::<Vec<_>>();
    let done = db
        .transaction(|tx| {
            async {
                store::set_delivered(tx, &delivered, now).await?;
                store::set_failed(tx, &failed, now).await?;
                Ok(())
            }
            .scope_boxed()
        })
        .await
        .map_err(fault::Failure::<Never>::into_fault);
    match done {
        Ok(()) => Ok(outcomes),
        Err(error) => {
            tracing::warn!(%error, "what was delivered could not be written down yet");
            Err(outcomes)
        }
    }
}

/// Claims what has fallen due, and puts off what has to wait for something else.
async fn look(db: Db, now: DateTime<Utc>, most: usize) -> Result<Swept, Fault> {
    let claimed = store::claim(db.writer(), now, now + LEASE, most as u64).await?;
    let is_full = claimed.len() >= most;
    let mut orders = claimed
        .iter()
        .map(|message| message.order_id)
        .collect::<Vec<_>>();
    orders.dedup();
    let heads = match orders.as_slice() {
        [] => Vec::new(),
        orders => store::heads(db.writer(), orders).await?,
    };
    let mut parcels = Vec::new();
    let mut deferred = Vec::new();
    for chain in claimed.chunk_by(|one, other| one.order_id == other.order_id) {
        let head = heads.iter().find(|head| head.order_id == chain[0].order_id);
        // Somebody else may have delivered it since it was claimed.
        let Some(head) = head else { continue };
        if head.sequence == chain[0].sequence {
            let is_next = |place| place == 0;
            let chain = chain.iter().cloned().enumerate();
            parcels.extend(chain.map(|(place, it)| Parcel::new(it, is_next(place), None)));
            continue;
        }
        let until = match (head.dead_at, head.due_at) {
            (Some(_), _) => now + BEHIND_THE_DEAD,
            (None, due_at) => due_at.map_or(now + LEASE, |due_at| due_at.max(now + LEASE)),
        };
        deferred.extend(chain.iter().map(|message| (message.id, until)));
    }
    defer(&db, deferred).await?;
    Ok(Swept {
        parcels,
        is_full,
        next_due: store::next_due(db.reader()).await?,
    })
}

async fn defer(db: &Db, deferred: Vec<(OutboxId, DateTime<Utc>)>) -> Result<(), Fault> {
    if deferred.is_empty() {
        return Ok(());
    }
    db.transaction(|tx| {
        async {
            store::defer(tx, &deferred).await?;
            Ok(())
        }
        .scope_boxed()
    })
    .await
    .map_err(fault::Failure::<Never>::into_fault)
}
