//! Members and their sign-ins.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{foreign_key, id, optional_time, reference, time, word};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("member")
                    .col(id("id"))
                    .col(text_uniq("user_id"))
                    .col(text("nickname"))
                    .col(word("role", &["MEMBER", "MERCHANT", "ADMIN"]))
                    .col(text("password_hash"))
                    .col(time("created_at"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("session")
                    .col(id("id"))
                    .col(reference("member_id"))
                    .col(time("created_at"))
                    .col(optional_time("ended_at"))
                    .foreign_key(&mut foreign_key("session", "member_id", "member", "id"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("session_member_id_idx")
                    .table("session")
                    .col("member_id")
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("refresh_token")
                    .col(id("id"))
                    .col(reference("session_id"))
                    .col(blob("token_hash").unique_key())
                    .col(time("created_at"))
                    .col(time("expires_at"))
                    .col(optional_time("used_at"))
                    .foreign_key(&mut foreign_key(
                        "refresh_token",
                        "session_id",
                        "session",
                        "id",
                    ))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("refresh_token_session_id_idx")
                    .table("refresh_token")
                    .col("session_id")
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["refresh_token", "session", "member"] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}
