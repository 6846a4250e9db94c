//! The worker: takes what has queued, a batch at a time, and has it placed.
//!
//! On PostgreSQL two batches are under way at once, so that one is decided while the other is written. Were they to
//! want the same options, the second would only wait for the first one's locks, and hold its own meanwhile. So who
//! wants what a batch under way wants, waits here for the next, and who wants something else goes on.

use std::collections::{HashMap, HashSet};

use entity::id::OptionId;
use sea_orm::DbBackend;
use tokio::{
    sync::mpsc,
    task::{Id, JoinSet},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{Placer, Queued, Selection};
use crate::{config::LINES_MAX, db::Db, fault::Fault};

/// Lines in one batch, so that a batch of extraordinary orders does not hold its locks for long.
const BATCH_LINES_MAX: usize = 5_000;

/// Batches on PostgreSQL that are placed at the same time.
const BATCHES_IN_FLIGHT: usize = 2;

/// Takes what has queued, a batch at a time, and has it placed.
#[derive(Clone)]
pub struct Worker {
    pub placer: Placer,
    pub batch_max: usize,
    /// How many may wait for a batch under way, besides those in the queue.
    pub waiting_max: usize,
}

impl Worker {
    pub async fn run(self, mut commands: mpsc::Receiver<Queued>, stopping: CancellationToken) {
        let in_flight_max = batches_in_flight(&self.placer.db);
        let mut waiting = Waiting::default();
        let mut batches = Batches::default();
        let mut is_open = true;
        while is_open || !waiting.commands.is_empty() || !batches.is_empty() {
            while batches.len() < in_flight_max
                && let Some(batch) = waiting.next_batch(&batches, self.batch_max)
            {
                let wanted = batch.iter().flat_map(options).collect();
                let worker = self.clone();
                batches.begin(wanted, async move { worker.serve(batch).await });
            }
            let may_take = is_open
                && batches.len() < in_flight_max
                && waiting.commands.len() < self.waiting_max;
            tokio::select! {
                biased;
                () = stopping.cancelled(), if !commands.is_closed() => commands.close(),
                () = batches.next_over(), if !batches.is_empty() => waiting.held_up = 0,
                taken = commands.recv_many(&mut waiting.commands, self.batch_max), if may_take => {
                    is_open = taken > 0;
                }
            }
        }
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

/// Who was taken off the queue and waits, in their order.
#[derive(Default)]
struct Waiting {
    commands: Vec<Queued>,
    /// How many at the front are known to want what a batch under way wants.
    held_up: usize,
}

impl Waiting {
    /// The first who want nothing that a batch under way wants. (What a cart holds is not known yet: it may have to
    /// wait for a lock.)
    fn next_batch(&mut self, batches: &Batches, max: usize) -> Option<Vec<Queued>> {
        let mut batch = Vec::new();
        let mut arrived = self.commands.split_off(self.held_up).into_iter();
        while batch.len() < max
            && let Some(queued) = arrived.next()
        {
            if batches.want_any_of(&queued) {
                self.commands.push(queued);
            } else {
                batch.push(queued);
            }
        }
        self.held_up = self.commands.len();
        self.commands.extend(arrived);
        (!batch.is_empty()).then_some(batch)
    }
}

/// The batches under way.
#[derive(Default)]
struct Batches {
    tasks: JoinSet<()>,
    wanted: HashMap<Id, HashSet<OptionId>>,
}

impl Batches {
    fn len(&self) -> usize {
        self.wanted.len()
    }

    fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    fn want_any_of(&self, queued: &Queued) -> bool {
        let mut wanted = self.wanted.values();
        wanted.any(|wanted| options(queued).any(|option| wanted.contains(&option)))
    }

    /// Begins a batch in a task of its own: should it panic, no other does.
    fn begin(
        &mut self,
        wanted: HashSet<OptionId>,
        placing: impl Future<Output = ()> + Send + 'static,
    ) {
        let task = self.tasks.spawn(placing);
        self.wanted.insert(task.id(), wanted);
    }

    /// Waits until one is over.
    async fn next_over(&mut self) {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => error.id(),
            None => return,
        };
        self.wanted.remove(&id);
    }
}

/// The options that a command names.
fn options(queued: &Queued) -> impl Iterator<Item = OptionId> {
    let lines = match &queued.command.request.selection {
        Selection::Lines(lines) => lines.as_slice(),
        Selection::Cart | Selection::CartItems(_) => &[],
    };
    lines.iter().map(|line| line.option_id)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::{id::MemberId, member};
    use scoped_futures::ScopedFutureExt;
    use sea_orm::EntityTrait;
    use tempfile::TempDir;
    use tokio::{
        sync::{Notify, oneshot},
        time::sleep_until,
    };
    use uuid::Uuid;

    use super::*;
    use crate::{
        clock::Clock,
        event::Bus,
        fault::{Failure, Never, Outcome},
        order::placement::{Answer, Command, Line, Refusal, Request},
    };

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
            gateway: None,
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

    fn wanting(options: &[u128]) -> Queued {
        let (mut queued, _) = queued(0, Instant::now());
        let line = |option: &u128| Line {
            option_id: OptionId(Uuid::from_u128(*option)),
            quantity: 1,
        };
        queued.command.request.selection = Selection::Lines(options.iter().map(line).collect());
        queued
    }

    #[tokio::test]
    async fn who_wants_what_a_batch_under_way_wants_waits_and_others_go_on() {
        let named = |batch: Option<Vec<Queued>>| {
            let numbers = |queued: Queued| {
                options(&queued)
                    .map(|option| option.0.as_u128())
                    .collect::<Vec<_>>()
            };
            batch
                .unwrap_or_default()
                .into_iter()
                .map(numbers)
                .collect::<Vec<_>>()
        };
        let mut waiting = Waiting::default();
        let mut batches = Batches::default();
        let end = std::sync::Arc::new(Notify::new());
        let awaited = end.clone();
        let wanted = [1, 2].map(|option| OptionId(Uuid::from_u128(option)));
        batches.begin(wanted.into(), async move { awaited.notified().await });

        waiting
            .commands
            .extend([&[1, 3][..], &[4], &[2], &[], &[5], &[6]].map(wanting));
        assert_eq!(
            named(waiting.next_batch(&batches, 3)),
            [vec![4], vec![], vec![5]]
        );
        assert_eq!(waiting.held_up, 2, "the last was not looked at");
        assert_eq!(named(waiting.next_batch(&batches, 3)), [vec![6]]);
        end.notify_one();
        batches.next_over().await;
        waiting.held_up = 0;
        assert_eq!(
            named(waiting.next_batch(&batches, 3)),
            [vec![1, 3], vec![2]]
        );
        assert_eq!(
            named(waiting.next_batch(&batches, 3)),
            Vec::<Vec<u128>>::new()
        );
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
            waiting_max: 2,
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
