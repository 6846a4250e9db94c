//! The outbox as one JSON document: ids as the API shows them, times in RFC 3339.

use entity::outbox::Model;
use serde_json::{Value, json};

use super::State;

/// An object of `events`.
#[must_use]
pub fn list(messages: &[Model]) -> Value {
    json!({ "events": messages.iter().map(message).collect::<Value>() })
}

/// An object of `event`, with its `data`, and `ofOrder`.
#[must_use]
pub fn show(shown: &Model, of_order: &[Model]) -> Value {
    let mut event = message(shown);
    event["data"] = shown.payload.clone();
    json!({ "event": event, "ofOrder": of_order.iter().map(message).collect::<Value>() })
}

fn message(message: &Model) -> Value {
    json!({
        "id": message.id.to_string(),
        "topic": message.topic,
        "orderId": message.order_id.to_string(),
        "sequence": message.sequence,
        "state": State::of(message).word(),
        "attempts": message.attempts,
        "failure": message.failure,
        "createdAt": message.created_at,
        "nextAttemptAt": message.due_at,
        "deadAt": message.dead_at,
        "deliveredAt": message.delivered_at,
    })
}
