//! Coupons: what was published, each of its codes, and what they take off orders.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{
    count, foreign_key, id, optional_reference, optional_time, optional_won, quantity, reference,
    time, won, word,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const FUNDINGS: &[&str] = &["PLATFORM", "STORE", "GIFT"];

const KINDS: &[&str] = &["FIXED", "PERCENT", "FREE_ITEM"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_issues(manager).await?;
        create_coupons(manager).await?;
        manager
            .alter_table(
                Table::alter()
                    .table("order")
                    .add_column(
                        optional_reference("coupon_id").extra(r#"REFERENCES "coupon" ("id")"#),
                    )
                    .take(),
            )
            .await?;
        for (column, most) in [("discount", "line_total"), ("store_discount", "discount")] {
            let is_share = Expr::col(column).between(0, Expr::col(most));
            let add = Table::alter()
                .table("order_item")
                .add_column(big_integer(column).default(0).check(is_share))
                .take();
            manager.alter_table(add).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            ("order_item", "store_discount"),
            ("order_item", "discount"),
            ("order", "coupon_id"),
        ] {
            let drop = Table::alter().table(table).drop_column(column).take();
            manager.alter_table(drop).await?;
        }
        for table in ["coupon", "coupon_issue"] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}

async fn create_issues(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("coupon_issue")
                .col(id("id"))
                .col(optional_reference("store_id"))
                .col(word("funding", FUNDINGS))
                .col(text("name"))
                .col(word("kind", KINDS))
                .col(optional_won("amount"))
                .col(integer_null("percent").check(Expr::col("percent").between(1, 100)))
                .col(optional_won("maximum"))
                .col(optional_reference("free_option_id"))
                .col(integer_null("free_quantity").check(Expr::col("free_quantity").gt(0)))
                .col(won("minimum_total"))
                .col(quantity("per_member_limit"))
                .col(count("codes"))
                .col(time("expires_at"))
                .col(reference("published_by"))
                .col(text_null("idempotency_key"))
                .col(time("created_at"))
                .foreign_key(&mut foreign_key("coupon_issue", "store_id", "store", "id"))
                .foreign_key(&mut foreign_key(
                    "coupon_issue",
                    "free_option_id",
                    "product_option",
                    "id",
                ))
                .foreign_key(&mut foreign_key(
                    "coupon_issue",
                    "published_by",
                    "member",
                    "id",
                ))
                .take(),
        )
        .await?;
    // The same key publishes once.
    manager
        .create_index(
            Index::create()
                .name("coupon_issue_published_by_idempotency_key_key")
                .table("coupon_issue")
                .col("published_by")
                .col("idempotency_key")
                .unique()
                .take(),
        )
        .await
}

async fn create_coupons(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("coupon")
                .col(id("id"))
                .col(reference("issue_id"))
                .col(text_uniq("code"))
                .col(optional_reference("member_id"))
                .col(optional_time("registered_at"))
                .col(optional_reference("order_id"))
                .col(optional_time("withdrawn_at"))
                .foreign_key(&mut foreign_key("coupon", "issue_id", "coupon_issue", "id"))
                .foreign_key(&mut foreign_key("coupon", "member_id", "member", "id"))
                .foreign_key(&mut foreign_key("coupon", "order_id", "order", "id"))
                .take(),
        )
        .await?;
    // A member's coupons, the last registered first.
    manager
        .create_index(
            Index::create()
                .name("coupon_member_id_idx")
                .table("coupon")
                .col("member_id")
                .col("registered_at")
                .col("id")
                .take(),
        )
        .await?;
    // An order uses one at most.
    manager
        .create_index(
            Index::create()
                .name("coupon_order_id_key")
                .table("coupon")
                .col("order_id")
                .unique()
                .take(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("coupon_issue_id_idx")
                .table("coupon")
                .col("issue_id")
                .col("member_id")
                .take(),
        )
        .await
}
