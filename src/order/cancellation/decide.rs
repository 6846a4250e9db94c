//! The decision: which items a member cancels.

use chrono::{DateTime, Utc};
use entity::{
    id::OrderItemId,
    order::{self, OrderStatus},
    order_item,
};

use crate::order::{
    movement::{Movement, moved},
    state::{Step, is_cancelable},
};

/// Why nothing was canceled. `index` is a place in the client's list, where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    NoSuchOrder,
    /// A list of items that names none.
    NoItems,
    NoSuchItem {
        index: usize,
    },
    /// An item has gone too far.
    NotCancelable {
        index: Option<usize>,
        product_name: String,
        status: OrderStatus,
    },
}

/// Cancels the wanted items of a member's order, all of them for `None`: each that is not canceled already, or
/// none. `Ok(None)` where all of them are: a retry finds its work done.
pub fn cancel(
    order: &order::Model,
    items: &[order_item::Model],
    wanted: Option<&[OrderItemId]>,
    note: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Option<Movement>, Refusal> {
    let places = places(items, wanted)?;
    for (place, index) in &places {
        let item = &items[*place];
        if !is_cancelable(item.status) {
            return Err(Refusal::NotCancelable {
                index: *index,
                product_name: item.product_name.clone(),
                status: item.status,
            });
        }
    }
    if places.is_empty() {
        return Ok(None);
    }
    let places = places
        .into_iter()
        .map(|(place, _)| place)
        .collect::<Vec<_>>();
    Ok(Some(moved(order, items, &places, Step::Cancel, note, now)))
}

/// Where the wanted items that are not canceled yet stand in the order, each once, and where in the client's list.
fn places(
    items: &[order_item::Model],
    wanted: Option<&[OrderItemId]>,
) -> Result<Vec<(usize, Option<usize>)>, Refusal> {
    let mut places = Vec::new();
    match wanted {
        None => places.extend((0..items.len()).map(|place| (place, None))),
        Some([]) => return Err(Refusal::NoItems),
        Some(ids) => {
            for (index, id) in ids.iter().enumerate() {
                let place = items
                    .iter()
                    .position(|item| item.id == *id)
                    .ok_or(Refusal::NoSuchItem { index })?;
                places.push((place, Some(index)));
            }
        }
    }
    places.retain(|(place, _)| items[*place].status != OrderStatus::Canceled);
    places.sort_unstable();
    places.dedup_by_key(|(place, _)| *place);
    Ok(places)
}

#[cfg(test)]
mod tests {
    use entity::{Won, order::CancelReason};
    use proptest::prelude::*;

    use super::*;
    use crate::order::{
        sample::{NOW, id, item, order},
        state::derived,
    };

    #[test]
    fn an_item_is_canceled_and_the_rest_stays() {
        let mut items = [
            item(0, 700, OrderStatus::Paid),
            item(1, 300, OrderStatus::Paid),
        ];
        let order = order(&mut items, 100);
        let canceled = cancel(
            &order,
            &items,
            Some(&[id(1), id(1)]),
            Some("색이 달라요"),
            NOW,
        );
        let canceled = canceled.unwrap().unwrap();
        assert_eq!(canceled.refund, Won(270));
        assert_eq!(canceled.order.status, OrderStatus::Paid);
        assert_eq!(canceled.order.refunded, Won(270));
        assert_eq!(canceled.items.len(), 1);
        assert_eq!(
            canceled.items[0].cancel_reason,
            Some(CancelReason::Customer)
        );
        assert_eq!(canceled.event.sequence, 2);
        assert_eq!(canceled.event.item_ids.iter().collect::<Vec<_>>(), [id(1)]);
        assert_eq!(canceled.event.note.as_deref(), Some("색이 달라요"));
    }

    #[test]
    fn what_is_canceled_already_is_done() {
        use OrderStatus::{Canceled, Paid};
        let mut items = [item(0, 700, Canceled), item(1, 300, Paid)];
        let order = order(&mut items, 0);
        assert_eq!(cancel(&order, &items, Some(&[id(0)]), None, NOW), Ok(None));
        let rest = cancel(&order, &items, None, None, NOW).unwrap().unwrap();
        assert_eq!((rest.order.status, rest.refund), (Canceled, Won(300)));
        assert_eq!(rest.items.len(), 1);
    }

    #[test]
    fn what_has_gone_too_far_keeps_all_of_it() {
        use OrderStatus::{Accepted, Paid};
        let mut items = [item(0, 700, Paid), item(1, 300, Accepted)];
        let order = order(&mut items, 0);
        let refused = |index| {
            Err(Refusal::NotCancelable {
                index,
                product_name: "상품 1".into(),
                status: Accepted,
            })
        };
        assert_eq!(cancel(&order, &items, None, None, NOW), refused(None));
        assert_eq!(
            cancel(&order, &items, Some(&[id(0), id(1)]), None, NOW),
            refused(Some(1))
        );
        assert!(cancel(&order, &items, Some(&[id(0)]), None, NOW).is_ok());
    }

    #[test]
    fn a_list_names_items_of_the_order() {
        let mut items = [item(0, 700, OrderStatus::Paid)];
        let order = order(&mut items, 0);
        assert_eq!(
            cancel(&order, &items, Some(&[]), None, NOW),
            Err(Refusal::NoItems)
        );
        assert_eq!(
            cancel(&order, &items, Some(&[id(0), id(9)]), None, NOW),
            Err(Refusal::NoSuchItem { index: 1 })
        );
    }

    proptest! {
        /// Whatever is canceled in whatever order, in the end all that was paid has come back.
        #[test]
        fn any_sequence_of_cancellations_refunds_what_was_paid(
            lines in prop::collection::vec(0..1_000_000_i64, 1..12),
            permille in 0..=1_000_i64,
            sequence in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 1..4), 0..8),
        ) {
            let mut items = (0..).zip(&lines).map(|(number, line)| item(number, *line, OrderStatus::Paid)).collect::<Vec<_>>();
            let discount = lines.iter().sum::<i64>() * permille / 1_000;
            let mut order = order(&mut items, discount);
            let paid = order.points_used;
            let mut refunded = Won::ZERO;
            let picked = |picks: &Vec<prop::sample::Index>| {
                picks.iter().map(|pick| id(pick.index(lines.len()) as u128)).collect::<Vec<_>>()
            };
            let steps = sequence.iter().map(|picks| Some(picked(picks))).chain([None]);
            for wanted in steps {
                if let Some(canceled) = cancel(&order, &items, wanted.as_deref(), None, NOW).unwrap() {
                    refunded.0 += canceled.refund.0;
                    prop_assert_eq!(canceled.event.sequence, order.last_sequence + 1);
                    order = canceled.order;
                    for after in canceled.items {
                        let item = items.iter_mut().find(|item| item.id == after.id).unwrap();
                        prop_assert_ne!(item.status, OrderStatus::Canceled);
                        *item = after;
                    }
                    prop_assert_eq!(order.refunded, refunded);
                    prop_assert!(refunded <= paid);
                    prop_assert_eq!(order.status, derived(items.iter().map(|item| item.status)));
                }
            }
            prop_assert_eq!(refunded, paid);
            prop_assert_eq!(order.status, OrderStatus::Canceled);
        }
    }
}
