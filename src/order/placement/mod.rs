//! Placing orders: the engine.
//!
//! `placeOrder` puts a command on a bounded queue and awaits its answer. A worker takes whatever has
//! queued while the batches before were committing (alone, an order is a batch of one; under load the batch
//! grows by itself, with no timer) and runs one transaction for all of it:
//!
//! 1. `load`: a snapshot of everything the commands touch, locked in the shop's one order;
//! 2. [`decide`](fn@decide): a pure function a command, in their order;
//! 3. `apply`: multi-row inserts and set-based updates, the stock last;
//! 4. commit, and only then answer.
//!
//! Stock is what everybody wants, so at first it is not locked but only looked at: of a hot option's orders all is
//! written side by side, and they wait for each other from the taking of the stock to the commit. Should the last
//! pieces have gone meanwhile, the table's own check says so, and the batch begins anew with the stock locked.
//!
//! What holds, whatever happens: a refusal changes nothing and harms no neighbour; a batch that the database
//! refuses is split until the command at fault stands alone; a command that waited past its deadline is
//! refused before it is tried, never after; a client that hangs up still gets its order; on a stop what has
//! queued is placed. Correctness rests on locks and unique indexes, so any number of instances are safe
//! together: the engine only shares commits.

mod apply;
mod coupon;
mod decide;
mod figures;
mod load;
mod request;
mod worker;

use std::{collections::BTreeSet, time::Duration};

use entity::{
    id::{MemberId, OptionId, ProductId},
    order,
};
use futures_util::future::BoxFuture;
use prometheus_client::registry::Registry;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use scoped_futures::ScopedFutureExt;
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    task::JoinHandle,
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use crate::{
    clock::Clock,
    config::Limits,
    db::{Db, Transaction, is_about_data, is_against_check, is_taken},
    event::Bus,
    fault::{Failure, Fault, Never, Outcome},
    metrics::gauge,
    outbox::{Appended, Outbox},
    trace,
};

pub use coupon::Voucher;
pub use decide::{ClosedLine, Decision, Offer, Placement, Refusal, Shortage, Snapshot, decide};
pub use figures::Figures;
use figures::{Again, Stage};
use load::Stock;
pub use request::{Gateway, Line, Malformed, Request, Selection};
use worker::Worker;

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

/// When a client whose order did not fit the queue should come again.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// The order engine: a queue and its worker.
#[derive(Debug)]
pub struct Engine {
    queue: mpsc::Sender<Queued>,
    deadline: Duration,
    stopping: CancellationToken,
    worker: Mutex<Option<JoinHandle<()>>>,
    figures: Figures,
}

#[derive(Debug)]
struct Queued {
    command: Command,
    since: Instant,
    deadline: Instant,
    /// What waits for the answer.
    span: Span,
    reply: oneshot::Sender<Answer>,
}

impl Engine {
    /// Starts the worker.
    pub(crate) fn start(placer: Placer, limits: &Limits) -> Self {
        let (queue, commands) = mpsc::channel(limits.order_queue);
        let stopping = CancellationToken::new();
        let figures = placer.figures.clone();
        let worker = Worker {
            placer,
            batch_max: limits.order_batch,
        };
        let worker = tokio::spawn(worker.run(commands, stopping.clone()));
        Self {
            queue,
            deadline: limits.order_deadline,
            stopping,
            worker: Mutex::new(Some(worker)),
            figures,
        }
    }

    /// Places an order. Once this was called the order is placed or refused even if nobody waits for the
    /// answer.
    pub async fn place(&self, member_id: MemberId, request: Request) -> Answer {
        let span = tracing::trace_span!(target: trace::TARGET, "place");
        let placing = self.answer(member_id, request, span.clone());
        let answer = placing.instrument(span).await;
        self.figures.answered(&answer);
        answer
    }

    async fn answer(&self, member_id: MemberId, request: Request, span: Span) -> Answer {
        let command = Command {
            member_id,
            request,
            seed: rand::rng().random(),
        };
        let (reply, answer) = oneshot::channel();
        let since = Instant::now();
        self.queue
            .try_send(Queued {
                command,
                since,
                deadline: since + self.deadline,
                span,
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

    /// Registers how its work goes.
    pub fn register(&self, registry: &mut Registry) {
        let room = self.queue.max_capacity();
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        gauge(
            registry,
            "orders_queued",
            "Orders that wait to be placed",
            number(room - self.queue.capacity()),
        );
        gauge(
            registry,
            "orders_queue_room",
            "How many orders may wait; beyond it, OVERLOADED",
            number(room),
        );
        self.figures.register(registry);
    }
}

/// Places batches of commands; the part of the engine that knows no queue.
#[derive(Clone, Debug)]
pub struct Placer {
    pub db: Db,
    pub clock: Clock,
    pub bus: Bus,
    pub figures: Figures,
    pub outbox: Outbox,
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
                    self.figures.again(Again::Split);
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
                Err(Fault::Database(error)) if is_taken(&error, "order", &["order_key"]) => {
                    self.figures.again(Again::KeyTaken);
                }
                outcome => return outcome,
            }
        }
        Err(Fault::internal("no order key was free"))
    }

    async fn commit(&self, commands: &[Command], attempt: u8) -> Result<Vec<Decision>, Fault> {
        match self.commit_over(Stock::Seen, commands, attempt).await {
            Err(Fault::Database(error)) if is_against_check(&error, "stock") => {
                self.figures.again(Again::StockGone);
                self.commit_over(Stock::Locked, commands, attempt).await
            }
            outcome => outcome,
        }
    }

    async fn commit_over(
        &self,
        stock: Stock,
        commands: &[Command],
        attempt: u8,
    ) -> Result<Vec<Decision>, Fault> {
        let committed = self
            .db
            .transaction(|tx| self.decide_all(tx, stock, commands, attempt).scope_boxed());
        let (decisions, applied) = committed.await.map_err(Failure::into_fault)?;
        self.figures.done(Stage::Commit, applied);
        Ok(decisions)
    }

    /// Does for the commands what is done within the transaction; tells when it was done.
    async fn decide_all(
        &self,
        tx: &Transaction,
        stock: Stock,
        commands: &[Command],
        attempt: u8,
    ) -> Outcome<(Vec<Decision>, Instant), Never> {
        let now = self.clock.now();
        let begun = Instant::now();
        let mut snapshot = load::load(tx, commands, stock, now).await?;
        let loaded = self.figures.done(Stage::Load, begun);
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
        let decided = self.figures.done(Stage::Decide, loaded);
        apply::apply(tx, &decisions, &snapshot).await?;
        Ok((decisions, self.figures.done(Stage::Apply, decided)))
    }

    /// Tells the bus and the data platform, now that it is true, and makes the answers.
    fn tell(&self, mut decisions: Vec<Decision>) -> Vec<Answer> {
        let messages = decisions.iter_mut().filter_map(|decision| match decision {
            Decision::Placed(placement) => placement.announcement.take(),
            _ => None,
        });
        self.outbox.hand_over(Appended::first(messages.collect()));
        let mut stock = BTreeSet::<(ProductId, OptionId)>::new();
        for placement in placements(&decisions) {
            self.bus.publish_order_event(
                placement.order.member_id,
                placement.event.clone(),
                &placement.store_events,
            );
            stock.extend(
                placement
                    .items
                    .iter()
                    .map(|item| (item.product_id, item.option_id)),
            );
        }
        for (product_id, option_id) in stock {
            self.bus.publish_stock(product_id, option_id);
        }
        let answer = |decision| match decision {
            Decision::Placed(placement) => Ok(placement.order),
            Decision::Replayed(order) | Decision::Resumed(order, _) => Ok(order),
            Decision::Refused(refusal) => Err(Failure::Refused(refusal)),
        };
        decisions.into_iter().map(answer).collect()
    }
}

fn placements(decisions: &[Decision]) -> impl Iterator<Item = &Placement> {
    decisions.iter().filter_map(|decision| match decision {
        Decision::Placed(placement) => Some(placement.as_ref()),
        _ => None,
    })
}
