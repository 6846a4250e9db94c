//! Look-ups that the fields of one answer share: twenty products ask for their stores in one statement.
//!
//! The framework's loader waits a moment before it loads, hoping that more keys arrive. Here nothing is
//! hoped for and nothing waits: a load runs exactly when every resolver that could run has run, because
//! [`drive`] polls the execution first and the loads only when the execution can go no further. So the
//! number of statements does not depend on timing, and no delay is added to any answer.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use async_graphql::dataloader::DataLoader;
use futures_util::{
    Stream,
    future::BoxFuture,
    stream::{BoxStream, FuturesUnordered, StreamExt, poll_fn as stream_fn},
};

use crate::db::Db;

/// The loaders of one operation; each slice implements `Loader` for [`Reader`] with keys of its own.
pub type Loaders = DataLoader<Reader>;

/// What loaders read with.
pub struct Reader {
    pub db: Db,
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
    poll_fn(|context| {
        loop {
            if let Poll::Ready(output) = execution.as_mut().poll(context) {
                return Poll::Ready(output);
            }
            if !loads.advance(context) {
                return Poll::Pending;
            }
        }
    })
    .await
}

/// Runs a subscription together with the loads that its events ask for.
pub fn drive_stream<T: 'static>(
    mut execution: BoxStream<'static, T>,
    queue: LoadQueue,
) -> impl Stream<Item = T> + Send + 'static {
    let mut loads = Loads::new(queue);
    stream_fn(move |context| {
        loop {
            if let Poll::Ready(item) = Pin::new(&mut execution).poll_next(context) {
                return Poll::Ready(item);
            }
            if !loads.advance(context) {
                return Poll::Pending;
            }
        }
    })
}

struct Loads {
    queue: LoadQueue,
    running: FuturesUnordered<BoxFuture<'static, ()>>,
}

impl Loads {
    fn new(queue: LoadQueue) -> Self {
        Self {
            queue,
            running: FuturesUnordered::new(),
        }
    }

    /// Starts what is queued; whether any load finished, so that the execution can go on.
    fn advance(&mut self, context: &mut std::task::Context<'_>) -> bool {
        self.running.extend(self.queue.take());
        matches!(self.running.poll_next_unpin(context), Poll::Ready(Some(())))
    }
}
