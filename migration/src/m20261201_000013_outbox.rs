//! The outbox is delivered: each message has its place among its order's, says how it goes with its delivery, and may
//! leave the table one day.

use sea_orm_migration::{
    prelude::*,
    schema::{json, text, text_null},
    sea_orm::DbBackend,
};

use crate::column::{count, foreign_key, id, optional_time, quantity, reference, time};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        put_aside(manager).await?;
        create_outbox(manager).await?;
        // What nobody has delivered so far falls due at once.
        take_back(
            manager,
            "INSERT INTO outbox (id, topic, order_id, sequence, payload, created_at, attempts, due_at, delivered_at)
             SELECT id, topic || '.v1', order_id,
                 ROW_NUMBER() OVER (
                     PARTITION BY order_id
                     ORDER BY CASE WHEN topic = 'order.paid' THEN 0 ELSE 1 END, created_at, id
                 ),
                 payload, created_at, 0,
                 CASE WHEN delivered_at IS NULL THEN created_at END, delivered_at
             FROM outbox_kept",
        )
        .await?;
        create_purged(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("outbox_purged").take())
            .await?;
        put_aside(manager).await?;
        create_former_outbox(manager).await?;
        take_back(
            manager,
            "INSERT INTO outbox (id, topic, order_id, payload, created_at, delivered_at)
             SELECT id, REPLACE(topic, '.v1', ''), order_id, payload, created_at, delivered_at
             FROM outbox_kept",
        )
        .await
    }
}

/// Makes room for the table in its new form: SQLite adds neither a column that must be there nor a check to one.
async fn put_aside(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    if manager.get_database_backend() == DbBackend::Postgres {
        // What somebody commits between the copy and the end of the table would be in neither.
        db.execute_unprepared("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
            .await?;
    }
    db.execute_unprepared("CREATE TABLE outbox_kept AS SELECT * FROM outbox")
        .await?;
    manager
        .drop_table(Table::drop().table("outbox").take())
        .await
}

async fn take_back(manager: &SchemaManager<'_>, insert: &str) -> Result<(), DbErr> {
    let db = manager.get_connection();
    db.execute_unprepared(insert).await?;
    manager
        .drop_table(Table::drop().table("outbox_kept").take())
        .await
}

async fn create_outbox(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("outbox")
                .col(id("id"))
                .col(text("topic"))
                .col(reference("order_id"))
                .col(quantity("sequence"))
                .col(json("payload"))
                .col(time("created_at"))
                .col(count("attempts"))
                .col(optional_time("due_at"))
                .col(text_null("failure"))
                .col(optional_time("dead_at"))
                .col(optional_time("delivered_at"))
                .foreign_key(&mut foreign_key("outbox", "order_id", "order", "id"))
                .take(),
        )
        .await?;
    // What of an order comes before what.
    create_index(
        manager,
        "outbox_order_id_key",
        &["order_id", "sequence"],
        |index| index.unique(),
    )
    .await?;
    // What falls due next.
    create_index(manager, "outbox_due_idx", &["due_at"], |index| {
        index.and_where(Expr::col("due_at").is_not_null())
    })
    .await?;
    // Ids grow with time: the oldest that is not delivered, and how many there are.
    create_index(manager, "outbox_undelivered_idx", &["id"], |index| {
        index.and_where(Expr::col("delivered_at").is_null())
    })
    .await?;
    create_index(manager, "outbox_dead_idx", &["id"], |index| {
        index.and_where(Expr::col("dead_at").is_not_null())
    })
    .await?;
    // What may leave the table.
    create_index(
        manager,
        "outbox_delivered_idx",
        &["delivered_at"],
        |index| index.and_where(Expr::col("delivered_at").is_not_null()),
    )
    .await
}

async fn create_index(
    manager: &SchemaManager<'_>,
    name: &'static str,
    columns: &[&'static str],
    with: impl FnOnce(&mut IndexCreateStatement) -> &mut IndexCreateStatement,
) -> Result<(), DbErr> {
    let mut index = Index::create();
    index.name(name).table("outbox");
    for column in columns {
        index.col(*column);
    }
    manager.create_index(with(&mut index).take()).await
}

async fn create_purged(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("outbox_purged")
                .col(id("order_id"))
                .col(quantity("sequence"))
                .foreign_key(&mut foreign_key("outbox_purged", "order_id", "order", "id"))
                .take(),
        )
        .await
}

async fn create_former_outbox(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("outbox")
                .col(id("id"))
                .col(text("topic"))
                .col(reference("order_id"))
                .col(json("payload"))
                .col(time("created_at"))
                .col(optional_time("delivered_at"))
                .foreign_key(&mut foreign_key("outbox", "order_id", "order", "id"))
                .take(),
        )
        .await?;
    create_index(manager, "outbox_undelivered_idx", &["id"], |index| {
        index.and_where(Expr::col("delivered_at").is_null())
    })
    .await
}
