//! Items of an order that move: the one way in which a member, a store or the time moves them on or cancels them.
//!
//! Whoever moves them has locked the order, and decided over it as it is under that lock. What is canceled gives
//! everything back in the shop's one order of locks: the payment, the coupon, the purse, the stock, the counts of sales.
//! What is handed over is earned: the wallets come last.

mod rules;

use chrono::{DateTime, Utc};
use entity::Won;

use super::{
    announcement::{order_canceled, order_completed, points_refunded},
    cancellation::restock,
    part,
    state::Step,
    store,
};
use crate::{
    app::App,
    clock::new_id,
    coupon,
    db::Transaction,
    fault::Fault,
    gift,
    outbox::{self, Appended},
    payment::refunding,
    point,
    popularity::{self, Sale},
    rows::insert,
    store::wallet,
};

pub use rules::{Movement, moved, store_events};

/// A movement that was written down, and what the world outside hears of it.
#[derive(Debug)]
pub struct Written {
    pub movement: Movement,
    messages: Appended,
}

/// Writes a movement down.
pub async fn write(
    tx: &Transaction,
    movement: Movement,
    now: DateTime<Utc>,
) -> Result<Written, Fault> {
    let mut in_points = Won::ZERO;
    if is_cancellation(&movement) {
        in_points = give_back(tx, &movement, now).await?;
    }
    let messages = messages(&movement, in_points, now);
    let messages = write_down(tx, &movement, messages, now).await?;
    Ok(Written { movement, messages })
}

async fn write_down(
    tx: &Transaction,
    movement: &Movement,
    messages: Vec<entity::outbox::Model>,
    now: DateTime<Utc>,
) -> Result<Appended, Fault> {
    if is_completion(movement) {
        gift::complete_in(tx, &movement.order, &movement.items, now).await?;
    }
    let Movement {
        order,
        items,
        event,
        store_events,
        ..
    } = movement;
    store::set_progress(tx, order).await?;
    store::set_moved(tx, items).await?;
    insert(tx, std::slice::from_ref(event)).await?;
    part::store::insert_events(tx, store_events).await?;
    let messages = outbox::append(tx, order.id, messages).await?;
    if is_completion(movement) {
        wallet::credit(tx, movement, now).await?;
    }
    Ok(messages)
}

/// Tells of a movement, now that it is true.
pub fn tell(app: &App, written: Written) {
    let Written { movement, messages } = written;
    app.outbox.hand_over(messages);
    let is_cancellation = is_cancellation(&movement);
    let Movement {
        order,
        items,
        event,
        store_events,
        ..
    } = movement;
    app.bus
        .publish_order_event(order.member_id, event, &store_events);
    if is_cancellation {
        // There may be money to give back at a gateway.
        app.payments.wake();
        for item in items {
            app.bus.publish_stock(item.product_id, item.option_id);
        }
    }
}

fn is_cancellation(movement: &Movement) -> bool {
    movement.event.reason.is_some()
}

fn is_completion(movement: &Movement) -> bool {
    let mut items = movement.items.iter();
    items.any(|item| item.status == Step::Complete.goal())
}

/// Gives back what the canceled items took; gives how much of it is in the purse again.
async fn give_back(
    tx: &Transaction,
    movement: &Movement,
    now: DateTime<Utc>,
) -> Result<Won, Fault> {
    let Movement {
        order,
        items,
        refund,
        gives_coupon_back,
        ..
    } = movement;
    let at_gateway = refunding::owe_of_order(tx, order.id, *refund, now).await?;
    if *gives_coupon_back {
        coupon::give_back(tx, order).await?;
    }
    let in_points = Won(refund.0 - at_gateway.0);
    point::refund(tx, order.member_id, order.id, in_points, now).await?;
    restock(tx, items).await?;
    let sales = items.iter().filter_map(Sale::of).collect::<Vec<_>>();
    popularity::store::subtract(tx, &sales).await?;
    Ok(in_points)
}

/// What the world outside hears of it: what was canceled, what of it has gone back as points, what was handed over.
/// Of what a gateway gives back it hears when the gateway has.
fn messages(movement: &Movement, in_points: Won, now: DateTime<Utc>) -> Vec<entity::outbox::Model> {
    let new_id = || new_id(now, &mut rand::rng());
    let mut messages = Vec::new();
    if is_cancellation(movement) {
        messages.push(order_canceled(new_id(), movement));
    } else if is_completion(movement) {
        messages.push(order_completed(new_id(), movement));
    }
    if in_points > Won::ZERO {
        messages.push(points_refunded(new_id(), &movement.order, in_points, now));
    }
    messages
}
