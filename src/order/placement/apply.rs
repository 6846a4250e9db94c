//! Applying: what a batch decided, written in a fixed number of statements, which PostgreSQL gets in two
//! round trips and SQLite in one call.

use std::collections::{BTreeMap, BTreeSet};

use entity::{
    id::{CartItemId, CouponId, OptionId, OrderId},
    order, order_alias, order_event, order_item, outbox, payment, payment_event, point_entry,
    store_event, user_point,
};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ModelTrait, Statement};

use super::{
    decide::{Decision, Snapshot},
    placements,
};
use crate::{
    cart, coupon,
    db::Transaction,
    point,
    popularity::{self, Sale},
    rows::{execute_together, insertion},
    stock,
};

/// Writes what was decided. `snapshot` is as the decisions left it.
pub async fn apply(
    tx: &Transaction,
    decisions: &[Decision],
    snapshot: &Snapshot,
) -> Result<(), DbErr> {
    let (rows, backend) = (Rows::of(decisions, snapshot), tx.get_database_backend());
    let (first, last) = (rows.of_members(backend), rows.of_all(backend));
    if backend == DbBackend::Sqlite {
        // Its one writer holds up nobody but the next batch.
        return execute_together(tx, [first, last].concat()).await;
    }
    execute_together(tx, first).await?;
    execute_together(tx, last).await
}

/// What a batch writes, table by table.
struct Rows<'p> {
    orders: Vec<&'p order::Model>,
    items: Vec<&'p order_item::Model>,
    events: Vec<&'p order_event::Model>,
    store_events: Vec<&'p store_event::Model>,
    announcements: Vec<&'p outbox::Model>,
    payments: Vec<&'p payment::Model>,
    payment_events: Vec<&'p payment_event::Model>,
    aliases: Vec<&'p order_alias::Model>,
    /// The coupons that are used, each with the order that has it.
    coupons: Vec<(CouponId, OrderId)>,
    entries: Vec<&'p point_entry::Model>,
    /// The purses that paid, as they are now.
    purses: Vec<user_point::Model>,
    /// How the stock of each option moves, sorted by option.
    taken: Vec<(OptionId, i32)>,
    sold: Vec<Sale>,
    cart_lines: Vec<CartItemId>,
}

impl<'p> Rows<'p> {
    fn of(decisions: &'p [Decision], snapshot: &Snapshot) -> Self {
        let each = || placements(decisions);
        let items = || each().flat_map(|placement| &placement.items);
        let payers = each().filter(|placement| placement.entry.is_some());
        let payers = payers
            .map(|placement| placement.order.member_id)
            .collect::<BTreeSet<_>>();
        Self {
            orders: each().map(|placement| &placement.order).collect(),
            items: items().collect(),
            events: each().map(|placement| &placement.event).collect(),
            store_events: each()
                .flat_map(|placement| &placement.store_events)
                .collect(),
            announcements: each()
                .filter_map(|placement| placement.announcement.as_ref())
                .collect(),
            payments: each()
                .filter_map(|placement| Some(&placement.payment.as_ref()?.0))
                .collect(),
            payment_events: each()
                .filter_map(|placement| Some(&placement.payment.as_ref()?.1))
                .collect(),
            aliases: decisions.iter().filter_map(alias).collect(),
            coupons: each()
                .filter_map(|placement| Some((placement.order.coupon_id?, placement.order.id)))
                .collect(),
            entries: each()
                .filter_map(|placement| placement.entry.as_ref())
                .collect(),
            purses: payers
                .iter()
                .filter_map(|id| snapshot.purses.get(id).cloned())
                .collect(),
            taken: taken(items()),
            sold: items().filter_map(Sale::of).collect(),
            cart_lines: each()
                .flat_map(|placement| placement.cart_lines.clone())
                .collect(),
        }
    }
}

impl Rows<'_> {
    /// What only the members who order wait for.
    fn of_members(&self, backend: DbBackend) -> Vec<Statement> {
        let mut statements = Vec::new();
        write(&mut statements, backend, &self.orders);
        write(&mut statements, backend, &self.items);
        write(&mut statements, backend, &self.events);
        write(&mut statements, backend, &self.store_events);
        write(&mut statements, backend, &self.announcements);
        write(&mut statements, backend, &self.payments);
        write(&mut statements, backend, &self.payment_events);
        write(&mut statements, backend, &self.aliases);
        if !self.coupons.is_empty() {
            statements.push(coupon::store::uses(backend, &self.coupons));
        }
        if !self.entries.is_empty() {
            statements.push(point::store::balances(backend, &self.purses));
        }
        write(&mut statements, backend, &self.entries);
        if !self.cart_lines.is_empty() {
            statements.push(cart::store::removal(backend, &self.cart_lines));
        }
        statements
    }

    /// What everybody else waits for who wants the same, from here to the commit.
    fn of_all(&self, backend: DbBackend) -> Vec<Statement> {
        let mut statements = Vec::new();
        if !self.taken.is_empty() {
            statements.push(stock::store::addition(backend, &self.taken));
        }
        if !self.sold.is_empty() {
            statements.push(popularity::store::addition(backend, &self.sold));
        }
        statements
    }
}

fn write<M: ModelTrait>(statements: &mut Vec<Statement>, backend: DbBackend, rows: &[&M]) {
    if !rows.is_empty() {
        statements.push(insertion(backend, rows.iter().copied()));
    }
}

fn alias(decision: &Decision) -> Option<&order_alias::Model> {
    match decision {
        Decision::Resumed(_, alias) => Some(alias),
        _ => None,
    }
}

fn taken<'i>(items: impl Iterator<Item = &'i order_item::Model>) -> Vec<(OptionId, i32)> {
    let mut moved = BTreeMap::new();
    for item in items {
        *moved.entry(item.option_id).or_default() -= item.quantity;
    }
    moved.into_iter().collect()
}
