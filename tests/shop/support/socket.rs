use std::{collections::VecDeque, net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest, protocol::CloseFrame},
};

/// How long a test waits for what must come: long, because a slow machine is no failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// A subscription on a WebSocket of its own, spoken by the protocol's text.
pub struct Subscription {
    socket: Socket,
    /// What came while waiting for something else.
    early: VecDeque<Value>,
}

/// A graphql-transport-ws connection.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What comes out of a subscription.
#[derive(Debug)]
pub enum Received {
    /// The data of an event, or its errors.
    Next(Value),
    /// The server ended the subscription in order.
    Complete,
    /// The server refused the subscription.
    Error(Value),
    /// The server closed the connection.
    Closed(Option<CloseFrame>),
}

impl Subscription {
    pub async fn begin(
        address: SocketAddr,
        token: Option<&str>,
        query: &str,
        variables: Value,
    ) -> Self {
        let mut socket = Socket::open(address).await;
        let authorization = token.map(|token| format!("Bearer {token}"));
        socket.introduce(authorization.as_deref()).await;
        assert_eq!(socket.message().await["type"], "connection_ack");
        let payload = json!({ "query": query, "variables": variables });
        socket
            .send(json!({ "id": "1", "type": "subscribe", "payload": payload }))
            .await;
        let mut subscription = Self {
            socket,
            early: VecDeque::new(),
        };
        // The server polls its subscriptions between two messages: after the second answer it listens to
        // what the test is about to do.
        subscription.ping().await;
        subscription.ping().await;
        subscription
    }

    /// The next event's data.
    pub async fn next(&mut self) -> Value {
        match self.receive().await {
            Received::Next(payload) if payload.get("errors").is_none() => payload["data"].clone(),
            other => panic!("expected an event, got {other:?}"),
        }
    }

    /// Whatever comes next.
    pub async fn receive(&mut self) -> Received {
        match self.early.pop_front() {
            Some(message) => Received::of(&message),
            None => self.socket.receive().await,
        }
    }

    /// Asserts that the server ends the subscription in order.
    pub async fn expect_complete(&mut self) {
        let received = self.receive().await;
        assert!(
            matches!(received, Received::Complete),
            "expected the end, got {received:?}"
        );
    }

    /// Asserts that nothing has come that was not received.
    pub async fn expect_silence(&mut self) {
        self.ping().await;
        self.ping().await;
        assert!(
            self.early.is_empty(),
            "expected silence, got {:#?}",
            self.early
        );
    }

    /// Waits for the answer to a ping; keeps what comes before it.
    async fn ping(&mut self) {
        self.socket.send(json!({ "type": "ping" })).await;
        loop {
            let message = self.socket.message().await;
            if message["type"] == "pong" {
                return;
            }
            self.early.push_back(message);
        }
    }
}

impl Received {
    fn of(message: &Value) -> Self {
        match message["type"].as_str() {
            Some("next") => Self::Next(message["payload"].clone()),
            Some("complete") => Self::Complete,
            Some("error") => Self::Error(message["payload"].clone()),
            _ => panic!("unexpected message: {message:#}"),
        }
    }
}

impl Socket {
    pub async fn open(address: SocketAddr) -> Self {
        Self::open_as(address, "graphql-transport-ws")
            .await
            .expect("the server upgrades")
    }

    /// Opens a connection that speaks another protocol, if the server does.
    pub async fn open_as(address: SocketAddr, protocol: &str) -> tungstenite::Result<Self> {
        let mut request = format!("ws://{address}/graphql")
            .into_client_request()
            .expect("a URL");
        let header = protocol.parse().expect("a header");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", header);
        let (socket, response) = connect_async(request).await?;
        assert_eq!(response.headers()["sec-websocket-protocol"], protocol);
        Ok(Self(socket))
    }

    /// Introduces itself, with that `Authorization` if any.
    pub async fn introduce(&mut self, authorization: Option<&str>) {
        let payload = authorization.map_or_else(
            || json!({}),
            |authorization| json!({ "Authorization": authorization }),
        );
        self.send(json!({ "type": "connection_init", "payload": payload }))
            .await;
    }

    pub async fn send(&mut self, message: Value) {
        self.0
            .send(Message::text(message.to_string()))
            .await
            .expect("the message is sent");
    }

    /// The next message, which is one of the protocol.
    pub async fn message(&mut self) -> Value {
        match self.frame().await {
            Message::Text(text) => serde_json::from_str(&text).expect("messages are JSON"),
            other => panic!("expected a message, got {other:?}"),
        }
    }

    pub async fn receive(&mut self) -> Received {
        match self.frame().await {
            Message::Close(frame) => Received::Closed(frame),
            Message::Text(text) => Received::of(&serde_json::from_str(&text).expect("JSON")),
            other => panic!("unexpected frame: {other:?}"),
        }
    }

    async fn frame(&mut self) -> Message {
        loop {
            let frame = timeout(PATIENCE, self.0.next())
                .await
                .expect("something comes in time");
            match frame {
                // The WebSocket's own pings, and those of the protocol.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Text(text))) if text.contains(r#""type":"ping""#) => {
                    self.send(json!({ "type": "pong" })).await;
                }
                Some(Ok(message)) => return message,
                Some(Err(error)) => panic!("the connection broke: {error}"),
                None => return Message::Close(None),
            }
        }
    }
}
