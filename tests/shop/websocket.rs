//! The WebSocket: the protocol rule by rule, spoken frame by frame, and who may stay on it how long.

mod limits;
mod messages;
mod operations;

use serde_json::{Value, json};

use crate::support::{Shop, Socket};

/// Tells each change of a product's stock, to anyone.
const STOCK_CHANGED: &str =
    "subscription($id: ID!) { stockChanged(productId: $id) { id stockQuantity } }";

const MY_EVENTS: &str = "subscription { myOrderEvents { sequence } }";

/// A socket that was let in.
async fn entered(shop: &Shop, token: Option<&str>) -> Socket {
    let mut socket = Socket::open(shop.address()).await;
    socket.enter(token).await;
    socket
}

/// What a socket says of an operation.
fn next(id: &str, data: &Value) -> Value {
    json!({ "id": id, "type": "next", "payload": { "data": data } })
}

fn complete(id: &str) -> Value {
    json!({ "id": id, "type": "complete" })
}
