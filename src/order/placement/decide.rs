//! The decision: one command over one snapshot, without database, clock or chance of its own.
//!
//! Commands are decided in their order, and each sees what those before it took. A refusal takes nothing.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Won, cart_item,
    id::{CartItemId, CouponId, MemberId, OptionId, ProductId, StoreId},
    order::{self, OrderStatus},
    order_alias, order_event, order_item, outbox, payment, payment_event,
    point_entry::{self, PointAction},
    store_event, user_point,
};
use rand::{Rng, RngExt};

use super::{
    coupon::{Share, Voucher, discounts},
    request::{Gateway, Line, Request, Selection},
};
use crate::{
    clock::new_id,
    coupon::Problem,
    order::{announcement::order_paid, key::order_key, movement::store_events},
    payment::{NewPayment, created},
    point::{Booking, book},
};

/// What the commands of a batch touch, as it is under their locks; stock may be as it was seen without one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The coupons that the commands name, as far as there are such.
    pub coupons: HashMap<CouponId, Voucher>,
    pub offers: HashMap<OptionId, Offer>,
    /// Pieces left.
    pub stock: HashMap<OptionId, i32>,
    pub purses: HashMap<MemberId, user_point::Model>,
    /// The lines of the carts that are ordered from, in their order.
    pub carts: HashMap<MemberId, Vec<cart_item::Model>>,
    /// The orders that bear the commands' keys already.
    pub placed: HashMap<(MemberId, String), order::Model>,
    /// The members' orders that wait for a payment: one a member.
    pub pending: HashMap<MemberId, order::Model>,
}

/// An option as it is sold now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub product_id: ProductId,
    pub store_id: StoreId,
    pub product_name: String,
    pub option_name: String,
    pub price: Won,
    pub is_on_sale: bool,
    pub is_open: bool,
    /// How long its store has to accept it.
    pub accept_within: TimeDelta,
}

/// What comes of a command.
#[derive(Clone, Debug)]
pub enum Decision {
    Placed(Box<Placement>),
    /// The key's order exists: here it is, once more.
    Replayed(order::Model),
    /// An order for the same waits for its payment: here it is, once more, and the key is its from now on.
    Resumed(order::Model, order_alias::Model),
    Refused(Refusal),
}

/// Everything that placing one order writes.
#[derive(Clone, Debug)]
pub struct Placement {
    pub order: order::Model,
    pub items: Vec<order_item::Model>,
    pub event: order_event::Model,
    /// What the items' stores hear of it: nothing while a payment is due.
    pub store_events: Vec<store_event::Model>,
    /// `None` where no points were used.
    pub entry: Option<point_entry::Model>,
    /// What a gateway must take first, and the first line of its history; `None` where nothing is due.
    pub payment: Option<(payment::Model, payment_event::Model)>,
    /// `None` while a payment is due.
    pub announcement: Option<outbox::Model>,
    /// The lines that leave the cart.
    pub cart_lines: Vec<CartItemId>,
}

/// Why an order was not placed. `index` is a place in the selection's list, where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    KeyReused,
    /// The member's order for something else waits for its payment, which must be abandoned first.
    PaymentPending(Box<order::Model>),
    Empty,
    NoSuchCartItem {
        index: usize,
    },
    NoSuchOption {
        index: usize,
    },
    ProductUnavailable {
        index: Option<usize>,
        name: String,
    },
    /// All that is of closed stores; at least one.
    StoreClosed(Vec<ClosedLine>),
    CouponNotUsable(Problem),
    TotalTooLarge,
    PriceChanged {
        expected: Won,
        actual: Won,
    },
    PointsMismatch {
        points: Won,
        total: Won,
    },
    InsufficientStock(Vec<Shortage>),
    InsufficientPoints {
        required: Won,
        balance: Won,
    },
}

/// An option whose store is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedLine {
    pub index: Option<usize>,
    pub option_id: OptionId,
    pub name: String,
}

/// An option of which there are fewer pieces than ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    pub option_id: OptionId,
    pub requested: i32,
    pub available: i32,
}

/// Decides one command of a member; what it takes is gone from the snapshot.
pub fn decide(
    snapshot: &mut Snapshot,
    member_id: MemberId,
    request: &Request,
    now: DateTime<Utc>,
    rng: &mut impl Rng,
) -> Decision {
    let key = (member_id, request.idempotency_key.clone());
    let request_hash = request.hash();
    if let Some(order) = snapshot.placed.get(&key) {
        return if order.request_hash == request_hash {
            Decision::Replayed(order.clone())
        } else {
            Decision::Refused(Refusal::KeyReused)
        };
    }
    if let Some(pending) = snapshot.pending.get(&member_id) {
        let pending = pending.clone();
        let cart = snapshot.carts.get(&member_id);
        let is_other_cart = matches!(request.selection, Selection::Cart)
            && cart.is_some_and(|cart| !cart.is_empty());
        if pending.request_hash != request_hash || is_other_cart {
            return Decision::Refused(Refusal::PaymentPending(Box::new(pending)));
        }
        let alias = order_alias::Model {
            member_id,
            idempotency_key: request.idempotency_key.clone(),
            order_id: pending.id,
        };
        snapshot.placed.insert(key, pending.clone());
        return Decision::Resumed(pending, alias);
    }
    match check(snapshot, member_id, request, now) {
        Err(refusal) => Decision::Refused(refusal),
        Ok(basket) => {
            let mut draft = Draft {
                member_id,
                now,
                rng,
            };
            let placement = draft.place(snapshot, basket, request, request_hash);
            snapshot.placed.insert(key, placement.order.clone());
            if placement.payment.is_some() {
                snapshot.pending.insert(member_id, placement.order.clone());
            }
            Decision::Placed(Box::new(placement))
        }
    }
}

/// What is ordered, found good.
struct Basket {
    lines: Vec<PricedLine>,
    /// What is taken off each line.
    shares: Vec<Share>,
    /// What the lines cost together.
    items_total: Won,
    /// What is taken off in all.
    discount: Won,
    /// How much of the rest is paid in points.
    points: Won,
    cart_lines: Vec<CartItemId>,
}

/// A line that is for sale, with what it costs.
#[derive(Clone, Debug)]
pub struct PricedLine {
    pub option_id: OptionId,
    pub quantity: i32,
    pub total: Won,
    pub offer: Offer,
}

/// A line as it was selected: where the client wrote it, if anywhere.
struct SelectedLine {
    line: Line,
    index: Option<usize>,
}

/// Checks in the order in which a client can best act on it: what is meant, what is for sale, what it
/// costs, whether it is there, whether it can be paid.
fn check(
    snapshot: &Snapshot,
    member_id: MemberId,
    request: &Request,
    now: DateTime<Utc>,
) -> Result<Basket, Refusal> {
    let (selected, cart_lines) = select(snapshot, member_id, &request.selection)?;
    let lines = price(snapshot, selected)?;
    let items_total =
        Won::checked_sum(lines.iter().map(|line| line.total)).ok_or(Refusal::TotalTooLarge)?;
    let shares = match &request.coupon_id {
        None => vec![Share::default(); lines.len()],
        Some(id) => discounts(snapshot.coupons.get(id), member_id, &lines, now)
            .map_err(Refusal::CouponNotUsable)?,
    };
    let discount = Won(shares.iter().map(|share| share.discount.0).sum());
    let total = Won(items_total.0 - discount.0);
    if let Some(expected) = request.expected_total.filter(|expected| *expected != total) {
        return Err(Refusal::PriceChanged {
            expected,
            actual: total,
        });
    }
    let points = points(request, total)?;
    let shortages = shortages(snapshot, &lines);
    if !shortages.is_empty() {
        return Err(Refusal::InsufficientStock(shortages));
    }
    let balance = snapshot
        .purses
        .get(&member_id)
        .map_or(Won::ZERO, |purse| purse.balance);
    if balance < points {
        return Err(Refusal::InsufficientPoints {
            required: points,
            balance,
        });
    }
    Ok(Basket {
        lines,
        shares,
        items_total,
        discount,
        points,
        cart_lines,
    })
}

/// How much of what is to be paid is paid in points.
fn points(request: &Request, total: Won) -> Result<Won, Refusal> {
    let (unless_said, possible) = match request.gateway {
        None => (total, total..=total),
        Some(_) => (Won::ZERO, Won::ZERO..=total),
    };
    match request.points {
        None => Ok(unless_said),
        Some(points) if possible.contains(&points) => Ok(points),
        Some(points) => Err(Refusal::PointsMismatch { points, total }),
    }
}

/// The lines that are meant, the same option once, and which lines of the cart they came from.
fn select(
    snapshot: &Snapshot,
    member_id: MemberId,
    selection: &Selection,
) -> Result<(Vec<SelectedLine>, Vec<CartItemId>), Refusal> {
    let cart = snapshot
        .carts
        .get(&member_id)
        .map_or(&[][..], Vec::as_slice);
    let from_cart = |item: &cart_item::Model, index| SelectedLine {
        line: Line {
            option_id: item.option_id,
            quantity: item.quantity,
        },
        index,
    };
    match selection {
        Selection::Lines(lines) => Ok((summed(lines), Vec::new())),
        Selection::Cart if cart.is_empty() => Err(Refusal::Empty),
        Selection::Cart => Ok((
            cart.iter().map(|item| from_cart(item, None)).collect(),
            cart.iter().map(|item| item.id).collect(),
        )),
        Selection::CartItems(ids) => {
            let mut lines = Vec::new();
            let mut taken = Vec::new();
            for (index, id) in ids
                .iter()
                .enumerate()
                .filter(|(index, id)| !ids[..*index].contains(id))
            {
                let item = cart
                    .iter()
                    .find(|item| item.id == *id)
                    .ok_or(Refusal::NoSuchCartItem { index })?;
                lines.push(from_cart(item, Some(index)));
                taken.push(*id);
            }
            Ok((lines, taken))
        }
    }
}

fn summed(lines: &[Line]) -> Vec<SelectedLine> {
    let mut summed: Vec<SelectedLine> = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        match summed
            .iter_mut()
            .find(|seen| seen.line.option_id == line.option_id)
        {
            Some(seen) => seen.line.quantity += line.quantity,
            None => summed.push(SelectedLine {
                line: *line,
                index: Some(index),
            }),
        }
    }
    summed
}

/// The lines with what they cost. Of those that are not for sale any more the first is told; of those whose stores are
/// closed, which may open again, all.
fn price(snapshot: &Snapshot, lines: Vec<SelectedLine>) -> Result<Vec<PricedLine>, Refusal> {
    let mut offered = Vec::with_capacity(lines.len());
    let mut closed = Vec::new();
    for SelectedLine { line, index } in lines {
        let offer = snapshot
            .offers
            .get(&line.option_id)
            .ok_or(Refusal::NoSuchOption {
                index: index.unwrap_or_default(),
            })?
            .clone();
        if !offer.is_on_sale {
            return Err(Refusal::ProductUnavailable {
                index,
                name: offer.product_name,
            });
        }
        if !offer.is_open {
            closed.push(ClosedLine {
                index,
                option_id: line.option_id,
                name: offer.product_name.clone(),
            });
        }
        offered.push((line, offer));
    }
    if !closed.is_empty() {
        return Err(Refusal::StoreClosed(closed));
    }
    let priced = offered.into_iter().map(|(line, offer)| {
        let total = offer
            .price
            .checked_mul(line.quantity)
            .ok_or(Refusal::TotalTooLarge)?;
        Ok(PricedLine {
            option_id: line.option_id,
            quantity: line.quantity,
            total,
            offer,
        })
    });
    priced.collect()
}

fn shortages(snapshot: &Snapshot, lines: &[PricedLine]) -> Vec<Shortage> {
    let shortage = |line: &PricedLine| {
        let available = snapshot
            .stock
            .get(&line.option_id)
            .copied()
            .unwrap_or_default();
        (available < line.quantity).then_some(Shortage {
            option_id: line.option_id,
            requested: line.quantity,
            available,
        })
    };
    lines.iter().filter_map(shortage).collect()
}

/// The making of one order.
struct Draft<'r, R> {
    member_id: MemberId,
    now: DateTime<Utc>,
    rng: &'r mut R,
}

impl<R: Rng> Draft<'_, R> {
    /// Takes the basket out of the snapshot and writes it down.
    fn place(
        &mut self,
        snapshot: &mut Snapshot,
        basket: Basket,
        request: &Request,
        request_hash: Vec<u8>,
    ) -> Placement {
        let total = Won(basket.items_total.0 - basket.discount.0);
        let amount_due = Won(total.0 - basket.points.0);
        let gateway = request.gateway.filter(|_| amount_due > Won::ZERO);
        let order = order::Model {
            id: new_id(self.now, self.rng),
            order_key: order_key(self.now, self.rng.random()),
            member_id: self.member_id,
            status: match gateway {
                Some(_) => OrderStatus::PendingPayment,
                None => OrderStatus::Paid,
            },
            items_total: basket.items_total,
            discount: basket.discount,
            coupon_id: request.coupon_id,
            points_used: basket.points,
            amount_due,
            refunded: Won::ZERO,
            idempotency_key: request.idempotency_key.clone(),
            request_hash,
            placed_at: self.now,
            payment_expires_at: gateway.map(|gateway| self.now + gateway.within),
            last_sequence: 1,
        };
        if let Some(id) = order.coupon_id
            && let Some(voucher) = snapshot.coupons.get_mut(&id)
        {
            voucher.coupon.order_id = Some(order.id);
        }
        let entry = self.pay(snapshot, &order);
        let lines = basket.lines.into_iter().zip(basket.shares);
        let items = self.items(snapshot, lines, &order);
        if let Some(cart) = snapshot.carts.get_mut(&self.member_id) {
            cart.retain(|item| !basket.cart_lines.contains(&item.id));
        }
        let event = order_event::Model {
            order_id: order.id,
            sequence: 1,
            status: order.status,
            item_ids: items.iter().map(|item| item.id).collect(),
            reason: None,
            note: None,
            at: self.now,
        };
        let store_events = store_events(&event, &items, &items);
        let is_from_cart = !basket.cart_lines.is_empty();
        let payment = gateway.map(|gateway| self.payment(gateway, &order, &items, is_from_cart));
        let announcement = match payment {
            Some(_) => None,
            None => Some(order_paid(new_id(self.now, self.rng), &order, &items)),
        };
        Placement {
            order,
            items,
            event,
            store_events,
            entry,
            payment,
            announcement,
            cart_lines: basket.cart_lines,
        }
    }

    fn payment(
        &mut self,
        gateway: Gateway,
        order: &order::Model,
        items: &[order_item::Model],
        is_from_cart: bool,
    ) -> (payment::Model, payment_event::Model) {
        let new = NewPayment {
            member_id: self.member_id,
            order_id: Some(order.id),
            gift_id: None,
            provider: gateway.provider,
            order_name: order_name(items),
            amount: order.amount_due,
            charge_key: None,
            is_from_cart,
            within: gateway.within,
        };
        created(new, new_id(self.now, self.rng), self.now)
    }

    fn pay(&mut self, snapshot: &mut Snapshot, order: &order::Model) -> Option<point_entry::Model> {
        let purse = snapshot.purses.get_mut(&self.member_id)?;
        let booking = Booking {
            action: PointAction::Use,
            amount: order.points_used.negated(),
            order_id: Some(order.id),
            payment_id: None,
            gift_id: None,
            idempotency_key: None,
        };
        book(purse, booking, new_id(self.now, self.rng), self.now)
    }

    fn items(
        &mut self,
        snapshot: &mut Snapshot,
        lines: impl Iterator<Item = (PricedLine, Share)>,
        order: &order::Model,
    ) -> Vec<order_item::Model> {
        let mut items = Vec::new();
        for (position, (line, share)) in (0..).zip(lines) {
            if let Some(left) = snapshot.stock.get_mut(&line.option_id) {
                *left -= line.quantity;
            }
            let paid_at = (order.status == OrderStatus::Paid).then_some(self.now);
            items.push(order_item::Model {
                id: new_id(self.now, self.rng),
                order_id: order.id,
                position,
                option_id: line.option_id,
                product_id: line.offer.product_id,
                store_id: line.offer.store_id,
                product_name: line.offer.product_name,
                option_name: line.offer.option_name,
                unit_price: line.offer.price,
                quantity: line.quantity,
                line_total: line.total,
                discount: share.discount,
                store_discount: share.of_store,
                status: order.status,
                cancel_reason: None,
                paid_at,
                accept_by: paid_at.map(|paid_at| paid_at + line.offer.accept_within),
            });
        }
        items
    }
}

/// What a payment window shows: the first line, and how many more there are.
fn order_name(items: &[order_item::Model]) -> String {
    let first = items.first().map_or("", |item| item.product_name.as_str());
    match items.len() {
        0 | 1 => first.to_owned(),
        lines => format!("{first} 외 {}건", lines - 1),
    }
}

#[cfg(test)]
mod tests;
