//! 5: keys buy once.

use entity::id::{MemberId, OrderId};

use super::check::{Check, KEY, at_most, equal, id};

/// 5: a member's key bought one order.
pub fn idempotency_keys() -> Check {
    let select = r#"
SELECT id, member_id,
    ROW_NUMBER() OVER (PARTITION BY member_id, idempotency_key ORDER BY id) AS orders
FROM "order""#;
    Check {
        invariant: 5,
        name: "keys",
        rows: "orders' keys",
        counted: r#""order""#,
        select: select.into(),
        key: vec![
            id::<OrderId>("orderId", "id"),
            id::<MemberId>("memberId", "member_id"),
        ],
        rules: vec![at_most("orders with its key", "1", "orders")],
    }
}

/// 5: a further key, under which an order was asked for again, found an order of the same member, and bought none
/// itself.
pub fn further_keys() -> Check {
    let select = r#"
SELECT alias.member_id, alias.idempotency_key, alias.order_id,
    CASE WHEN "order".member_id = alias.member_id THEN 1 ELSE 0 END AS is_own,
    CASE WHEN bought.id IS NULL THEN 0 ELSE 1 END AS bought
FROM order_alias AS alias
JOIN "order" ON "order".id = alias.order_id
LEFT JOIN "order" AS bought
    ON bought.member_id = alias.member_id AND bought.idempotency_key = alias.idempotency_key"#;
    Check {
        invariant: 5,
        name: "keys",
        rows: "further keys",
        counted: "order_alias",
        select: select.into(),
        key: vec![
            id::<MemberId>("memberId", "member_id"),
            KEY,
            id::<OrderId>("orderId", "order_id"),
        ],
        rules: vec![
            equal("orders of its member", "1", "is_own"),
            equal("orders that it bought", "0", "bought"),
        ],
    }
}
