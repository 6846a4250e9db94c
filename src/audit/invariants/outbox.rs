//! 8: the world is told of what was paid.

use entity::id::OrderId;

use super::check::{Check, equal, id};

/// 8: of every order that was ever paid, and of no other, the world is told once.
pub fn announcements() -> Check {
    let select = "
SELECT order_id, MAX(paid) AS paid, SUM(announced) AS announced
FROM (
    SELECT order_id,
        CASE
            WHEN paid_at IS NOT NULL OR status NOT IN ('PENDING_PAYMENT', 'CANCELED') THEN 1
            ELSE 0
        END AS paid,
        0 AS announced
    FROM order_item
    UNION ALL
    SELECT order_id, 0, 1
    FROM outbox
    WHERE topic LIKE 'order.paid.v%'
    UNION ALL
    -- What is gone was told, from the first on.
    SELECT order_id, 0, 1
    FROM outbox_purged
) AS told
GROUP BY order_id";
    Check {
        invariant: 8,
        name: "outbox",
        rows: "orders' messages",
        counted: r#""order""#,
        select: select.into(),
        key: vec![id::<OrderId>("orderId", "order_id")],
        rules: vec![equal("order.paid messages", "paid", "announced")],
    }
}
