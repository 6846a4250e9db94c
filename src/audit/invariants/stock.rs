//! 1: stock is what its ledger and the orders say.

use entity::id::OptionId;

use super::check::{Check, at_least, equal, id, sum};

/// 1: what was adjusted less what was sold and not canceled is in stock, and that is never less than nothing.
pub fn stock() -> Check {
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
