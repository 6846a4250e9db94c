//! Lateness: what a store has not accepted in time is canceled by itself, and the member has everything back.
//!
//! Each server looks for what is late, and sleeps until something will be. Whether it still is, is decided under the
//! order's lock, so any number of servers, the merchant and the member come one after the other. What stands in a
//! closed store, whose closing an order has just missed, waits for it to open again.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use entity::id::OrderId;
use scoped_futures::ScopedFutureExt;
use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{decide::is_late, store as deadlines};
use crate::{
    app::App,
    db::{Transaction, in_background},
    fault::{Failure, Fault, Never, Outcome},
    order::{
        movement::{self, Written, moved},
        state::Step,
        store,
    },
    panics::caught,
    store as stores,
};

/// How long to sleep at most: an order of another server becomes late without a word.
const SLEEP_MAX: Duration = Duration::from_secs(5);

/// How long to sleep at least, so that a clock that stands still does not spin.
const SLEEP_MIN: Duration = Duration::from_millis(20);

/// How many items are looked at together.
const LOOK: u64 = 64;

/// Starts the loop; it ends soon after `stopping`.
pub fn start(app: &Arc<App>, stopping: &CancellationToken) -> JoinHandle<()> {
    let (app, stopping) = (app.clone(), stopping.clone());
    tokio::spawn(in_background(async move {
        while !stopping.is_cancelled() {
            let pause = caught(round(&app)).await.flatten();
            let pause = pause.unwrap_or_else(|error| {
                tracing::warn!(%error, "late orders could not be looked for");
                SLEEP_MAX
            });
            tokio::select! {
                () = stopping.cancelled() => {}
                () = sleep(pause) => {}
            }
        }
    }))
}

/// Cancels all that is late; gives how long nothing will be.
async fn round(app: &App) -> Result<Duration, Fault> {
    loop {
        let late = deadlines::late(app.db.reader(), app.clock.now(), LOOK).await?;
        let mut is_stuck = true;
        for order_id in late.into_iter().collect::<BTreeSet<_>>() {
            match caught(lapse(app, order_id)).await.flatten() {
                Ok(()) => is_stuck = false,
                Err(error) => tracing::warn!(%error, order = %order_id, "a late order stays"),
            }
        }
        if is_stuck {
            break;
        }
    }
    let due = deadlines::next_accept_by(app.db.reader()).await?;
    let pause = due.and_then(|due| (due - app.clock.now()).to_std().ok());
    Ok(pause.unwrap_or(SLEEP_MAX).clamp(SLEEP_MIN, SLEEP_MAX))
}

/// Cancels what of an order is late.
async fn lapse(app: &App, order_id: OrderId) -> Result<(), Fault> {
    let written = app
        .db
        .transaction(|tx| lapse_in(app, tx, order_id).scope_boxed())
        .await
        .map_err(Failure::into_fault)?;
    if let Some(written) = written {
        movement::tell(app, written);
    }
    Ok(())
}

async fn lapse_in(
    app: &App,
    tx: &Transaction,
    order_id: OrderId,
) -> Outcome<Option<Written>, Never> {
    let order = store::lock(tx, order_id).await?;
    let order = order.ok_or_else(|| Fault::internal("a late order vanished"))?;
    let items = store::items_of(tx, &[order.id]).await?;
    let now = app.clock.now();
    let late = (0..items.len()).filter(|place| is_late(&items[*place], now));
    let late = late.collect::<Vec<_>>();
    let ids = late.iter().map(|place| items[*place].store_id);
    let ids = ids.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>();
    let stores = stores::store::lock_as_they_are(tx, &ids).await?;
    let is_open = |place: &usize| {
        let store_id = items[*place].store_id;
        stores.iter().any(|it| it.id == store_id && it.is_open)
    };
    let (late, waiting) = late.into_iter().partition::<Vec<_>, _>(is_open);
    let waiting = waiting.iter().map(|place| items[*place].id);
    deadlines::stop_clocks(tx, waiting.collect()).await?;
    if late.is_empty() {
        return Ok(None);
    }
    let movement = moved(&order, &items, &late, Step::Lapse, None, now);
    Ok(Some(movement::write(tx, movement, now).await?))
}
