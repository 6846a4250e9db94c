//! Gifts: what one member bought for another, and the money that waits in it.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{
    foreign_key, id, optional_reference, optional_time, quantity, reference, time, won, word,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STATUSES: &[&str] = &["PENDING_PAYMENT", "SENT", "USED", "RETURNED", "FAILED"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_gifts(manager).await?;
        for table in ["payment", "point_entry"] {
            let add = Table::alter()
                .table(table)
                .add_column(optional_reference("gift_id").extra(r#"REFERENCES "gift" ("id")"#))
                .take();
            manager.alter_table(add).await?;
        }
        // A gift has one payment at most.
        manager
            .create_index(
                Index::create()
                    .name("payment_gift_id_key")
                    .table("payment")
                    .col("gift_id")
                    .unique()
                    .and_where(Expr::col("gift_id").is_not_null())
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = Index::drop()
            .name("payment_gift_id_key")
            .table("payment")
            .to_owned();
        manager.drop_index(drop).await?;
        for table in ["point_entry", "payment"] {
            let drop = Table::alter().table(table).drop_column("gift_id").take();
            manager.alter_table(drop).await?;
        }
        manager.drop_table(Table::drop().table("gift").take()).await
    }
}

async fn create_gifts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("gift")
                .col(id("id"))
                .col(reference("from_member_id"))
                .col(reference("to_member_id"))
                .col(word("status", STATUSES))
                .col(reference("option_id"))
                .col(text("product_name"))
                .col(text("option_name"))
                .col(won("unit_price"))
                .col(quantity("quantity"))
                .col(won("amount"))
                .col(
                    big_integer("returned")
                        .check(Expr::col("returned").between(0, Expr::col("amount"))),
                )
                .col(text("message"))
                .col(optional_reference("coupon_id").unique_key())
                .col(text("idempotency_key"))
                .col(blob("request_hash"))
                .col(time("created_at"))
                .col(optional_time("sent_at"))
                .col(optional_time("expires_at"))
                .check(Expr::col("amount").eq(Expr::col("unit_price").mul(Expr::col("quantity"))))
                .check(Expr::col("from_member_id").ne(Expr::col("to_member_id")))
                .foreign_key(&mut foreign_key("gift", "from_member_id", "member", "id"))
                .foreign_key(&mut foreign_key("gift", "to_member_id", "member", "id"))
                .foreign_key(&mut foreign_key(
                    "gift",
                    "option_id",
                    "product_option",
                    "id",
                ))
                .foreign_key(&mut foreign_key("gift", "coupon_id", "coupon", "id"))
                .take(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("gift_from_member_id_idempotency_key_key")
                .table("gift")
                .col("from_member_id")
                .col("idempotency_key")
                .unique()
                .take(),
        )
        .await?;
    // What a member was given, and what they gave, the newest first.
    for (name, column) in [
        ("gift_to_member_id_idx", "to_member_id"),
        ("gift_from_member_id_idx", "from_member_id"),
    ] {
        manager
            .create_index(
                Index::create()
                    .name(name)
                    .table("gift")
                    .col(column)
                    .col("sent_at")
                    .col("id")
                    .take(),
            )
            .await?;
    }
    // Whose time is over.
    manager
        .create_index(
            Index::create()
                .name("gift_expires_at_idx")
                .table("gift")
                .col("expires_at")
                .col("id")
                .and_where(Expr::col("status").eq("SENT"))
                .take(),
        )
        .await
}
