//! Options that are taken off sale, and put in another order; the ledger of an option's stock in its order.

use sea_orm_migration::prelude::*;

use crate::column::optional_time;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("product_option")
                    .add_column(optional_time("deleted_at"))
                    .take(),
            )
            .await?;
        // Those that were taken off sale share their places with others.
        drop_index(manager, "product_option", "product_option_product_id_key").await?;
        create_index(
            manager,
            Index::create().name("product_option_product_id_idx"),
        )
        .await?;
        index_ledger(manager, "stock_adjustment_option_id_idx", LEDGER_INDEX).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let before = ("stock_adjustment_option_id_idx", &LEDGER_INDEX.1[..1]);
        index_ledger(manager, LEDGER_INDEX.0, before).await?;
        drop_index(manager, "product_option", "product_option_product_id_idx").await?;
        create_index(
            manager,
            Index::create()
                .name("product_option_product_id_key")
                .unique(),
        )
        .await?;
        manager
            .alter_table(
                Table::alter()
                    .table("product_option")
                    .drop_column("deleted_at")
                    .take(),
            )
            .await
    }
}

/// The name of the ledger's index, and its columns.
const LEDGER_INDEX: (&str, &[&str]) = ("stock_adjustment_option_id_id_idx", &["option_id", "id"]);

/// Puts one index of the ledger in the place of another.
async fn index_ledger(
    manager: &SchemaManager<'_>,
    before: &str,
    (name, columns): (&str, &[&'static str]),
) -> Result<(), DbErr> {
    drop_index(manager, "stock_adjustment", before).await?;
    let mut index = Index::create();
    index.name(name).table("stock_adjustment");
    for column in columns {
        index.col(*column);
    }
    manager.create_index(index).await
}

async fn drop_index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    name: &str,
) -> Result<(), DbErr> {
    let drop = Index::drop().name(name).table(table).to_owned();
    manager.drop_index(drop).await
}

async fn create_index(
    manager: &SchemaManager<'_>,
    index: &mut IndexCreateStatement,
) -> Result<(), DbErr> {
    let index = index
        .table("product_option")
        .col("product_id")
        .col("position")
        .take();
    manager.create_index(index).await
}
