//! Points: a purse a member, and its ledger.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{foreign_key, id, optional_reference, reference, time, won, word};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("user_point")
                    .col(id("id"))
                    .col(reference("member_id").unique_key())
                    .col(won("balance"))
                    .col(big_integer("last_sequence"))
                    .foreign_key(&mut foreign_key("user_point", "member_id", "member", "id"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("point_entry")
                    .col(id("id"))
                    .col(reference("user_point_id"))
                    .col(big_integer("sequence").check(Expr::col("sequence").gt(0)))
                    .col(word("action", &["CHARGE", "USE", "REFUND"]))
                    .col(big_integer("amount"))
                    .col(won("balance_after"))
                    .col(optional_reference("order_id"))
                    .col(text_null("idempotency_key"))
                    .col(time("created_at"))
                    .foreign_key(&mut foreign_key(
                        "point_entry",
                        "user_point_id",
                        "user_point",
                        "id",
                    ))
                    .foreign_key(&mut foreign_key("point_entry", "order_id", "order", "id"))
                    .take(),
            )
            .await?;
        for (name, column) in [
            ("point_entry_user_point_id_sequence_key", "sequence"),
            (
                "point_entry_user_point_id_idempotency_key_key",
                "idempotency_key",
            ),
        ] {
            manager
                .create_index(
                    Index::create()
                        .name(name)
                        .table("point_entry")
                        .col("user_point_id")
                        .col(column)
                        .unique()
                        .take(),
                )
                .await?;
        }
        manager
            .create_index(
                Index::create()
                    .name("point_entry_order_id_idx")
                    .table("point_entry")
                    .col("order_id")
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["point_entry", "user_point"] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}
