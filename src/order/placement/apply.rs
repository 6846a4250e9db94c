//! Applying: what a batch decided, written in a fixed number of statements; on PostgreSQL in one.

use std::collections::{BTreeMap, BTreeSet};

use entity::{
    id::{CartItemId, OptionId},
    order, order_event, order_item, outbox, point_entry, user_point,
};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::decide::{Placement, Snapshot};
use crate::{
    cart,
    db::Transaction,
    point,
    popularity::{self, Sale},
    rows::{execute_together, insertion},
    stock,
};

/// Writes the placements. `snapshot` is as the decisions left it.
pub async fn apply(
    tx: &Transaction,
    placements: &[&Placement],
    snapshot: &Snapshot,
) -> Result<(), DbErr> {
    if placements.is_empty() {
        return Ok(());
    }
    let rows = Rows::of(placements, snapshot);
    execute_together(tx, rows.statements(tx.get_database_backend())).await
}

/// What a batch writes, table by table.
struct Rows<'p> {
    orders: Vec<&'p order::Model>,
    items: Vec<&'p order_item::Model>,
    events: Vec<&'p order_event::Model>,
    announcements: Vec<&'p outbox::Model>,
    entries: Vec<&'p point_entry::Model>,
    /// The purses that paid, as they are now.
    purses: Vec<user_point::Model>,
    /// How the stock of each option moves, sorted by option.
    taken: Vec<(OptionId, i32)>,
    sold: Vec<Sale>,
    cart_lines: Vec<CartItemId>,
}

impl<'p> Rows<'p> {
    fn of(placements: &[&'p Placement], snapshot: &Snapshot) -> Self {
        let each = || placements.iter().copied();
        let items = || each().flat_map(|placement| &placement.items);
        let payers = each().filter(|placement| placement.entry.is_some());
        let payers = payers
            .map(|placement| placement.order.member_id)
            .collect::<BTreeSet<_>>();
        Self {
            orders: each().map(|placement| &placement.order).collect(),
            items: items().collect(),
            events: each().map(|placement| &placement.event).collect(),
            announcements: each().map(|placement| &placement.announcement).collect(),
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
    fn statements(&self, backend: DbBackend) -> Vec<Statement> {
        let mut statements = vec![
            insertion(backend, self.orders.iter().copied()),
            insertion(backend, self.items.iter().copied()),
            insertion(backend, self.events.iter().copied()),
            insertion(backend, self.announcements.iter().copied()),
            stock::store::addition(backend, &self.taken),
        ];
        if !self.entries.is_empty() {
            statements.push(point::store::balances(backend, &self.purses));
            statements.push(insertion(backend, self.entries.iter().copied()));
        }
        if !self.cart_lines.is_empty() {
            statements.push(cart::store::removal(backend, &self.cart_lines));
        }
        // Last of all rows that anybody waits for.
        statements.push(popularity::store::addition(backend, &self.sold));
        statements
    }
}

fn taken<'i>(items: impl Iterator<Item = &'i order_item::Model>) -> Vec<(OptionId, i32)> {
    let mut moved = BTreeMap::new();
    for item in items {
        *moved.entry(item.option_id).or_default() -= item.quantity;
    }
    moved.into_iter().collect()
}
