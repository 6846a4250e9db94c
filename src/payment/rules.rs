//! Pure decisions about payments: how one begins, how refunds are shared, how long to wait.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::{
    Won,
    id::{GiftId, MemberId, OrderId, PaymentId},
    payment::{self, PaymentProvider, PaymentStatus},
    payment_event::{self, PaymentEventKind},
};
use rand::{Rng, RngExt};
use serde_json::{Value, json};

/// What a payment begins with.
#[derive(Clone, Debug)]
pub struct NewPayment {
    pub member_id: MemberId,
    /// What it pays for: an order or a gift; neither charges points.
    pub order_id: Option<OrderId>,
    pub gift_id: Option<GiftId>,
    pub provider: PaymentProvider,
    pub order_name: String,
    pub amount: Won,
    pub charge_key: Option<String>,
    /// Whether what it pays for goes back into the member's cart if it ends unpaid.
    pub is_from_cart: bool,
    pub within: Duration,
}

/// A new payment and the first line of its history.
pub fn created(
    new: NewPayment,
    id: PaymentId,
    now: DateTime<Utc>,
) -> (payment::Model, payment_event::Model) {
    let expires_at = now + new.within;
    let mut payment = payment::Model {
        id,
        member_id: new.member_id,
        order_id: new.order_id,
        gift_id: new.gift_id,
        provider: new.provider,
        status: PaymentStatus::Ready,
        order_name: new.order_name,
        amount: new.amount,
        taken: Won::ZERO,
        refunded: Won::ZERO,
        charge_key: new.charge_key,
        is_from_cart: new.is_from_cart,
        checkout: None,
        reference: None,
        approving_since: None,
        approvals: 0,
        failure: None,
        created_at: now,
        expires_at,
        paid_at: None,
        check_at: Some(expires_at),
        checks: 0,
        last_sequence: 0,
    };
    let detail = json!({ "amount": payment.amount, "expiresAt": expires_at });
    let event = event(&mut payment, PaymentEventKind::Created, detail, now);
    (payment, event)
}

/// The next line of a payment's history.
pub fn event(
    payment: &mut payment::Model,
    kind: PaymentEventKind,
    detail: Value,
    at: DateTime<Utc>,
) -> payment_event::Model {
    payment.last_sequence += 1;
    payment_event::Model {
        payment_id: payment.id,
        sequence: payment.last_sequence,
        kind,
        status: payment.status,
        detail,
        at,
    }
}

/// How much of a refund the gateway gives back, where it took `taken` and owes `owed` of that already: as much as
/// it can. The rest goes back as points.
pub fn at_gateway(refund: Won, taken: Won, owed: Won) -> Won {
    refund.min(Won(taken.0 - owed.0)).max(Won::ZERO)
}

/// Where a payment stands of which so much was taken and given back.
pub fn paid_status(taken: Won, refunded: Won) -> PaymentStatus {
    if refunded >= taken {
        PaymentStatus::Canceled
    } else if refunded > Won::ZERO {
        PaymentStatus::PartiallyCanceled
    } else {
        PaymentStatus::Paid
    }
}

/// The first pause before something is asked again.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// When something that was asked so often without a certain answer is asked again: twice as late each time, give
/// or take a half, so that what failed together is not asked together.
pub fn next_check(now: DateTime<Utc>, asked: i32, rng: &mut impl Rng) -> DateTime<Utc> {
    let doublings = u32::try_from(asked.saturating_sub(1))
        .unwrap_or_default()
        .min(16);
    let pause = (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE);
    now + pause.mul_f64(rng.random_range(0.5..1.5))
}

/// How long after its deadline a payment that ended unpaid is still looked at: its window may be open, or an answer under way.
pub const WATCHED: [Duration; 4] = [
    Duration::from_mins(2),
    Duration::from_mins(15),
    Duration::from_hours(2),
    Duration::from_hours(24),
];

/// When a payment that ended unpaid is looked at once more, if it still is.
pub fn next_watch(expires_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut looks = WATCHED.into_iter().map(|after| expires_at + after);
    looks.find(|look| *look > now)
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_payment_begins_with_its_deadline() {
        let new = NewPayment {
            member_id: MemberId(Uuid::nil()),
            order_id: None,
            gift_id: None,
            provider: PaymentProvider::Toss,
            order_name: "참외 외 1건".into(),
            amount: Won(12_000),
            charge_key: Some("key".into()),
            is_from_cart: false,
            within: Duration::from_mins(15),
        };
        let (payment, event) = created(new, PaymentId(Uuid::nil()), DateTime::UNIX_EPOCH);
        assert_eq!(payment.status, PaymentStatus::Ready);
        assert_eq!(payment.check_at, Some(payment.expires_at));
        assert_eq!(payment.expires_at.timestamp(), 900);
        assert_eq!((event.sequence, payment.last_sequence), (1, 1));
        assert_eq!(event.kind, PaymentEventKind::Created);
    }

    #[test]
    fn the_gateway_gives_back_first_and_no_more_than_it_took() {
        let share = |refund, taken, owed| at_gateway(Won(refund), Won(taken), Won(owed)).0;
        assert_eq!(share(3_000, 10_000, 0), 3_000);
        assert_eq!(share(3_000, 10_000, 8_000), 2_000);
        assert_eq!(share(3_000, 10_000, 10_000), 0);
        assert_eq!(share(3_000, 0, 0), 0);
    }

    #[test]
    fn what_was_given_back_decides_the_status() {
        for (refunded, status) in [
            (0, PaymentStatus::Paid),
            (1, PaymentStatus::PartiallyCanceled),
            (10, PaymentStatus::Canceled),
        ] {
            assert_eq!(paid_status(Won(10), Won(refunded)), status);
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_differ() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut pause = |asked| {
            let next = next_check(DateTime::UNIX_EPOCH, asked, &mut rng);
            (next - DateTime::UNIX_EPOCH).to_std().unwrap()
        };
        for (asked, about) in [(0, 1), (1, 1), (2, 2), (5, 16), (40, 600), (i32::MAX, 600)] {
            let about = Duration::from_secs(about);
            let seen = pause(asked);
            assert!(
                seen >= about / 2 && seen <= about * 3 / 2,
                "{asked}: {seen:?}"
            );
        }
        assert_ne!(pause(9), pause(9));
    }

    #[test]
    fn a_payment_is_watched_for_a_day_and_then_left() {
        let minutes = |minutes: i64| {
            DateTime::UNIX_EPOCH + Duration::from_mins(u64::try_from(minutes).unwrap())
        };
        let at =
            |now: i64| next_watch(DateTime::UNIX_EPOCH, minutes(now)).map(|at| at.timestamp() / 60);
        assert_eq!(
            [0, 2, 100, 121, 1_439, 1_440].map(at),
            [Some(2), Some(15), Some(120), Some(1_440), Some(1_440), None]
        );
    }
}
