//! Whether a payment's order came out of the cart: it goes back there should the payment end unpaid. And what is due
//! at each gateway, in its order.

use sea_orm_migration::{prelude::*, schema::*};

const DUE: &str = "payment_provider_check_at_idx";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("payment")
                    .add_column(boolean("is_from_cart").default(false))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name(DUE)
                    .table("payment")
                    .col("provider")
                    .col("check_at")
                    .and_where(Expr::col("check_at").is_not_null())
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(Index::drop().name(DUE).table("payment").to_owned())
            .await?;
        manager
            .alter_table(
                Table::alter()
                    .table("payment")
                    .drop_column("is_from_cart")
                    .take(),
            )
            .await
    }
}
