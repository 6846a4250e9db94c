//! Stores, products, their options, and stock in tables of its own.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{count, foreign_key, id, optional_time, reference, sorted_text, time, won};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_stores(manager).await?;
        create_products(manager).await?;
        create_stock(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "stock_adjustment",
            "stock",
            "product_option",
            "product",
            "store",
        ] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}

async fn create_stores(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("store")
                .col(id("id"))
                .col(reference("merchant_id").unique_key())
                .col(text("name"))
                .col(boolean("is_open"))
                .col(time("created_at"))
                .foreign_key(&mut foreign_key("store", "merchant_id", "member", "id"))
                .take(),
        )
        .await
}

async fn create_products(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("product")
                .col(id("id"))
                .col(reference("store_id"))
                .col(sorted_text(manager, "name"))
                .col(text("search_name"))
                .col(text("description"))
                .col(text_null("image_url"))
                .col(won("price"))
                .col(time("created_at"))
                .col(optional_time("deleted_at"))
                .foreign_key(&mut foreign_key("product", "store_id", "store", "id"))
                .take(),
        )
        .await?;
    // One index a sort order of `products`, each with the id that breaks ties; without a filter
    // the newest come from the primary key. A search looks for any part of a name, often two syllables, which
    // no index that both databases have can seek: it walks the sort order's index until the page is full.
    for (name, columns) in [
        ("product_store_id_idx", ["store_id", "id"]),
        ("product_price_idx", ["price", "id"]),
        ("product_name_idx", ["name", "id"]),
    ] {
        let mut index = Index::create();
        index.name(name).table("product");
        for column in columns {
            index.col(column);
        }
        manager.create_index(index).await?;
    }
    manager
        .create_table(
            Table::create()
                .table("product_option")
                .col(id("id"))
                .col(reference("product_id"))
                .col(count("position"))
                .col(text("name"))
                .col(won("price"))
                .foreign_key(&mut foreign_key(
                    "product_option",
                    "product_id",
                    "product",
                    "id",
                ))
                .take(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("product_option_product_id_key")
                .table("product_option")
                .col("product_id")
                .col("position")
                .unique()
                .take(),
        )
        .await
}

async fn create_stock(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("stock")
                .col(id("option_id"))
                .col(count("quantity"))
                .foreign_key(&mut foreign_key(
                    "stock",
                    "option_id",
                    "product_option",
                    "id",
                ))
                .take(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table("stock_adjustment")
                .col(id("id"))
                .col(reference("option_id"))
                .col(integer("delta"))
                .col(count("quantity_after"))
                .col(text("reason"))
                .col(reference("member_id"))
                .col(time("created_at"))
                .foreign_key(&mut foreign_key(
                    "stock_adjustment",
                    "option_id",
                    "product_option",
                    "id",
                ))
                .foreign_key(&mut foreign_key(
                    "stock_adjustment",
                    "member_id",
                    "member",
                    "id",
                ))
                .take(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("stock_adjustment_option_id_idx")
                .table("stock_adjustment")
                .col("option_id")
                .take(),
        )
        .await
}
