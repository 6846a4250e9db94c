//! The worker: takes what has queued, a batch at a time, and has it placed.
//!
//! On PostgreSQL several batches are under way at once: one looks up what it needs while another is written.

use sea_orm::DbBackend;
use tokio::{sync::mpsc, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{Placer, Queued, Selection};
use crate::{config::LINES_MAX, db::Db, fault::Fault, trace};

/// Lines in one batch, so that a batch of extraordinary orders does not hold its locks for long.
const BATCH_LINES_MAX: usize = 5_000;

/// Batches on PostgreSQL that are placed at the same time.
const BATCHES_IN_FLIGHT: usize = 3;

/// Takes what has queued, a batch at a time, and has it placed.
#[derive(Clone)]
pub struct Worker {
    pub placer: Placer,
    pub batch_max: usize,
}

impl Worker {
    pub async fn run(self, mut commands: mpsc::Receiver<Queued>, stopping: CancellationToken) {
        let in_flight_max = batches_in_flight(&self.placer.db);
        let mut batches = JoinSet::new();
        let mut queued = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled(), if !commands.is_closed() => commands.close(),
                Some(_) = batches.join_next() => {}
                taken = commands.recv_many(&mut queued, self.batch_max),
                    if batches.len() < in_flight_max =>
                {
                    if taken == 0 {
                        break;
                    }
                    let worker = self.clone();
                    let batch = std::mem::take(&mut queued);
                    // In a task of its own: should it panic, no other does.
                    batches.spawn(async move { worker.serve(batch).await });
                }
            }
        }
        while batches.join_next().await.is_some() {}
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
        if in_time.is_empty() {
            return;
        }
        let figures = &self.placer.figures;
        figures.batch(in_time.len());
        let span = trace::batch(in_time.len(), in_time.iter().map(|queued| &queued.span));
        let (commands, replies): (Vec<_>, Vec<_>) = in_time
            .into_iter()
            .map(|queued| {
                figures.taken_up(queued.since);
                (queued.command, queued.reply)
            })
            .unzip();
        let answers = self.placer.place(&commands).instrument(span).await;
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::{
        id::{MemberId, OptionId},
        member,
    };
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
        order::placement::{Answer, Command, Figures, Line, Refusal, Request},
        outbox::Outbox,
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
            coupon_id: None,
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
            since: Instant::now(),
            deadline,
            span: tracing::Span::none(),
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
            figures: Figures::default(),
            outbox: Outbox::default(),
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
