//! Retention: what was delivered long ago leaves the table; where there is no platform to tell, what was written long
//! ago does.
//!
//! Messages leave from an order's first on, and `outbox_purged` says how far: so the audit knows that an order's
//! `order.paid` was there, and later messages of the order go on counting.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use scoped_futures::ScopedFutureExt;
use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

use super::store;
use crate::{
    app::App,
    db::{Db, in_background},
    fault::{Failure, Fault, Never},
    panics::caught,
};

/// How often it is looked at: a day more or less matters to nobody, a long transaction would.
const EVERY: Duration = Duration::from_hours(1);

/// How many orders' messages leave in one transaction.
const PAGE: u64 = 500;

/// Starts the loop; it ends soon after `stopping`.
pub fn start(app: &Arc<App>, retention: Duration, stopping: &CancellationToken) -> JoinHandle<()> {
    let (app, stopping) = (app.clone(), stopping.clone());
    tokio::spawn(in_background(async move {
        while !stopping.is_cancelled() {
            let before = app.clock.now() - retention;
            let purged = purge(&app.db, before, !app.outbox.is_delivered());
            match caught(purged).await.flatten() {
                Ok(0) => {}
                Ok(purged) => tracing::info!(purged, "events left the outbox"),
                Err(error) => tracing::warn!(%error, "nothing left the outbox"),
            }
            tokio::select! {
                () = stopping.cancelled() => {}
                () = sleep(EVERY) => {}
            }
        }
    }))
}

/// Takes away what was delivered before that time; on demand also what was written before it and never delivered. Gives
/// how many messages are gone.
///
/// # Errors
/// When the database fails.
pub async fn purge(db: &Db, before: DateTime<Utc>, undelivered: bool) -> Result<u64, Fault> {
    let mut purged = 0;
    loop {
        let page = db
            .transaction(|tx| {
                async move {
                    let reaches = store::purgeable(tx, before, undelivered, PAGE).await?;
                    Ok(store::purge(tx, &reaches).await?)
                }
                .scope_boxed()
            })
            .await
            .map_err(Failure::<Never>::into_fault)?;
        if page == 0 {
            return Ok(purged);
        }
        purged += page;
    }
}
