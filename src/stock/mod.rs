//! Stock: how many of each option can still be sold. Orders take from it through the engine; everything
//! else that moves it is an adjustment, with who and why.

pub mod graphql;
pub mod store;

use entity::{
    id::{MemberId, OptionId},
    stock_adjustment,
};

use scoped_futures::ScopedFutureExt;

use crate::{
    app::App,
    clock::new_id,
    db::Transaction,
    fault::{Failure, Outcome},
};

/// A wish to move an option's stock.
#[derive(Clone, Debug)]
pub struct Adjustment {
    pub option_id: OptionId,
    /// Pieces that came (positive) or went (negative).
    pub delta: i32,
    pub reason: String,
    pub by: MemberId,
}

/// The most pieces of an option that may be in stock: so far from what a column holds that no cancellation leads
/// there.
pub const STOCK_MAX: i32 = 1_000_000_000;

/// Why stock was not adjusted.
#[derive(Clone, Debug)]
pub enum Refusal {
    NoSuchOption,
    /// The stock would fall below zero, or rise above [`STOCK_MAX`].
    OutOfRange {
        quantity: i32,
    },
}

/// Moves an option's stock by a delta; gives the new quantity.
pub async fn adjust(app: &App, adjustment: &Adjustment) -> Outcome<i32, Refusal> {
    let quantity = app
        .db
        .transaction(|tx| adjust_in(app, tx, adjustment).scope_boxed())
        .await?;
    if let Some(product_id) = store::product_of(app.db.reader(), adjustment.option_id).await? {
        app.bus.stock.publish(&product_id, adjustment.option_id);
    }
    Ok(quantity)
}

async fn adjust_in(app: &App, tx: &Transaction, adjustment: &Adjustment) -> Outcome<i32, Refusal> {
    let Adjustment {
        option_id, delta, ..
    } = *adjustment;
    let Some(stock) = store::lock(tx, &[option_id]).await?.pop() else {
        return Err(Failure::Refused(Refusal::NoSuchOption));
    };
    let quantity_after = stock
        .quantity
        .checked_add(delta)
        .filter(|after| (0..=STOCK_MAX).contains(after))
        .ok_or(Failure::Refused(Refusal::OutOfRange {
            quantity: stock.quantity,
        }))?;
    let now = app.clock.now();
    let row = stock_adjustment::Model {
        id: new_id(now, &mut rand::rng()),
        option_id,
        delta,
        quantity_after,
        reason: adjustment.reason.clone(),
        member_id: adjustment.by,
        created_at: now,
    };
    store::add(tx, &[(option_id, delta)]).await?;
    store::insert_adjustment(tx, row).await?;
    Ok(quantity_after)
}
