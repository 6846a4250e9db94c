//! Look-ups that the fields of one answer share: twenty products ask for their stores in one statement.
//!
//! The framework's loader waits a moment before it loads, hoping that more keys arrive. Here nothing is
//! hoped for and nothing waits: a load runs exactly when every resolver that could run has run, because
//! [`drive`] polls the execution first and the loads only when the execution can go no further. So the
//! number of statements does not depend on timing, and no delay is added to any answer.

use std::{
    collections::HashMap,
    future::poll_fn,
    hash::Hash,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{self, Poll, Wake, Waker},
    time::Duration,
};

use async_graphql::{
    Context,
    dataloader::{DataLoader, Loader},
};
use entity::id::TypedId;
use futures_util::{
    Stream,
    future::BoxFuture,
    stream::{BoxStream, FuturesUnordered, StreamExt, poll_fn as stream_fn},
    task::AtomicWaker,
};

use super::{ApiError, AppContext};
use crate::{db::Db, fault::Fault};

/// The loaders of one operation; each slice implements `Loader` for [`Reader`] with keys of its own.
pub type Loaders = DataLoader<Reader>;

/// What loaders read with.
pub struct Reader {
    pub db: Db,
}

/// The row that a foreign key refers to, which is there.
///
/// # Errors
/// When a load fails, or the row is missing: a fault of ours.
pub async fn referred<K>(ctx: &Context<'_>, id: K) -> Result<<Reader as Loader<K>>::Value, ApiError>
where
    K: TypedId + Hash + Eq,
    Reader: Loader<K, Error = Fault>,
{
    let found = ctx.loaders().load_one(id).await?;
    found.ok_or_else(|| ApiError::internal(format!("{id} is referred to but not there")))
}

/// Rows by their keys, as a loader gives them.
pub fn keyed<R, K: Hash + Eq, V>(
    rows: Vec<R>,
    key: impl Fn(&R) -> K,
    value: impl Fn(R) -> V,
) -> HashMap<K, V> {
    rows.into_iter()
        .map(|row| (key(&row), value(row)))
        .collect()
}

/// Rows that share keys, in their order, as a loader gives them.
pub fn grouped<R, K: Hash + Eq, V>(
    rows: Vec<R>,
    key: impl Fn(&R) -> K,
    value: impl Fn(R) -> V,
) -> HashMap<K, Vec<V>> {
    let mut groups = HashMap::<_, Vec<_>>::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(value(row));
    }
    groups
}

/// Keys in one statement; beyond it there are several. Well below every database's limit of parameters.
const KEYS_MAX: usize = 10_000;

/// Loads that were asked for and wait for their turn.
#[derive(Clone, Default)]
pub struct LoadQueue(Arc<Mutex<Vec<BoxFuture<'static, ()>>>>);

impl LoadQueue {
    /// Loaders that put their loads here.
    pub fn loaders(&self, db: Db) -> Loaders {
        let queue = self.clone();
        DataLoader::new(Reader { db }, move |load| queue.push(load))
            .delay(Duration::ZERO)
            .max_batch_size(KEYS_MAX)
    }

    fn push(&self, load: BoxFuture<'static, ()>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(load);
    }

    fn take(&self) -> Vec<BoxFuture<'static, ()>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs an execution together with the loads that it asks for.
pub async fn drive<T>(execution: impl Future<Output = T>, queue: LoadQueue) -> T {
    let mut execution = pin!(execution);
    let mut loads = Loads::new(queue);
    poll_fn(|context| loads.poll(context, |context| execution.as_mut().poll(context))).await
}

/// Runs a subscription together with the loads that its events ask for.
pub fn drive_stream<T: 'static>(
    mut execution: BoxStream<'static, T>,
    queue: LoadQueue,
) -> impl Stream<Item = T> + Send + 'static {
    let mut loads = Loads::new(queue);
    stream_fn(move |context| loads.poll(context, |context| execution.poll_next_unpin(context)))
}

struct Loads {
    queue: LoadQueue,
    running: FuturesUnordered<BoxFuture<'static, ()>>,
    stirred: Arc<Stirred>,
}

/// How often an execution that stirs is polled again before the runtime gets a turn, which it needs to
/// renew the budget that its own futures live on.
const TURNS: usize = 32;

impl Loads {
    fn new(queue: LoadQueue) -> Self {
        Self {
            queue,
            running: FuturesUnordered::new(),
            stirred: Arc::default(),
        }
    }

    fn poll<T>(
        &mut self,
        context: &mut task::Context<'_>,
        mut execution: impl FnMut(&mut task::Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.stirred.parent.register(context.waker());
        let waker = Waker::from(self.stirred.clone());
        for _ in 0..TURNS {
            self.stirred.is_set.store(false, Ordering::Release);
            if let Poll::Ready(output) = execution(&mut task::Context::from_waker(&waker)) {
                return Poll::Ready(output);
            }
            // A part of the execution that only gave way to others is not done yet, and may ask for more.
            let may_go_on = self.stirred.is_set.load(Ordering::Acquire) || self.advance(context);
            if !may_go_on {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Starts what is queued; whether any load finished, so that the execution can go on.
    fn advance(&mut self, context: &mut task::Context<'_>) -> bool {
        self.running.extend(self.queue.take());
        matches!(self.running.poll_next_unpin(context), Poll::Ready(Some(())))
    }
}

/// Wakes the task, and remembers that something asked for it.
#[derive(Default)]
struct Stirred {
    is_set: AtomicBool,
    parent: AtomicWaker,
}

impl Wake for Stirred {
    fn wake(self: Arc<Self>) {
        self.is_set.store(true, Ordering::Release);
        self.parent.wake();
    }
}
