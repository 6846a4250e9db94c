//! A shop's place for webhooks: it keeps what comes, and answers as told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::Value;
use tokio::{net::TcpListener, time::timeout};

/// What came.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Clone, Default)]
pub struct Inbox {
    received: Arc<Mutex<Vec<Received>>>,
    /// The statuses to answer next; 200 after them.
    answers: Arc<Mutex<VecDeque<u16>>>,
    pub url: String,
}

impl Inbox {
    pub async fn start(answers: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inbox = Self {
            url: format!("http://{}/hook", listener.local_addr().unwrap()),
            answers: Arc::new(Mutex::new(answers.iter().copied().collect())),
            ..Self::default()
        };
        let router = Router::new()
            .route("/hook", post(take_in))
            .with_state(inbox.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        inbox
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Waits until so many came; gives them.
    pub async fn wait(&self, count: usize) -> Vec<Received> {
        let enough = async {
            while self.received().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = timeout(Duration::from_secs(10), enough).await;
        assert!(waited.is_ok(), "only {:?} came", self.received());
        self.received()
    }
}

async fn take_in(State(inbox): State<Inbox>, headers: HeaderMap, body: String) -> StatusCode {
    let mut received = inbox.received.lock().unwrap();
    received.push(Received { headers, body });
    let answer = inbox.answers.lock().unwrap().pop_front();
    StatusCode::from_u16(answer.unwrap_or(200)).unwrap()
}
