//! Placing orders: the engine.
//!
//! `placeOrder` puts a command on a bounded queue and awaits its answer. A worker takes whatever has
//! queued while the batches before were committing (alone, an order is a batch of one; under load the batch
//! grows by itself, with no timer) and runs one transaction for all of it:
//!
//! 1. `load`: a snapshot of everything the commands touch, locked in the shop's one order;
//! 2. [`decide`](fn@decide): a pure function a command, in their order;
//! 3. `apply`: multi-row inserts and set-based updates;
//! 4. commit, and only then answer.
//!
//! What holds, whatever happens: a refusal changes nothing and harms no neighbour; a batch that the database
//! refuses is split until the command at fault stands alone; a command that waited past its deadline is
//! refused before it is tried, never after; a client that hangs up still gets its order; on a stop what has
//! queued is placed. Correctness rests on locks and unique indexes, so any number of instances are safe
//! together: the engine only shares commits.

mod apply;
mod decide;
mod load;
mod request;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use entity::{
    id::{MemberId, OptionId, ProductId},
    order,
};
use futures_util::future::BoxFuture;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use scoped_futures::ScopedFutureExt;
use sea_orm::DbBackend;
use tokio::{
    sync::{Mutex, Semaphore, mpsc, oneshot},
    task::JoinHandle,
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    clock::Clock,
    config::{LINES_MAX, Limits},
    db::{Db, Transaction, is_about_data, is_taken},
    event::Bus,
    fault::{Failure, Fault, Never, Outcome},
};

pub use decide::{Decision, Offer, Placement, Refusal, Shortage, Snapshot, decide};
pub use request::{Line, Malformed, Request, Selection};

/// A member's wish to order, with the chance that its ids and key are drawn from: the same command over the
/// same snapshot gives the same order.
#[derive(Clone, Debug)]
pub struct Command {
    pub member_id: MemberId,
    pub request: Request,
    pub seed: [u8; 32],
}

/// What a command gets.
pub type Answer = Outcome<order::Model, Refusal>;

/// How often a batch is tried in which a random order key was taken already.
const KEY_ATTEMPTS_MAX: u8 = 5;

/// Lines in one batch, so that a batch of extraordinary orders does not hold its locks for long.
const BATCH_LINES_MAX: usize = 5_000;

/// Batches on PostgreSQL that are placed at the same time: while one commits, the next is decided. More of them
/// would only be smaller, and wait for each other's rows.
const BATCHES_IN_FLIGHT: usize = 2;

/// When a client whose order did not fit the queue should come again.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// The order engine: a queue and its worker.
#[derive(Debug)]
pub struct Engine {
    queue: mpsc::Sender<Queued>,
    deadline: Duration,
    stopping: CancellationToken,
    worker: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Queued {
    command: Command,
    deadline: Instant,
    reply: oneshot::Sender<Answer>,
}

impl Engine {
    /// Starts the worker.
    pub(crate) fn start(db: Db, clock: Clock, bus: Bus, limits: &Limits) -> Self {
        let (queue, commands) = mpsc::channel(limits.order_queue);
        let stopping = CancellationToken::new();
        let worker = Worker {
            placer: Placer { db, clock, bus },
            batch_max: limits.order_batch,
        };
        let worker = tokio::spawn(worker.run(commands, stopping.clone()));
        Self {
            queue,
            deadline: limits.order_deadline,
            stopping,
            worker: Mutex::new(Some(worker)),
        }
    }

    /// Places an order. Once this was called the order is placed or refused even if nobody waits for the
    /// answer.
    pub async fn place(&self, member_id: MemberId, request: Request) -> Answer {
        let command = Command {
            member_id,
            request,
            seed: rand::rng().random(),
        };
        let (reply, answer) = oneshot::channel();
        let deadline = Instant::now() + self.deadline;
        self.queue
            .try_send(Queued {
                command,
                deadline,
                reply,
            })
            .map_err(|_| Fault::Overloaded {
                retry_after: RETRY_AFTER,
            })?;
        answer
            .await
            .unwrap_or_else(|_| Err(Fault::internal("the order engine died").into()))
    }

    /// Takes no more commands, places those that have queued, and ends.
    pub async fn stop(&self) {
        self.stopping.cancel();
        if let Some(worker) = self.worker.lock().await.take()
            && let Err(error) = worker.await
        {
            tracing::error!(%error, "the order engine died");
        }
    }
}

/// Takes what has queued, a batch at a time, and has it placed.
#[derive(Clone)]
struct Worker {
    placer: Placer,
    batch_max: usize,
}

impl Worker {
    async fn run(self, mut commands: mpsc::Receiver<Queued>, stopping: CancellationToken) {
        let in_flight = Arc::new(Semaphore::new(batches_in_flight(&self.placer.db)));
        let batches = TaskTracker::new();
        while let Ok(turn) = in_flight.clone().acquire_owned().await {
            let mut queued = Vec::new();
            tokio::select! {
                biased;
                () = stopping.cancelled(), if !commands.is_closed() => commands.close(),
                taken = commands.recv_many(&mut queued, self.batch_max) => {
                    if taken == 0 {
                        break;
                    }
                    let worker = self.clone();
                    // In a task of its own: should it panic, no other batch does.
                    batches.spawn(async move {
                        worker.serve(queued).await;
                        drop(turn);
                    });
                }
            }
        }
        batches.close();
        batches.wait().await;
    }

    async fn serve(&self, mut queued: Vec<Queued>) {
        while !queued.is_empty() {
            let later = queued.split_off(batch_size(&queued));
            self.place(queued).await;
            queued = later;
        }
    }

    /// Places those who have not waited too long by now.
    async fn place(&self, batch: Vec<Queued>) {
        let now = Instant::now();
        let (in_time, late): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(|queued| queued.deadline > now);
        for queued in late {
            // Whoever does not wait any more need not hear it.
            _ = queued.reply.send(Err(Fault::TimedOut.into()));
        }
        let (commands, replies): (Vec<_>, Vec<_>) = in_time
            .into_iter()
            .map(|queued| (queued.command, queued.reply))
            .unzip();
        let answers = self.placer.place(&commands).await;
        for (answer, reply) in answers.into_iter().zip(replies) {
            _ = reply.send(answer);
        }
    }
}

/// SQLite has one writer, so a second batch could do nothing but wait while it might still grow.
fn batches_in_flight(db: &Db) -> usize {
    match db.backend() {
        DbBackend::Sqlite => 1,
        _ => BATCHES_IN_FLIGHT,
    }
}

/// How many of those who queue make a batch: all, unless their lines are too many.
fn batch_size(queued: &[Queued]) -> usize {
    let mut lines = 0;
    let fits = |queued: &&Queued| {
        lines += match &queued.command.request.selection {
            Selection::Cart => LINES_MAX,
            Selection::CartItems(items) => items.len(),
            Selection::Lines(lines) => lines.len(),
        };
        lines <= BATCH_LINES_MAX
    };
    queued.iter().take_while(fits).count().max(1)
}

/// Places batches of commands; the part of the engine that knows no queue.
#[derive(Clone, Debug)]
pub struct Placer {
    pub db: Db,
    pub clock: Clock,
    pub bus: Bus,
}

impl Placer {
    /// Places the commands in one transaction, or as few as it takes; one answer each, in their order.
    pub fn place<'c>(&'c self, commands: &'c [Command]) -> BoxFuture<'c, Vec<Answer>> {
        Box::pin(async move {
            if commands.is_empty() {
                return Vec::new();
            }
            match self.commit_under_free_keys(commands).await {
                Ok(decisions) => self.tell(decisions),
                Err(Fault::Database(error)) if commands.len() > 1 && is_about_data(&error) => {
                    tracing::warn!(%error, size = commands.len(), "splitting a batch");
                    let (first, rest) = commands.split_at(commands.len() / 2);
                    let mut answers = self.place(first).await;
                    answers.extend(self.place(rest).await);
                    answers
                }
                Err(fault) => commands.iter().map(|_| Err(fault.clone().into())).collect(),
            }
        })
    }

    /// Draws again where a random order key is taken: of a day's million orders, some hundreds meet one.
    async fn commit_under_free_keys(&self, commands: &[Command]) -> Result<Vec<Decision>, Fault> {
        for attempt in 0..KEY_ATTEMPTS_MAX {
            match self.commit(commands, attempt).await {
                Err(Fault::Database(error)) if is_taken(&error, "order", &["order_key"]) => {}
                outcome => return outcome,
            }
        }
        Err(Fault::internal("no order key was free"))
    }

    async fn commit(&self, commands: &[Command], attempt: u8) -> Result<Vec<Decision>, Fault> {
        let committed = self
            .db
            .transaction(|tx| self.decide_all(tx, commands, attempt).scope_boxed());
        committed.await.map_err(Failure::into_fault)
    }

    async fn decide_all(
        &self,
        tx: &Transaction,
        commands: &[Command],
        attempt: u8,
    ) -> Outcome<Vec<Decision>, Never> {
        let now = self.clock.now();
        let mut snapshot = load::load(tx, commands, now).await?;
        let decisions = commands
            .iter()
            .map(|command| {
                let mut seed = command.seed;
                seed[0] ^= attempt;
                let mut rng = StdRng::from_seed(seed);
                decide(
                    &mut snapshot,
                    command.member_id,
                    &command.request,
                    now,
                    &mut rng,
                )
            })
            .collect::<Vec<_>>();
        let placements = placements(&decisions).collect::<Vec<_>>();
        apply::apply(tx, &placements, &snapshot).await?;
        Ok(decisions)
    }

    /// Tells the bus, now that it is true, and makes the answers.
    fn tell(&self, decisions: Vec<Decision>) -> Vec<Answer> {
        let mut stock = BTreeSet::<(ProductId, OptionId)>::new();
        for placement in placements(&decisions) {
            self.bus
                .publish_order_event(placement.order.member_id, placement.event.clone());
            stock.extend(
                placement
                    .items
                    .iter()
                    .map(|item| (item.product_id, item.option_id)),
            );
        }
        for (product_id, option_id) in stock {
            self.bus.stock.publish(&product_id, option_id);
        }
        let answer = |decision| match decision {
            Decision::Placed(placement) => Ok(placement.order),
            Decision::Replayed(order) => Ok(order),
            Decision::Refused(refusal) => Err(Failure::Refused(refusal)),
        };
        decisions.into_iter().map(answer).collect()
    }
}

fn placements(decisions: &[Decision]) -> impl Iterator<Item = &Placement> {
    decisions.iter().filter_map(|decision| match decision {
        Decision::Placed(placement) => Some(placement.as_ref()),
        Decision::Replayed(_) | Decision::Refused(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use entity::member;
    use sea_orm::EntityTrait;
    use tempfile::TempDir;
    use tokio::{sync::Notify, time::sleep_until};
    use uuid::Uuid;

    use super::*;

    /// A wish for this many lines of an option that there is not, or for the cart if for none.
    fn queued(lines: usize, deadline: Instant) -> (Queued, oneshot::Receiver<Answer>) {
        let line = Line {
            option_id: OptionId(Uuid::nil()),
            quantity: 1,
        };
        let request = Request {
            selection: match lines {
                0 => Selection::Cart,
                _ => Selection::Lines(vec![line; lines]),
            },
            points: None,
            expected_total: None,
            idempotency_key: String::new(),
        };
        let command = Command {
            member_id: MemberId(Uuid::nil()),
            request,
            seed: [0; 32],
        };
        let (reply, answer) = oneshot::channel();
        let queued = Queued {
            command,
            deadline,
            reply,
        };
        (queued, answer)
    }

    #[test]
    fn a_batch_of_extraordinary_orders_is_cut() {
        let now = Instant::now();
        let size = |lines: &[usize]| {
            batch_size(
                &lines
                    .iter()
                    .map(|lines| queued(*lines, now).0)
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(size(&[1; 256]), 256);
        assert_eq!(size(&[LINES_MAX; 256]), BATCH_LINES_MAX / LINES_MAX);
        assert_eq!(
            size(&[0; 256]),
            BATCH_LINES_MAX / LINES_MAX,
            "a cart may be full"
        );
        assert_eq!(size(&[BATCH_LINES_MAX + 1]), 1, "one is always tried");
    }

    #[tokio::test]
    async fn whoever_waits_for_another_batch_too_long_is_not_tried() {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}", folder.path().join("shop.db").display());
        let db = Db::connect(&url, 1).await.unwrap();
        db.migrate().await.unwrap();
        let placer = Placer {
            db: db.clone(),
            clock: Clock::system(),
            bus: Bus::default(),
        };
        let nil = member::Model {
            id: MemberId(Uuid::nil()),
            user_id: "nil".into(),
            nickname: "nil".into(),
            role: member::Role::Member,
            password_hash: "-".into(),
            created_at: placer.clock.now(),
        };
        let insert = member::Entity::insert(member::ActiveModel::from(nil));
        insert.exec_without_returning(db.writer()).await.unwrap();
        let worker = Worker {
            placer,
            batch_max: 2,
        };
        let deadline = Instant::now() + Duration::from_millis(200);
        let (first, tried) = queued(BATCH_LINES_MAX, deadline + Duration::from_hours(1));
        let (second, late) = queued(1, deadline);

        let is_held = Notify::new();
        let holding = db.transaction(|_| hold_until(deadline, &is_held).scope_boxed());
        let serving = async {
            is_held.notified().await;
            worker.serve(vec![first, second]).await;
        };
        let (held, ()) = tokio::join!(holding, serving);

        held.unwrap();
        let tried = tried.await.unwrap().unwrap_err();
        assert!(
            matches!(tried, Failure::Refused(Refusal::NoSuchOption { .. })),
            "{tried:?}"
        );
        let late = late.await.unwrap().unwrap_err();
        assert!(matches!(late, Failure::Fault(Fault::TimedOut)), "{late:?}");
    }

    async fn hold_until(end: Instant, is_held: &Notify) -> Outcome<(), Never> {
        is_held.notify_one();
        sleep_until(end).await;
        Ok(())
    }
}
