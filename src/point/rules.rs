//! What a charge may be, and how a balance moves.

use chrono::{DateTime, Utc};
use entity::{
    Won,
    id::{GiftId, OrderId, PaymentId, PointEntryId},
    point_entry::{self, PointAction},
    user_point,
};

/// What the shop allows.
#[derive(Clone, Copy, Debug)]
pub struct ChargeLimits {
    pub min: Won,
    pub max: Won,
    pub balance_max: Won,
}

/// Why a charge is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeRefusal {
    BelowMinimum { min: Won },
    AboveMaximum { max: Won },
    BalanceTooHigh { balance: Won, balance_max: Won },
}

/// The balance after the charge, or why it is not possible.
pub fn charge(balance: Won, amount: Won, limits: ChargeLimits) -> Result<Won, ChargeRefusal> {
    let ChargeLimits {
        min,
        max,
        balance_max,
    } = limits;
    if amount < min {
        return Err(ChargeRefusal::BelowMinimum { min });
    }
    if amount > max {
        return Err(ChargeRefusal::AboveMaximum { max });
    }
    balance
        .checked_add(amount)
        .filter(|after| *after <= balance_max)
        .ok_or(ChargeRefusal::BalanceTooHigh {
            balance,
            balance_max,
        })
}

/// A movement of a balance.
#[derive(Clone, Debug)]
pub struct Booking {
    pub action: PointAction,
    /// Signed: what is spent is negative.
    pub amount: Won,
    pub order_id: Option<OrderId>,
    /// The payment that charges them.
    pub payment_id: Option<PaymentId>,
    /// The gift that they are spent on, or come back from.
    pub gift_id: Option<GiftId>,
    pub idempotency_key: Option<String>,
}

/// Moves the balance and gives the ledger's line for it. `None`, and nothing is moved, where the balance would leave
/// its range, or nothing moves.
pub fn book(
    purse: &mut user_point::Model,
    booking: Booking,
    id: PointEntryId,
    now: DateTime<Utc>,
) -> Option<point_entry::Model> {
    let balance = purse
        .balance
        .checked_add(booking.amount)
        .filter(|after| *after >= Won::ZERO && *after != purse.balance)?;
    purse.balance = balance;
    purse.last_sequence += 1;
    Some(point_entry::Model {
        id,
        user_point_id: purse.id,
        sequence: purse.last_sequence,
        action: booking.action,
        amount: booking.amount,
        balance_after: balance,
        order_id: booking.order_id,
        payment_id: booking.payment_id,
        gift_id: booking.gift_id,
        idempotency_key: booking.idempotency_key,
        created_at: now,
    })
}

#[cfg(test)]
mod tests {
    use entity::id::{MemberId, UserPointId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_line_of_the_ledger_follows_from_the_one_before() {
        let mut purse = user_point::Model {
            id: UserPointId(Uuid::nil()),
            member_id: MemberId(Uuid::nil()),
            balance: Won(1_000),
            last_sequence: 7,
        };
        let mut move_by = |amount| {
            let booking = Booking {
                action: PointAction::Use,
                amount: Won(amount),
                order_id: None,
                payment_id: None,
                gift_id: None,
                idempotency_key: None,
            };
            let entry = book(
                &mut purse,
                booking,
                PointEntryId(Uuid::nil()),
                DateTime::UNIX_EPOCH,
            );
            entry.map(|entry| (entry.sequence, entry.amount.0, entry.balance_after.0))
        };
        assert_eq!(move_by(-400), Some((8, -400, 600)));
        assert_eq!(move_by(0), None);
        assert_eq!(move_by(-601), None);
        assert_eq!(move_by(Won::MAX.0), None);
        assert_eq!(move_by(100), Some((9, 100, 700)));
        assert_eq!((purse.balance, purse.last_sequence), (Won(700), 9));
    }

    const LIMITS: ChargeLimits = ChargeLimits {
        min: Won(1_000),
        max: Won(5_000_000),
        balance_max: Won(10_000_000),
    };

    #[test]
    fn charges_are_bounded_on_all_sides() {
        let charge = |balance, amount| charge(Won(balance), Won(amount), LIMITS);
        assert_eq!(charge(0, 1_000), Ok(Won(1_000)));
        assert_eq!(charge(5_000_000, 5_000_000), Ok(Won(10_000_000)));
        for amount in [999, 0, -1_000] {
            assert_eq!(
                charge(0, amount),
                Err(ChargeRefusal::BelowMinimum { min: Won(1_000) })
            );
        }
        assert_eq!(
            charge(0, 5_000_001),
            Err(ChargeRefusal::AboveMaximum {
                max: Won(5_000_000)
            })
        );
        assert_eq!(
            charge(9_999_000, 1_001),
            Err(ChargeRefusal::BalanceTooHigh {
                balance: Won(9_999_000),
                balance_max: Won(10_000_000)
            })
        );
    }
}
