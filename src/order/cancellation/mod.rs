//! Canceling: the member takes back an order, or some of its items, while the store has not accepted them.
//!
//! Who comes second finds the order as the first left it.

mod decide;

use std::collections::BTreeMap;

use entity::{
    id::{MemberId, OptionId, OrderId, OrderItemId},
    order, order_item,
};
use scoped_futures::ScopedFutureExt;

use super::{
    movement::{self, Written},
    store,
};
use crate::{
    app::App,
    db::Transaction,
    fault::{Failure, Fault, Outcome},
    stock,
};

pub use decide::Refusal;

/// A member's wish to cancel.
#[derive(Clone, Debug)]
pub struct Cancel {
    pub member_id: MemberId,
    pub order_id: OrderId,
    /// Which items; `None` for the whole order.
    pub items: Option<Vec<OrderItemId>>,
    /// Why, in the member's words.
    pub note: Option<String>,
}

/// Cancels: stock and points go back, or nothing changes. Canceled again, the order is given as it is.
pub async fn cancel(app: &App, wish: &Cancel) -> Outcome<order::Model, Refusal> {
    let (order, written) = app
        .db
        .transaction(|tx| cancel_in(app, tx, wish).scope_boxed())
        .await?;
    if let Some(written) = written {
        movement::tell(app, written);
    }
    Ok(order)
}

async fn cancel_in(
    app: &App,
    tx: &Transaction,
    wish: &Cancel,
) -> Outcome<(order::Model, Option<Written>), Refusal> {
    let order = store::lock_of_member(tx, wish.member_id, wish.order_id)
        .await?
        .ok_or(Failure::Refused(Refusal::NoSuchOrder))?;
    let items = store::items_of(tx, &[order.id]).await?;
    let now = app.clock.now();
    let decided = decide::cancel(
        &order,
        &items,
        wish.items.as_deref(),
        wish.note.as_deref(),
        now,
    );
    match decided.map_err(Failure::Refused)? {
        None => Ok((order, None)),
        Some(movement) => {
            let written = movement::write(tx, movement, now).await?;
            Ok((written.movement.order.clone(), Some(written)))
        }
    }
}

/// How many pieces of each option the items are, in the order of the options.
pub fn pieces(items: &[order_item::Model]) -> Vec<(OptionId, i32)> {
    let mut pieces = BTreeMap::<OptionId, i32>::new();
    for item in items {
        *pieces.entry(item.option_id).or_default() += item.quantity;
    }
    pieces.into_iter().collect()
}

/// Puts the items' pieces back on sale.
pub async fn restock(tx: &Transaction, items: &[order_item::Model]) -> Result<(), Fault> {
    let pieces = pieces(items);
    let options = pieces.iter().map(|(id, _)| *id).collect::<Vec<_>>();
    stock::store::lock(tx, &options).await?;
    stock::store::add(tx, &pieces).await?;
    Ok(())
}
