//! Canceling: the member takes back an order, or some of its items, while the store has not accepted them.
//!
//! A short transaction with its locks in the shop's one order: the order, the payment, the purse, the stock, the
//! counts of sales.
//! Who comes second finds the order as the first left it.

mod decide;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::{
    Won,
    id::{MemberId, OptionId, OrderId, OrderItemId},
    order, order_item,
};
use scoped_futures::ScopedFutureExt;

use super::{announcement::order_canceled, store};
use crate::{
    app::App,
    clock::new_id,
    db::Transaction,
    fault::{Failure, Fault, Outcome},
    payment::refunding,
    point,
    popularity::{self, Sale},
    rows::insert,
    stock,
};

pub use decide::{Cancellation, Refusal};

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
    let (order, cancellation) = app
        .db
        .transaction(|tx| cancel_in(app, tx, wish).scope_boxed())
        .await?;
    if let Some(cancellation) = cancellation {
        // There may be money to give back at a gateway.
        app.payments.wake();
        app.bus
            .publish_order_event(order.member_id, cancellation.event);
        for item in cancellation.items {
            app.bus.stock.publish(&item.product_id, item.option_id);
        }
    }
    Ok(order)
}

async fn cancel_in(
    app: &App,
    tx: &Transaction,
    wish: &Cancel,
) -> Outcome<(order::Model, Option<Cancellation>), Refusal> {
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
        Some(cancellation) => {
            apply(tx, &cancellation, now).await?;
            Ok((cancellation.order.clone(), Some(cancellation)))
        }
    }
}

async fn apply(
    tx: &Transaction,
    cancellation: &Cancellation,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let Cancellation {
        order,
        items,
        event,
        refund,
    } = cancellation;
    let at_gateway = refunding::owe_of_order(tx, order.id, *refund, now).await?;
    let in_points = Won(refund.0 - at_gateway.0);
    point::refund(tx, order.member_id, order.id, in_points, now).await?;
    restock(tx, items).await?;
    let sales = items.iter().filter_map(Sale::of).collect::<Vec<_>>();
    popularity::store::subtract(tx, &sales).await?;
    store::set_progress(tx, order).await?;
    store::set_canceled(tx, items).await?;
    insert(tx, std::slice::from_ref(event)).await?;
    let id = new_id(now, &mut rand::rng());
    insert(tx, &[order_canceled(id, order, items, *refund, event)]).await?;
    Ok(())
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
