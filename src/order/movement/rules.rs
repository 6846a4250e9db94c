//! What it makes of an order that items of it move.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::{Won, order, order_event, order_item, store_event};

use crate::{
    coupon::is_given_back,
    order::{
        paid_for,
        state::{Step, derived},
    },
};

/// Everything that a movement writes of its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The order as it is now.
    pub order: order::Model,
    /// The items that moved, as they are now.
    pub items: Vec<order_item::Model>,
    pub event: order_event::Model,
    /// What the items' stores hear of it.
    pub store_events: Vec<store_event::Model>,
    /// What goes back to the member: nothing, unless items were canceled.
    pub refund: Won,
    /// Whether the order's coupon comes back, if it has one.
    pub gives_coupon_back: bool,
}

/// Moves the items at these places of an order by a step that each of them may take. `note` is what whoever took it
/// said.
pub fn moved(
    order: &order::Model,
    items: &[order_item::Model],
    places: &[usize],
    step: Step,
    note: Option<&str>,
    now: DateTime<Utc>,
) -> Movement {
    let mut items = items.to_vec();
    let mut moved = Vec::with_capacity(places.len());
    let mut refund = Won::ZERO;
    let reason = step.cancel_reason();
    for place in places {
        let item = &mut items[*place];
        item.status = step.goal();
        item.cancel_reason = reason;
        item.accept_by = None;
        if reason.is_some() {
            refund.0 += paid_for(item).0;
        }
        moved.push(item.clone());
    }
    let mut order = order.clone();
    order.status = derived(items.iter().map(|item| item.status));
    order.refunded.0 += refund.0;
    order.last_sequence += 1;
    let event = order_event::Model {
        order_id: order.id,
        sequence: order.last_sequence,
        status: order.status,
        item_ids: moved.iter().map(|item| item.id).collect(),
        reason,
        note: note.map(ToOwned::to_owned),
        at: now,
    };
    let store_events = store_events(&event, &moved, &items);
    Movement {
        order,
        items: moved,
        event,
        store_events,
        refund,
        gives_coupon_back: is_given_back(&items),
    }
}

/// What the stores of the items that moved hear of an event, each of its own part; nothing of what is not paid.
/// `items` are all of the order, as they are after it.
pub fn store_events(
    event: &order_event::Model,
    moved: &[order_item::Model],
    items: &[order_item::Model],
) -> Vec<store_event::Model> {
    let stores = moved
        .iter()
        .filter(|item| item.paid_at.is_some())
        .map(|item| item.store_id)
        .collect::<BTreeSet<_>>();
    let heard = stores.into_iter().map(|store_id| {
        let part = items.iter().filter(|item| item.store_id == store_id);
        store_event::Model {
            store_id,
            order_id: event.order_id,
            order_sequence: event.sequence,
            status: derived(part.map(|item| item.status)),
            is_current: true,
            sequence: None,
        }
    });
    heard.collect()
}

#[cfg(test)]
mod tests {
    use entity::order::{CancelReason, OrderStatus};

    use super::*;
    use crate::order::sample::{NOW, item, item_of, order};

    #[test]
    fn each_store_hears_of_its_own_part() {
        use OrderStatus::{Accepted, Canceled, Paid};
        let mut items = [
            item_of(1, 0, 700, Paid),
            item_of(2, 1, 300, Accepted),
            item_of(2, 2, 200, Paid),
            item_of(3, 3, 100, Paid),
        ];
        let order = order(&mut items, 0);
        let movement = moved(&order, &items, &[0, 2], Step::Lapse, Some("..."), NOW);

        let heard = movement.store_events.iter();
        let heard = heard.map(|event| (event.store_id, event.order_sequence, event.status));
        assert_eq!(
            heard.collect::<Vec<_>>(),
            [
                (items[0].store_id, 2, Canceled),
                (items[1].store_id, 2, Accepted)
            ]
        );
        assert_eq!(movement.order.status, Paid, "the third store's item");
        assert_eq!(
            (movement.refund, movement.order.refunded),
            (Won(900), Won(900))
        );
        assert_eq!(movement.event.reason, Some(CancelReason::NotAcceptedInTime));
        assert_eq!(movement.event.note.as_deref(), Some("..."));
        assert!(movement.items.iter().all(|item| item.accept_by.is_none()));
    }

    #[test]
    fn a_step_forward_gives_nothing_back() {
        let mut items = [item(0, 700, OrderStatus::Paid)];
        let order = order(&mut items, 0);
        let movement = moved(&order, &items, &[0], Step::Accept, None, NOW);
        assert_eq!(movement.order.status, OrderStatus::Accepted);
        assert_eq!(movement.order.refunded, Won::ZERO);
        assert_eq!((movement.refund, movement.event.reason), (Won::ZERO, None));
        assert_eq!(movement.items[0].cancel_reason, None);
    }

    #[test]
    fn a_coupon_comes_back_with_the_last_item_that_it_discounted() {
        let mut items = [
            item(0, 700, OrderStatus::Paid),
            item(1, 300, OrderStatus::Paid),
            item(2, 0, OrderStatus::Paid),
        ];
        let order = order(&mut items, 100);
        let mut is_back = |place: usize| {
            let movement = moved(&order, &items, &[place], Step::Refuse, None, NOW);
            items[place] = movement.items[0].clone();
            movement.gives_coupon_back
        };
        assert_eq!([is_back(0), is_back(1)], [false, true]);
    }

    #[test]
    fn no_store_hears_of_what_is_not_paid() {
        let mut items = [item(0, 700, OrderStatus::PendingPayment)];
        items[0].paid_at = None;
        let order = order(&mut items, 0);
        let movement = moved(&order, &items, &[0], Step::Cancel, None, NOW);
        assert!(store_events(&movement.event, &items, &items).is_empty());
    }
}
