//! 6: histories are whole, and orders stand where theirs and their items do.

use std::fmt::Write;

use entity::{
    id::{OrderId, StoreId},
    order::OrderStatus,
};
use sea_orm::{ActiveEnum, Iterable};

use super::check::{Check, ORDER_SEQUENCE, SEQUENCE, equal, id};
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

/// The status of a group of rows by theirs, as [`derived`](crate::order::state::derived) has it.
fn derived(status: &str) -> String {
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
    format!("CASE MIN(CASE {status}{steps} END){statuses} ELSE '{canceled}' END")
}

/// 6: an order stands where its items do, as [`derived`](crate::order::state::derived) has it.
pub fn statuses_of_items() -> Check {
    let derived = derived("item.status");
    let select = format!(
        r#"
SELECT "order".id, "order".status, {derived} AS derived_status
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

/// 6: a store's part of a paid order stands where its items do: that is what the store has heard last.
pub fn parts() -> Check {
    let derived = derived("item_status");
    let select = format!(
        "
SELECT store_id, order_id, {derived} AS derived_status,
    SUM(is_newest) AS newest, MAX(status) AS status
FROM (
    SELECT store_id, order_id, status AS item_status, 0 AS is_newest, NULL AS status
    FROM order_item
    WHERE paid_at IS NOT NULL
    UNION ALL
    SELECT store_id, order_id, NULL, 1, status
    FROM store_event
    WHERE is_current
) AS moved
GROUP BY store_id, order_id"
    );
    Check {
        invariant: 6,
        name: "history",
        rows: "stores' parts",
        counted: "store_event",
        select,
        key: vec![
            id::<StoreId>("storeId", "store_id"),
            id::<OrderId>("orderId", "order_id"),
        ],
        rules: vec![
            equal("newest events", "1", "newest"),
            equal("status by its items", "derived_status", "status"),
        ],
    }
}

/// 6: what a store heard is an event of the order, the newest of them marked; those that have numbers are numbered from
/// 1 without gaps.
pub fn feeds() -> Check {
    let select = "
SELECT part.store_id, part.order_id, part.order_sequence,
    CASE WHEN event.order_id IS NULL THEN 0 ELSE 1 END AS events,
    CASE WHEN part.is_current THEN 1 ELSE 0 END AS is_current,
    CASE WHEN LEAD(part.order_sequence) OVER history IS NULL THEN 1 ELSE 0 END AS is_newest,
    part.sequence AS number,
    CASE WHEN part.sequence IS NOT NULL
        THEN CAST(COALESCE(LAG(part.sequence) OVER feed, 0) AS NUMERIC) + 1 END AS next_number
FROM store_event AS part
LEFT JOIN order_event AS event
    ON event.order_id = part.order_id AND event.sequence = part.order_sequence
WINDOW history AS (PARTITION BY part.store_id, part.order_id ORDER BY part.order_sequence),
    feed AS (PARTITION BY part.store_id ORDER BY COALESCE(part.sequence, 9223372036854775807))";
    Check {
        invariant: 6,
        name: "history",
        rows: "stores' events",
        counted: "store_event",
        select: select.into(),
        key: vec![
            id::<StoreId>("storeId", "store_id"),
            id::<OrderId>("orderId", "order_id"),
            ORDER_SEQUENCE,
        ],
        rules: vec![
            equal("events of the order", "1", "events"),
            equal("newest", "is_newest", "is_current"),
            equal("number in the feed", "next_number", "number"),
        ],
    }
}
