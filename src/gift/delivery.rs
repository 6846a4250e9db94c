//! Delivering: the receiver gets a coupon, which is theirs at once, for as many pieces of the option as were paid for.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use entity::{gift, id::StoreId};
use rand::Rng;

use super::state;
use crate::coupon::{CouponRows, GiftCoupon};

/// Delivers a gift of something that this store sells; gives its coupon, or `None` where it was delivered before.
pub fn deliver(
    gift: &mut gift::Model,
    store_id: StoreId,
    valid: Duration,
    now: DateTime<Utc>,
    rng: &mut impl Rng,
) -> Option<CouponRows> {
    let terms = GiftCoupon {
        name: gift.product_name.clone(),
        store_id,
        option_id: gift.option_id,
        quantity: gift.quantity,
        from: gift.from_member_id,
        to: gift.to_member_id,
        // In whole seconds, like every coupon's.
        expires_at: (now + valid).trunc_subsecs(0),
    };
    let expires_at = terms.expires_at;
    let rows = CouponRows::of_gift(terms, now, rng);
    let coupon_id = rows.coupons.first()?.id;
    state::send(gift, coupon_id, now, expires_at).then_some(rows)
}
