use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::id::ProductId;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Statement};

use super::{
    Sale,
    rules::{Window, hour_of},
};
use crate::{
    db::Transaction,
    rows::{Kind, Rows},
};

/// A product and how many pieces of it were sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Sold {
    pub product_id: ProductId,
    pub quantity: i64,
}

/// Counts sales in one statement, in the order of the table's key.
pub async fn add(tx: &Transaction, sales: &[Sale]) -> Result<(), DbErr> {
    tx.execute_raw(addition(tx.get_database_backend(), sales))
        .await?;
    Ok(())
}

/// The statement of [`add`].
pub fn addition(backend: DbBackend, sales: &[Sale]) -> Statement {
    let sold = rows(backend, sales);
    // "WHERE true" tells SQLite that no join condition follows.
    let sql = format!(
        "INSERT INTO product_sales (hour, product_id, quantity) \
         SELECT hour, product_id, quantity FROM {sold} WHERE true \
         ON CONFLICT (hour, product_id) \
         DO UPDATE SET quantity = product_sales.quantity + excluded.quantity"
    );
    sold.statement(&sql)
}

/// Takes canceled sales back; all of them were counted before. Their rows are locked in the order of the table's
/// key first, as [`addition`] locks them: an update alone would do so in whatever order it finds them.
pub async fn subtract(tx: &Transaction, sales: &[Sale]) -> Result<(), DbErr> {
    let sold = rows(tx.get_database_backend(), sales);
    let of_sold = "product_sales.hour = sold.hour AND product_sales.product_id = sold.product_id";
    if tx.get_database_backend() == DbBackend::Postgres {
        let lock = format!(
            "SELECT 1 FROM {sold} JOIN product_sales ON {of_sold} \
             ORDER BY product_sales.hour, product_sales.product_id FOR UPDATE OF product_sales"
        );
        tx.query_all_raw(sold.clone().statement(&lock)).await?;
    }
    let sql = format!(
        "UPDATE product_sales SET quantity = product_sales.quantity - sold.quantity FROM {sold} \
         WHERE {of_sold}"
    );
    tx.execute_raw(sold.statement(&sql)).await?;
    Ok(())
}

fn rows(backend: DbBackend, sales: &[Sale]) -> Rows {
    Rows::new(
        backend,
        "sold",
        [
            ("hour", Kind::Time),
            ("product_id", Kind::Uuid),
            ("quantity", Kind::BigInteger),
        ],
        sums(sales)
            .into_iter()
            .map(|((hour, product_id), quantity)| {
                [hour.into(), product_id.into(), quantity.into()]
            }),
    )
}

/// Sales by the table's key, in its order.
fn sums(sales: &[Sale]) -> BTreeMap<(DateTime<Utc>, ProductId), i64> {
    let mut sums = BTreeMap::new();
    for sale in sales {
        *sums.entry((hour_of(sale.at), sale.product_id)).or_default() += sale.quantity;
    }
    sums
}

/// The products on sale that sold most in the window; of two that sold the same, the older first.
pub async fn best(
    db: &impl ConnectionTrait,
    window: &Window,
    first: u64,
) -> Result<Vec<Sold>, DbErr> {
    let statement = Statement::from_sql_and_values(
        db.get_database_backend(),
        r"
SELECT sold.product_id, CAST(SUM(sold.quantity) AS BIGINT) AS quantity
FROM (
    SELECT product_id, quantity
    FROM product_sales
    WHERE hour >= $1 AND hour < $4
    UNION ALL
    SELECT product_id, -quantity
    FROM order_item
    WHERE status <> 'CANCELED' AND paid_at >= $1 AND paid_at < $2
    UNION ALL
    SELECT product_id, -quantity
    FROM order_item
    WHERE status <> 'CANCELED' AND paid_at >= $3 AND paid_at < $4
) AS sold
JOIN product ON product.id = sold.product_id
WHERE product.deleted_at IS NULL
GROUP BY sold.product_id
HAVING SUM(sold.quantity) > 0
ORDER BY quantity DESC, sold.product_id
LIMIT $5",
        [
            window.first_hour.into(),
            window.from.into(),
            window.to.into(),
            window.end_hour.into(),
            i64::try_from(first).unwrap_or(i64::MAX).into(),
        ],
    );
    Sold::find_by_statement(statement).all(db).await
}
