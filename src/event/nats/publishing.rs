//! What this server committed, told to the others.

use std::{sync::Arc, time::Duration};

use async_nats::jetstream::{
    Context,
    context::PublishError,
    message::PublishMessage,
    stream::{Config, StorageType},
};
use futures_util::{StreamExt, stream};
use tokio::{
    sync::{Notify, mpsc::Receiver},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{Bus, IN_FLIGHT, Parcel};
use crate::panics::caught;

/// How often a message is sent before it is left to the others' sweep.
const ATTEMPTS: usize = 2;

/// How long the stream keeps messages, and recognizes one that comes again: longer than any second attempt takes.
const KEPT: Duration = Duration::from_mins(2);

/// The most that it keeps, in bytes of the NATS server's memory.
const KEPT_BYTES: i64 = 64 * 1024 * 1024;

/// How long to wait before the stream is asked for again.
const AGAIN: Duration = Duration::from_secs(1);

pub struct Publisher {
    pub bus: Bus,
    pub context: Context,
    pub prefix: Arc<str>,
    /// There may be no stream.
    pub doubt: Arc<Notify>,
}

impl Publisher {
    /// Publishes until `closing`, and then what is left.
    pub async fn run(self, outgoing: Receiver<Parcel>, closing: CancellationToken) {
        let parcels = stream::unfold((outgoing, closing), async |(mut outgoing, closing)| {
            tokio::select! {
                parcel = outgoing.recv() => return parcel.map(|parcel| (parcel, (outgoing, closing))),
                () = closing.cancelled(), if !outgoing.is_closed() => outgoing.close(),
            }
            let parcel = outgoing.recv().await;
            parcel.map(|parcel| (parcel, (outgoing, closing)))
        });
        parcels
            .for_each_concurrent(IN_FLIGHT, async |parcel| {
                if caught(self.publish(&parcel)).await.is_err() {
                    self.bus.figures.dropped();
                }
            })
            .await;
    }

    async fn publish(&self, parcel: &Parcel) {
        let figures = &self.bus.figures;
        for _ in 0..ATTEMPTS {
            // Nothing is kept for later: by then it was read in the database.
            if !figures.is_connected() {
                break;
            }
            match self.attempt(parcel).await {
                Ok(()) => return figures.published(),
                Err(error) => {
                    tracing::debug!(%error, "NATS did not acknowledge");
                    figures.set_stream(false);
                    self.doubt.notify_one();
                }
            }
        }
        figures.dropped();
    }

    async fn attempt(&self, parcel: &Parcel) -> Result<(), PublishError> {
        let Ok(json) = parcel.news.write() else {
            return Ok(());
        };
        let mut message = PublishMessage::build().payload(json.into());
        if let Some(id) = parcel.id() {
            message = message.message_id(id);
        }
        let subject = parcel.subject(&self.prefix);
        self.context.send_publish(subject, message).await?.await?;
        Ok(())
    }
}

/// Sees to it, without end, that there is a stream that acknowledges: a NATS server that began anew has none.
pub async fn keep_stream(bus: Bus, context: Context, prefix: Arc<str>, doubt: Arc<Notify>) {
    let config = Config {
        name: prefix.to_string(),
        subjects: vec![format!("{prefix}.>")],
        max_age: KEPT,
        duplicate_window: KEPT,
        max_bytes: KEPT_BYTES,
        storage: StorageType::Memory,
        ..Config::default()
    };
    loop {
        if bus.figures.is_connected() && !bus.figures.has_stream() {
            match context.get_or_create_stream(config.clone()).await {
                Ok(_) => bus.figures.set_stream(true),
                Err(error) => tracing::warn!(%error, "NATS is there, but its JetStream is not"),
            }
        }
        if bus.figures.is_connected() && !bus.figures.has_stream() {
            _ = timeout(AGAIN, doubt.notified()).await;
        } else {
            doubt.notified().await;
        }
    }
}
