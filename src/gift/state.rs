//! A gift's life, and where its money is in each part of it.
//!
//! | status | the money |
//! | --- | --- |
//! | PENDING_PAYMENT, FAILED | was not taken |
//! | SENT | is held by the gift |
//! | USED | is the store's, as far as the discount needed it; the rest is the sender's again |
//! | RETURNED | is the sender's again |

use chrono::{DateTime, Utc};
use entity::{
    Won,
    gift::{self, GiftStatus},
    id::CouponId,
    order_item,
};

/// Whether a gift that stands there may come to stand here.
pub const fn may_become(from: GiftStatus, to: GiftStatus) -> bool {
    use GiftStatus::{Failed, PendingPayment, Returned, Sent, Used};
    matches!(
        (from, to),
        (PendingPayment, Sent | Failed)
            // Its payment had ended, and the gateway took the money all the same.
            | (Failed, Sent)
            | (Sent, Used | Returned)
    )
}

/// Whether its receiver ever got it: until then it is a payment of its sender's, and no more.
pub const fn is_delivered(status: GiftStatus) -> bool {
    matches!(
        status,
        GiftStatus::Sent | GiftStatus::Used | GiftStatus::Returned
    )
}

fn step(gift: &mut gift::Model, to: GiftStatus) -> bool {
    let may = may_become(gift.status, to);
    if may {
        gift.status = to;
    }
    may
}

/// Gives the receiver their coupon, unless they have it.
pub fn send(
    gift: &mut gift::Model,
    coupon_id: CouponId,
    sent_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> bool {
    let is_sent = step(gift, GiftStatus::Sent);
    if is_sent {
        gift.coupon_id = Some(coupon_id);
        gift.sent_at = Some(sent_at);
        gift.expires_at = Some(expires_at);
    }
    is_sent
}

/// Its payment ended unpaid.
pub fn fail(gift: &mut gift::Model) -> bool {
    step(gift, GiftStatus::Failed)
}

/// What these items that were handed over needed of the gift's money: `None` where none of them is what it was for.
pub fn needed(gift: &gift::Model, completed: &[order_item::Model]) -> Option<Won> {
    let items = completed
        .iter()
        .filter(|item| item.option_id == gift.option_id && item.discount > Won::ZERO);
    let mut shares = items.map(|item| Won(item.discount.0 - item.store_discount.0));
    let first = shares.next()?;
    Some(shares.fold(first, |sum, share| Won(sum.0 + share.0)))
}

/// What it was for was handed over: gives what is left of its money, which goes back to the sender.
pub fn use_up(gift: &mut gift::Model, needed: Won) -> Option<Won> {
    step(gift, GiftStatus::Used).then(|| {
        gift.returned = Won(gift.amount.0 - needed.0).max(Won::ZERO);
        gift.returned
    })
}

/// Its time is over, and nobody has used it: gives its money, which goes back to the sender.
pub fn give_back(gift: &mut gift::Model, now: DateTime<Utc>) -> Option<Won> {
    let is_over = gift.expires_at.is_some_and(|expires_at| expires_at <= now);
    (is_over && step(gift, GiftStatus::Returned)).then(|| {
        gift.returned = gift.amount;
        gift.returned
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::{
        id::{GiftId, MemberId, OptionId, OrderId, OrderItemId, ProductId, StoreId},
        order::OrderStatus,
    };
    use sea_orm::Iterable;
    use uuid::Uuid;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    const COUPON: CouponId = CouponId(Uuid::from_u128(1));

    fn gift(status: GiftStatus) -> gift::Model {
        let is_sent = is_delivered(status);
        gift::Model {
            id: GiftId(Uuid::nil()),
            from_member_id: MemberId(Uuid::from_u128(1)),
            to_member_id: MemberId(Uuid::from_u128(2)),
            status,
            option_id: OptionId(Uuid::from_u128(1)),
            product_name: "참외".into(),
            option_name: "한 상자".into(),
            unit_price: Won(10_000),
            quantity: 2,
            amount: Won(20_000),
            returned: Won::ZERO,
            message: String::new(),
            coupon_id: is_sent.then_some(COUPON),
            idempotency_key: "key".into(),
            request_hash: Vec::new(),
            created_at: NOW,
            sent_at: is_sent.then_some(NOW),
            expires_at: is_sent.then_some(NOW),
        }
    }

    fn item(option: u128, discount: i64, store_discount: i64) -> order_item::Model {
        order_item::Model {
            id: OrderItemId(Uuid::nil()),
            order_id: OrderId(Uuid::nil()),
            position: 0,
            option_id: OptionId(Uuid::from_u128(option)),
            product_id: ProductId(Uuid::nil()),
            store_id: StoreId(Uuid::nil()),
            product_name: String::new(),
            option_name: String::new(),
            unit_price: Won(10_000),
            quantity: 2,
            line_total: Won(20_000),
            discount: Won(discount),
            store_discount: Won(store_discount),
            status: OrderStatus::Completed,
            cancel_reason: None,
            paid_at: None,
            accept_by: None,
        }
    }

    #[test]
    fn a_gift_goes_no_way_but_these() {
        use GiftStatus::{Failed, PendingPayment, Returned, Sent, Used};
        let ways = [
            (PendingPayment, Sent),
            (PendingPayment, Failed),
            (Failed, Sent),
            (Sent, Used),
            (Sent, Returned),
        ];
        for from in GiftStatus::iter() {
            for to in GiftStatus::iter() {
                let is_way = ways.contains(&(from, to));
                assert_eq!(may_become(from, to), is_way, "{from:?} to {to:?}");
            }
            let mut moved = gift(from);
            assert_eq!(
                send(&mut moved, COUPON, NOW, NOW),
                ways.contains(&(from, Sent))
            );
            assert_eq!(
                moved.sent_at.is_some(),
                !matches!(moved.status, PendingPayment | Failed)
            );
            assert_eq!(fail(&mut gift(from)), ways.contains(&(from, Failed)));
            assert_eq!(
                use_up(&mut gift(from), Won::ZERO).is_some(),
                ways.contains(&(from, Used))
            );
            assert_eq!(
                give_back(&mut gift(from), NOW).is_some(),
                ways.contains(&(from, Returned))
            );
        }
    }

    #[test]
    fn a_gift_is_delivered_with_its_coupon_and_its_end() {
        let mut gift = gift(GiftStatus::PendingPayment);
        let end = NOW + Duration::from_hours(24);
        assert!(send(&mut gift, COUPON, NOW, end));
        assert_eq!(gift.status, GiftStatus::Sent);
        assert_eq!(gift.coupon_id, Some(COUPON));
        assert_eq!((gift.sent_at, gift.expires_at), (Some(NOW), Some(end)));
    }

    #[test]
    fn what_the_discount_did_not_need_is_left() {
        for (needed, left) in [(0, 20_000), (15_000, 5_000), (20_000, 0), (20_001, 0)] {
            let mut gift = gift(GiftStatus::Sent);
            assert_eq!(use_up(&mut gift, Won(needed)), Some(Won(left)));
            assert_eq!((gift.status, gift.returned), (GiftStatus::Used, Won(left)));
        }
    }

    #[test]
    fn only_what_was_discounted_of_the_gifts_option_needs_its_money() {
        let gift = gift(GiftStatus::Sent);
        assert_eq!(needed(&gift, &[]), None);
        assert_eq!(needed(&gift, &[item(2, 9_000, 0), item(1, 0, 0)]), None);
        assert_eq!(
            needed(&gift, &[item(2, 9_000, 0), item(1, 18_000, 0)]),
            Some(Won(18_000))
        );
        assert_eq!(needed(&gift, &[item(1, 24_000, 4_000)]), Some(Won(20_000)));
        assert_eq!(
            needed(&gift, &[item(1, 9_000, 0), item(1, 8_000, 1_000)]),
            Some(Won(16_000))
        );
    }

    #[test]
    fn an_unused_gift_goes_back_when_its_time_is_over_and_not_before() {
        let mut gift = gift(GiftStatus::Sent);
        assert_eq!(give_back(&mut gift, NOW - Duration::from_micros(1)), None);
        assert_eq!(gift.status, GiftStatus::Sent);
        assert_eq!(give_back(&mut gift, NOW), Some(Won(20_000)));
        assert_eq!(
            (gift.status, gift.returned),
            (GiftStatus::Returned, Won(20_000))
        );
    }
}
