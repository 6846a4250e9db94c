//! Stock: how many of each option can still be sold. Orders take from it through the engine; everything
//! else that moves it is an adjustment, with who and why.

pub mod graphql;
mod rules;
pub mod store;

use entity::{
    id::{MemberId, OptionId, ProductId},
    product, product_option, stock_adjustment,
};

use scoped_futures::ScopedFutureExt;

use crate::{
    app::App,
    clock::new_id,
    db::Transaction,
    fault::{Failure, Outcome},
    member::Access,
    rows, store as stores,
};

pub use rules::{Change, InvalidField, checked_reason};

/// A wish to move an option's stock.
#[derive(Clone, Debug)]
pub struct Adjustment {
    pub option_id: OptionId,
    pub change: Change,
    /// As [`checked_reason`] gives it.
    pub reason: String,
    pub by: MemberId,
}

/// The most pieces of an option that may be in stock: so far from what a column holds that no cancellation leads
/// there.
pub const STOCK_MAX: i32 = 1_000_000_000;

/// Why stock was not adjusted. `quantity` is what it was then.
#[derive(Clone, Debug)]
pub enum Refusal {
    NoSuchOption,
    /// The stock would fall below zero, or rise above [`STOCK_MAX`].
    OutOfRange {
        quantity: i32,
    },
    /// There were not as many as expected.
    Changed {
        quantity: i32,
    },
}

/// Adjusts the stock of an option of a store that the caller may run; gives the option.
pub async fn adjust_stock(
    app: &App,
    caller: &Access,
    adjustment: &Adjustment,
) -> Outcome<product_option::Model, Refusal> {
    let (option, product) = sold(app, adjustment.option_id).await?;
    if !stores::is_run_by(app.db.reader(), caller, product.store_id).await? {
        return Err(Failure::Refused(Refusal::NoSuchOption));
    }
    adjust_of(app, adjustment, product.id).await?;
    Ok(option)
}

/// Moves an option's stock, whoever sells it; gives the new quantity.
pub async fn adjust(app: &App, adjustment: &Adjustment) -> Outcome<i32, Refusal> {
    let (_, product) = sold(app, adjustment.option_id).await?;
    adjust_of(app, adjustment, product.id).await
}

/// The option, and the product it is of, which stay each other's.
async fn sold(
    app: &App,
    id: OptionId,
) -> Outcome<(product_option::Model, product::Model), Refusal> {
    let sold = store::sold(app.db.reader(), id).await?;
    sold.ok_or(Failure::Refused(Refusal::NoSuchOption))
}

async fn adjust_of(
    app: &App,
    adjustment: &Adjustment,
    product_id: ProductId,
) -> Outcome<i32, Refusal> {
    let quantity = app
        .db
        .transaction(|tx| adjust_in(app, tx, adjustment).scope_boxed())
        .await?;
    app.bus.publish_stock(product_id, adjustment.option_id);
    Ok(quantity)
}

async fn adjust_in(app: &App, tx: &Transaction, adjustment: &Adjustment) -> Outcome<i32, Refusal> {
    let option_id = adjustment.option_id;
    let Some(stock) = store::lock(tx, &[option_id]).await?.pop() else {
        return Err(Failure::Refused(Refusal::NoSuchOption));
    };
    let change = adjustment.change;
    let delta = change.delta(stock.quantity).map_err(Failure::Refused)?;
    let now = app.clock.now();
    let row = stock_adjustment::Model {
        id: new_id(now, &mut rand::rng()),
        option_id,
        delta,
        quantity_after: stock.quantity + delta,
        reason: adjustment.reason.clone(),
        member_id: adjustment.by,
        created_at: now,
    };
    store::add(tx, &[(option_id, delta)]).await?;
    rows::insert(tx, std::slice::from_ref(&row)).await?;
    Ok(row.quantity_after)
}
