//! Whether a payment's order came out of the cart: it goes back there should the payment end unpaid. And what is due
//! at each gateway, in its order, instead of at all of them.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// An index and its columns.
type Named = (&'static str, &'static [&'static str]);

const DUE_AT_GATEWAY: Named = ("payment_provider_check_at_idx", &["provider", "check_at"]);

const DUE: Named = ("payment_check_at_idx", &["check_at"]);

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
        replace(manager, DUE, DUE_AT_GATEWAY).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(manager, DUE_AT_GATEWAY, DUE).await?;
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

/// Replaces an index of what is due by another.
async fn replace(
    manager: &SchemaManager<'_>,
    (old, _): Named,
    (name, columns): Named,
) -> Result<(), DbErr> {
    manager
        .drop_index(Index::drop().name(old).table("payment").to_owned())
        .await?;
    let mut index = Index::create().name(name).table("payment").to_owned();
    for column in columns {
        index.col(*column);
    }
    index.and_where(Expr::col("check_at").is_not_null());
    manager.create_index(index).await
}
