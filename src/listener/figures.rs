use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::metrics::{Labels, family};

/// What listeners are connected by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    WebSocket,
    EventStream,
}

/// Who ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedBy {
    /// The client, or the line between.
    Client,
    /// The server, with this code; an event stream, which has none, with that of a WebSocket in its place.
    Server(u16),
}

/// The codes that the server closes with.
const CODES: [(u16, &str); 16] = [
    (1000, "1000"),
    (1002, "1002"),
    (1007, "1007"),
    (1009, "1009"),
    (1012, "1012"),
    (1013, "1013"),
    (4400, "4400"),
    (4401, "4401"),
    (4403, "4403"),
    (4406, "4406"),
    (4408, "4408"),
    (4409, "4409"),
    (4413, "4413"),
    (4414, "4414"),
    (4415, "4415"),
    (4429, "4429"),
];

/// How it goes with the listeners of this instance, for whoever watches it.
#[derive(Debug)]
pub struct Figures {
    connected: Family<Labels<1>, Gauge>,
    subscriptions: Gauge,
    closed: Family<Labels<2>, Counter>,
    stalled: Counter,
}

impl Figures {
    /// Registers them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "listeners",
            "Clients that are connected to listen, by what they are connected by: websocket or sse",
            self.connected.clone(),
        );
        registry.register(
            "subscriptions",
            "Subscriptions that listeners have open",
            self.subscriptions.clone(),
        );
        registry.register(
            "connections_closed",
            "Connections of listeners that ended, by the code that the server closed with, or client; 1013 and 4406 were \
             not let in",
            self.closed.clone(),
        );
        registry.register(
            "connections_stalled",
            "Connections that were dropped because they did not receive what they were sent",
            self.stalled.clone(),
        );
    }

    /// Counts a connection that did not receive what it was sent.
    pub fn stalled(&self) {
        self.stalled.inc();
    }

    pub(super) fn opened(&self, transport: Transport) {
        self.connected.get_or_create(&connected(transport)).inc();
    }

    pub(super) fn left(&self, transport: Transport) {
        self.connected.get_or_create(&connected(transport)).dec();
    }

    pub(super) fn closed(&self, transport: Transport, by: ClosedBy) {
        let labels = closed(transport, by.name());
        self.closed.get_or_create(&labels).inc();
    }

    pub(super) fn subscribed(&self) {
        self.subscriptions.inc();
    }

    pub(super) fn unsubscribed(&self) {
        self.subscriptions.dec();
    }
}

impl Default for Figures {
    fn default() -> Self {
        let transports = [Transport::WebSocket, Transport::EventStream];
        let codes = CODES
            .into_iter()
            .map(|(_, name)| closed(Transport::WebSocket, name));
        let clients = transports.map(|transport| closed(transport, ClosedBy::Client.name()));
        let of_streams = ["1000", "1012", "4403"].map(|name| closed(Transport::EventStream, name));
        Self {
            connected: family(Gauge::default, transports.map(connected)),
            subscriptions: Gauge::default(),
            closed: family(Counter::default, codes.chain(clients).chain(of_streams)),
            stalled: Counter::default(),
        }
    }
}

fn connected(transport: Transport) -> Labels<1> {
    [("transport", transport.name())]
}

fn closed(transport: Transport, code: &'static str) -> Labels<2> {
    [("transport", transport.name()), ("code", code)]
}

impl Transport {
    fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::EventStream => "sse",
        }
    }
}

impl ClosedBy {
    fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server(code) => CODES
                .into_iter()
                .find(|(known, _)| *known == code)
                .map_or("other", |(_, name)| name),
        }
    }
}
