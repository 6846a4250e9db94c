//! The outbox's queries.

use chrono::{DateTime, Utc};
use entity::{
    id::{OrderId, OutboxId, TypedId},
    outbox,
};
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Statement,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    db::Transaction,
    rows::{Kind, Rows, among},
};

/// How far an order's messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Reach {
    /// The sequence of the newest.
    pub sequence: i32,
    /// How many are not delivered.
    pub undelivered: i64,
}

/// How far the order's messages go; `None` where nothing was told of it. The order's row is locked.
pub async fn reach(tx: &Transaction, order_id: OrderId) -> Result<Option<Reach>, DbErr> {
    let sql = "
SELECT MAX(sequence) AS sequence, SUM(undelivered) AS undelivered
FROM (
    SELECT sequence, CASE WHEN delivered_at IS NULL THEN 1 ELSE 0 END AS undelivered
    FROM outbox
    WHERE order_id = $1
    UNION ALL
    SELECT sequence, 0 FROM outbox_purged WHERE order_id = $1
) AS told
HAVING COUNT(*) > 0";
    let statement =
        Statement::from_sql_and_values(tx.get_database_backend(), sql, [order_id.uuid().into()]);
    Reach::find_by_statement(statement).one(tx).await
}

/// Claims messages that have fallen due, the longest overdue first: they are the caller's until `lease`.
pub async fn claim(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
    most: u64,
) -> Result<Vec<outbox::Model>, DbErr> {
    let backend = db.get_database_backend();
    // Two who claim at once pass each other by; SQLite has one writer.
    let (passing_by, all) = match backend {
        DbBackend::Postgres => ("FOR UPDATE SKIP LOCKED", "outbox.*"),
        _ => ("", "*"),
    };
    let sql = format!(
        "WITH due AS MATERIALIZED (
    SELECT id FROM outbox WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2 {passing_by}
)
UPDATE outbox SET due_at = $3 FROM due WHERE outbox.id = due.id
RETURNING {all}"
    );
    let values = [
        now.into(),
        i64::try_from(most).unwrap_or(i64::MAX).into(),
        lease.into(),
    ];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let mut claimed = outbox::Entity::find()
        .from_raw_sql(statement)
        .all(db)
        .await?;
    claimed.sort_unstable_by_key(|message| (message.order_id, message.sequence));
    Ok(claimed)
}

/// The message of an order that must be delivered next.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Head {
    pub order_id: OrderId,
    pub sequence: i32,
    pub due_at: Option<DateTime<Utc>>,
    pub dead_at: Option<DateTime<Utc>>,
}

/// The first undelivered message of each of the orders.
pub async fn heads(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<Head>, DbErr> {
    let earlier = "NOT EXISTS (
        SELECT 1 FROM outbox AS earlier
        WHERE earlier.order_id = outbox.order_id AND earlier.sequence < outbox.sequence
            AND earlier.delivered_at IS NULL
    )";
    outbox::Entity::find()
        .select_only()
        .columns([
            outbox::Column::OrderId,
            outbox::Column::Sequence,
            outbox::Column::DueAt,
            outbox::Column::DeadAt,
        ])
        .filter(among(db, outbox::Column::OrderId, orders.iter().copied()))
        .filter(outbox::COLUMN.delivered_at.is_null())
        .filter(Expr::cust(earlier))
        .into_model()
        .all(db)
        .await
}

/// When the next message falls due.
pub async fn next_due(db: &impl ConnectionTrait) -> Result<Option<DateTime<Utc>>, DbErr> {
    let first = outbox::Entity::find()
        .select_only()
        .column(outbox::Column::DueAt)
        .filter(outbox::COLUMN.due_at.is_not_null())
        .order_by_asc(outbox::COLUMN.due_at)
        .limit(1)
        .into_tuple::<Option<DateTime<Utc>>>()
        .one(db)
        .await?;
    Ok(first.flatten())
}

/// Writes down that these messages were delivered.
pub async fn set_delivered(
    tx: &Transaction,
    ids: &[OutboxId],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    let none = || Expr::val(None::<DateTime<Utc>>);
    outbox::Entity::update_many()
        .col_expr(outbox::Column::DeliveredAt, Expr::val(now))
        .col_expr(outbox::Column::DueAt, none())
        .col_expr(outbox::Column::DeadAt, none())
        .col_expr(outbox::Column::Failure, Expr::val(None::<String>))
        .col_expr(
            outbox::Column::Attempts,
            Expr::col(outbox::Column::Attempts).add(1),
        )
        .filter(among(tx, outbox::Column::Id, ids.iter().copied()))
        // Somebody else may have delivered it as well.
        .filter(outbox::COLUMN.delivered_at.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// A failed attempt, as it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub order_id: OrderId,
    pub sequence: i32,
    pub what: String,
    /// When the message falls due again; those behind it wait as long, also where it is dead.
    pub due_at: DateTime<Utc>,
    pub is_dead: bool,
}

/// Writes failed attempts down, one of an order at most.
pub async fn set_failed(
    tx: &Transaction,
    failed: &[Failed],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    if failed.is_empty() {
        return Ok(());
    }
    let rows = failed.iter().map(|failed| {
        [
            failed.order_id.uuid().into(),
            failed.sequence.into(),
            failed.what.clone().into(),
            failed.due_at.into(),
            failed.is_dead.then_some(now).into(),
        ]
    });
    let columns = [
        ("order_id", Kind::Uuid),
        ("sequence", Kind::Integer),
        ("what", Kind::Text),
        ("next_at", Kind::Time),
        ("gone_at", Kind::Time),
    ];
    let failed = Rows::new(tx.get_database_backend(), "failed", columns, rows);
    let sql = format!(
        "UPDATE outbox
SET attempts = CASE WHEN outbox.sequence = failed.sequence THEN attempts + 1 ELSE attempts END,
    failure = CASE WHEN outbox.sequence = failed.sequence THEN failed.what ELSE failure END,
    dead_at = CASE WHEN outbox.sequence = failed.sequence THEN failed.gone_at END,
    due_at = CASE WHEN outbox.sequence = failed.sequence AND failed.gone_at IS NOT NULL THEN NULL ELSE failed.next_at END
FROM {failed}
WHERE outbox.order_id = failed.order_id AND outbox.sequence >= failed.sequence
    AND outbox.delivered_at IS NULL AND outbox.dead_at IS NULL"
    );
    tx.execute_raw(failed.statement(&sql)).await?;
    Ok(())
}

/// Says when messages fall due that cannot be delivered before: those behind another.
pub async fn defer(tx: &Transaction, deferred: &[(OutboxId, DateTime<Utc>)]) -> Result<(), DbErr> {
    if deferred.is_empty() {
        return Ok(());
    }
    let rows = deferred
        .iter()
        .map(|(id, until)| [id.uuid().into(), (*until).into()]);
    let columns = [("id", Kind::Uuid), ("until", Kind::Time)];
    let deferred = Rows::new(tx.get_database_backend(), "deferred", columns, rows);
    let sql = format!(
        r#"UPDATE outbox SET due_at = deferred."until" FROM {deferred}
WHERE outbox.id = deferred.id AND outbox.due_at IS NOT NULL"#
    );
    tx.execute_raw(deferred.statement(&sql)).await?;
    Ok(())
}

/// The last message of an order that may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Last {
    pub order_id: OrderId,
    pub sequence: i32,
}

/// How far the messages of some orders may go: what was delivered before that time, or, on demand, written before it
/// and never delivered; and all before them of the same order.
pub async fn purgeable(
    tx: &Transaction,
    before: DateTime<Utc>,
    undelivered: bool,
    most: u64,
) -> Result<Vec<Last>, DbErr> {
    let (old, old_before) = if undelivered {
        let is_old = |table| {
            format!(
                "({table}.delivered_at < $1 OR ({table}.delivered_at IS NULL AND {table}.created_at < $1))"
            )
        };
        (is_old("outbox"), is_old("earlier"))
    } else {
        let is_old = |table| format!("{table}.delivered_at < $1");
        (is_old("outbox"), is_old("earlier"))
    };
    let sql = format!(
        "SELECT order_id, MAX(sequence) AS sequence
FROM (
    SELECT order_id, sequence
    FROM outbox
    WHERE {old} AND NOT EXISTS (
        SELECT 1 FROM outbox AS earlier
        WHERE earlier.order_id = outbox.order_id AND earlier.sequence < outbox.sequence
            AND ({old_before}) IS NOT TRUE
    )
    LIMIT $2
) AS old
GROUP BY order_id
ORDER BY order_id"
    );
    let values = [
        before.into(),
        i64::try_from(most).unwrap_or(i64::MAX).into(),
    ];
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    Last::find_by_statement(statement).all(tx).await
}

/// Takes the messages of orders away up to their last that may go; gives how many.
pub async fn purge(tx: &Transaction, lasts: &[Last]) -> Result<u64, DbErr> {
    if lasts.is_empty() {
        return Ok(0);
    }
    let rows = || {
        let columns = [("order_id", Kind::Uuid), ("sequence", Kind::Integer)];
        let rows = lasts
            .iter()
            .map(|last| [last.order_id.uuid().into(), last.sequence.into()]);
        Rows::new(tx.get_database_backend(), "gone", columns, rows)
    };
    let remembered = rows();
    // (SQLite needs the WHERE to know that ON CONFLICT belongs to the INSERT.)
    let remember = format!(
        "INSERT INTO outbox_purged (order_id, sequence)
SELECT order_id, sequence FROM {remembered} WHERE TRUE
ON CONFLICT (order_id) DO UPDATE SET sequence = excluded.sequence
WHERE excluded.sequence > outbox_purged.sequence"
    );
    tx.execute_raw(remembered.statement(&remember)).await?;
    let deleted = rows();
    let delete = format!(
        "DELETE FROM outbox WHERE id IN (
    SELECT outbox.id
    FROM {deleted}
    JOIN outbox ON outbox.order_id = gone.order_id AND outbox.sequence <= gone.sequence
)"
    );
    let gone = tx.execute_raw(deleted.statement(&delete)).await?;
    Ok(gone.rows_affected())
}

/// How the outbox does.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct Depth {
    /// How many messages are not delivered.
    pub undelivered: i64,
    /// How many of them were given up.
    pub dead: i64,
    /// When the oldest of them was written.
    pub oldest: Option<DateTime<Utc>>,
}

/// How the outbox does now.
pub async fn depth(db: &impl ConnectionTrait) -> Result<Depth, DbErr> {
    let sql = "SELECT
    (SELECT COUNT(*) FROM outbox WHERE delivered_at IS NULL) AS undelivered,
    (SELECT COUNT(*) FROM outbox WHERE dead_at IS NOT NULL) AS dead,
    (SELECT created_at FROM outbox WHERE delivered_at IS NULL ORDER BY id LIMIT 1) AS oldest";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let depth = Depth::find_by_statement(statement).one(db).await?;
    Ok(depth.unwrap_or_default())
}
