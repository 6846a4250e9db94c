//! Stores: merchants' shops. Read-only in the API for now; the command line and the demo make them.

pub mod graphql;
#[expect(
    clippy::module_inception,
    reason = "the slice's noun is also the role's name"
)]
pub mod store;

use entity::{
    id::{MemberId, StoreId},
    store as store_table,
};

use crate::{app::App, clock::new_id};

/// The merchant's store; a new one of that name where there is none.
///
/// # Errors
/// When the database fails.
pub async fn of_merchant_or_new(
    app: &App,
    merchant_id: MemberId,
    name: &str,
) -> Result<store_table::Model, sea_orm::DbErr> {
    match store::by_merchants(app.db.reader(), &[merchant_id])
        .await?
        .pop()
    {
        Some(store) => Ok(store),
        None => create(app, merchant_id, name.into()).await,
    }
}

/// Opens a store for a merchant.
///
/// # Errors
/// When the merchant has one already, or the database fails.
pub async fn create(
    app: &App,
    merchant_id: MemberId,
    name: String,
) -> Result<store_table::Model, sea_orm::DbErr> {
    let now = app.clock.now();
    let id: StoreId = new_id(now, &mut rand::rng());
    let row = store_table::Model {
        id,
        merchant_id,
        name,
        is_open: true,
        created_at: now,
    };
    store::insert(app.db.writer(), row.clone()).await?;
    Ok(row)
}
