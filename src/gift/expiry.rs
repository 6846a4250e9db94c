//! Gifts whose time is over unused: each goes back to its sender, in points.
//!
//! Every server looks for them. Who finds one takes its coupon's lock, which placing an order takes too, and looks again:
//! either an order uses the coupon, or it is withdrawn and the money goes back, once. A gift whose coupon an order uses or
//! holds when its time is over waits for that order: it is used up with it, or goes back when the order is canceled.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use entity::id::GiftId;
use scoped_futures::ScopedFutureExt;
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{refund, state, store};
use crate::{
    app::App,
    coupon,
    db::{Transaction, in_background},
    fault::{Failure, Fault, Never, Outcome},
    panics::caught,
};

/// How long to sleep at most: another server's orders are canceled without a word.
const SLEEP_MAX: Duration = Duration::from_secs(30);

/// How long to sleep at least, so that a clock that stands still does not spin.
const SLEEP_MIN: Duration = Duration::from_millis(20);

/// How many are read at once.
const PAGE: u64 = 100;

/// Wakes the loop.
#[derive(Debug, Default)]
pub struct Alarm(watch::Sender<()>);

impl Alarm {
    /// Has it look at what is due now.
    pub fn wake(&self) {
        self.0.send_replace(());
    }
}

/// Starts the loop; it ends soon after `stopping`.
pub fn start(app: &Arc<App>, stopping: &CancellationToken) -> JoinHandle<()> {
    let (app, stopping) = (app.clone(), stopping.clone());
    tokio::spawn(in_background(async move {
        watch_over(&app, &stopping).await;
    }))
}

async fn watch_over(app: &App, stopping: &CancellationToken) {
    let mut woken = app.gift_expiry.0.subscribe();
    while !stopping.is_cancelled() {
        // What becomes due from here on wakes it once more.
        woken.mark_unchanged();
        let pause = match caught(round(app)).await.flatten() {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, "the gifts could not be looked at");
                SLEEP_MAX
            }
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            _ = timeout(pause, woken.changed()) => {}
        }
    }
}

/// Gives back all that is due; gives how long nothing will be.
async fn round(app: &App) -> Result<Duration, Fault> {
    let now = app.clock.now();
    let mut after = None;
    loop {
        let due = store::due(app.db.reader(), now, after, PAGE).await?;
        for (_, id) in &due {
            // One that fails holds up no other, and is tried again with the next round.
            if let Err(error) = caught(give_back(app, *id)).await.flatten() {
                tracing::warn!(%error, gift = %id, "a gift could not be given back");
            }
        }
        after = due.last().copied();
        if after.is_none() {
            break;
        }
    }
    let due = store::next_due(app.db.reader(), now).await?;
    let pause = due.and_then(|due| (due - app.clock.now()).to_std().ok());
    Ok(pause.unwrap_or(SLEEP_MAX).clamp(SLEEP_MIN, SLEEP_MAX))
}

/// Gives a gift back whose time is over, unless an order uses its coupon, or another server has given it back.
async fn give_back(app: &App, id: GiftId) -> Result<(), Fault> {
    let now = app.clock.now();
    app.db
        .transaction(|tx| give_back_in(tx, id, now).scope_boxed())
        .await
        .map_err(Failure::<Never>::into_fault)
}

async fn give_back_in(tx: &Transaction, id: GiftId, now: DateTime<Utc>) -> Outcome<(), Never> {
    let vanished = || Fault::internal("a gift without its coupon");
    let unlocked = store::by_id(tx, id).await?.ok_or_else(vanished)?;
    let coupon_id = unlocked.coupon_id.ok_or_else(vanished)?;
    let coupon = coupon::store::lock(tx, &[coupon_id]).await?.pop();
    let is_free = coupon.ok_or_else(vanished)?.order_id.is_none();
    let mut gift = store::lock(tx, id).await?.ok_or_else(vanished)?;
    if !is_free {
        return Ok(());
    }
    if let Some(amount) = state::give_back(&mut gift, now) {
        coupon::store::withdraw(tx, coupon_id, now).await?;
        store::set_progress(tx, &gift).await?;
        refund(tx, &gift, amount, now).await?;
    }
    Ok(())
}
