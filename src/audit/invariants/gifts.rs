//! 4: gifts hold the money that was paid for them, until it is somebody else's.

use entity::id::{GiftId, PointEntryId};

use super::check::{Check, equal, id, sum};

/// 4: a gift costs its price as often as its quantity; of that so much came back as nobody needed; and its receiver has
/// a coupon for it, which is withdrawn when it comes back.
pub fn gifts() -> Check {
    let needed = sum("item.discount - item.store_discount");
    let select = format!(
        r#"
SELECT gift.id, gift.status, unit_price, gift.quantity, gift.amount, returned,
    COALESCE(used.needed, 0) AS needed, COALESCE(used.items, 0) AS items,
    CASE WHEN coupon.member_id = to_member_id AND issue.funding = 'GIFT' AND issue.kind = 'FREE_ITEM'
        AND issue.free_option_id = gift.option_id AND issue.free_quantity = gift.quantity
        AND issue.expires_at = gift.expires_at THEN 1 ELSE 0 END AS coupons,
    CASE WHEN coupon.withdrawn_at IS NULL THEN 0 ELSE 1 END AS withdrawn
FROM gift
LEFT JOIN coupon ON coupon.id = gift.coupon_id
LEFT JOIN coupon_issue AS issue ON issue.id = coupon.issue_id
LEFT JOIN (
    SELECT "order".coupon_id, COUNT(*) AS items, {needed} AS needed
    FROM "order"
    JOIN order_item AS item ON item.order_id = "order".id
    WHERE item.status = 'COMPLETED' AND item.discount > 0
    GROUP BY "order".coupon_id
) AS used ON used.coupon_id = gift.coupon_id"#
    );
    let returned = "
CASE status
    WHEN 'USED' THEN amount - needed
    WHEN 'RETURNED' THEN amount
    ELSE 0
END";
    let is_delivered = "CASE WHEN status IN ('SENT', 'USED', 'RETURNED') THEN 1 ELSE 0 END";
    Check {
        invariant: 4,
        name: "money",
        rows: "gifts",
        counted: "gift",
        select,
        key: vec![id::<GiftId>("giftId", "id")],
        rules: vec![
            equal("amount", "CAST(unit_price AS NUMERIC) * quantity", "amount"),
            equal("returned", returned, "returned"),
            equal("its receiver's coupons", is_delivered, "coupons"),
            equal(
                "coupons withdrawn",
                "CASE status WHEN 'RETURNED' THEN 1 ELSE 0 END",
                "withdrawn",
            ),
            equal(
                "items handed over",
                "CASE status WHEN 'USED' THEN 1 ELSE 0 END",
                "items",
            ),
        ],
    }
}

/// 4: what a gift took of points and at its gateway, and does not owe, is its amount once it was delivered, and nothing
/// before; what came back of it stands in the ledger.
pub fn money() -> Check {
    let [used, given_back, taken, owed] = ["used", "given_back", "taken", "owed"].map(sum);
    let select = format!(
        "
SELECT gift_id, MAX(status) AS status, MAX(amount) AS amount, MAX(returned) AS returned,
    {taken} - {owed} - {used} AS paid, {given_back} AS given_back
FROM (
    SELECT id AS gift_id, status, amount, returned, 0 AS used, 0 AS given_back, 0 AS taken, 0 AS owed
    FROM gift
    UNION ALL
    SELECT gift_id, NULL, NULL, NULL, CASE action WHEN 'USE' THEN amount ELSE 0 END,
        CASE action WHEN 'REFUND' THEN amount ELSE 0 END, 0, 0
    FROM point_entry
    WHERE gift_id IS NOT NULL
    UNION ALL
    SELECT gift_id, NULL, NULL, NULL, 0, 0, taken, 0
    FROM payment
    WHERE gift_id IS NOT NULL
    UNION ALL
    SELECT payment.gift_id, NULL, NULL, NULL, 0, 0, 0, refund.amount
    FROM refund
    JOIN payment ON payment.id = refund.payment_id
    WHERE payment.gift_id IS NOT NULL
) AS moved
GROUP BY gift_id
HAVING COUNT(status) > 0"
    );
    Check {
        invariant: 4,
        name: "money",
        rows: "gifts' money",
        counted: "gift",
        select,
        key: vec![id::<GiftId>("giftId", "gift_id")],
        rules: vec![
            equal(
                "paid",
                "CASE WHEN status IN ('SENT', 'USED', 'RETURNED') THEN amount ELSE 0 END",
                "paid",
            ),
            equal("points given back", "returned", "given_back"),
        ],
    }
}

/// 4: a gift's points are its sender's.
pub fn owners_of_points() -> Check {
    let select = "
SELECT entry.id, CASE WHEN purse.member_id = gift.from_member_id THEN 1 ELSE 0 END AS is_own
FROM point_entry AS entry
JOIN user_point AS purse ON purse.id = entry.user_point_id
JOIN gift ON gift.id = entry.gift_id";
    Check {
        invariant: 4,
        name: "money",
        rows: "points of gifts",
        counted: "gift",
        select: select.into(),
        key: vec![id::<PointEntryId>("entryId", "id")],
        rules: vec![equal("entries in the sender's own purse", "1", "is_own")],
    }
}
