//! 3: orders cost what their lines do, took it, and gave back what was canceled.

use entity::id::{OrderId, OrderItemId, PointEntryId};

use super::check::{Check, at_least, at_most, equal, id, sum};

/// 3: a line is its price as often as its quantity; what is taken off it is no more than it costs, and what its store
/// bears of that no more than that.
pub fn order_items() -> Check {
    Check {
        invariant: 3,
        name: "amounts",
        rows: "order items",
        counted: "order_item",
        select: "SELECT id, order_id, unit_price, quantity, line_total, discount, store_discount FROM order_item"
            .into(),
        key: vec![
            id::<OrderItemId>("orderItemId", "id"),
            id::<OrderId>("orderId", "order_id"),
        ],
        rules: vec![
            equal(
                "line total",
                "CAST(unit_price AS NUMERIC) * quantity",
                "line_total",
            ),
            at_most("discount", "line_total", "discount"),
            at_most("discount that the store bears", "discount", "store_discount"),
        ],
    }
}

/// 3: an order's lines less its discount, which is shared among them, are what it costs; what was canceled is what was
/// refunded, of what was paid: of an order that a gateway never took the rest of, the points.
pub fn amounts() -> Check {
    let lines = sum("item.line_total");
    let discounts = sum("item.discount");
    let canceled_lines =
        sum("CASE item.status WHEN 'CANCELED' THEN item.line_total - item.discount END");
    let select = format!(
        r#"
SELECT "order".id, items_total, "order".discount, CAST(points_used AS NUMERIC) + amount_due AS price, refunded,
    CAST(points_used AS NUMERIC) + CASE COUNT(item.paid_at) WHEN 0 THEN 0 ELSE amount_due END AS paid,
    COALESCE({lines}, 0) AS lines,
    COALESCE({discounts}, 0) AS discounts,
    COUNT(item.id) AS items,
    COUNT(CASE item.status WHEN 'CANCELED' THEN 1 END) AS canceled,
    COALESCE({canceled_lines}, 0) AS canceled_lines
FROM "order"
LEFT JOIN order_item AS item ON item.order_id = "order".id
GROUP BY "order".id"#
    );
    let owed = "
CASE
    WHEN canceled = 0 THEN 0
    WHEN canceled = items THEN paid
    ELSE canceled_lines
END";
    Check {
        invariant: 3,
        name: "amounts",
        rows: "orders",
        counted: r#""order""#,
        select,
        key: vec![id::<OrderId>("orderId", "id")],
        rules: vec![
            equal("items total", "lines", "items_total"),
            equal("discounts of its items", "discount", "discounts"),
            equal("points used and amount due", "lines - discount", "price"),
            at_most("refunded", "paid", "refunded"),
            equal("refunded", owed, "refunded"),
        ],
    }
}

/// 3: what an order took of points and gave back stands in the ledger; what of a refund its gateway owes does not come
/// back as points. (A late payment's order takes its points once more.)
pub fn points_of_orders() -> Check {
    let [used, given_back, owed] = ["used", "given_back", "owed"].map(sum);
    let select = format!(
        r#"
SELECT order_id, MAX(points_used) AS points_used, MAX(refunded) AS refunded,
    0 - {used} AS taken,
    {given_back} AS given_back,
    CASE MAX(is_paid) WHEN 1 THEN {owed} ELSE 0 END AS at_gateway
FROM (
    SELECT id AS order_id, points_used, refunded, 0 AS used, 0 AS given_back, 0 AS owed, 0 AS is_paid
    FROM "order"
    UNION ALL
    SELECT order_id, NULL, NULL, CASE action WHEN 'USE' THEN amount ELSE 0 END,
        CASE action WHEN 'REFUND' THEN amount ELSE 0 END, 0, 0
    FROM point_entry
    WHERE order_id IS NOT NULL
    UNION ALL
    SELECT order_id, NULL, NULL, 0, 0, 0, CASE WHEN paid_at IS NULL THEN 0 ELSE 1 END
    FROM order_item
    UNION ALL
    SELECT payment.order_id, NULL, NULL, 0, 0, refund.amount, 0
    FROM refund
    JOIN payment ON payment.id = refund.payment_id
    WHERE payment.order_id IS NOT NULL
) AS moved
GROUP BY order_id
HAVING COUNT(points_used) > 0"#
    );
    Check {
        invariant: 3,
        name: "amounts",
        rows: "orders' points",
        counted: r#""order""#,
        select,
        key: vec![id::<OrderId>("orderId", "order_id")],
        rules: vec![
            at_least("points taken", "points_used", "taken"),
            equal(
                "points given back",
                "refunded - at_gateway + taken - points_used",
                "given_back",
            ),
        ],
    }
}

/// 3: an order's points are its member's.
pub fn owners_of_points() -> Check {
    let select = r#"
SELECT entry.id, CASE WHEN purse.member_id = "order".member_id THEN 1 ELSE 0 END AS is_own
FROM point_entry AS entry
JOIN user_point AS purse ON purse.id = entry.user_point_id
JOIN "order" ON "order".id = entry.order_id"#;
    Check {
        invariant: 3,
        name: "amounts",
        rows: "points of orders",
        counted: "point_entry",
        select: select.into(),
        key: vec![id::<PointEntryId>("entryId", "id")],
        rules: vec![equal("entries in the member's own purse", "1", "is_own")],
    }
}
