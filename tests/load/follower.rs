//! A listener as apps have them: whatever breaks, it comes back by itself and goes on after what it saw last.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

/// The pause before it comes back.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a new connection may take until it is acknowledged; then another is tried.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is followed: a subscription that takes `$id` and `$after`, and where its events have their number.
#[derive(Clone, Copy)]
pub struct Feed {
    pub subscription: &'static str,
    pub field: &'static str,
    pub number: &'static str,
}

/// A store's feed.
pub const STORE: Feed = Feed {
    subscription: "subscription($id: ID!, $after: Int) {
        storeOrderEvents(storeId: $id, after: $after) { storeSequence order { id } status } }",
    field: "storeOrderEvents",
    number: "storeSequence",
};

/// An order's history.
pub const ORDER: Feed = Feed {
    subscription: "subscription($id: ID!, $after: Int) {
        orderStatusChanged(orderId: $id, after: $after) { sequence order { id } status } }",
    field: "orderStatusChanged",
    number: "sequence",
};

/// Follows a feed until that ends.
pub struct Follower {
    seen: Arc<Mutex<Vec<Value>>>,
    connections: Arc<AtomicU64>,
    following: JoinHandle<()>,
}

impl Follower {
    pub fn of(server: SocketAddr, token: &str, feed: Feed, id: &str) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicU64::new(0));
        let follow = Follow {
            server,
            token: token.to_owned(),
            feed,
            id: id.to_owned(),
            seen: seen.clone(),
        };
        let count = connections.clone();
        let following = tokio::spawn(async move {
            while !follow.once(&count).await {
                sleep(PAUSE).await;
            }
        });
        Self {
            seen,
            connections,
            following,
        }
    }

    /// The events so far: each number once, in order, from 1, or the follower's own assertion ends the test.
    pub fn seen(&self) -> Vec<Value> {
        let is_broken = self.following.is_finished() && !self.is_over();
        assert!(
            !is_broken,
            "an event came twice, or not in its turn: see above"
        );
        self.seen.lock().expect("no panic").clone()
    }

    /// Whether the feed has ended.
    pub fn is_over(&self) -> bool {
        let seen = self.seen.lock().expect("no panic");
        let status = seen.last().map(|event| event["status"].clone());
        self.following.is_finished()
            && matches!(status, Some(status) if status == "COMPLETED" || status == "CANCELED")
    }

    /// How often it has connected.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.following.abort();
    }
}

struct Follow {
    server: SocketAddr,
    token: String,
    feed: Feed,
    id: String,
    seen: Arc<Mutex<Vec<Value>>>,
}

impl Follow {
    /// One connection; `true` if the feed has ended.
    async fn once(&self, connections: &AtomicU64) -> bool {
        let mut request = format!("ws://{}/graphql", self.server)
            .into_client_request()
            .expect("a URL");
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let Ok(Ok((mut socket, _))) = timeout(PATIENCE, connect_async(request)).await else {
            return false;
        };
        let authorization = format!("Bearer {}", self.token);
        let init =
            json!({ "type": "connection_init", "payload": { "Authorization": authorization } });
        if socket.send(Message::text(init.to_string())).await.is_err() {
            return false;
        }
        let mut is_welcome = false;
        loop {
            let received = if is_welcome {
                socket.next().await
            } else {
                timeout(PATIENCE, socket.next()).await.unwrap_or_default()
            };
            let text = match received {
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                _ => return false,
            };
            let message: Value = serde_json::from_str(&text).expect("messages are JSON");
            let answer = match message["type"].as_str() {
                Some("connection_ack") => {
                    is_welcome = true;
                    connections.fetch_add(1, Ordering::Relaxed);
                    self.subscribe()
                }
                Some("ping") => json!({ "type": "pong" }),
                Some("next") => {
                    self.note(&message["payload"]);
                    continue;
                }
                Some("complete") => return true,
                Some("pong") => continue,
                _ => panic!("unexpected: {message:#}"),
            };
            if socket
                .send(Message::text(answer.to_string()))
                .await
                .is_err()
            {
                return false;
            }
        }
    }

    fn subscribe(&self) -> Value {
        let after = self.seen.lock().expect("no panic").len();
        let payload = json!({
            "query": self.feed.subscription,
            "variables": { "id": self.id, "after": after },
        });
        json!({ "id": "1", "type": "subscribe", "payload": payload })
    }

    fn note(&self, payload: &Value) {
        let event = &payload["data"][self.feed.field];
        let mut seen = self.seen.lock().expect("no panic");
        let next = seen.len() + 1;
        assert_eq!(event[self.feed.number], next, "in its turn: {payload:#}");
        seen.push(event.clone());
    }
}
