//! Who may register a coupon, where a coupon stands, and when one comes back.

use chrono::{DateTime, Utc};
use entity::{Won, coupon, coupon_issue, id::MemberId, order::OrderStatus, order_item};

/// Why a coupon cannot be used, or registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is none, or it is another member's.
    Unknown,
    /// It is for another store's items.
    Foreign,
    Expired,
    /// An order has it already.
    Used,
    /// Another member has it.
    AlreadyRegistered,
    /// The member has as many of them as one may have.
    LimitReached {
        limit: i32,
    },
    /// What it is for costs too little.
    BelowMinimum {
        minimum: Won,
        total: Won,
    },
    /// Nothing would be taken off.
    NothingToDiscount,
}

/// Where a coupon stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Nobody has registered it.
    Issued,
    /// Its holder can use it.
    Registered,
    /// An order has it.
    Used,
    /// It was not used in time.
    Expired,
}

/// Where a coupon stands at a moment.
pub fn status(coupon: &coupon::Model, issue: &coupon_issue::Model, now: DateTime<Utc>) -> Status {
    if coupon.order_id.is_some() {
        Status::Used
    } else if is_over(coupon, issue, now) {
        Status::Expired
    } else if coupon.member_id.is_some() {
        Status::Registered
    } else {
        Status::Issued
    }
}

/// Whether nobody can use the coupon any more: its time is over, or it was taken back.
pub fn is_over(coupon: &coupon::Model, issue: &coupon_issue::Model, now: DateTime<Utc>) -> bool {
    coupon.withdrawn_at.is_some() || issue.expires_at <= now
}

/// Whether a member may register the coupon, who has so many of its publication already. `Ok(false)` where it is
/// theirs: a retry finds its work done.
///
/// # Errors
/// Why not.
pub fn register(
    coupon: &coupon::Model,
    issue: &coupon_issue::Model,
    member_id: MemberId,
    held: u64,
    now: DateTime<Utc>,
) -> Result<bool, Problem> {
    match coupon.member_id {
        Some(holder) if holder == member_id => return Ok(false),
        Some(_) => return Err(Problem::AlreadyRegistered),
        None => {}
    }
    if is_over(coupon, issue, now) {
        return Err(Problem::Expired);
    }
    let limit = issue.per_member_limit;
    if i64::try_from(held).is_ok_and(|held| held < i64::from(limit)) {
        Ok(true)
    } else {
        Err(Problem::LimitReached { limit })
    }
}

/// Whether an order with these items gives its coupon back: as soon as everything that it took something off is
/// canceled.
pub fn is_given_back(items: &[order_item::Model]) -> bool {
    let mut discounted = items.iter().filter(|item| item.discount > Won::ZERO);
    discounted.all(|item| item.status == OrderStatus::Canceled)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use entity::{
        coupon_issue::{CouponFunding, CouponKind},
        id::{CouponId, CouponIssueId, OptionId, OrderId, OrderItemId, ProductId, StoreId},
    };
    use uuid::Uuid;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
    const MINA: MemberId = MemberId(Uuid::from_u128(1));
    const JUN: MemberId = MemberId(Uuid::from_u128(2));

    fn issue() -> coupon_issue::Model {
        coupon_issue::Model {
            id: CouponIssueId(Uuid::nil()),
            store_id: None,
            funding: CouponFunding::Platform,
            name: String::new(),
            kind: CouponKind::Fixed,
            amount: Some(Won(1_000)),
            percent: None,
            maximum: None,
            free_option_id: None,
            free_quantity: None,
            minimum_total: Won::ZERO,
            per_member_limit: 2,
            codes: 10,
            expires_at: NOW + TimeDelta::days(1),
            published_by: JUN,
            idempotency_key: None,
            created_at: NOW,
        }
    }

    fn coupon(member_id: Option<MemberId>) -> coupon::Model {
        coupon::Model {
            id: CouponId(Uuid::nil()),
            issue_id: issue().id,
            code: String::new(),
            member_id,
            registered_at: member_id.map(|_| NOW),
            order_id: None,
            withdrawn_at: None,
        }
    }

    #[test]
    fn a_coupon_is_used_expired_registered_or_issued() {
        let used = coupon::Model {
            order_id: Some(OrderId(Uuid::nil())),
            ..coupon(Some(MINA))
        };
        let withdrawn = coupon::Model {
            withdrawn_at: Some(NOW),
            ..coupon(Some(MINA))
        };
        let (today, end) = (NOW, issue().expires_at);
        for (coupon, now, expected) in [
            (&coupon(None), today, Status::Issued),
            (&coupon(None), end, Status::Expired),
            (&coupon(Some(MINA)), today, Status::Registered),
            (&coupon(Some(MINA)), end, Status::Expired),
            (&used, today, Status::Used),
            (&used, end, Status::Used),
            (&withdrawn, today, Status::Expired),
        ] {
            assert_eq!(status(coupon, &issue(), now), expected, "{coupon:?}");
        }
    }

    #[test]
    fn a_coupon_is_registered_once_in_time_and_not_too_often() {
        let end = issue().expires_at;
        for (coupon, held, now, expected) in [
            (coupon(None), 0, NOW, Ok(true)),
            (coupon(None), 1, NOW, Ok(true)),
            (
                coupon(None),
                2,
                NOW,
                Err(Problem::LimitReached { limit: 2 }),
            ),
            (coupon(None), 0, end, Err(Problem::Expired)),
            (coupon(Some(MINA)), 2, end, Ok(false)),
            (coupon(Some(JUN)), 0, end, Err(Problem::AlreadyRegistered)),
        ] {
            let decided = register(&coupon, &issue(), MINA, held, now);
            assert_eq!(decided, expected, "{coupon:?} {held}");
        }
    }

    #[test]
    fn a_coupon_comes_back_when_all_that_it_discounted_is_canceled() {
        use OrderStatus::{Canceled, Paid};
        let item = |(discount, status): &(i64, OrderStatus)| order_item::Model {
            id: OrderItemId(Uuid::nil()),
            order_id: OrderId(Uuid::nil()),
            position: 0,
            option_id: OptionId(Uuid::nil()),
            product_id: ProductId(Uuid::nil()),
            store_id: StoreId(Uuid::nil()),
            product_name: String::new(),
            option_name: String::new(),
            unit_price: Won(1_000),
            quantity: 1,
            line_total: Won(1_000),
            discount: Won(*discount),
            store_discount: Won::ZERO,
            status: *status,
            cancel_reason: None,
            paid_at: None,
            accept_by: None,
        };
        for (items, expected) in [
            (vec![(500, Canceled), (500, Canceled)], true),
            (vec![(500, Canceled), (500, Paid)], false),
            (vec![(500, Canceled), (0, Paid)], true),
            (vec![(500, Paid), (0, Canceled)], false),
        ] {
            let items = items.iter().map(item).collect::<Vec<_>>();
            assert_eq!(is_given_back(&items), expected, "{items:?}");
        }
    }
}
