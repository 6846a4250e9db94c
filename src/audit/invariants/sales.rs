//! 7: what was counted was sold.

use entity::id::ProductId;
use sea_orm::DbBackend;

use super::check::{Check, HOUR, equal, id, sum};

/// 7: what was counted in each hour is what was sold in it. An hour without sales may be counted as nothing.
pub fn sales(backend: DbBackend) -> Check {
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
