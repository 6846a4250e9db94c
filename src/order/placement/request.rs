//! What a member asks for, checked as far as it can be without the database.

use std::{collections::BTreeMap, time::Duration};

use entity::{
    Won,
    id::{CartItemId, CouponId, OptionId, TypedId},
    payment::PaymentProvider,
};
use sea_orm::ActiveEnum;
use sha2::{Digest, Sha256};

use crate::config::LINES_MAX;

/// A wish to order.
#[derive(Clone, Debug)]
pub struct Request {
    pub selection: Selection,
    /// What is taken off by, where the member uses a coupon.
    pub coupon_id: Option<CouponId>,
    /// How much to pay in points, where the client says it: without a gateway all of the total, with one as
    /// much as the member likes, and nothing unless said.
    pub points: Option<Won>,
    /// Who takes the rest; `None` to pay with points alone.
    pub gateway: Option<Gateway>,
    /// What the client thinks is to be paid, where it says so.
    pub expected_total: Option<Won>,
    /// The client's key: the same key gives the same order.
    pub idempotency_key: String,
}

/// A payment gateway, and how long the member has to pay there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gateway {
    pub provider: PaymentProvider,
    pub within: Duration,
}

/// What is to be ordered.
#[derive(Clone, Debug)]
pub enum Selection {
    /// Everything in the cart.
    Cart,
    /// Some lines of the cart.
    CartItems(Vec<CartItemId>),
    /// These lines, whatever is in the cart.
    Lines(Vec<Line>),
}

/// Some pieces of one option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub option_id: OptionId,
    pub quantity: i32,
}

/// What is wrong with a request on the face of it. `index` is a place in the selection's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    Empty,
    TooManyLines { max: usize },
    QuantityOutOfRange { index: usize, max: i32 },
}

impl Request {
    /// The request, if it could be fulfilled at all. Several lines of one option count together.
    pub fn checked(self, line_quantity_max: i32) -> Result<Self, Malformed> {
        let size = match &self.selection {
            Selection::Cart => return Ok(self),
            Selection::CartItems(ids) => ids.len(),
            Selection::Lines(lines) => lines.len(),
        };
        if size == 0 {
            return Err(Malformed::Empty);
        }
        if size > LINES_MAX {
            return Err(Malformed::TooManyLines { max: LINES_MAX });
        }
        if let Selection::Lines(lines) = &self.selection {
            check_quantities(lines, line_quantity_max)?;
        }
        Ok(self)
    }

    /// A hash that is the same for requests that ask for the same, in whatever order they list it.
    pub fn hash(&self) -> Vec<u8> {
        let amount = |won: Option<Won>| won.map_or_else(|| "-".to_owned(), |won| won.0.to_string());
        let provider = self.gateway.map_or_else(String::new, |gateway| {
            format!(";provider={}", gateway.provider.to_value())
        });
        let coupon = self.coupon_id.map_or_else(String::new, |coupon_id| {
            format!(";coupon={}", coupon_id.uuid())
        });
        let canonical = format!(
            "{};points={};expected={}{provider}{coupon}",
            self.selection.canonical(),
            amount(self.points),
            amount(self.expected_total),
        );
        Sha256::digest(canonical).to_vec()
    }
}

fn check_quantities(lines: &[Line], max: i32) -> Result<(), Malformed> {
    let mut sums = BTreeMap::<OptionId, i32>::new();
    for (index, line) in lines.iter().enumerate() {
        let sum = sums.entry(line.option_id).or_default();
        *sum = Some(line.quantity)
            .filter(|quantity| (1..=max).contains(quantity))
            .and_then(|quantity| sum.checked_add(quantity))
            .filter(|sum| *sum <= max)
            .ok_or(Malformed::QuantityOutOfRange { index, max })?;
    }
    Ok(())
}

impl Selection {
    fn canonical(&self) -> String {
        match self {
            Self::Cart => "cart".into(),
            Self::CartItems(ids) => {
                let mut ids = ids
                    .iter()
                    .map(|id| id.uuid().to_string())
                    .collect::<Vec<_>>();
                ids.sort_unstable();
                ids.dedup();
                format!("items={}", ids.join(","))
            }
            Self::Lines(lines) => {
                let mut sums = BTreeMap::<OptionId, i64>::new();
                for line in lines {
                    *sums.entry(line.option_id).or_default() += i64::from(line.quantity);
                }
                let lines = sums.iter().map(|(id, sum)| format!("{}*{sum}", id.uuid()));
                format!("lines={}", lines.collect::<Vec<_>>().join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn request(selection: Selection) -> Request {
        Request {
            selection,
            coupon_id: None,
            points: None,
            gateway: None,
            expected_total: None,
            idempotency_key: "key".into(),
        }
    }

    fn lines(pairs: &[(u128, i32)]) -> Selection {
        let line = |(id, quantity): &(u128, i32)| Line {
            option_id: OptionId(Uuid::from_u128(*id)),
            quantity: *quantity,
        };
        Selection::Lines(pairs.iter().map(line).collect())
    }

    fn through(provider: PaymentProvider, minutes: u64) -> Request {
        Request {
            gateway: Some(Gateway {
                provider,
                within: Duration::from_mins(minutes),
            }),
            ..request(Selection::Cart)
        }
    }

    fn items(ids: &[u128]) -> Selection {
        Selection::CartItems(
            ids.iter()
                .map(|id| CartItemId(Uuid::from_u128(*id)))
                .collect(),
        )
    }

    #[test]
    fn another_coupon_is_another_request() {
        let with = |coupon: Option<u128>| Request {
            coupon_id: coupon.map(|id| CouponId(Uuid::from_u128(id))),
            ..request(Selection::Cart)
        };
        assert_eq!(with(Some(1)).hash(), with(Some(1)).hash());
        assert_ne!(with(Some(1)).hash(), with(Some(2)).hash());
        assert_ne!(with(Some(1)).hash(), with(None).hash());
    }

    #[test]
    fn what_cannot_be_fulfilled_is_refused_before_the_database_is_asked() {
        let check = |selection| request(selection).checked(9).map(drop);
        assert_eq!(check(Selection::Cart), Ok(()));
        assert_eq!(check(items(&[1])), Ok(()));
        assert_eq!(check(lines(&[(1, 9), (2, 1)])), Ok(()));
        assert_eq!(check(items(&[])), Err(Malformed::Empty));
        assert_eq!(check(lines(&[])), Err(Malformed::Empty));
        assert_eq!(
            check(lines(&[(1, 1); 101])),
            Err(Malformed::TooManyLines { max: 100 })
        );
        for (wrong, index) in [
            (vec![(1, 0)], 0),
            (vec![(1, 1), (2, -1)], 1),
            (vec![(1, 10)], 0),
            (vec![(1, 5), (2, 9), (1, 5)], 2),
            (vec![(1, i32::MAX), (1, i32::MAX)], 0),
        ] {
            assert_eq!(
                check(lines(&wrong)),
                Err(Malformed::QuantityOutOfRange { index, max: 9 }),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn requests_that_ask_for_the_same_have_the_same_hash() {
        let hash = |selection| request(selection).hash();
        assert_eq!(
            hash(lines(&[(1, 2), (2, 1)])),
            hash(lines(&[(2, 1), (1, 1), (1, 1)]))
        );
        assert_eq!(hash(items(&[1, 2])), hash(items(&[2, 1, 2])));
        let different = [
            hash(Selection::Cart),
            hash(lines(&[(1, 2)])),
            hash(lines(&[(1, 3)])),
            hash(items(&[1])),
            Request {
                points: Some(Won(1)),
                ..request(Selection::Cart)
            }
            .hash(),
            Request {
                expected_total: Some(Won(1)),
                ..request(Selection::Cart)
            }
            .hash(),
            through(PaymentProvider::Toss, 15).hash(),
            through(PaymentProvider::KakaoPay, 15).hash(),
        ];
        for (index, one) in different.iter().enumerate() {
            assert!(different[index + 1..].iter().all(|other| other != one));
        }
        assert_eq!(
            through(PaymentProvider::Toss, 15).hash(),
            through(PaymentProvider::Toss, 30).hash(),
            "how long there is to pay is the shop's wish"
        );
    }
}
