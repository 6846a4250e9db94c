//! Applying: what a batch decided, written in a fixed number of statements.

use std::collections::{BTreeMap, BTreeSet};

use entity::{
    id::{CartItemId, OptionId},
    order, order_event, order_item, outbox, point_entry, user_point,
};
use sea_orm::DbErr;

use super::decide::{Placement, Snapshot};
use crate::{
    cart,
    db::Transaction,
    point,
    popularity::{self, Sale},
    rows::insert,
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
    insert(tx, &rows.orders).await?;
    insert(tx, &rows.items).await?;
    insert(tx, &rows.events).await?;
    insert(tx, &rows.announcements).await?;
    stock::store::add(tx, &rows.taken).await?;
    if !rows.entries.is_empty() {
        point::store::set_balances(tx, &rows.purses).await?;
        insert(tx, &rows.entries).await?;
    }
    popularity::store::add(tx, &rows.sold).await?;
    if !rows.cart_lines.is_empty() {
        cart::store::remove_lines(tx, &rows.cart_lines).await?;
    }
    Ok(())
}

/// What a batch writes, table by table.
struct Rows {
    orders: Vec<order::Model>,
    items: Vec<order_item::Model>,
    events: Vec<order_event::Model>,
    announcements: Vec<outbox::Model>,
    entries: Vec<point_entry::Model>,
    /// The purses that paid, as they are now.
    purses: Vec<user_point::Model>,
    /// How the stock of each option moves, sorted by option.
    taken: Vec<(OptionId, i32)>,
    sold: Vec<Sale>,
    cart_lines: Vec<CartItemId>,
}

impl Rows {
    fn of(placements: &[&Placement], snapshot: &Snapshot) -> Self {
        let each = || placements.iter().copied();
        let items = || each().flat_map(|placement| &placement.items);
        let payers = each().filter(|placement| placement.entry.is_some());
        let payers = payers
            .map(|placement| placement.order.member_id)
            .collect::<BTreeSet<_>>();
        Self {
            orders: each().map(|placement| placement.order.clone()).collect(),
            items: items().cloned().collect(),
            events: each().map(|placement| placement.event.clone()).collect(),
            announcements: each()
                .map(|placement| placement.announcement.clone())
                .collect(),
            entries: each()
                .filter_map(|placement| placement.entry.clone())
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

fn taken<'i>(items: impl Iterator<Item = &'i order_item::Model>) -> Vec<(OptionId, i32)> {
    let mut moved = BTreeMap::new();
    for item in items {
        *moved.entry(item.option_id).or_default() -= item.quantity;
    }
    moved.into_iter().collect()
}
