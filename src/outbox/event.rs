//! A message as the world sees it: a [CloudEvent](https://cloudevents.io) 1.0 in structured JSON mode.

use chrono::{DateTime, SecondsFormat, Utc};
use entity::outbox;
use serde::Serialize;
use serde_json::Value;

/// What the body of a delivery is.
pub const CONTENT_TYPE: &str = "application/cloudevents+json; charset=utf-8";

/// Before each topic, so that no other system's type is the same.
pub const TYPE_PREFIX: &str = "jangteo.";

/// The envelope, with its attributes in the order in which people read them.
#[derive(Serialize)]
struct CloudEvent<'m> {
    specversion: &'static str,
    /// With the source, what receivers know repetitions by.
    id: String,
    source: &'m str,
    r#type: String,
    /// The order.
    subject: String,
    time: String,
    /// The message's place among its order's, from 1 without gaps; a text, as the attribute's extension wants it.
    sequence: String,
    datacontenttype: &'static str,
    data: &'m Value,
}

/// The body of a message's delivery: the same bytes each time.
pub fn body(source: &str, message: &outbox::Model) -> String {
    let event = CloudEvent {
        specversion: "1.0",
        id: message.id.to_string(),
        source,
        r#type: format!("{TYPE_PREFIX}{}", message.topic),
        subject: message.order_id.to_string(),
        time: time(message.created_at),
        sequence: format!("{:010}", message.sequence),
        datacontenttype: "application/json",
        data: &message.payload,
    };
    // Texts and JSON are always JSON.
    serde_json::to_string(&event).unwrap_or_default()
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use entity::id::{OrderId, OutboxId};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::outbox::message;

    #[test]
    fn a_message_is_a_cloud_event() {
        let message = message(
            OutboxId(Uuid::nil()),
            "order.paid.v1",
            OrderId(Uuid::nil()),
            json!({ "amount": 1_000 }),
            DateTime::UNIX_EPOCH,
        );
        let event: Value = serde_json::from_str(&body("/shop", &message)).unwrap();
        assert_eq!(
            event,
            json!({
                "specversion": "1.0",
                "id": "event_00000000000000000000000000",
                "source": "/shop",
                "type": "jangteo.order.paid.v1",
                "subject": "order_00000000000000000000000000",
                "time": "1970-01-01T00:00:00.000000Z",
                "sequence": "0000000001",
                "datacontenttype": "application/json",
                "data": { "amount": 1_000 },
            })
        );
    }
}
