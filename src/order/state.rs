//! An order's life. Items carry the state; the order's is derived from them.

use entity::order::OrderStatus;

/// How far each status is from the start. CANCELED stands apart.
pub const fn progress(status: OrderStatus) -> Option<u8> {
    match status {
        OrderStatus::PendingPayment => Some(0),
        OrderStatus::Paid => Some(1),
        OrderStatus::Accepted => Some(2),
        OrderStatus::Ready => Some(3),
        OrderStatus::Completed => Some(4),
        OrderStatus::Canceled => None,
    }
}

/// The order's status: CANCELED if all its items are, else the least advanced of the rest.
pub fn derived(items: impl IntoIterator<Item = OrderStatus>) -> OrderStatus {
    items
        .into_iter()
        .filter(|status| progress(*status).is_some())
        .min_by_key(|status| progress(*status))
        .unwrap_or(OrderStatus::Canceled)
}

/// Whether nothing can happen to the order any more.
pub const fn is_final(order: OrderStatus) -> bool {
    matches!(order, OrderStatus::Completed | OrderStatus::Canceled)
}

/// Whether the member may still cancel an item: only before its store accepts.
pub const fn is_cancelable(item: OrderStatus) -> bool {
    matches!(item, OrderStatus::Paid)
}

/// Whether the member may cancel all that is left of an order.
pub fn is_wholly_cancelable(items: impl IntoIterator<Item = OrderStatus>) -> bool {
    let mut left = items
        .into_iter()
        .filter(|status| *status != OrderStatus::Canceled)
        .peekable();
    left.peek().is_some() && left.all(is_cancelable)
}

#[cfg(test)]
mod tests {
    use super::{OrderStatus::*, *};

    #[test]
    fn the_least_advanced_item_that_is_not_canceled_decides() {
        for (items, order) in [
            (vec![Paid], Paid),
            (vec![PendingPayment, Paid], PendingPayment),
            (vec![Completed, Canceled], Completed),
            (vec![Ready, Accepted, Completed], Accepted),
            (vec![Canceled, Canceled], Canceled),
            (vec![Canceled, Ready, Paid], Paid),
        ] {
            assert_eq!(derived(items.clone()), order, "{items:?}");
        }
    }

    #[test]
    fn an_order_is_cancelable_while_all_that_is_left_of_it_is() {
        for (items, expected) in [
            (vec![Paid], true),
            (vec![Paid, Canceled], true),
            (vec![Paid, Accepted], false),
            (vec![Canceled], false),
        ] {
            assert_eq!(is_wholly_cancelable(items.clone()), expected, "{items:?}");
        }
    }

    #[test]
    fn the_ends_are_final_and_only_what_is_paid_is_cancelable() {
        for (status, is_final_, is_cancelable_) in [
            (PendingPayment, false, false),
            (Paid, false, true),
            (Accepted, false, false),
            (Ready, false, false),
            (Completed, true, false),
            (Canceled, true, false),
        ] {
            assert_eq!(is_final(status), is_final_, "{status:?}");
            assert_eq!(is_cancelable(status), is_cancelable_, "{status:?}");
        }
    }
}
