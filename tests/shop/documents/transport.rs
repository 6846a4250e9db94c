use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::{Received, Shop, Socket};

/// How a request reaches the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Post,
    Get,
    WebSocket,
    Events,
}

impl Transport {
    pub const ALL: [Self; 4] = [Self::Post, Self::Get, Self::WebSocket, Self::Events];

    /// Sends a request with these parameters, without an access token; gives the one answer.
    pub async fn ask(self, shop: &Shop, parameters: &Value) -> Value {
        match self {
            Self::Post => json_of(post(shop, parameters, "*/*").send().await).await,
            Self::Get => json_of(get(shop, parameters).send().await).await,
            Self::WebSocket => ask_over_socket(shop, parameters).await,
            Self::Events => {
                let response = post(shop, parameters, "text/event-stream").send().await;
                let events = response.expect("an answer").text().await.expect("events");
                let data = events.lines().find_map(|line| line.strip_prefix("data: {"));
                let data = format!("{{{}", data.unwrap_or_else(|| panic!("no event: {events}")));
                serde_json::from_str(&data).expect("JSON")
            }
        }
    }
}

pub fn post(shop: &Shop, parameters: &Value, accept: &str) -> RequestBuilder {
    reqwest::Client::new()
        .post(shop.url("/graphql"))
        .header("content-type", "application/json")
        .header("accept", accept)
        .body(parameters.to_string())
}

pub fn get(shop: &Shop, parameters: &Value) -> RequestBuilder {
    let parameters = parameters.as_object().expect("an object");
    let written = parameters.iter().map(|(name, value)| match value {
        Value::String(text) => (name, text.clone()),
        value => (name, value.to_string()),
    });
    reqwest::Client::new()
        .get(shop.url("/graphql"))
        .query(&written.collect::<Vec<_>>())
}

async fn json_of(response: reqwest::Result<Response>) -> Value {
    let response = response.expect("an answer");
    response.json().await.expect("JSON")
}

async fn ask_over_socket(shop: &Shop, parameters: &Value) -> Value {
    let mut socket = Socket::open(shop.address()).await;
    socket.enter(None).await;
    let subscribe = json!({ "id": "1", "type": "subscribe", "payload": parameters });
    socket.send(subscribe).await;
    match socket.receive().await {
        Received::Next(answer) => answer,
        Received::Error(errors) => json!({ "errors": errors }),
        other => panic!("expected an answer, got {other:?}"),
    }
}
