//! 12: coupons are whose they say, used by the orders that they say, and take off what they may.

use entity::id::{CouponId, CouponIssueId, MemberId, OrderId, OrderItemId};

use super::check::{Check, at_most, equal, id};

/// 12: whoever has a coupon has registered it; the order that has it is their own, names it, and came before it was
/// taken back.
pub fn coupons() -> Check {
    let select = r#"
SELECT coupon.id,
    CASE WHEN coupon.member_id IS NULL THEN 0 ELSE 1 END AS holders,
    CASE WHEN coupon.registered_at IS NULL THEN 0 ELSE 1 END AS registrations,
    CASE WHEN coupon.order_id IS NULL THEN 0 ELSE 1 END AS orders,
    CASE WHEN "order".coupon_id = coupon.id THEN 1 ELSE 0 END AS names,
    CASE WHEN "order".member_id = coupon.member_id THEN 1 ELSE 0 END AS own,
    CASE WHEN coupon.order_id IS NOT NULL AND coupon.withdrawn_at IS NOT NULL THEN 1 ELSE 0 END AS withdrawn
FROM coupon
LEFT JOIN "order" ON "order".id = coupon.order_id"#;
    Check {
        invariant: 12,
        name: "coupons",
        rows: "coupons",
        counted: "coupon",
        select: select.into(),
        key: vec![id::<CouponId>("couponId", "id")],
        rules: vec![
            equal("registrations", "holders", "registrations"),
            equal("orders that name it", "orders", "names"),
            equal("orders of its holder", "orders", "own"),
            equal("orders after it was taken back", "0", "withdrawn"),
        ],
    }
}

/// 12: an order that was discounted names its coupon, and has it until everything that it took something off is
/// canceled.
pub fn coupons_of_orders() -> Check {
    let select = r#"
SELECT "order".id,
    MAX(CASE WHEN "order".discount > 0 THEN 1 ELSE 0 END) AS discounts,
    MAX(CASE WHEN "order".coupon_id IS NULL THEN 0 ELSE 1 END) AS coupons,
    MAX(CASE WHEN item.discount > 0 AND item.status <> 'CANCELED' THEN 1 ELSE 0 END) AS owed,
    MAX(CASE WHEN coupon.order_id = "order".id THEN 1 ELSE 0 END) AS held
FROM "order"
LEFT JOIN order_item AS item ON item.order_id = "order".id
LEFT JOIN coupon ON coupon.id = "order".coupon_id
GROUP BY "order".id"#;
    Check {
        invariant: 12,
        name: "coupons",
        rows: "orders' coupons",
        counted: r#""order""#,
        select: select.into(),
        key: vec![id::<OrderId>("orderId", "id")],
        rules: vec![
            equal("coupons named", "discounts", "coupons"),
            equal("coupons held", "owed", "held"),
        ],
    }
}

/// 12: a discount stands on items that its coupon is for, and is borne by whoever published it.
pub fn discounted_items() -> Check {
    let select = r#"
SELECT item.id, item.order_id, item.discount, item.store_discount, issue.funding,
    CASE WHEN issue.store_id IS NULL OR issue.store_id = item.store_id THEN 0 ELSE item.discount END AS foreign_discount
FROM order_item AS item
JOIN "order" ON "order".id = item.order_id
JOIN coupon ON coupon.id = "order".coupon_id
JOIN coupon_issue AS issue ON issue.id = coupon.issue_id"#;
    let borne =
        "CASE funding WHEN 'STORE' THEN discount WHEN 'PLATFORM' THEN 0 ELSE store_discount END";
    Check {
        invariant: 12,
        name: "coupons",
        rows: "items of orders by coupon",
        counted: "order_item",
        select: select.into(),
        key: vec![
            id::<OrderItemId>("orderItemId", "id"),
            id::<OrderId>("orderId", "order_id"),
        ],
        rules: vec![
            equal("discount that the store bears", borne, "store_discount"),
            equal(
                "discount by another store's coupon",
                "0",
                "foreign_discount",
            ),
        ],
    }
}

/// 12: there are as many coupons as were published.
pub fn publications() -> Check {
    let select = "
SELECT issue.id, issue.codes, COUNT(coupon.id) AS coupons
FROM coupon_issue AS issue
LEFT JOIN coupon ON coupon.issue_id = issue.id
GROUP BY issue.id, issue.codes";
    Check {
        invariant: 12,
        name: "coupons",
        rows: "publications",
        counted: "coupon_issue",
        select: select.into(),
        key: vec![id::<CouponIssueId>("couponIssueId", "id")],
        rules: vec![equal("coupons", "codes", "coupons")],
    }
}

/// 12: nobody has more of a publication's coupons than one may.
pub fn holders() -> Check {
    let select = "
SELECT coupon.issue_id, coupon.member_id, MAX(issue.per_member_limit) AS per_member_limit, COUNT(*) AS held
FROM coupon
JOIN coupon_issue AS issue ON issue.id = coupon.issue_id
WHERE coupon.member_id IS NOT NULL
GROUP BY coupon.issue_id, coupon.member_id";
    Check {
        invariant: 12,
        name: "coupons",
        rows: "members' coupons",
        counted: "coupon",
        select: select.into(),
        key: vec![
            id::<CouponIssueId>("couponIssueId", "issue_id"),
            id::<MemberId>("memberId", "member_id"),
        ],
        rules: vec![at_most("coupons", "per_member_limit", "held")],
    }
}
