//! 4: money that came in is there, and payments say where.

use entity::id::PaymentId;

use super::check::{Check, at_least, at_most, equal, id, sum};

/// 4: what was taken at gateways, charged without one, and what the market bears of discounts of what was handed over,
/// is in purses, held by orders and gifts, earned by stores or paid out to them, or owed or given back by gateways.
pub fn money() -> Check {
    let [came_in, is_there] = ["came_in", "is_there"].map(sum);
    let select = format!(
        r#"
SELECT COALESCE({came_in}, 0) AS came_in, COALESCE({is_there}, 0) AS is_there
FROM (
    SELECT taken AS came_in, 0 AS is_there
    FROM payment
    UNION ALL
    SELECT amount, 0
    FROM point_entry
    WHERE action = 'CHARGE' AND payment_id IS NULL
    UNION ALL
    SELECT 0, balance
    FROM user_point
    UNION ALL
    SELECT refunded, points_used
    FROM "order"
    UNION ALL
    SELECT 0, amount_due
    FROM "order"
    WHERE amount_due > 0
        AND EXISTS (SELECT 1 FROM order_item WHERE order_id = "order".id AND paid_at IS NOT NULL)
    UNION ALL
    SELECT 0, amount
    FROM gift
    WHERE status = 'SENT'
    UNION ALL
    SELECT 0, amount
    FROM refund
    UNION ALL
    SELECT CASE issue.funding WHEN 'PLATFORM' THEN item.discount - item.store_discount ELSE 0 END,
        item.discount - item.line_total
    FROM order_item AS item
    JOIN "order" ON "order".id = item.order_id
    LEFT JOIN coupon ON coupon.id = "order".coupon_id
    LEFT JOIN coupon_issue AS issue ON issue.id = coupon.issue_id
    WHERE item.status = 'COMPLETED'
    UNION ALL
    SELECT 0, balance
    FROM store_wallet
    UNION ALL
    SELECT 0, 0 - amount
    FROM wallet_entry
    WHERE action = 'PAYOUT'
) AS moved"#
    );
    Check {
        invariant: 4,
        name: "money",
        rows: "payments in all",
        counted: "payment",
        select,
        key: Vec::new(),
        rules: vec![equal("money that is accounted for", "came_in", "is_there")],
    }
}

/// 4: a payment was taken or not, gave back no more than it took, at least what it says is done, and the points that it
/// charged are credited.
pub fn payments() -> Check {
    let [amount, taken, refunded, done, owed, credited] =
        ["amount", "taken", "refunded", "done", "owed", "credited"].map(sum);
    let select = format!(
        "
SELECT payment_id, MAX(status) AS status,
    {amount} AS amount, {taken} AS taken, {refunded} AS refunded,
    {done} AS done, {owed} AS owed, {credited} AS credited,
    MAX(is_paid) AS is_paid, MAX(is_charge) AS is_charge
FROM (
    SELECT id AS payment_id, status, amount, taken, refunded, 0 AS done, 0 AS owed, 0 AS credited,
        CASE WHEN paid_at IS NULL THEN 0 ELSE 1 END AS is_paid,
        CASE WHEN order_id IS NULL AND gift_id IS NULL THEN 1 ELSE 0 END AS is_charge
    FROM payment
    UNION ALL
    SELECT payment_id, NULL, 0, 0, 0, CASE status WHEN 'DONE' THEN amount ELSE 0 END, amount, 0, 0, 0
    FROM refund
    UNION ALL
    SELECT payment_id, NULL, 0, 0, 0, 0, 0, amount, 0, 0
    FROM point_entry
    WHERE payment_id IS NOT NULL
) AS moved
GROUP BY payment_id"
    );
    let status = "
CASE
    WHEN is_paid = 0 THEN CASE WHEN status IN ('READY', 'FAILED', 'EXPIRED') THEN status END
    WHEN refunded = taken THEN 'CANCELED'
    WHEN refunded > 0 THEN 'PARTIALLY_CANCELED'
    ELSE 'PAID'
END";
    Check {
        invariant: 4,
        name: "money",
        rows: "payments",
        counted: "payment",
        select,
        key: vec![id::<PaymentId>("paymentId", "payment_id")],
        rules: vec![
            equal("status", status, "status"),
            at_most("refunded", "taken", "refunded"),
            at_most("refunds", "taken", "owed"),
            at_least("refunded", "done", "refunded"),
            equal("points charged", "is_charge * (taken - owed)", "credited"),
        ],
    }
}
