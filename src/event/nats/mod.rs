//! NATS between the servers: what one commits the others hear of within a millisecond or so.
//!
//! Nothing rests on it: what it loses the [sweep](super::sweep) finds. So it may be away at the start, go and come back, and
//! nobody waits for it.
//!
//! - *One subject a member, a store, a product.* A server subscribes to those that somebody there listens to, on plain NATS:
//!   a server of JetStream 2.9 knows one subject a consumer, and a consumer a key would be state on every NATS server for
//!   something that lasts as long as a browser's tab. There is no subject with everything.
//! - *A stream acknowledges.* It captures the same messages for two minutes, in memory. An acknowledgement tells that NATS has
//!   the message, and not just this machine's network buffers; without one it is sent once more, and the stream leaves out
//!   what it has by the message's id. While acknowledgements stay away the state is not *connected*, whatever the connection
//!   seems to be.
//! - *What was missed* while the connection was interrupted is read from the database and not from the stream: one query,
//!   exact, which every server has to ask anyway for those that were killed before they could publish.
//! - *Own messages* are not sent back (`no_echo`): who commits has told its listeners already.

mod following;
mod publishing;
mod settings;

use std::{sync::Arc, time::Duration};

use async_nats::{ConnectOptions, Event, jetstream::context::ContextBuilder};
use tokio::{
    sync::{Notify, mpsc},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{Bus, news::Parcel};

pub use settings::{Connection, NatsSettings, WrongNats};

/// What may wait to be published: a second or two of a busy server.
pub(super) const OUTGOING: usize = 16_384;

/// How many messages may be on their way at once.
const IN_FLIGHT: usize = 1_024;

/// How long to wait for an acknowledgement.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(2);

/// How often an idle connection is tried, so that one that only seems to be there is found out.
const PING: Duration = Duration::from_secs(5);

/// The longest wait between two tries to connect.
const RECONNECT_MAX: Duration = Duration::from_secs(2);

/// How long the last words may take at the end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Messages of one key that may wait here to be told.
const INCOMING: usize = 256;

/// The connection to NATS, and what goes on over it.
#[derive(Debug)]
pub struct Nats {
    publishing: JoinHandle<()>,
    following: JoinHandle<()>,
    streaming: JoinHandle<()>,
    closing: CancellationToken,
}

impl Nats {
    /// Connects in the background, as often as it takes.
    pub(super) async fn start(
        connection: Connection,
        bus: &Bus,
        outgoing: mpsc::Receiver<Parcel>,
    ) -> Result<Self, WrongNats> {
        let prefix: Arc<str> = connection.prefix.as_str().into();
        let doubt = Arc::new(Notify::new());
        let options = options(&connection, bus, &doubt)?;
        let client = options.connect(connection.servers).await;
        let client = client.map_err(|error| WrongNats::Url(error.to_string()))?;
        let context = ContextBuilder::new()
            .timeout(ACKNOWLEDGED_WITHIN)
            .ack_timeout(ACKNOWLEDGED_WITHIN)
            .max_ack_inflight(IN_FLIGHT)
            .build(client.clone());
        let closing = CancellationToken::new();
        let publisher = publishing::Publisher {
            bus: bus.clone(),
            context: context.clone(),
            prefix: prefix.clone(),
            doubt: doubt.clone(),
        };
        let streaming = publishing::keep_stream(bus.clone(), context, prefix.clone(), doubt);
        Ok(Self {
            publishing: tokio::spawn(publisher.run(outgoing, closing.clone())),
            following: tokio::spawn(following::follow(bus.clone(), client, prefix)),
            streaming: tokio::spawn(streaming),
            closing,
        })
    }

    /// Publishes what is left, and ends.
    pub async fn stop(self) {
        self.closing.cancel();
        if timeout(LAST_WORDS, self.publishing).await.is_err() {
            tracing::debug!("the last words to other servers are left to their sweep");
        }
        self.following.abort();
        self.streaming.abort();
    }
}

fn options(
    connection: &Connection,
    bus: &Bus,
    doubt: &Arc<Notify>,
) -> Result<ConnectOptions, WrongNats> {
    let (bus, doubt) = (bus.clone(), doubt.clone());
    let options = ConnectOptions::new()
        .name("jangteo")
        .no_echo()
        .retry_on_initial_connect()
        .ping_interval(PING)
        .subscription_capacity(INCOMING)
        .reconnect_delay_callback(|attempts| {
            let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
            (PING / 50).saturating_mul(attempts).min(RECONNECT_MAX)
        })
        .event_callback(move |event| {
            hear_of_connection(&bus, &event);
            doubt.notify_one();
            async {}
        });
    match &connection.credentials {
        Some(credentials) => options
            .credentials(credentials)
            .map_err(|error| WrongNats::Credentials(error.to_string())),
        None => Ok(options),
    }
}

fn hear_of_connection(bus: &Bus, event: &Event) {
    match event {
        Event::Connected => {
            tracing::info!("NATS is there");
            bus.figures.set_connected(true);
        }
        Event::Disconnected | Event::Closed => {
            tracing::warn!("NATS is away: what other servers commit is read from the database");
            bus.figures.set_connected(false);
        }
        event => tracing::debug!(%event, "NATS"),
    }
    // Whatever it was, something may have been missed.
    bus.look.notify_one();
}
