//! What always holds, as queries that find where it does not.
//!
//! A check selects rows with what is to be compared, and its rules compare: each is written once, and the
//! query that looks for broken rows is made of it. The queries go over whole tables once, by index or with one
//! sort, and hold nothing but running sums. No sum, difference or product in them can overflow, whatever a row
//! holds: `NUMERIC` has no end on PostgreSQL, and on SQLite becomes a float where an integer would overflow.

use std::fmt::Write;

use entity::{
    id::{
        MemberId, OptionId, OrderId, OrderItemId, OutboxId, PaymentId, PointEntryId, ProductId,
        RefundId, StockAdjustmentId, TypedId, UserPointId,
    },
    order::OrderStatus,
};
use sea_orm::{ActiveEnum, DbBackend, Iterable};
use uuid::Uuid;

use crate::order::state::progress;

/// Rows of one kind and the rules for them.
#[derive(Clone, Debug)]
pub struct Check {
    /// The invariant's number.
    pub invariant: u8,
    /// What the invariant is about, in a word.
    pub name: &'static str,
    /// What is checked, in the plural.
    pub rows: &'static str,
    /// The table whose rows are counted as checked.
    pub counted: &'static str,
    /// The rows, with the columns that key and rules name.
    pub select: String,
    pub key: Vec<Key>,
    pub rules: Vec<Rule>,
}

/// A column that says which row it is.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// What a report calls it.
    pub name: &'static str,
    pub column: &'static str,
    pub kind: Kind,
}

/// What a key's column holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A UUID, shown as the API shows it.
    Id(fn(Uuid) -> String),
    Number,
    Time,
}

/// What must hold for each row: two expressions over the check's columns, and how they must relate.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What is compared.
    pub what: &'static str,
    pub relation: Relation,
    pub expected: &'static str,
    pub found: &'static str,
}

/// How what is found must relate to what is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Equal,
    AtLeast,
    AtMost,
}

/// Every check, by invariant.
#[must_use]
pub fn checks(backend: DbBackend) -> Vec<Check> {
    let mut checks = vec![
        stock(),
        point_entries(),
        purses(),
        order_items(),
        amounts(),
        points_of_orders(),
        owners_of_points(),
        money(),
        payments(),
        idempotency_keys(),
        events(),
        statuses_of_events(),
        statuses_of_items(),
        sales(backend),
        announcements(),
    ];
    checks.extend(parents());
    checks
}

/// 1: what was adjusted less what was sold and not canceled is in stock, and that is never less than nothing.
fn stock() -> Check {
    let [adjusted, sold, quantity] = ["adjusted", "sold", "quantity"].map(sum);
    let select = format!(
        "
SELECT option_id, {adjusted} - {sold} AS left_over, {quantity} AS quantity
FROM (
    SELECT id AS option_id, 0 AS adjusted, 0 AS sold, NULL AS quantity
    FROM product_option
    UNION ALL
    SELECT option_id, 0, 0, quantity
    FROM stock
    UNION ALL
    SELECT option_id, delta, 0, NULL
    FROM stock_adjustment
    UNION ALL
    SELECT option_id, 0, quantity, NULL
    FROM order_item
    WHERE status <> 'CANCELED'
) AS moved
GROUP BY option_id"
    );
    Check {
        invariant: 1,
        name: "stock",
        rows: "options",
        counted: "product_option",
        select,
        key: vec![id::<OptionId>("optionId", "option_id")],
        rules: vec![
            equal("quantity in stock", "left_over", "quantity"),
            at_least("quantity in stock", "0", "quantity"),
        ],
    }
}

/// 2: each entry follows from the one before.
fn point_entries() -> Check {
    let select = "
SELECT id, user_point_id, sequence, balance_after, action,
    CASE WHEN order_id IS NULL THEN 0 ELSE 1 END AS orders,
    CAST(COALESCE(LAG(sequence) OVER ledger, 0) AS NUMERIC) + 1 AS next_sequence,
    CAST(COALESCE(LAG(balance_after) OVER ledger, 0) AS NUMERIC) + amount AS next_balance
FROM point_entry
WINDOW ledger AS (PARTITION BY user_point_id ORDER BY sequence)";
    Check {
        invariant: 2,
        name: "points",
        rows: "point entries",
        counted: "point_entry",
        select: select.into(),
        key: vec![
            id::<PointEntryId>("entryId", "id"),
            id::<UserPointId>("userPointId", "user_point_id"),
        ],
        rules: vec![
            equal("sequence", "next_sequence", "sequence"),
            equal("balance after", "next_balance", "balance_after"),
            at_least("balance after", "0", "balance_after"),
            // What is used or given back, is so by an order.
            equal(
                "orders named",
                "CASE action WHEN 'CHARGE' THEN 0 ELSE 1 END",
                "orders",
            ),
        ],
    }
}

/// 2: a purse holds the sum of its entries. That this is also what the last entry says follows from entries
/// that follow from one another.
fn purses() -> Check {
    let amounts = sum("entry.amount");
    let select = format!(
        "
SELECT purse.id, purse.balance, purse.last_sequence,
    COUNT(entry.id) AS entries,
    COALESCE({amounts}, 0) AS amounts
FROM user_point AS purse
LEFT JOIN point_entry AS entry ON entry.user_point_id = purse.id
GROUP BY purse.id"
    );
    Check {
        invariant: 2,
        name: "points",
        rows: "purses",
        counted: "user_point",
        select,
        key: vec![id::<UserPointId>("userPointId", "id")],
        rules: vec![
            equal("balance", "amounts", "balance"),
            at_least("balance", "0", "balance"),
            equal("last sequence", "entries", "last_sequence"),
        ],
    }
}

/// 3: a line is its price as often as its quantity.
fn order_items() -> Check {
    Check {
        invariant: 3,
        name: "amounts",
        rows: "order items",
        counted: "order_item",
        select: "SELECT id, order_id, unit_price, quantity, line_total FROM order_item".into(),
        key: vec![
            id::<OrderItemId>("orderItemId", "id"),
            id::<OrderId>("orderId", "order_id"),
        ],
        rules: vec![equal(
            "line total",
            "CAST(unit_price AS NUMERIC) * quantity",
            "line_total",
        )],
    }
}

/// 3: an order's lines less its discount are what it costs; what was canceled is what was refunded, of what was paid: of
/// an order that a gateway never took the rest of, the points. Only how a discount is shared among lines, when some
/// of them are canceled, is left to whoever cancels.
fn amounts() -> Check {
    let lines = sum("item.line_total");
    let canceled_lines = sum("CASE item.status WHEN 'CANCELED' THEN item.line_total END");
    let select = format!(
        r#"
SELECT "order".id, items_total, discount, CAST(points_used AS NUMERIC) + amount_due AS price, refunded,
    CAST(points_used AS NUMERIC) + CASE COUNT(item.paid_at) WHEN 0 THEN 0 ELSE amount_due END AS paid,
    COALESCE({lines}, 0) AS lines,
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
    WHEN discount = 0 THEN canceled_lines
    ELSE refunded
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
            equal("points used and amount due", "lines - discount", "price"),
            at_most("refunded", "paid", "refunded"),
            equal("refunded", owed, "refunded"),
        ],
    }
}

/// 3: what an order took of points and gave back stands in the ledger; what of a refund its gateway owes does not come
/// back as points. (A late payment's order takes its points once more.)
fn points_of_orders() -> Check {
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
fn owners_of_points() -> Check {
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

/// 4: what was taken at gateways, and charged without one, is in purses, held by orders, or owed or given back by
/// gateways.
fn money() -> Check {
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
    FROM refund
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
fn payments() -> Check {
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
        CASE WHEN order_id IS NULL THEN 1 ELSE 0 END AS is_charge
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

/// 5: a member's key bought one order.
fn idempotency_keys() -> Check {
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

/// 6: an order's events are numbered from 1 without gaps.
fn events() -> Check {
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
fn statuses_of_events() -> Check {
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
fn statuses_of_items() -> Check {
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

/// 7: what was counted in each hour is what was sold in it. An hour without sales may be counted as nothing.
fn sales(backend: DbBackend) -> Check {
    let hour = match backend {
        DbBackend::Postgres => "date_trunc('hour', paid_at, 'UTC')",
        // Times are text in UTC, to the second or finer.
        _ => "substr(paid_at, 1, 13) || ':00:00+00:00'",
    };
    let [counted, sold] = ["counted", "sold"].map(sum);
    let select = format!(
        "
SELECT hour, product_id, {counted} AS counted, {sold} AS sold
FROM (
    SELECT hour, product_id, quantity AS counted, 0 AS sold
    FROM product_sales
    UNION ALL
    SELECT {hour}, product_id, 0, quantity
    FROM order_item
    WHERE paid_at IS NOT NULL AND status <> 'CANCELED'
) AS sales
GROUP BY hour, product_id"
    );
    Check {
        invariant: 7,
        name: "sales",
        rows: "hours of products",
        counted: "product_sales",
        select,
        key: vec![HOUR, id::<ProductId>("productId", "product_id")],
        rules: vec![equal("quantity sold", "sold", "counted")],
    }
}

/// 8: of every order that was ever paid, and of no other, the world is told once.
fn announcements() -> Check {
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
    WHERE topic = 'order.paid'
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

/// 9: what a row refers to is there. Foreign keys see to it, but SQLite's only for whoever turns them on: its own
/// shell does not.
fn parents() -> Vec<Check> {
    const ORDER: Parent = ("orders", r#""order""#, "order_id");
    const OPTION: Parent = ("options", "product_option", "option_id");
    const PRODUCT: Parent = ("products", "product", "product_id");
    const STORE: Parent = ("stores", "store", "store_id");
    const PURSE: Parent = ("purses", "user_point", "user_point_id");
    const MEMBER: Parent = ("members", "member", "member_id");
    const PAYMENT: Parent = ("payments", "payment", "payment_id");
    let [order, of_order] = ["id", "order_id"].map(|column| id::<OrderId>("orderId", column));
    let [purse, of_purse] =
        ["id", "user_point_id"].map(|column| id::<UserPointId>("userPointId", column));
    let member = id::<MemberId>("memberId", "member_id");
    let option = id::<OptionId>("optionId", "option_id");
    let product = id::<ProductId>("productId", "product_id");
    let adjustment = id::<StockAdjustmentId>("stockAdjustmentId", "id");
    let entry = id::<PointEntryId>("entryId", "id");
    let item = id::<OrderItemId>("orderItemId", "id");
    let message = id::<OutboxId>("outboxId", "id");
    let [payment, of_payment] =
        ["id", "payment_id"].map(|column| id::<PaymentId>("paymentId", column));
    let refund = id::<RefundId>("refundId", "id");
    vec![
        children("stock", "stock", vec![option], &[OPTION]),
        children(
            "stock adjustments",
            "stock_adjustment",
            vec![adjustment, option],
            &[OPTION, MEMBER],
        ),
        children("purses", "user_point", vec![purse, member], &[MEMBER]),
        children(
            "point entries",
            "point_entry",
            vec![entry, of_purse],
            &[PURSE, ORDER, PAYMENT],
        ),
        children("orders", r#""order""#, vec![order, member], &[MEMBER]),
        children(
            "order items",
            "order_item",
            vec![item, of_order],
            &[ORDER, OPTION, PRODUCT, STORE],
        ),
        children(
            "order events",
            "order_event",
            vec![of_order, SEQUENCE],
            &[ORDER],
        ),
        children(
            "hours of products",
            "product_sales",
            vec![HOUR, product],
            &[PRODUCT],
        ),
        children(
            "outbox messages",
            "outbox",
            vec![message, of_order],
            &[ORDER],
        ),
        children("payments", "payment", vec![payment], &[MEMBER, ORDER]),
        children(
            "payments' events",
            "payment_event",
            vec![of_payment, SEQUENCE],
            &[PAYMENT],
        ),
        children("refunds", "refund", vec![refund, of_payment], &[PAYMENT]),
    ]
}

/// What is referred to, in the plural; its table, whose key is `id`; the column that refers to it.
type Parent = (&'static str, &'static str, &'static str);

/// Each row's parents, counted: one, or none.
fn children(rows: &'static str, table: &'static str, key: Vec<Key>, parents: &[Parent]) -> Check {
    let (mut columns, mut joins) = (Vec::new(), String::new());
    for key in &key {
        columns.push(format!("child.{}", key.column));
    }
    for (what, parent, column) in parents {
        columns.push(format!(
            "CASE WHEN child.{column} IS NOT NULL AND {what}.id IS NULL THEN 0 ELSE 1 END AS {what}"
        ));
        // Writing to a string does not fail.
        _ = write!(
            joins,
            "\nLEFT JOIN {parent} AS {what} ON {what}.id = child.{column}"
        );
    }
    let columns = columns.join(", ");
    let rules = parents.iter().map(|(what, ..)| equal(what, "1", what));
    Check {
        invariant: 9,
        name: "parents",
        rows,
        counted: table,
        select: format!("SELECT {columns} FROM {table} AS child{joins}"),
        key,
        rules: rules.collect(),
    }
}

/// A sum that does not overflow: of the multiples of 2³² and of what remains, each added up by itself. (SQLite's
/// `SUM` ends the query instead.)
fn sum(of: &str) -> String {
    let multiple = format!("({of}) / 4294967296");
    format!("(SUM({multiple}) * 4294967296 + SUM(({of}) - {multiple} * 4294967296))")
}

const SEQUENCE: Key = Key {
    name: "sequence",
    column: "sequence",
    kind: Kind::Number,
};

const HOUR: Key = Key {
    name: "hour",
    column: "hour",
    kind: Kind::Time,
};

fn id<I: TypedId>(name: &'static str, column: &'static str) -> Key {
    Key {
        name,
        column,
        kind: Kind::Id(|uuid| I::from_uuid(uuid).to_string()),
    }
}

const fn equal(what: &'static str, expected: &'static str, found: &'static str) -> Rule {
    rule(what, Relation::Equal, expected, found)
}

const fn at_least(what: &'static str, expected: &'static str, found: &'static str) -> Rule {
    rule(what, Relation::AtLeast, expected, found)
}

const fn at_most(what: &'static str, expected: &'static str, found: &'static str) -> Rule {
    rule(what, Relation::AtMost, expected, found)
}

const fn rule(
    what: &'static str,
    relation: Relation,
    expected: &'static str,
    found: &'static str,
) -> Rule {
    Rule {
        what,
        relation,
        expected,
        found,
    }
}
