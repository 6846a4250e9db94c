//! The decision: which items a store's step moves.

use chrono::{DateTime, Utc};
use entity::{
    id::{OrderItemId, StoreId},
    order::{self, OrderStatus},
    order_item,
};

use crate::order::{
    movement::{Movement, moved},
    state::{Step, derived},
};

/// Whose items of an order somebody may move: all that are paid, or those of one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    All,
    Of(StoreId),
}

/// Why nothing was moved. `index` is a place in the client's list, where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is none, or nothing of it is paid and the store's.
    NoSuchOrder,
    /// A list of items that names none.
    NoItems,
    NoSuchItem {
        index: usize,
    },
    /// The items stand where the step does not begin: here the least advanced, or the one that was named.
    StateChanged {
        index: Option<usize>,
        status: OrderStatus,
    },
}

impl Part {
    /// Whether the item belongs to it.
    pub fn has(self, item: &order_item::Model) -> bool {
        let is_own = match self {
            Self::All => true,
            Self::Of(store_id) => item.store_id == store_id,
        };
        is_own && item.paid_at.is_some()
    }
}

/// Moves those items of a part that the step can move, or the wanted ones, each of which it must. `Ok(None)` where it
/// has been taken before: a retry finds its work done.
pub fn fulfil(
    order: &order::Model,
    items: &[order_item::Model],
    part: Part,
    step: Step,
    wanted: Option<&[OrderItemId]>,
    note: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Option<Movement>, Refusal> {
    if !items.iter().any(|item| part.has(item)) {
        return Err(Refusal::NoSuchOrder);
    }
    let places = match wanted {
        Some(ids) => named(items, part, step, ids)?,
        None => (0..items.len())
            .filter(|place| part.has(&items[*place]) && step.from(items[*place].status).is_some())
            .collect(),
    };
    if !places.is_empty() {
        return Ok(Some(moved(order, items, &places, step, note, now)));
    }
    let own = items.iter().filter(|item| part.has(item));
    let own = own.collect::<Vec<_>>();
    if wanted.is_some() || is_done(&own, step) {
        return Ok(None);
    }
    Err(Refusal::StateChanged {
        index: None,
        status: derived(own.iter().map(|item| item.status)),
    })
}

/// Whether the store has let the time go by in which it could accept the item.
pub fn is_late(item: &order_item::Model, now: DateTime<Utc>) -> bool {
    Step::Lapse.from(item.status).is_some() && item.accept_by.is_some_and(|end| end <= now)
}

/// Whether the step's work is done: all that is left stands at its goal; where nothing is left, the step has taken some
/// of it away.
fn is_done(own: &[&order_item::Model], step: Step) -> bool {
    let mut left = own
        .iter()
        .filter(|item| item.status != OrderStatus::Canceled)
        .peekable();
    match left.peek() {
        Some(_) => left.all(|item| item.status == step.goal()),
        None => own.iter().any(|item| has_moved(item, step)),
    }
}

/// Whether the item stands where the step leads to, and by that step: what somebody else has canceled was not refused.
fn has_moved(item: &order_item::Model, step: Step) -> bool {
    item.status == step.goal() && item.cancel_reason == step.cancel_reason()
}

/// The places of the named items that are not at the step's goal already, each once.
fn named(
    items: &[order_item::Model],
    part: Part,
    step: Step,
    ids: &[OrderItemId],
) -> Result<Vec<usize>, Refusal> {
    if ids.is_empty() {
        return Err(Refusal::NoItems);
    }
    let mut places = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        let place = items
            .iter()
            .position(|item| item.id == *id && part.has(item))
            .ok_or(Refusal::NoSuchItem { index })?;
        let status = items[place].status;
        if step.from(status).is_some() {
            places.push(place);
        } else if !has_moved(&items[place], step) {
            return Err(Refusal::StateChanged {
                index: Some(index),
                status,
            });
        }
    }
    places.sort_unstable();
    places.dedup();
    Ok(places)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use entity::order::CancelReason;

    use super::*;
    use crate::order::sample::{NOW, id, item_of, order};
    use OrderStatus::{Accepted, Canceled, Completed, Paid, Ready};

    const FIRST: Part = Part::Of(StoreId(Uuid::from_u128(1)));

    /// Items of the first and the second store that stand so, in turns.
    fn items<const N: usize>(statuses: [OrderStatus; N]) -> [order_item::Model; N] {
        let mut number = 0;
        statuses.map(|status| {
            number += 1;
            let item = item_of(2 - number % 2, number, 100, status);
            let refused = (status == Canceled).then_some(CancelReason::StoreRefused);
            order_item::Model {
                cancel_reason: refused,
                ..item
            }
        })
    }

    /// The numbers of the items that the step moves.
    fn taken<const N: usize>(
        statuses: [OrderStatus; N],
        part: Part,
        step: Step,
        wanted: Option<&[u128]>,
    ) -> Result<Vec<OrderItemId>, Refusal> {
        let mut items = items(statuses);
        let order = order(&mut items, 0);
        let wanted = wanted.map(|numbers| numbers.iter().map(|number| id(*number)));
        let wanted = wanted.map(Iterator::collect::<Vec<_>>);
        let movement = fulfil(&order, &items, part, step, wanted.as_deref(), None, NOW)?;
        let moved = movement.map_or_else(Vec::new, |movement| movement.items);
        assert!(moved.iter().all(|item| item.status == step.goal()));
        Ok(moved.iter().map(|item| item.id).collect())
    }

    fn changed(status: OrderStatus) -> Result<Vec<OrderItemId>, Refusal> {
        let index = None;
        Err(Refusal::StateChanged { index, status })
    }

    #[test]
    fn a_step_moves_the_stores_own_items_that_it_can() {
        for (statuses, step, moved) in [
            ([Paid, Paid, Paid], Step::Accept, vec![1, 3]),
            ([Paid, Paid, Canceled], Step::Accept, vec![1]),
            ([Accepted, Paid, Paid], Step::Accept, vec![3]),
            ([Accepted, Accepted, Ready], Step::MarkReady, vec![1]),
            ([Ready, Ready, Accepted], Step::Complete, vec![1]),
            ([Paid, Paid, Accepted], Step::Refuse, vec![1, 3]),
            ([Paid, Paid, Ready], Step::Refuse, vec![1]),
        ] {
            let ids = moved.into_iter().map(id).collect::<Vec<_>>();
            assert_eq!(taken(statuses, FIRST, step, None), Ok(ids), "{statuses:?}");
        }
        let all = vec![id(1), id(2), id(3)];
        assert_eq!(taken([Paid; 3], Part::All, Step::Accept, None), Ok(all));
    }

    #[test]
    fn a_step_that_was_taken_is_done() {
        for (statuses, step) in [
            ([Accepted, Paid, Canceled], Step::Accept),
            ([Ready, Paid, Ready], Step::MarkReady),
            ([Completed, Paid, Completed], Step::Complete),
            ([Canceled, Paid, Canceled], Step::Refuse),
        ] {
            let done = Ok(Vec::new());
            assert_eq!(taken(statuses, FIRST, step, None), done, "{statuses:?}");
        }
    }

    #[test]
    fn a_step_that_comes_too_late_or_too_early_tells_where_the_part_stands() {
        for (statuses, step, status) in [
            ([Canceled, Paid, Canceled], Step::Accept, Canceled),
            ([Ready, Paid, Ready], Step::Accept, Ready),
            ([Ready, Paid, Accepted], Step::Accept, Accepted),
            ([Paid, Accepted, Canceled], Step::MarkReady, Paid),
            ([Accepted, Ready, Accepted], Step::Complete, Accepted),
            ([Ready, Paid, Completed], Step::Refuse, Ready),
            ([Canceled, Ready, Canceled], Step::Complete, Canceled),
        ] {
            let outcome = taken(statuses, FIRST, step, None);
            assert_eq!(outcome, changed(status), "{statuses:?}");
        }
    }

    #[test]
    fn of_named_items_each_must_be_the_stores_and_able_to_move() {
        let refuse = |statuses: [OrderStatus; 3], wanted: &[u128]| {
            taken(statuses, FIRST, Step::Refuse, Some(wanted))
        };
        assert_eq!(refuse([Paid; 3], &[3, 3]), Ok(vec![id(3)]));
        assert_eq!(refuse([Paid, Paid, Canceled], &[3, 1]), Ok(vec![id(1)]));
        assert_eq!(refuse([Paid, Paid, Canceled], &[3]), Ok(Vec::new()));
        assert_eq!(refuse([Paid; 3], &[]), Err(Refusal::NoItems));
        let missing = |index| Err(Refusal::NoSuchItem { index });
        assert_eq!(refuse([Paid; 3], &[1, 2]), missing(1));
        assert_eq!(refuse([Paid; 3], &[9]), missing(0));
        let ready = Err(Refusal::StateChanged {
            index: Some(1),
            status: Ready,
        });
        assert_eq!(refuse([Paid, Paid, Ready], &[1, 3]), ready);
    }

    #[test]
    fn an_item_is_late_when_its_time_is_over_and_nobody_has_answered() {
        let moment = TimeDelta::microseconds(1);
        let [paid, accepted] = [Paid, Accepted].map(|status| order_item::Model {
            accept_by: Some(NOW),
            ..item_of(1, 1, 100, status)
        });
        assert!(!is_late(&paid, NOW - moment));
        assert!(is_late(&paid, NOW));
        assert!(!is_late(&accepted, NOW + moment));
        let waiting = order_item::Model {
            accept_by: None,
            ..paid
        };
        assert!(!is_late(&waiting, NOW + moment));
    }

    #[test]
    fn what_somebody_else_has_canceled_is_not_refused() {
        let mut items = items([Canceled, Paid, Canceled]);
        let order = order(&mut items, 0);
        for item in &mut items {
            item.cancel_reason = Some(CancelReason::Customer);
        }
        let refuse = |items: &[order_item::Model], wanted: Option<&[OrderItemId]>| {
            fulfil(&order, items, FIRST, Step::Refuse, wanted, None, NOW)
        };
        let changed = |index| {
            let status = Canceled;
            Err(Refusal::StateChanged { index, status })
        };
        assert_eq!(refuse(&items, None), changed(None));
        assert_eq!(refuse(&items, Some(&[id(3)])), changed(Some(0)));
        items[0].cancel_reason = Some(CancelReason::StoreRefused);
        assert_eq!(refuse(&items, None), Ok(None), "refused before");
        assert_eq!(refuse(&items, Some(&[id(1)])), Ok(None));
    }

    #[test]
    fn what_is_another_stores_or_not_paid_is_not_there() {
        let elsewhere = Part::Of(StoreId(Uuid::from_u128(9)));
        let none = Err(Refusal::NoSuchOrder);
        assert_eq!(taken([Paid; 2], elsewhere, Step::Accept, None), none);
        let mut items = items([OrderStatus::PendingPayment]);
        items[0].paid_at = None;
        let order = order(&mut items, 0);
        for part in [FIRST, Part::All] {
            let outcome = fulfil(&order, &items, part, Step::Refuse, None, None, NOW);
            assert_eq!(outcome, Err(Refusal::NoSuchOrder));
        }
    }
}
