//! Payments through gateways, their history, what is to be given back, and the webhooks that were heard.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{
    count, foreign_key, id, optional_reference, optional_time, optional_won, quantity, reference,
    time, won, word,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const PROVIDERS: &[&str] = &["PORTONE", "TOSS", "KAKAOPAY"];

const STATUSES: &[&str] = &[
    "READY",
    "PAID",
    "PARTIALLY_CANCELED",
    "CANCELED",
    "FAILED",
    "EXPIRED",
];

const EVENT_KINDS: &[&str] = &[
    "CREATED",
    "PREPARED",
    "APPROVAL_ASKED",
    "APPROVAL_ANSWERED",
    "LOOKED_UP",
    "WEBHOOK_RECEIVED",
    "SETTLED",
    "REFUND_OWED",
    "REFUND_ANSWERED",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_payments(manager).await?;
        create_events(manager).await?;
        create_refunds(manager).await?;
        create_receipts(manager).await?;
        create_aliases(manager).await?;
        // A member has one order at a time that waits for a payment.
        manager
            .create_index(
                Index::create()
                    .name("order_member_id_pending_key")
                    .table("order")
                    .col("member_id")
                    .unique()
                    .and_where(Expr::col("status").eq("PENDING_PAYMENT"))
                    .take(),
            )
            .await?;
        // What was paid at a gateway is credited once.
        manager
            .alter_table(
                Table::alter()
                    .table("point_entry")
                    .add_column(
                        optional_reference("payment_id").extra(r#"REFERENCES "payment" ("id")"#),
                    )
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("point_entry_payment_id_key")
                    .table("point_entry")
                    .col("payment_id")
                    .unique()
                    .and_where(Expr::col("payment_id").is_not_null())
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table) in [
            ("point_entry_payment_id_key", "point_entry"),
            ("order_member_id_pending_key", "order"),
        ] {
            let drop = Index::drop().name(name).table(table).to_owned();
            manager.drop_index(drop).await?;
        }
        manager
            .alter_table(
                Table::alter()
                    .table("point_entry")
                    .drop_column("payment_id")
                    .take(),
            )
            .await?;
        for table in [
            "order_alias",
            "webhook_receipt",
            "refund",
            "payment_event",
            "payment",
        ] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}

async fn create_payments(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("payment")
                .col(id("id"))
                .col(reference("member_id"))
                .col(optional_reference("order_id"))
                .col(word("provider", PROVIDERS))
                .col(word("status", STATUSES))
                .col(text("order_name"))
                .col(quantity_of_won("amount"))
                .col(won("taken"))
                .col(won("refunded"))
                .col(text_null("charge_key"))
                .col(json_null("checkout"))
                .col(text_null("reference"))
                .col(optional_time("approving_since"))
                .col(count("approvals"))
                .col(text_null("failure"))
                .col(time("created_at"))
                .col(time("expires_at"))
                .col(optional_time("paid_at"))
                .col(optional_time("check_at"))
                .col(count("checks"))
                .col(count("last_sequence"))
                .check(Expr::col("refunded").lte(Expr::col("taken")))
                .foreign_key(&mut foreign_key("payment", "member_id", "member", "id"))
                .foreign_key(&mut foreign_key("payment", "order_id", "order", "id"))
                .take(),
        )
        .await?;
    for (name, columns, is_unique, holds) in [
        // An order is paid by one payment.
        ("payment_order_id_key", &["order_id"][..], true, "order_id"),
        (
            "payment_member_id_charge_key_key",
            &["member_id", "charge_key"],
            true,
            "charge_key",
        ),
        // What the reconciler looks for.
        ("payment_check_at_idx", &["check_at"], false, "check_at"),
    ] {
        let mut index = Index::create().name(name).table("payment").take();
        for column in columns {
            index.col(*column);
        }
        if is_unique {
            index.unique();
        }
        index.and_where(Expr::col(holds).is_not_null());
        manager.create_index(index).await?;
    }
    Ok(())
}

async fn create_events(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("payment_event")
                .col(reference("payment_id"))
                .col(quantity("sequence"))
                .col(word("kind", EVENT_KINDS))
                .col(word("status", STATUSES))
                .col(json("detail"))
                .col(time("at"))
                .primary_key(Index::create().col("payment_id").col("sequence"))
                .foreign_key(&mut foreign_key(
                    "payment_event",
                    "payment_id",
                    "payment",
                    "id",
                ))
                .take(),
        )
        .await
}

async fn create_refunds(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("refund")
                .col(id("id"))
                .col(reference("payment_id"))
                .col(quantity("sequence"))
                .col(quantity_of_won("amount"))
                .col(word("status", &["OWED", "STUCK", "DONE"]))
                .col(text("reason"))
                .col(optional_won("canceled_before"))
                .col(count("keys"))
                .col(count("attempts"))
                .col(text_null("failure"))
                .col(time("created_at"))
                .col(optional_time("check_at"))
                .col(optional_time("done_at"))
                .foreign_key(&mut foreign_key("refund", "payment_id", "payment", "id"))
                .take(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("refund_payment_id_sequence_key")
                .table("refund")
                .col("payment_id")
                .col("sequence")
                .unique()
                .take(),
        )
        .await?;
    // What the reconciler looks for.
    manager
        .create_index(
            Index::create()
                .name("refund_check_at_idx")
                .table("refund")
                .col("check_at")
                .and_where(Expr::col("check_at").is_not_null())
                .take(),
        )
        .await
}

async fn create_receipts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("webhook_receipt")
                .col(word("provider", PROVIDERS))
                .col(text("webhook_id"))
                .col(blob("body_hash"))
                .col(time("received_at"))
                .primary_key(Index::create().col("provider").col("webhook_id"))
                .take(),
        )
        .await
}

async fn create_aliases(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("order_alias")
                .col(reference("member_id"))
                .col(text("idempotency_key"))
                .col(reference("order_id"))
                .primary_key(Index::create().col("member_id").col("idempotency_key"))
                .foreign_key(&mut foreign_key("order_alias", "order_id", "order", "id"))
                .take(),
        )
        .await
}

/// Whole won, at least one.
fn quantity_of_won(name: &'static str) -> ColumnDef {
    big_integer(name).check(Expr::col(name).gt(0)).take()
}
