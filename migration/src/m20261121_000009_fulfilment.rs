//! What a store does with its orders: how long it has to accept, what it hears of them, what it earns, and what it is
//! paid out.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

use crate::column::{
    foreign_key, id, optional_reference, optional_time, quantity, reference, time, won, word,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The statuses of a store's part of an order: it hears of none before it is paid.
const STATUSES: &[&str] = &["PAID", "ACCEPTED", "READY", "COMPLETED", "CANCELED"];

const OPEN_STATUSES: [&str; 3] = ["PAID", "ACCEPTED", "READY"];

const ACTIONS: &[&str] = &["SALE", "PAYOUT"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_deadlines(manager).await?;
        create_store_events(manager).await?;
        create_wallets(manager).await?;
        create_settlements(manager).await?;
        create_wallet_entries(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["wallet_entry", "settlement", "store_wallet", "store_event"] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        for name in ["order_item_open_idx", "order_item_accept_by_idx"] {
            let drop = Index::drop().name(name).table("order_item").to_owned();
            manager.drop_index(drop).await?;
        }
        for (table, column) in [("order_item", "accept_by"), ("store", "accept_minutes")] {
            let drop = Table::alter().table(table).drop_column(column).take();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

async fn add_deadlines(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .alter_table(
            Table::alter()
                .table("store")
                .add_column(quantity("accept_minutes").default(10))
                .take(),
        )
        .await?;
    manager
        .alter_table(
            Table::alter()
                .table("order_item")
                .add_column(optional_time("accept_by"))
                .take(),
        )
        .await?;
    // Whose time is over.
    manager
        .create_index(
            Index::create()
                .name("order_item_accept_by_idx")
                .table("order_item")
                .col("accept_by")
                .and_where(Expr::col("status").eq("PAID"))
                .and_where(Expr::col("accept_by").is_not_null())
                .take(),
        )
        .await?;
    // What a store has sold and not handed over.
    manager
        .create_index(
            Index::create()
                .name("order_item_open_idx")
                .table("order_item")
                .col("store_id")
                .and_where(Expr::col("status").is_in(OPEN_STATUSES))
                .take(),
        )
        .await
}

/// A store's part of an order's history. The numbers of its feed come later, so that orders do not wait for each
/// other.
async fn create_store_events(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("store_event")
                .col(reference("store_id"))
                .col(reference("order_id"))
                .col(quantity("order_sequence"))
                .col(word("status", STATUSES))
                .col(boolean("is_current"))
                .col(big_integer_null("sequence").check(Expr::col("sequence").gt(0)))
                .primary_key(
                    Index::create()
                        .col("store_id")
                        .col("order_id")
                        .col("order_sequence"),
                )
                // The store is that of the order's items, which refer to it.
                .foreign_key(
                    ForeignKey::create()
                        .name("store_event_order_id_fkey")
                        .from("store_event", ("order_id", "order_sequence"))
                        .to("order_event", ("order_id", "sequence")),
                )
                .take(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("store_event_sequence_key")
                .table("store_event")
                .col("store_id")
                .col("sequence")
                .unique()
                .take(),
        )
        .await?;
    // A store's orders by where its part of them stands, the newest first: their ids are in the order of time.
    manager
        .create_index(
            Index::create()
                .name("store_event_current_idx")
                .table("store_event")
                .col("store_id")
                .col("status")
                .col("order_id")
                .and_where(Expr::col("is_current").eq(true))
                .take(),
        )
        .await?;
    let fill = past_store_events(manager.get_database_backend());
    manager.get_connection().execute_unprepared(&fill).await?;
    Ok(())
}

/// What stores would have heard until now, when items were only ever paid or canceled by members.
fn past_store_events(backend: DbBackend) -> String {
    let (item_id, item_ids) = match backend {
        DbBackend::Postgres => (
            "CAST(moved.value AS UUID)",
            "json_array_elements_text(CAST(order_event.item_ids AS JSON)) AS moved (value)",
        ),
        _ => (
            "unhex(replace(moved.value, '-', ''))",
            "json_each(order_event.item_ids) AS moved",
        ),
    };
    format!(
        r"INSERT INTO store_event (store_id, order_id, order_sequence, status, is_current)
          WITH heard AS (
              SELECT order_event.order_id, order_event.sequence, order_event.reason, order_item.id, order_item.store_id
              FROM order_event
              CROSS JOIN {item_ids}
              JOIN order_item ON order_item.id = {item_id}
              WHERE order_item.paid_at IS NOT NULL AND order_event.status <> 'PENDING_PAYMENT'
                  AND (order_event.reason IS NULL OR order_event.reason = 'CUSTOMER')
          )
          SELECT store_id, order_id, sequence,
              CASE
                  WHEN EXISTS (
                      SELECT 1
                      FROM order_item AS other
                      WHERE other.order_id = part.order_id AND other.store_id = part.store_id
                          AND NOT EXISTS (
                              SELECT 1
                              FROM heard AS canceled
                              WHERE canceled.id = other.id AND canceled.reason IS NOT NULL
                                  AND canceled.sequence <= part.sequence
                          )
                  ) THEN 'PAID'
                  ELSE 'CANCELED'
              END,
              ROW_NUMBER() OVER (PARTITION BY store_id, order_id ORDER BY sequence DESC) = 1
          FROM (SELECT DISTINCT store_id, order_id, sequence FROM heard) AS part"
    )
}

async fn create_wallets(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("store_wallet")
                .col(id("id"))
                .col(reference("store_id").unique_key())
                .col(won("balance"))
                .col(big_integer("last_sequence"))
                .foreign_key(&mut foreign_key("store_wallet", "store_id", "store", "id"))
                .take(),
        )
        .await?;
    // The stores that are there already.
    let random_id = match manager.get_database_backend() {
        DbBackend::Postgres => "gen_random_uuid()",
        _ => "randomblob(16)",
    };
    let fill = format!(
        "INSERT INTO store_wallet (id, store_id, balance, last_sequence) SELECT {random_id}, id, 0, 0 FROM store"
    );
    manager.get_connection().execute_unprepared(&fill).await?;
    Ok(())
}

async fn create_settlements(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("settlement")
                .col(id("id"))
                .col(reference("store_wallet_id"))
                .col(time("period_end"))
                .col(big_integer("first_sequence"))
                .col(big_integer("last_sequence"))
                .col(won("amount"))
                .col(time("created_at"))
                .foreign_key(&mut foreign_key(
                    "settlement",
                    "store_wallet_id",
                    "store_wallet",
                    "id",
                ))
                .take(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("settlement_store_wallet_id_period_end_key")
                .table("settlement")
                .col("store_wallet_id")
                .col("period_end")
                .unique()
                .take(),
        )
        .await
}

async fn create_wallet_entries(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("wallet_entry")
                .col(id("id"))
                .col(reference("store_wallet_id"))
                .col(big_integer("sequence"))
                .col(word("action", ACTIONS))
                .col(big_integer("amount"))
                .col(won("balance_after"))
                .col(optional_reference("order_id"))
                .col(integer_null("order_sequence"))
                .col(optional_reference("settlement_id"))
                .col(time("created_at"))
                .foreign_key(&mut foreign_key(
                    "wallet_entry",
                    "store_wallet_id",
                    "store_wallet",
                    "id",
                ))
                .foreign_key(&mut foreign_key("wallet_entry", "order_id", "order", "id"))
                .foreign_key(&mut foreign_key(
                    "wallet_entry",
                    "settlement_id",
                    "settlement",
                    "id",
                ))
                .take(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("wallet_entry_store_wallet_id_sequence_key")
                .table("wallet_entry")
                .col("store_wallet_id")
                .col("sequence")
                .unique()
                .take(),
        )
        .await?;
    // What orders have earned.
    manager
        .create_index(
            Index::create()
                .name("wallet_entry_order_id_idx")
                .table("wallet_entry")
                .col("order_id")
                .take(),
        )
        .await
}
