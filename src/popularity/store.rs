use std::collections::BTreeMap;

use entity::{id::ProductId, product_sales};
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, Statement,
    sea_query::{Expr, OnConflict},
};

use super::{
    Sale,
    rules::{Window, hour_of},
};
use crate::db::Transaction;

/// A product and how many pieces of it were sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Sold {
    pub product_id: ProductId,
    pub quantity: i64,
}

/// Counts sales in one statement, in the order of the table's key.
pub async fn add(tx: &Transaction, sales: &[Sale]) -> Result<(), DbErr> {
    use product_sales::{Column, Entity};
    let mut sums = BTreeMap::<_, i64>::new();
    for sale in sales {
        *sums.entry((hour_of(sale.at), sale.product_id)).or_default() += sale.quantity;
    }
    let rows = sums.into_iter().map(|((hour, product_id), quantity)| {
        product_sales::ActiveModel::from(product_sales::Model {
            hour,
            product_id,
            quantity,
        })
    });
    let sum = Expr::col((Entity, Column::Quantity)).add(Expr::col(("excluded", Column::Quantity)));
    Entity::insert_many(rows)
        .on_conflict(
            OnConflict::columns([Column::Hour, Column::ProductId])
                .value(Column::Quantity, sum)
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    Ok(())
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
