//! Orders, their items, their history, what they sold and what the world must hear of them.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{
    count, foreign_key, id, optional_time, optional_word, quantity, reference, time, won, word,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STATUSES: &[&str] = &[
    "PENDING_PAYMENT",
    "PAID",
    "ACCEPTED",
    "READY",
    "COMPLETED",
    "CANCELED",
];

const CANCEL_REASONS: &[&str] = &[
    "CUSTOMER",
    "STORE_REFUSED",
    "NOT_ACCEPTED_IN_TIME",
    "PAYMENT_FAILED",
    "PAYMENT_ABANDONED",
    "PAYMENT_EXPIRED",
    "OUT_OF_STOCK",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_orders(manager).await?;
        create_items(manager).await?;
        create_events(manager).await?;
        create_sales(manager).await?;
        create_outbox(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "outbox",
            "product_sales",
            "order_event",
            "order_item",
            "order",
        ] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}

async fn create_orders(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let sums_add_up = Expr::col("items_total")
        .sub(Expr::col("discount"))
        .eq(Expr::col("points_used").add(Expr::col("amount_due")));
    let refunds_are_covered =
        Expr::col("refunded").lte(Expr::col("points_used").add(Expr::col("amount_due")));
    manager
        .create_table(
            Table::create()
                .table("order")
                .col(id("id"))
                .col(text_uniq("order_key"))
                .col(reference("member_id"))
                .col(word("status", STATUSES))
                .col(won("items_total"))
                .col(won("discount"))
                .col(won("points_used"))
                .col(won("amount_due"))
                .col(won("refunded"))
                .col(text("idempotency_key"))
                .col(blob("request_hash"))
                .col(time("placed_at"))
                .col(optional_time("payment_expires_at"))
                .col(count("last_sequence"))
                .check(sums_add_up)
                .check(refunds_are_covered)
                .foreign_key(&mut foreign_key("order", "member_id", "member", "id"))
                .take(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("order_member_id_idempotency_key_key")
                .table("order")
                .col("member_id")
                .col("idempotency_key")
                .unique()
                .take(),
        )
        .await?;
    // A member's orders, newest first.
    manager
        .create_index(
            Index::create()
                .name("order_member_id_placed_at_idx")
                .table("order")
                .col("member_id")
                .col("placed_at")
                .col("id")
                .take(),
        )
        .await
}

async fn create_items(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let line_adds_up =
        Expr::col("line_total").eq(Expr::col("unit_price").mul(Expr::col("quantity")));
    manager
        .create_table(
            Table::create()
                .table("order_item")
                .col(id("id"))
                .col(reference("order_id"))
                .col(count("position"))
                .col(reference("option_id"))
                .col(reference("product_id"))
                .col(reference("store_id"))
                .col(text("product_name"))
                .col(text("option_name"))
                .col(won("unit_price"))
                .col(quantity("quantity"))
                .col(won("line_total"))
                .col(word("status", STATUSES))
                .col(optional_word("cancel_reason", CANCEL_REASONS))
                .col(optional_time("paid_at"))
                .check(line_adds_up)
                .foreign_key(&mut foreign_key("order_item", "order_id", "order", "id"))
                .foreign_key(&mut foreign_key(
                    "order_item",
                    "option_id",
                    "product_option",
                    "id",
                ))
                .foreign_key(&mut foreign_key(
                    "order_item",
                    "product_id",
                    "product",
                    "id",
                ))
                .foreign_key(&mut foreign_key("order_item", "store_id", "store", "id"))
                .take(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("order_item_order_id_key")
                .table("order_item")
                .col("order_id")
                .col("position")
                .unique()
                .take(),
        )
        .await?;
    // What popularity reads of a cut hour, without a look at the table.
    manager
        .create_index(
            Index::create()
                .name("order_item_sold_idx")
                .table("order_item")
                .col("paid_at")
                .col("product_id")
                .col("quantity")
                .and_where(Expr::col("status").ne("CANCELED"))
                .take(),
        )
        .await
}

async fn create_events(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("order_event")
                .col(reference("order_id"))
                .col(quantity("sequence"))
                .col(word("status", STATUSES))
                .col(json("item_ids"))
                .col(optional_word("reason", CANCEL_REASONS))
                .col(time("at"))
                .primary_key(Index::create().col("order_id").col("sequence"))
                .foreign_key(&mut foreign_key("order_event", "order_id", "order", "id"))
                .take(),
        )
        .await
}

async fn create_sales(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("product_sales")
                .col(time("hour"))
                .col(reference("product_id"))
                .col(big_integer("quantity").check(Expr::col("quantity").gte(0)))
                .primary_key(Index::create().col("hour").col("product_id"))
                .foreign_key(&mut foreign_key(
                    "product_sales",
                    "product_id",
                    "product",
                    "id",
                ))
                .take(),
        )
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
                .col(json("payload"))
                .col(time("created_at"))
                .col(optional_time("delivered_at"))
                .foreign_key(&mut foreign_key("outbox", "order_id", "order", "id"))
                .take(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("outbox_undelivered_idx")
                .table("outbox")
                .col("id")
                .and_where(Expr::col("delivered_at").is_null())
                .take(),
        )
        .await
}
