//! An order's life. Items carry the state; the order's is derived from them, and so is that of each store's part.

use entity::order::{CancelReason, OrderStatus};

/// What somebody does with items that are paid. (What a payment does with those that wait for it is its settlement's.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The member takes them back.
    Cancel,
    /// Their store takes them on.
    Accept,
    /// Their store does not take them on, or cannot go on.
    Refuse,
    /// Their store has let the time go by in which it could accept.
    Lapse,
    /// Their store has them ready to be handed over.
    MarkReady,
    /// Their store has handed them over.
    Complete,
}

/// The statuses from which a step leads on, and where to: all that may ever happen to a paid item.
const TRANSITIONS: [(OrderStatus, Step, OrderStatus); 7] = [
    (OrderStatus::Paid, Step::Cancel, OrderStatus::Canceled),
    (OrderStatus::Paid, Step::Accept, OrderStatus::Accepted),
    (OrderStatus::Paid, Step::Refuse, OrderStatus::Canceled),
    (OrderStatus::Paid, Step::Lapse, OrderStatus::Canceled),
    (OrderStatus::Accepted, Step::MarkReady, OrderStatus::Ready),
    (OrderStatus::Accepted, Step::Refuse, OrderStatus::Canceled),
    (OrderStatus::Ready, Step::Complete, OrderStatus::Completed),
];

impl Step {
    /// Where the step takes an item of that status; `None` if it takes it nowhere.
    pub fn from(self, status: OrderStatus) -> Option<OrderStatus> {
        let leads = |(from, step, _): &&(_, _, _)| (*from, *step) == (status, self);
        TRANSITIONS.iter().find(leads).map(|(_, _, to)| *to)
    }

    /// Where the step leads to, wherever it begins.
    pub const fn goal(self) -> OrderStatus {
        match self {
            Self::Cancel | Self::Refuse | Self::Lapse => OrderStatus::Canceled,
            Self::Accept => OrderStatus::Accepted,
            Self::MarkReady => OrderStatus::Ready,
            Self::Complete => OrderStatus::Completed,
        }
    }

    /// Why items are canceled by it; `None` where they are not.
    pub const fn cancel_reason(self) -> Option<CancelReason> {
        match self {
            Self::Cancel => Some(CancelReason::Customer),
            Self::Refuse => Some(CancelReason::StoreRefused),
            Self::Lapse => Some(CancelReason::NotAcceptedInTime),
            Self::Accept | Self::MarkReady | Self::Complete => None,
        }
    }
}

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
pub fn is_cancelable(item: OrderStatus) -> bool {
    Step::Cancel.from(item).is_some()
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
    use sea_orm::Iterable;

    use super::{OrderStatus::*, *};

    const STEPS: [Step; 6] = [
        Step::Cancel,
        Step::Accept,
        Step::Refuse,
        Step::Lapse,
        Step::MarkReady,
        Step::Complete,
    ];

    #[test]
    fn every_step_leads_from_where_it_may_to_its_goal_and_from_nowhere_else() {
        let none = [None; 6];
        // In the order of the steps above.
        for (status, expected) in [
            (PendingPayment, none),
            (
                Paid,
                [
                    Some(Canceled),
                    Some(Accepted),
                    Some(Canceled),
                    Some(Canceled),
                    None,
                    None,
                ],
            ),
            (
                Accepted,
                [None, None, Some(Canceled), None, Some(Ready), None],
            ),
            (Ready, [None, None, None, None, None, Some(Completed)]),
            (Completed, none),
            (Canceled, none),
        ] {
            assert_eq!(STEPS.map(|step| step.from(status)), expected, "{status:?}");
        }
        for (step, status) in STEPS
            .into_iter()
            .flat_map(|step| OrderStatus::iter().map(move |status| (step, status)))
        {
            if let Some(reached) = step.from(status) {
                assert_eq!(reached, step.goal(), "{step:?}");
                assert!(!is_final(status), "nothing follows the end");
                let goes_on = progress(reached) > progress(status);
                assert!(goes_on || reached == Canceled, "{step:?} from {status:?}");
            }
        }
    }

    #[test]
    fn whatever_cancels_says_why_and_nothing_else_does() {
        for step in STEPS {
            assert_eq!(step.cancel_reason().is_some(), step.goal() == Canceled);
        }
        let reasons = STEPS.into_iter().filter_map(Step::cancel_reason);
        assert_eq!(
            reasons.collect::<Vec<_>>(),
            [
                CancelReason::Customer,
                CancelReason::StoreRefused,
                CancelReason::NotAcceptedInTime
            ]
        );
    }

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
