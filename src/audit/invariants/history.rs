//! 6: histories are whole, and orders stand where theirs and their items do.

use std::fmt::Write;

use entity::{id::OrderId, order::OrderStatus};
use sea_orm::{ActiveEnum, Iterable};

use super::check::{Check, SEQUENCE, equal, id};
use crate::order::state::progress;

/// 6: an order's events are numbered from 1 without gaps.
pub fn events() -> Check {
    let select = "
SELECT order_id, sequence,
    CAST(COALESCE(LAG(sequence) OVER history, 0) AS NUMERIC) + 1 AS next_sequence
FROM order_event
WINDOW history AS (PARTITION BY order_id ORDER BY sequence)";
    Check {
        invariant: 6,
        name: "history",
        rows: "order events",
        counted: "order_event",
        select: select.into(),
        key: vec![id::<OrderId>("orderId", "order_id"), SEQUENCE],
        rules: vec![equal("sequence", "next_sequence", "sequence")],
    }
}

/// 6: an order stands where its last event left it.
pub fn statuses_of_events() -> Check {
    let select = r#"
SELECT "order".id, "order".status, last_sequence,
    COUNT(event.order_id) AS events,
    MAX(CASE WHEN event.sequence = last_sequence THEN event.status END) AS last_status
FROM "order"
LEFT JOIN order_event AS event ON event.order_id = "order".id
GROUP BY "order".id"#;
    Check {
        invariant: 6,
        name: "history",
        rows: "orders' last events",
        counted: r#""order""#,
        select: select.into(),
        key: vec![id::<OrderId>("orderId", "id")],
        rules: vec![
            equal("last sequence", "events", "last_sequence"),
            equal("status by its last event", "last_status", "status"),
        ],
    }
}

/// 6: an order stands where its items do, as [`derived`](crate::order::state::derived) has it.
pub fn statuses_of_items() -> Check {
    let (mut steps, mut statuses) = (String::new(), String::new());
    for status in OrderStatus::iter() {
        if let Some(step) = progress(status) {
            let status = status.to_value();
            // Writing to a string does not fail.
            _ = write!(steps, " WHEN '{status}' THEN {step}");
            _ = write!(statuses, " WHEN {step} THEN '{status}'");
        }
    }
    let canceled = OrderStatus::Canceled.to_value();
    let select = format!(
        r#"
SELECT "order".id, "order".status,
    CASE MIN(CASE item.status{steps} END){statuses} ELSE '{canceled}' END AS derived_status
FROM "order"
LEFT JOIN order_item AS item ON item.order_id = "order".id
GROUP BY "order".id"#
    );
    Check {
        invariant: 6,
        name: "history",
        rows: "orders' items",
        counted: r#""order""#,
        select,
        key: vec![id::<OrderId>("orderId", "id")],
        rules: vec![equal("status by its items", "derived_status", "status")],
    }
}
