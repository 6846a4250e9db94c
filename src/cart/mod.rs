//! The cart. It reserves nothing: what is in it may be sold to others until it is ordered.
//!
//! A member's cart row is the lock of its lines for whoever changes the cart; the order engine, which only
//! takes lines away, locks the lines themselves. So a line that is added to while it is being ordered
//! comes out with what was added.

pub mod graphql;
mod rules;
pub mod store;

use chrono::{DateTime, Utc};
use entity::{
    cart,
    id::{CartId, CartItemId, MemberId, OptionId},
};

use scoped_futures::ScopedFutureExt;

use crate::{
    app::App,
    config::LINES_MAX,
    db::{Transaction, Work},
    fault::{Failure, Fault, Outcome},
};

pub use rules::Refusal;

/// The member's cart, made empty at the first look.
pub async fn cart(app: &App, member_id: MemberId) -> Result<cart::Model, Fault> {
    if let Some(cart) = store::by_member(app.db.reader(), member_id).await? {
        return Ok(cart);
    }
    store::insert_empty(app.db.writer(), member_id, app.clock.now()).await?;
    store::by_member(app.db.writer(), member_id)
        .await?
        .ok_or_else(|| Fault::internal("a cart vanished after it was made"))
}

/// Puts pieces of an option into the cart, on top of those that are there.
pub async fn add_to_cart(
    app: &App,
    member_id: MemberId,
    option_id: OptionId,
    quantity: i32,
) -> Outcome<cart::Model, Refusal> {
    let max = app.limits.line_quantity_max;
    let quantity = rules::quantity(quantity, 1, max).map_err(Failure::Refused)?;
    match store::is_on_sale(app.db.reader(), option_id).await? {
        Some(true) => {}
        Some(false) => return Err(Failure::Refused(Refusal::ProductUnavailable)),
        None => return Err(Failure::Refused(Refusal::NoSuchOption)),
    }
    change(app, member_id, |tx, cart_id| {
        add_in(app, tx, cart_id, option_id, quantity).scope_boxed()
    })
    .await
}

async fn add_in(
    app: &App,
    tx: &Transaction,
    cart_id: CartId,
    option_id: OptionId,
    quantity: i32,
) -> Outcome<(), Refusal> {
    let lines = store::lines(tx, cart_id).await?;
    let held = lines.iter().find(|line| line.option_id == option_id);
    if held.is_none() && lines.len() >= LINES_MAX {
        return Err(Failure::Refused(Refusal::CartFull { max: LINES_MAX }));
    }
    let held = held.map_or(0, |line| line.quantity);
    rules::add_up(held, quantity, app.limits.line_quantity_max).map_err(Failure::Refused)?;
    Ok(store::add(tx, cart_id, option_id, quantity, app.clock.now()).await?)
}

/// Sets a line's quantity; 0 removes the line.
pub async fn update_cart_item(
    app: &App,
    member_id: MemberId,
    line: CartItemId,
    quantity: i32,
) -> Outcome<cart::Model, Refusal> {
    let quantity =
        rules::quantity(quantity, 0, app.limits.line_quantity_max).map_err(Failure::Refused)?;
    change(app, member_id, |tx, cart_id| {
        update_in(tx, cart_id, line, quantity).scope_boxed()
    })
    .await
}

async fn update_in(
    tx: &Transaction,
    cart_id: CartId,
    line: CartItemId,
    quantity: i32,
) -> Outcome<(), Refusal> {
    let found = if quantity == 0 {
        store::remove(tx, cart_id, &[line]).await? == 1
    } else {
        store::set_quantity(tx, cart_id, line, quantity).await?
    };
    if found {
        Ok(())
    } else {
        Err(Failure::Refused(Refusal::NoSuchLine { index: 0 }))
    }
}

/// Removes lines; all of them or, if one is not there, none.
pub async fn remove_from_cart(
    app: &App,
    member_id: MemberId,
    lines: &[CartItemId],
) -> Outcome<cart::Model, Refusal> {
    change(app, member_id, |tx, cart_id| {
        remove_in(tx, cart_id, lines).scope_boxed()
    })
    .await
}

async fn remove_in(
    tx: &Transaction,
    cart_id: CartId,
    lines: &[CartItemId],
) -> Outcome<(), Refusal> {
    let held = store::lines(tx, cart_id).await?;
    if let Some(index) = lines
        .iter()
        .position(|id| !held.iter().any(|line| line.id == *id))
    {
        return Err(Failure::Refused(Refusal::NoSuchLine { index }));
    }
    store::remove(tx, cart_id, lines).await?;
    Ok(())
}

/// Removes every line.
pub async fn clear_cart(app: &App, member_id: MemberId) -> Outcome<cart::Model, Refusal> {
    change(app, member_id, |tx, cart_id| {
        clear_in(tx, cart_id).scope_boxed()
    })
    .await
}

async fn clear_in(tx: &Transaction, cart_id: CartId) -> Outcome<(), Refusal> {
    Ok(store::clear(tx, cart_id).await?)
}

/// Where what comes back may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Beside what the cart holds now.
    Beside,
    /// Into a cart that holds nothing.
    IfEmpty,
}

/// Puts pieces that an order took out of the member's cart back into it, as far as there is room.
pub async fn put_back(
    tx: &Transaction,
    member_id: MemberId,
    pieces: &[(OptionId, i32)],
    room: Room,
    max: i32,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let Some(cart) = store::by_member(tx, member_id).await? else {
        return Ok(());
    };
    store::lock(tx, cart.id).await?;
    // In their order, as the engine locks them.
    let held = store::lock_lines_of_members(tx, &[member_id]).await?;
    let held = held.into_iter().map(|(_, line)| line).collect::<Vec<_>>();
    if room == Room::IfEmpty && !held.is_empty() {
        return Ok(());
    }
    for (option_id, quantity) in rules::room(&held, pieces, max) {
        store::add(tx, cart.id, option_id, quantity, now).await?;
    }
    Ok(store::touch(tx, cart.id, now).await?)
}

/// Changes the member's cart under its lock.
async fn change<'w>(
    app: &App,
    member_id: MemberId,
    work: impl for<'t> Fn(&'t Transaction, CartId) -> Work<'w, 't, (), Refusal> + Sync,
) -> Outcome<cart::Model, Refusal> {
    let cart = cart(app, member_id).await?;
    let (cart, work) = (&cart, &work);
    app.db
        .transaction(|tx| {
            async move {
                store::lock(tx, cart.id).await?;
                work(tx, cart.id).await?;
                let updated_at = app.clock.now();
                store::touch(tx, cart.id, updated_at).await?;
                Ok(cart::Model {
                    updated_at,
                    ..cart.clone()
                })
            }
            .scope_boxed()
        })
        .await
}
