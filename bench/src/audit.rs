//! Does everything add up after a run? A run after which it does not is no result.

use crate::{
    Result,
    database::{Named, number},
    server::Program,
};

/// Questions to which the answer is a count of rows that do not add up.
const QUESTIONS: [(&str, &str); 4] = [
    (
        "options whose stock is not what came less what was sold",
        r"SELECT COUNT(*) FROM stock
LEFT JOIN (SELECT option_id, SUM(delta) AS pieces FROM stock_adjustment GROUP BY option_id) AS came
    ON came.option_id = stock.option_id
LEFT JOIN (SELECT option_id, SUM(quantity) AS pieces FROM order_item WHERE status <> 'CANCELED' GROUP BY option_id) AS sold
    ON sold.option_id = stock.option_id
WHERE stock.quantity < 0 OR stock.quantity <> COALESCE(came.pieces, 0) - COALESCE(sold.pieces, 0)",
    ),
    (
        "purses that are not the sum of their entries",
        r"SELECT COUNT(*) FROM user_point
LEFT JOIN (SELECT user_point_id, SUM(amount) AS points, COUNT(*) AS entries FROM point_entry GROUP BY user_point_id) AS ledger
    ON ledger.user_point_id = user_point.id
WHERE user_point.balance < 0
    OR user_point.balance <> COALESCE(ledger.points, 0)
    OR user_point.last_sequence <> COALESCE(ledger.entries, 0)",
    ),
    (
        "orders that do not cost what their items do",
        r#"SELECT COUNT(*) FROM "order"
LEFT JOIN (SELECT order_id, SUM(line_total) AS won FROM order_item GROUP BY order_id) AS items
    ON items.order_id = "order".id
WHERE items.won IS NULL OR "order".items_total <> items.won"#,
    ),
    (
        "orders that the world was not told of",
        r#"SELECT COUNT(*) FROM "order"
LEFT JOIN (SELECT DISTINCT order_id FROM outbox WHERE topic = 'order.paid') AS told
    ON told.order_id = "order".id
WHERE told.order_id IS NULL"#,
    ),
];

/// What does not add up; `None` where everything does.
pub async fn findings(program: &Program, database: &Named) -> Result<Option<String>> {
    if program.has_command("audit") {
        return Ok(program
            .run(&["audit", "--json"], &database.url)
            .err()
            .map(|error| error.to_string()));
    }
    let connection = database.connect().await?;
    let mut findings = Vec::new();
    for (wrong, question) in QUESTIONS {
        let rows = number(&connection, question).await?;
        if rows > 0 {
            findings.push(format!("{rows} {wrong}"));
        }
    }
    connection.close().await?;
    Ok((!findings.is_empty()).then(|| findings.join("; ")))
}
