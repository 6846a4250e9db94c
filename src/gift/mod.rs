//! Gifts: one member pays for something, another gets a coupon for it.
//!
//! A gift holds its money from when it is paid until what it was for is handed over, or its time is over unused: see
//! [`state`]. Nothing is reserved: its receiver orders like anybody, whenever they like, and at the price of that day. What
//! the discount does not need of the money goes back to the sender in points; what it needs beyond, the store bears.

mod delivery;
pub mod expiry;
pub mod graphql;
mod rules;
mod sending;
pub mod state;
pub mod store;
mod watch;

use chrono::{DateTime, Utc};
use entity::{Won, gift, id::GiftId, order, order_item, point_entry::PointAction};

use crate::{
    app::App,
    catalog,
    db::Transaction,
    fault::Fault,
    point::{self, Booking},
};

pub use rules::{MESSAGE_MAX, Malformed, Wish};
pub use sending::{Given, Refusal, send};
pub use watch::GiftWatch;

/// Tells its receiver, after the commit.
pub fn tell(app: &App, gift: &gift::Model) {
    app.gift_expiry.wake();
    app.bus.publish_gift(gift);
}

fn booking(gift: &gift::Model, action: PointAction, amount: Won) -> Booking {
    Booking {
        action,
        amount,
        order_id: None,
        payment_id: None,
        gift_id: Some(gift.id),
        idempotency_key: None,
    }
}

/// Gives points back to who sent the gift. Nothing is written where there is nothing to give.
async fn refund(
    tx: &Transaction,
    gift: &gift::Model,
    amount: Won,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    if amount == Won::ZERO {
        return Ok(());
    }
    let booking = booking(gift, PointAction::Refund, amount);
    point::book_for(tx, gift.from_member_id, booking, now).await
}

/// Delivers a gift that its gateway has just taken the money for, whatever had become of it before; gives it if it was not
/// delivered already. Its payment is locked.
pub async fn deliver_in(
    app: &App,
    tx: &Transaction,
    id: GiftId,
    now: DateTime<Utc>,
) -> Result<Option<gift::Model>, Fault> {
    let lost = || Fault::internal("a gift without its product");
    let mut gift = locked(tx, id).await?;
    // What was taken off sale meanwhile is a gift all the same, whose money comes back when its time is over.
    let option = catalog::store::options_by_ids(tx, &[gift.option_id]).await?;
    let product =
        catalog::store::by_ids(tx, &[option.first().ok_or_else(lost)?.product_id]).await?;
    let store_id = product.first().ok_or_else(lost)?.store_id;
    let valid = app.limits.gift_valid;
    let coupon = delivery::deliver(&mut gift, store_id, valid, now, &mut rand::rng());
    let Some(coupon) = coupon else {
        return Ok(None);
    };
    coupon.insert(tx).await?;
    store::set_progress(tx, &gift).await?;
    Ok(Some(gift))
}

/// Ends a gift that was not paid. Its payment is locked.
pub async fn fail_in(tx: &Transaction, id: GiftId) -> Result<(), Fault> {
    let mut gift = locked(tx, id).await?;
    if state::fail(&mut gift) {
        store::set_progress(tx, &gift).await?;
    }
    Ok(())
}

async fn locked(tx: &Transaction, id: GiftId) -> Result<gift::Model, Fault> {
    let gift = store::lock(tx, id).await?;
    gift.ok_or_else(|| Fault::internal("a gift vanished"))
}

/// Uses up the gift whose coupon discounted one of these items of an order that were handed over just now, if any did: what
/// the discount did not need of its money goes back to who sent it. The order's row is locked, and no purse yet.
pub async fn complete_in(
    tx: &Transaction,
    order: &order::Model,
    completed: &[order_item::Model],
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let Some(coupon_id) = order.coupon_id else {
        return Ok(());
    };
    let Some(mut gift) = store::lock_of_coupon(tx, coupon_id).await? else {
        return Ok(());
    };
    let needed = state::needed(&gift, completed);
    let left = needed.and_then(|needed| state::use_up(&mut gift, needed));
    let Some(left) = left else {
        return Ok(());
    };
    store::set_progress(tx, &gift).await?;
    refund(tx, &gift, left, now).await
}
