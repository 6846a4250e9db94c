//! What a charge may be.

use entity::Won;

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

#[cfg(test)]
mod tests {
    use super::*;

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
