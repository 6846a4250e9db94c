//! Carts and their lines.

use sea_orm_migration::prelude::*;

use crate::column::{foreign_key, id, quantity, reference, time};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("cart")
                    .col(id("id"))
                    .col(reference("member_id").unique_key())
                    .col(time("updated_at"))
                    .foreign_key(&mut foreign_key("cart", "member_id", "member", "id"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("cart_item")
                    .col(id("id"))
                    .col(reference("cart_id"))
                    .col(reference("option_id"))
                    .col(quantity("quantity"))
                    .foreign_key(&mut foreign_key("cart_item", "cart_id", "cart", "id"))
                    .foreign_key(&mut foreign_key(
                        "cart_item",
                        "option_id",
                        "product_option",
                        "id",
                    ))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("cart_item_cart_id_option_id_key")
                    .table("cart_item")
                    .col("cart_id")
                    .col("option_id")
                    .unique()
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["cart_item", "cart"] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}
