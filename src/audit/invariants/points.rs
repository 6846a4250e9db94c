//! 2: purses are what their entries say.

use entity::id::{PointEntryId, UserPointId};

use super::check::{Check, at_least, equal, id, sum};

/// 2: each entry follows from the one before.
pub fn point_entries() -> Check {
    let select = "
SELECT id, user_point_id, sequence, balance_after, action,
    CASE WHEN order_id IS NULL THEN 0 ELSE 1 END + CASE WHEN gift_id IS NULL THEN 0 ELSE 1 END AS purposes,
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
            // What is used or given back, is so by an order or a gift.
            equal(
                "orders and gifts named",
                "CASE action WHEN 'CHARGE' THEN 0 ELSE 1 END",
                "purposes",
            ),
        ],
    }
}

/// 2: a purse holds the sum of its entries. That this is also what the last entry says follows from entries
/// that follow from one another.
pub fn purses() -> Check {
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
