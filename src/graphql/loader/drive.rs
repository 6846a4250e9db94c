//! Running an execution together with the loads that it asks for.
//!
//! Nothing is hoped for and nothing waits: loads run exactly when every resolver that could run has run, because
//! [`drive`] polls the execution first and the loads only when the execution can go no further; and all of them end
//! before it goes on. So the number of statements does not depend on timing, and no delay is added.

use std::{
    cell::Cell,
    future::poll_fn,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{self, Poll, Wake, Waker},
};

use futures_util::{
    Stream,
    future::BoxFuture,
    stream::{BoxStream, FuturesUnordered, StreamExt, poll_fn as stream_fn},
    task::AtomicWaker,
};

/// Loads that were asked for and wait for their turn.
#[derive(Clone, Default)]
pub struct LoadQueue(Arc<Mutex<Vec<BoxFuture<'static, ()>>>>);

impl LoadQueue {
    pub(super) fn push(&self, load: BoxFuture<'static, ()>) {
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
    /// Whether loads of this round have finished, and the execution has not seen it yet.
    has_results: bool,
}

/// How often an execution that stirs is polled again before the runtime gets a turn, which it needs to
/// renew the budget that its own futures live on.
const TURNS: usize = 32;

thread_local! {
    /// Whose loads this thread is polling, by the address of its [`Stirred`]; 0 if nobody's.
    static POLLING_LOADS_OF: Cell<usize> = const { Cell::new(0) };
}

impl Loads {
    fn new(queue: LoadQueue) -> Self {
        let stirred = Arc::new(Stirred {
            is_set: AtomicBool::new(true),
            ..Stirred::default()
        });
        Self {
            queue,
            running: FuturesUnordered::new(),
            stirred,
            has_results: false,
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
            // All loads of a round end before the execution learns of any, so that what it asks for next is
            // asked for together; only what it waits for beside them is not held up.
            let round_is_over = self.has_results && self.running.is_empty();
            if self.stirred.take() || round_is_over {
                self.has_results = false;
                if let Poll::Ready(output) = execution(&mut task::Context::from_waker(&waker)) {
                    // Streams are polled again, for their next item.
                    self.stirred.set();
                    return Poll::Ready(output);
                }
                // A part of the execution that only gave way to others may ask for more.
                continue;
            }
            self.advance(context);
            if !(self.has_results && self.running.is_empty()) {
                return Poll::Pending;
            }
        }
        self.stirred.set();
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Starts the loads that are queued, and lets them run as far as they can.
    fn advance(&mut self, context: &mut task::Context<'_>) {
        self.running.extend(self.queue.take());
        let _polling = Polling::of(&self.stirred);
        while let Poll::Ready(Some(())) = self.running.poll_next_unpin(context) {
            self.has_results = true;
        }
    }
}

/// Says whose loads this thread is polling, until it is dropped: also by a panic, or who comes to lie at the same address
/// would sleep for ever.
struct Polling;

impl Polling {
    fn of(stirred: &Stirred) -> Self {
        POLLING_LOADS_OF.set(stirred.address());
        Self
    }
}

impl Drop for Polling {
    fn drop(&mut self) {
        POLLING_LOADS_OF.set(0);
    }
}

/// Wakes the task, and remembers that something stirred in the execution, unless it was a load that told its
/// result: that is seen when the round is over.
#[derive(Default)]
struct Stirred {
    is_set: AtomicBool,
    parent: AtomicWaker,
}

impl Stirred {
    fn set(&self) {
        self.is_set.store(true, Ordering::Release);
    }

    fn take(&self) -> bool {
        self.is_set.swap(false, Ordering::AcqRel)
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

impl Wake for Stirred {
    fn wake(self: Arc<Self>) {
        if POLLING_LOADS_OF.get() != self.address() {
            self.set();
            self.parent.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;

    use futures_channel::oneshot;
    use futures_util::{FutureExt, future::join_all, stream};
    use tokio::{sync::mpsc, task::yield_now};

    use super::*;

    /// Counts how often it is asked, and answers after some turns of the runtime.
    async fn load(log: &Mutex<Vec<Vec<u32>>>, keys: Vec<u32>, turns: u32) -> Vec<u32> {
        for _ in 0..turns {
            yield_now().await;
        }
        log.lock().unwrap().push(keys.clone());
        keys
    }

    type Waiting = (u32, oneshot::Sender<u32>);

    /// A loader as the framework's: the first key queues a load, which takes whatever keys there are by then.
    #[derive(Clone, Default)]
    struct Batcher {
        queue: LoadQueue,
        waiting: Arc<Mutex<Vec<Waiting>>>,
        log: Arc<Mutex<Vec<Vec<u32>>>>,
    }

    impl Batcher {
        async fn load_one(&self, key: u32) -> u32 {
            let (sender, receiver) = oneshot::channel();
            let is_first = {
                let mut waiting = self.waiting.lock().unwrap();
                waiting.push((key, sender));
                waiting.len() == 1
            };
            if is_first {
                let this = self.clone();
                self.queue.push(Box::pin(async move {
                    let taken = std::mem::take(&mut *this.waiting.lock().unwrap());
                    let keys = taken.iter().map(|(key, _)| *key).collect::<Vec<_>>();
                    load(&this.log, keys, 1 + key % 3).await;
                    for (key, sender) in taken {
                        _ = sender.send(key);
                    }
                }));
            }
            receiver.await.unwrap()
        }
    }

    #[tokio::test]
    async fn keys_of_one_round_are_loaded_together_whatever_takes_how_long() {
        let queue = LoadQueue::default();
        let batcher = |_| Batcher {
            queue: queue.clone(),
            ..Batcher::default()
        };
        let [first, second, shared] = [0, 1, 2].map(batcher);
        let resolve = async |key: u32| {
            // Two loaders of different speed, then one that both lead to.
            let first = async { shared.load_one(first.load_one(key).await).await };
            let second = async { shared.load_one(second.load_one(key + 1).await + 100).await };
            tokio::join!(first, second)
        };
        let execution = join_all((0..100).map(resolve));

        let resolved = drive(execution, queue.clone()).await;

        assert_eq!(resolved.len(), 100);
        for batcher in [&first, &second, &shared] {
            assert_eq!(batcher.log.lock().unwrap().len(), 1);
        }
        assert_eq!(shared.log.lock().unwrap()[0].len(), 200);
    }

    #[tokio::test]
    async fn a_load_that_panics_leaves_nothing_behind() {
        let queue = LoadQueue::default();
        queue.push(Box::pin(async { panic!("a bug") }));
        let execution = drive(std::future::pending::<()>(), queue);
        let caught = AssertUnwindSafe(execution).catch_unwind().await;
        assert!(caught.is_err());
        assert_eq!(POLLING_LOADS_OF.get(), 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_stream_that_is_woken_from_elsewhere_sleeps_through_nothing() {
        for _ in 0..200 {
            let queue = LoadQueue::default();
            let batcher = Batcher {
                queue: queue.clone(),
                ..Batcher::default()
            };
            let (sender, receiver) = mpsc::unbounded_channel::<u32>();
            let items = stream::unfold((receiver, batcher), async |(mut receiver, batcher)| {
                let key = receiver.recv().await?;
                Some((batcher.load_one(key).await, (receiver, batcher)))
            });
            let told = tokio::spawn(async move {
                for key in 0..20 {
                    sender.send(key).unwrap();
                    yield_now().await;
                }
            });
            let items = drive_stream(items.boxed(), queue).collect::<Vec<_>>().await;
            assert_eq!(items, (0..20).collect::<Vec<_>>());
            told.await.unwrap();
        }
    }
}
