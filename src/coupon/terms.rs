//! The terms that coupons are published on: what they take off, of what, until when.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entity::{
    Won,
    coupon_issue::{self, CouponKind},
    id::{OptionId, StoreId},
};

/// Codes in one publication: what a merchant prints, or hands out, at once; one statement writes them.
pub const CODES_MAX: i32 = 10_000;

/// The longest name, in characters: what fits a line on a phone.
pub const NAME_MAX: usize = 50;

/// The most won that terms name: a number beyond it is a slip of the hand.
pub const AMOUNT_MAX: Won = Won(1_000_000_000);

/// How long coupons may be good for: as long as Korean gift certificates are, before they lapse.
pub const GOOD_FOR_YEARS: i64 = 5;

/// The same in days, with a leap year's and one to spare.
const GOOD_FOR_MAX: TimeDelta = TimeDelta::days(GOOD_FOR_YEARS * 365 + 2);

/// What a coupon takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discount {
    Fixed {
        amount: Won,
    },
    Percent {
        percent: i32,
        /// The most that it takes off.
        maximum: Option<Won>,
    },
    /// Up to so many pieces of an option.
    FreeItem {
        option_id: OptionId,
        quantity: i32,
    },
}

/// What those who publish coupons decide about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Whose items they are for; `None` for those of all stores.
    pub store_id: Option<StoreId>,
    pub name: String,
    pub discount: Discount,
    /// What the items that they are for must cost together at least.
    pub minimum_total: Won,
    /// How many of them a member may register.
    pub per_member_limit: i32,
    /// In whole seconds.
    pub expires_at: DateTime<Utc>,
}

/// What coupons take off, in the fields in which a client says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiscountFields {
    pub fixed_amount: Option<Won>,
    pub percent: Option<i32>,
    pub maximum: Option<Won>,
    pub free_option_id: Option<OptionId>,
    pub free_quantity: Option<i32>,
}

/// What is wrong with terms on the face of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadTerms {
    Name,
    /// Not exactly one of the three kinds of discount.
    Kinds,
    /// A field that only goes with another kind.
    Stray(Field),
    OutOfRange {
        field: Field,
        min: i64,
        max: i64,
    },
    ExpiresAt,
}

/// A field of the terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Count,
    FixedAmount,
    Percent,
    Maximum,
    FreeQuantity,
    MinimumTotal,
    PerMemberLimit,
}

impl DiscountFields {
    /// The one discount that the fields say.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn discount(self, line_quantity_max: i32) -> Result<Discount, BadTerms> {
        let discount = match (self.fixed_amount, self.percent, self.free_option_id) {
            (Some(amount), None, None) => Discount::Fixed {
                amount: won(Field::FixedAmount, amount, 1)?,
            },
            (None, Some(percent), None) => Discount::Percent {
                percent: number(Field::Percent, percent, 100)?,
                maximum: self
                    .maximum
                    .map(|maximum| won(Field::Maximum, maximum, 1))
                    .transpose()?,
            },
            (None, None, Some(option_id)) => Discount::FreeItem {
                option_id,
                quantity: number(
                    Field::FreeQuantity,
                    self.free_quantity.unwrap_or(1),
                    line_quantity_max,
                )?,
            },
            _ => return Err(BadTerms::Kinds),
        };
        if self.maximum.is_some() && !matches!(discount, Discount::Percent { .. }) {
            return Err(BadTerms::Stray(Field::Maximum));
        }
        if self.free_quantity.is_some() && !matches!(discount, Discount::FreeItem { .. }) {
            return Err(BadTerms::Stray(Field::FreeQuantity));
        }
        Ok(discount)
    }
}

impl Terms {
    /// The terms, if coupons can be published on them. They end at whole seconds, so that what has expired by a
    /// second is the same for whoever asks within it.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn checked(self, count: i32, now: DateTime<Utc>) -> Result<Self, BadTerms> {
        let name = self.name.trim().to_owned();
        let length = name.chars().count();
        if !(1..=NAME_MAX).contains(&length) || name.contains(char::is_control) {
            return Err(BadTerms::Name);
        }
        number(Field::Count, count, CODES_MAX)?;
        won(Field::MinimumTotal, self.minimum_total, 0)?;
        number(Field::PerMemberLimit, self.per_member_limit, CODES_MAX)?;
        let expires_at = self.expires_at.trunc_subsecs(0);
        if expires_at <= now || expires_at - now > GOOD_FOR_MAX {
            return Err(BadTerms::ExpiresAt);
        }
        Ok(Self {
            name,
            expires_at,
            ..self
        })
    }

    /// The terms that coupons were published on.
    pub fn of(issue: &coupon_issue::Model) -> Option<Self> {
        Some(Self {
            store_id: issue.store_id,
            name: issue.name.clone(),
            discount: Discount::of(issue)?,
            minimum_total: issue.minimum_total,
            per_member_limit: issue.per_member_limit,
            expires_at: issue.expires_at,
        })
    }
}

impl Discount {
    /// What a publication's coupons take off; `None` if its row does not say, which is a fault of ours.
    pub fn of(issue: &coupon_issue::Model) -> Option<Self> {
        Some(match issue.kind {
            CouponKind::Fixed => Self::Fixed {
                amount: issue.amount?,
            },
            CouponKind::Percent => Self::Percent {
                percent: issue.percent?,
                maximum: issue.maximum,
            },
            CouponKind::FreeItem => Self::FreeItem {
                option_id: issue.free_option_id?,
                quantity: issue.free_quantity?,
            },
        })
    }
}

fn won(field: Field, amount: Won, min: i64) -> Result<Won, BadTerms> {
    let max = AMOUNT_MAX.0;
    if (min..=max).contains(&amount.0) {
        Ok(amount)
    } else {
        Err(BadTerms::OutOfRange { field, min, max })
    }
}

fn number(field: Field, number: i32, max: i32) -> Result<i32, BadTerms> {
    if (1..=max).contains(&number) {
        Ok(number)
    } else {
        let max = max.into();
        Err(BadTerms::OutOfRange { field, min: 1, max })
    }
}

#[cfg(test)]
mod tests {
    use entity::{coupon_issue::CouponFunding, id::MemberId};
    use rand::{SeedableRng, rngs::StdRng};
    use uuid::Uuid;

    use super::*;
    use crate::coupon::CouponRows;

    const OPTION: OptionId = OptionId(Uuid::nil());

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp_micros(1_795_100_400_500_000).unwrap()
    }

    fn terms() -> Terms {
        Terms {
            store_id: None,
            name: " 개업 축하 ".into(),
            discount: Discount::Fixed { amount: Won(1_000) },
            minimum_total: Won::ZERO,
            per_member_limit: 1,
            expires_at: now() + TimeDelta::days(1),
        }
    }

    fn out_of_range(field: Field, min: i64, max: i64) -> BadTerms {
        BadTerms::OutOfRange { field, min, max }
    }

    #[test]
    fn each_kind_of_discount_is_said_by_its_own_fields() {
        let none = DiscountFields::default();
        let fixed = DiscountFields {
            fixed_amount: Some(Won(1_000)),
            ..none
        };
        let percent = DiscountFields {
            percent: Some(10),
            maximum: Some(Won(3_000)),
            ..none
        };
        let free = DiscountFields {
            free_option_id: Some(OPTION),
            ..none
        };
        let free_item = |quantity| Discount::FreeItem {
            option_id: OPTION,
            quantity,
        };
        for (fields, expected) in [
            (fixed, Ok(Discount::Fixed { amount: Won(1_000) })),
            (
                percent,
                Ok(Discount::Percent {
                    percent: 10,
                    maximum: Some(Won(3_000)),
                }),
            ),
            (free, Ok(free_item(1))),
            (
                DiscountFields {
                    free_quantity: Some(3),
                    ..free
                },
                Ok(free_item(3)),
            ),
            (none, Err(BadTerms::Kinds)),
            (
                DiscountFields {
                    percent: Some(1),
                    ..fixed
                },
                Err(BadTerms::Kinds),
            ),
            (
                DiscountFields {
                    maximum: Some(Won(1)),
                    ..fixed
                },
                Err(BadTerms::Stray(Field::Maximum)),
            ),
            (
                DiscountFields {
                    free_quantity: Some(1),
                    ..percent
                },
                Err(BadTerms::Stray(Field::FreeQuantity)),
            ),
            (
                DiscountFields {
                    fixed_amount: Some(Won(0)),
                    ..none
                },
                Err(out_of_range(Field::FixedAmount, 1, AMOUNT_MAX.0)),
            ),
            (
                DiscountFields {
                    percent: Some(101),
                    ..none
                },
                Err(out_of_range(Field::Percent, 1, 100)),
            ),
            (
                DiscountFields {
                    maximum: Some(Won(-1)),
                    ..percent
                },
                Err(out_of_range(Field::Maximum, 1, AMOUNT_MAX.0)),
            ),
            (
                DiscountFields {
                    free_quantity: Some(1_000),
                    ..free
                },
                Err(out_of_range(Field::FreeQuantity, 1, 999)),
            ),
        ] {
            assert_eq!(fields.discount(999), expected, "{fields:?}");
        }
    }

    #[test]
    fn terms_are_read_as_they_were_published() {
        let published = terms().checked(1, now()).unwrap();
        let (funding, admin) = (CouponFunding::Platform, MemberId(Uuid::nil()));
        let mut rng = StdRng::from_seed([7; 32]);
        let rows = CouponRows::new(published.clone(), funding, 1, admin, now(), &mut rng);
        assert_eq!(Terms::of(&rows.issue), Some(published));
    }

    #[test]
    fn terms_have_a_name_numbers_in_range_and_an_end() {
        let good = terms().checked(CODES_MAX, now()).unwrap();
        assert_eq!(good.name, "개업 축하");
        assert_eq!(good.expires_at, terms().expires_at.trunc_subsecs(0));
        let nameless = |name: &str| Terms {
            name: name.into(),
            ..terms()
        };
        let until = |expires_at| Terms {
            expires_at,
            ..terms()
        };
        let just_now = now() + TimeDelta::milliseconds(400);
        for (terms, count, expected) in [
            (nameless(" "), 1, BadTerms::Name),
            (nameless("두\n줄"), 1, BadTerms::Name),
            (nameless(&"가".repeat(51)), 1, BadTerms::Name),
            (terms(), 0, out_of_range(Field::Count, 1, 10_000)),
            (terms(), 10_001, out_of_range(Field::Count, 1, 10_000)),
            (
                Terms {
                    minimum_total: Won(-1),
                    ..terms()
                },
                1,
                out_of_range(Field::MinimumTotal, 0, AMOUNT_MAX.0),
            ),
            (
                Terms {
                    per_member_limit: 0,
                    ..terms()
                },
                1,
                out_of_range(Field::PerMemberLimit, 1, 10_000),
            ),
            (until(now()), 1, BadTerms::ExpiresAt),
            (until(just_now), 1, BadTerms::ExpiresAt),
            (
                until(now() + GOOD_FOR_MAX + TimeDelta::seconds(1)),
                1,
                BadTerms::ExpiresAt,
            ),
            (until(DateTime::<Utc>::MAX_UTC), 1, BadTerms::ExpiresAt),
        ] {
            assert_eq!(
                terms.clone().checked(count, now()),
                Err(expected),
                "{terms:?}"
            );
        }
    }
}
