//! Fulfilment: what a store does with its part of an order, from taking it on to handing it over.
//!
//! Each step is asked for as often as one likes, and is taken once. Under the order's lock it is decided over the items
//! as they are, so of a member who cancels and a merchant who accepts at the same moment one comes first, and the
//! other is told where the order stands.

mod decide;
pub mod lateness;
pub mod store;

use entity::{
    id::{OrderId, OrderItemId},
    order,
};
use scoped_futures::ScopedFutureExt;

use super::{
    movement::{self, Written},
    state::Step,
    store as orders,
};
use crate::{
    app::App,
    db::Transaction,
    fault::{Failure, Outcome},
};

pub use decide::{Part, Refusal};

/// A store's, or an admin's, wish to move items of an order.
#[derive(Clone, Debug)]
pub struct Fulfil {
    pub order_id: OrderId,
    /// Whose items.
    pub part: Part,
    pub step: Step,
    /// Which of them; `None` for all that the step can move.
    pub items: Option<Vec<OrderItemId>>,
    /// Why, in the store's words.
    pub note: Option<String>,
}

/// Moves the items, and gives the order as it is now; taken again, a step changes nothing.
pub async fn fulfil(app: &App, wish: &Fulfil) -> Outcome<order::Model, Refusal> {
    let (order, written) = app
        .db
        .transaction(|tx| fulfil_in(app, tx, wish).scope_boxed())
        .await?;
    if let Some(written) = written {
        movement::tell(app, written);
    }
    Ok(order)
}

async fn fulfil_in(
    app: &App,
    tx: &Transaction,
    wish: &Fulfil,
) -> Outcome<(order::Model, Option<Written>), Refusal> {
    let order = orders::lock(tx, wish.order_id)
        .await?
        .ok_or(Failure::Refused(Refusal::NoSuchOrder))?;
    let items = orders::items_of(tx, &[order.id]).await?;
    let now = app.clock.now();
    let decided = decide::fulfil(
        &order,
        &items,
        wish.part,
        wish.step,
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
