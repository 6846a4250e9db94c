//! Settling: the one way in which a payment is paid or ends. The member's confirmation, the redirects, the webhooks
//! and the reconciler all come here with what the gateway knows; any number of them, at once and in any order,
//! give one result.
//!
//! A short transaction with its locks in the shop's one order: the order, the payment, the coupon, the purse, the stock, the
//! counts of sales.

mod decide;
mod other;

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Won, gift,
    id::PaymentId,
    order::{self, CancelReason, OrderStatus},
    order_event, order_item,
    payment::{self, PaymentStatus},
    payment_event::PaymentEventKind,
    point_entry::PointAction,
    store_event,
};
use scoped_futures::ScopedFutureExt;
use sea_orm::ActiveEnum;
use serde_json::json;

use super::{
    PaymentFailure,
    gateway::Record,
    inquiry::is_in_doubt,
    refunding::owe,
    rules::{event, next_watch, paid_status},
    store,
};
use crate::{
    app::App,
    cart::{self, Room},
    clock::new_id,
    coupon,
    db::Transaction,
    fault::{Failure, Fault, Never, Outcome},
    gift as gifts,
    order::{
        self as orders,
        announcement::{order_paid, payment_refunded},
        cancellation::restock,
        movement::store_events,
        part,
    },
    outbox::{self, Appended},
    point::{self, Booking},
    popularity::{self, Sale},
    rows::insert,
    stock, store as stores,
};

pub use decide::{CURRENCY, End, Finding, Settlement, Wish, decide};

/// A payment as settling left it, and what the bus is told after the commit.
#[derive(Debug)]
struct Settled {
    payment: payment::Model,
    is_changed: bool,
    order: Option<Changed>,
    /// What was delivered.
    gift: Option<gift::Model>,
    /// What the world outside hears of it.
    messages: Appended,
}

/// An order that a payment moved.
#[derive(Debug)]
struct Changed {
    event: order_event::Model,
    store_events: Vec<store_event::Model>,
    items: Vec<order_item::Model>,
}

/// Settles a payment by what its gateway knows and what is wished; gives it as it is now.
///
/// # Errors
/// When the database fails. Nothing was changed, or it was and is found so by whoever settles next.
pub async fn settle(
    app: &App,
    id: PaymentId,
    finding: &Finding,
    wish: &Wish,
) -> Result<payment::Model, Fault> {
    let settled = app
        .db
        .transaction(|tx| settle_in(app, tx, id, finding, wish).scope_boxed())
        .await
        .map_err(Failure::<Never>::into_fault)?;
    if let Some(Changed {
        event,
        store_events,
        items,
    }) = settled.order
    {
        app.bus
            .publish_order_event(settled.payment.member_id, event, &store_events);
        for item in items {
            app.bus.publish_stock(item.product_id, item.option_id);
        }
    }
    if let Some(gift) = settled.gift {
        gifts::tell(app, &gift);
    }
    app.outbox.hand_over(settled.messages);
    if settled.is_changed {
        app.payments.wake();
    }
    Ok(settled.payment)
}

async fn settle_in(
    app: &App,
    tx: &Transaction,
    id: PaymentId,
    finding: &Finding,
    wish: &Wish,
) -> Outcome<Settled, Never> {
    let vanished = || Fault::internal("a payment vanished");
    let unlocked = store::by_id(tx, id).await?.ok_or_else(vanished)?;
    let order = match unlocked.order_id {
        Some(order_id) => orders::store::lock(tx, order_id).await?,
        None => None,
    };
    let payment = store::lock(tx, id).await?.ok_or_else(vanished)?;
    let now = app.clock.now();
    let wish = match wish {
        // Somebody has asked for the approval meanwhile: its answer goes first.
        Wish::Abandon | Wish::Supersede | Wish::Expire if is_in_doubt(&payment, now) => {
            &Wish::Observe
        }
        // What a page says is not what the gateway says, which has no record beside it.
        Wish::Decline(_) if matches!(finding, Finding::Record(_)) && is_in_doubt(&payment, now) => {
            &Wish::Observe
        }
        wish => wish,
    };
    let settlement = decide(&payment, finding, wish, app.payments.accepts_test);
    let mut work = Work {
        app,
        is_superseded: *wish == Wish::Supersede,
        tx,
        payment,
        gift: None,
        messages: Appended::default(),
        now,
        record: match finding {
            Finding::Record(record) => Some(record),
            Finding::Unheard => None,
        },
    };
    let changed = match (&settlement, order) {
        (Settlement::Nothing, _) => {
            let payment = work.payment;
            return Ok(Settled {
                payment,
                is_changed: false,
                order: None,
                gift: None,
                messages: Appended::default(),
            });
        }
        (Settlement::GivenBack(refunded), order) => {
            work.give_back(order, *refunded).await?;
            None
        }
        (Settlement::Pay, order) => work.pay(order).await?,
        (Settlement::PayLate, order) => work.pay_late(order).await?,
        (Settlement::Mismatch(difference), order) => work.mismatch(order, difference).await?,
        (Settlement::End(end), order) => work.end(order, end).await?,
    };
    let detail = json!({
        "settlement": name(&settlement),
        "taken": work.payment.taken,
        "refunded": work.payment.refunded,
        "failure": work.payment.failure,
    });
    let event = event(&mut work.payment, PaymentEventKind::Settled, detail, now);
    store::save(tx, &work.payment, &[event]).await?;
    Ok(Settled {
        payment: work.payment,
        is_changed: true,
        order: changed,
        gift: work.gift,
        messages: work.messages,
    })
}

const fn name(settlement: &Settlement) -> &'static str {
    match settlement {
        Settlement::Nothing => "NOTHING",
        Settlement::Pay => "PAID",
        Settlement::PayLate => "PAID_LATE",
        Settlement::Mismatch(_) => "MISMATCH",
        Settlement::GivenBack(_) => "GIVEN_BACK",
        Settlement::End(_) => "ENDED",
    }
}

/// One payment under its lock.
struct Work<'t> {
    app: &'t App,
    /// Whether its member is ordering something else instead.
    is_superseded: bool,
    tx: &'t Transaction,
    payment: payment::Model,
    /// What was delivered.
    gift: Option<gift::Model>,
    messages: Appended,
    record: Option<&'t Record>,
    now: DateTime<Utc>,
}

impl Work<'_> {
    fn take(&mut self) {
        let payment = &mut self.payment;
        if let Some(record) = self.record {
            payment.taken = record.total;
            payment.refunded = record.canceled.min(record.total);
            if record.reference.is_some() {
                payment.reference.clone_from(&record.reference);
            }
        }
        payment.status = paid_status(payment.taken, payment.refunded);
        payment.paid_at = Some(self.now);
        payment.approving_since = None;
        payment.failure = None;
        payment.check_at = None;
        payment.checks = 0;
    }

    async fn pay(&mut self, order: Option<order::Model>) -> Result<Option<Changed>, Fault> {
        self.take();
        match order {
            None => self.pay_other().await.map(|()| None),
            Some(order) => {
                let items = orders::store::items_of(self.tx, &[order.id]).await?;
                self.mark_paid(order, items).await.map(Some)
            }
        }
    }

    async fn mark_paid(
        &mut self,
        mut order: order::Model,
        mut items: Vec<order_item::Model>,
    ) -> Result<Changed, Fault> {
        for item in &mut items {
            item.status = OrderStatus::Paid;
            item.cancel_reason = None;
            item.paid_at = Some(self.now);
        }
        self.start_clocks(&mut items).await?;
        order.status = OrderStatus::Paid;
        order.payment_expires_at = None;
        let event = self.order_event(&mut order, &items, None);
        orders::store::set_progress(self.tx, &order).await?;
        orders::store::set_paid(self.tx, &items).await?;
        insert(self.tx, std::slice::from_ref(&event)).await?;
        let store_events = store_events(&event, &items, &items);
        part::store::insert_events(self.tx, &store_events).await?;
        let id = new_id(self.now, &mut rand::rng());
        let messages = vec![order_paid(id, &order, &items)];
        insert(self.tx, &messages).await?;
        self.messages = Appended::first(messages);
        let sales = items.iter().filter_map(Sale::of).collect::<Vec<_>>();
        popularity::store::add(self.tx, &sales).await?;
        Ok(Changed {
            event,
            store_events,
            items,
        })
    }

    /// Gives the stores that are open their time to accept. One that opens or closes meanwhile does so before or after.
    async fn start_clocks(&self, items: &mut [order_item::Model]) -> Result<(), Fault> {
        let ids = items
            .iter()
            .map(|item| item.store_id)
            .collect::<BTreeSet<_>>();
        let ids = ids.into_iter().collect::<Vec<_>>();
        let stores = stores::store::lock_as_they_are(self.tx, &ids).await?;
        for item in items {
            let store = stores.iter().find(|store| store.id == item.store_id);
            let within = store
                .filter(|store| store.is_open)
                .map(|store| TimeDelta::minutes(store.accept_minutes.into()));
            item.accept_by = within.map(|within| self.now + within);
        }
        Ok(())
    }

    /// The order revives where everything it needs is still there; else the money goes back.
    async fn pay_late(&mut self, order: Option<order::Model>) -> Result<Option<Changed>, Fault> {
        self.take();
        let Some(mut order) = order else {
            return self.pay_other().await.map(|()| None);
        };
        let mut items = orders::store::items_of(self.tx, &[order.id]).await?;
        if self.retake(&order, &items).await? {
            order.refunded = Won::ZERO;
            return self.mark_paid(order, items).await.map(Some);
        }
        tracing::warn!(payment = %self.payment.id, order = %order.id, "a late payment is refunded");
        for item in &mut items {
            item.cancel_reason = Some(CancelReason::OutOfStock);
        }
        let event = self.order_event(&mut order, &items, Some(CancelReason::OutOfStock));
        orders::store::set_progress(self.tx, &order).await?;
        orders::store::set_moved(self.tx, &items).await?;
        insert(self.tx, std::slice::from_ref(&event)).await?;
        let why = PaymentFailure::TooLate;
        self.payment.failure = Some(why.stored().to_owned());
        let all = self.payment.taken;
        owe(self.tx, &mut self.payment, all, why.stored(), self.now).await?;
        Ok(Some(Changed {
            event,
            store_events: Vec::new(),
            items: Vec::new(),
        }))
    }

    /// Takes the order's coupon, stock and points once more, all of it or nothing.
    async fn retake(
        &self,
        order: &order::Model,
        items: &[order_item::Model],
    ) -> Result<bool, Fault> {
        let is_coupon_free = coupon::lock_again(self.tx, order).await?;
        if !is_coupon_free || !self.has_points(order).await? {
            return Ok(false);
        }
        let wanted = orders::cancellation::pieces(items);
        let options = wanted.iter().map(|(id, _)| *id).collect::<Vec<_>>();
        let stock = stock::store::lock(self.tx, &options).await?;
        let is_there = wanted.iter().all(|(id, pieces)| {
            stock
                .iter()
                .any(|stock| stock.option_id == *id && stock.quantity >= *pieces)
        });
        if !is_there {
            return Ok(false);
        }
        coupon::take_again(self.tx, order).await?;
        let taken = wanted.iter().map(|(id, pieces)| (*id, -pieces));
        stock::store::add(self.tx, &taken.collect::<Vec<_>>()).await?;
        if order.points_used > Won::ZERO {
            let booking = Booking {
                action: PointAction::Use,
                amount: order.points_used.negated(),
                order_id: Some(order.id),
                payment_id: None,
                gift_id: None,
                idempotency_key: None,
            };
            point::book_for(self.tx, order.member_id, booking, self.now).await?;
        }
        Ok(true)
    }

    async fn has_points(&self, order: &order::Model) -> Result<bool, Fault> {
        let purse = point::store::lock_by_member(self.tx, order.member_id).await?;
        Ok(purse.map_or(Won::ZERO, |purse| purse.balance) >= order.points_used)
    }

    /// Money that was taken otherwise than agreed goes back, and what it was for is canceled.
    async fn mismatch(
        &mut self,
        order: Option<order::Model>,
        difference: &PaymentFailure,
    ) -> Result<Option<Changed>, Fault> {
        tracing::error!(payment = %self.payment.id, difference = difference.stored(), "a payment is not what was agreed");
        self.take();
        self.payment.failure = Some(difference.stored().to_owned());
        let all = self.payment.taken;
        // What has gone back already is found to be done.
        if all > Won::ZERO {
            owe(
                self.tx,
                &mut self.payment,
                all,
                "It differs from the order.",
                self.now,
            )
            .await?;
        }
        match order {
            Some(order) if order.status == OrderStatus::PendingPayment => self
                .cancel(order, CancelReason::PaymentFailed)
                .await
                .map(Some),
            Some(_) => Ok(None),
            None => self.end_other().await.map(|()| None),
        }
    }

    async fn end(
        &mut self,
        order: Option<order::Model>,
        end: &End,
    ) -> Result<Option<Changed>, Fault> {
        self.payment.status = end.status;
        self.payment.failure = Some(end.failure.stored().to_owned());
        self.payment.approving_since = None;
        self.payment.checkout = None;
        // Its window may be open, or an answer under way: money may still arrive.
        self.payment.checks = 0;
        self.payment.check_at = next_watch(self.payment.expires_at, self.now);
        match order {
            Some(order) => self.cancel(order, end.reason).await.map(Some),
            None => self.end_other().await.map(|()| None),
        }
    }

    /// Cancels an order that waits for its payment, of which no store has heard: points, stock and coupon go back,
    /// and what came out of the cart.
    async fn cancel(
        &self,
        mut order: order::Model,
        reason: CancelReason,
    ) -> Result<Changed, Fault> {
        let mut items = orders::store::items_of(self.tx, &[order.id]).await?;
        for item in &mut items {
            item.status = OrderStatus::Canceled;
            item.cancel_reason = Some(reason);
        }
        coupon::give_back(self.tx, &order).await?;
        if self.payment.is_from_cart {
            let pieces = orders::cancellation::pieces(&items);
            let room = if self.is_superseded {
                // Whoever has begun another cart orders that one, as they see it.
                Room::IfEmpty
            } else {
                Room::Beside
            };
            let max = self.app.limits.line_quantity_max;
            cart::put_back(self.tx, order.member_id, &pieces, room, max, self.now).await?;
        }
        point::refund(
            self.tx,
            order.member_id,
            order.id,
            order.points_used,
            self.now,
        )
        .await?;
        restock(self.tx, &items).await?;
        order.status = OrderStatus::Canceled;
        order.refunded = order.points_used;
        order.payment_expires_at = None;
        let event = self.order_event(&mut order, &items, Some(reason));
        orders::store::set_progress(self.tx, &order).await?;
        orders::store::set_moved(self.tx, &items).await?;
        insert(self.tx, std::slice::from_ref(&event)).await?;
        Ok(Changed {
            event,
            store_events: Vec::new(),
            items,
        })
    }

    /// The gateway gave money back: because we asked, or in its own console.
    async fn give_back(&mut self, order: Option<order::Model>, refunded: Won) -> Result<(), Fault> {
        let amount = Won(refunded.0 - self.payment.refunded.0);
        self.payment.refunded = refunded;
        self.payment.status = paid_status(self.payment.taken, refunded);
        if let Some(order) = order {
            let id = new_id(self.now, &mut rand::rng());
            let message = payment_refunded(id, &order, &self.payment, amount, self.now);
            self.messages = outbox::append(self.tx, order.id, vec![message]).await?;
        }
        Ok(())
    }

    fn order_event(
        &self,
        order: &mut order::Model,
        items: &[order_item::Model],
        reason: Option<CancelReason>,
    ) -> order_event::Model {
        order.last_sequence += 1;
        order_event::Model {
            order_id: order.id,
            sequence: order.last_sequence,
            status: order.status,
            item_ids: items.iter().map(|item| item.id).collect(),
            reason,
            note: None,
            at: self.now,
        }
    }
}

/// Whether a payment was taken, but not as agreed.
pub fn is_mismatched(payment: &payment::Model) -> bool {
    payment.paid_at.is_some() && payment.failure.is_some()
}

/// How a payment went for its member: what is owed back counts as given back, however far its gateway is with it.
pub fn outcome(payment: &payment::Model) -> PaymentStatus {
    if is_mismatched(payment) {
        PaymentStatus::Canceled
    } else {
        payment.status
    }
}

/// A status in the API's word.
pub fn word(status: PaymentStatus) -> String {
    status.to_value()
}
