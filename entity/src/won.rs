use std::{fmt, iter};

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// An amount of money in whole South Korean won; points are worth one won each.
///
/// Arithmetic is checked: there is no `+` that could wrap, only functions that answer `None`.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    DeriveValueType,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct Won(pub i64);

impl Won {
    pub const ZERO: Self = Self(0);

    /// The largest amount that the API can carry: 2^53 − 1, the last whole number that every
    /// JSON reader keeps exact.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// The sum, or `None` beyond what the API can carry.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Self(sum).in_range(),
            None => None,
        }
    }

    /// The price of `quantity` pieces, or `None` beyond what the API can carry.
    #[must_use]
    pub const fn checked_mul(self, quantity: i32) -> Option<Self> {
        match self.0.checked_mul(quantity as i64) {
            Some(product) => Self(product).in_range(),
            None => None,
        }
    }

    /// The sum of all, or `None` beyond what the API can carry.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// The amount with its sign turned.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self(-self.0)
    }

    const fn in_range(self) -> Option<Self> {
        if self.0 <= Self::MAX.0 && self.0 >= -Self::MAX.0 {
            Some(self)
        } else {
            None
        }
    }
}

impl fmt::Display for Won {
    /// Grouped by thousands, as prices are read: `1,250,000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.unsigned_abs().to_string();
        let first_group = (digits.len() - 1) % 3 + 1;
        let groups = iter::successors(Some(first_group), |end| Some(end + 3))
            .take_while(|end| *end <= digits.len())
            .map(|end| &digits[end.saturating_sub(3)..end])
            .collect::<Vec<_>>();
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}", groups.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_prices_are_exact() {
        assert_eq!(Won(700).checked_add(Won(300)), Some(Won(1_000)));
        assert_eq!(Won(1_500).checked_mul(3), Some(Won(4_500)));
        assert_eq!(Won::checked_sum([Won(1), Won(2), Won(3)]), Some(Won(6)));
        assert_eq!(Won(5).negated(), Won(-5));
    }

    #[test]
    fn what_the_api_cannot_carry_is_none() {
        assert_eq!(Won::MAX.checked_add(Won(1)), None);
        assert_eq!(Won::MAX.checked_mul(2), None);
        assert_eq!(Won(i64::MAX).checked_add(Won(1)), None);
        assert_eq!(Won(i64::MAX).checked_mul(2), None);
        assert_eq!(Won::checked_sum([Won::MAX, Won(1)]), None);
    }

    #[test]
    fn prices_are_grouped_by_thousands() {
        for (amount, text) in [
            (0, "0"),
            (7, "7"),
            (999, "999"),
            (1_000, "1,000"),
            (54_321, "54,321"),
            (1_250_000, "1,250,000"),
            (-1_250_000, "-1,250,000"),
        ] {
            assert_eq!(Won(amount).to_string(), text);
        }
    }
}
