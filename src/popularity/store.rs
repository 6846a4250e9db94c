use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::{id::ProductId, product_sales};
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, Statement,
    sea_query::{Expr, IntoIden, IntoValueTuple, OnConflict, Query, TableRef},
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
    let rows = sums(sales)
        .into_iter()
        .map(|((hour, product_id), quantity)| {
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

/// Takes canceled sales back in one statement; all of them were counted before.
pub async fn subtract(tx: &Transaction, sales: &[Sale]) -> Result<(), DbErr> {
    use product_sales::{Column, Entity};
    let rows = sums(sales)
        .into_iter()
        .map(|((hour, product_id), quantity)| (hour, product_id, quantity).into_value_tuple())
        .collect::<Vec<_>>();
    if rows.is_empty() {
        return Ok(());
    }
    let less = Expr::col((Entity, Column::Quantity)).sub(Expr::col(("back", "column3")));
    let mut update = Query::update();
    update
        .table(Entity)
        .value(Column::Quantity, less)
        .from(TableRef::ValuesList(rows, "back".into_iden()))
        .and_where(Expr::col((Entity, Column::Hour)).equals(("back", "column1")))
        .and_where(Expr::col((Entity, Column::ProductId)).equals(("back", "column2")));
    tx.execute(&update).await?;
    Ok(())
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
