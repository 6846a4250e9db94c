//! Panics: bugs, each of which ends the work that met it and nothing else.
//!
//! Whoever works for somebody catches the panic and answers: `graphql/executor.rs` for operations, `http/panicked.rs` for
//! everything else over HTTP. What goes on beside the requests catches it as well ([`caught`]), and goes on. All of them
//! are counted and logged here, while it is still known what happened where: by the hook.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use futures_util::{FutureExt, Stream, StreamExt};
use prometheus_client::{metrics::counter::ConstCounter, registry::Registry};

use crate::fault::Fault;

/// The process has one hook, so this is of the process as well.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// Counts and logs panics from now on; `then` hears of them as well.
pub fn watch(then: impl Fn(&PanicHookInfo<'_>) + Send + Sync + 'static) {
    set_hook(Box::new(move |panic| {
        COUNT.fetch_add(1, Relaxed);
        let location = panic.location().map(ToString::to_string);
        let message = panic.payload_as_str().unwrap_or_default();
        tracing::error!(location, panic = message, "a panic: this is a bug");
        then(panic);
    }));
}

/// Registers how many there were.
pub fn register(registry: &mut Registry) {
    registry.register(
        "panics",
        "Panics since the start: bugs. Each ended one request or one piece of work, and is in the log",
        ConstCounter::new(COUNT.load(Relaxed)),
    );
}

/// What the work comes to.
///
/// # Errors
/// When it panics.
pub fn caught<T>(work: impl Future<Output = T>) -> impl Future<Output = Result<T, Fault>> {
    let worked = AssertUnwindSafe(work).catch_unwind();
    worked.map(|worked| worked.map_err(fault))
}

/// What the work comes to.
///
/// # Errors
/// When it panics.
pub fn caught_at_once<T>(work: impl FnOnce() -> T) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).map_err(fault)
}

/// What the stream tells; a panic is the last of it.
pub fn caught_stream<T>(told: impl Stream<Item = T>) -> impl Stream<Item = Result<T, Fault>> {
    let told = AssertUnwindSafe(told).catch_unwind();
    told.map(|told| told.map_err(fault))
}

/// The fault of whoever has to answer. What the panic said, the hook has heard.
fn fault(_: Box<dyn Any + Send>) -> Fault {
    Fault::Panicked
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_fault_of_whoever_has_to_answer() {
        let bug = || -> u32 { panic!("a bug") };
        assert!(matches!(caught_at_once(bug), Err(Fault::Panicked)));
        assert!(matches!(
            caught(async move { bug() }).await,
            Err(Fault::Panicked)
        ));
        assert!(matches!(caught(async { 7 }).await, Ok(7)));
        let told = caught_stream(stream::iter([7, 0, 7]).map(|by| 7 / by));
        let told = told.collect::<Vec<_>>().await;
        assert!(matches!(told[..], [Ok(1), Err(Fault::Panicked)]));
    }
}
