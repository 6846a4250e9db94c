//! What a coupon takes off an order's lines, and what of that their stores bear.

use chrono::{DateTime, Utc};
use entity::{
    Won, coupon,
    coupon_issue::{self, CouponFunding},
    id::MemberId,
};

use super::decide::PricedLine;
use crate::{
    coupon::{Discount, Problem, is_over},
    order::discount::shares,
};

/// A coupon that a command wants to order with, as it is under its lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    pub coupon: coupon::Model,
    pub issue: coupon_issue::Model,
    /// What the sender of the gift that it is of has paid for each piece; `None` if it is of none.
    pub gift_price: Option<Won>,
}

/// What is taken off a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub discount: Won,
    /// What of it the store bears.
    pub of_store: Won,
}

/// What the coupon takes off each of a member's lines, in their order. Their totals can be added up.
///
/// # Errors
/// Why it cannot be used.
pub fn discounts(
    voucher: Option<&Voucher>,
    member_id: MemberId,
    lines: &[PricedLine],
    now: DateTime<Utc>,
) -> Result<Vec<Share>, Problem> {
    let own = voucher.filter(|voucher| voucher.coupon.member_id == Some(member_id));
    let Voucher {
        coupon,
        issue,
        gift_price,
    } = own.ok_or(Problem::Unknown)?;
    if coupon.order_id.is_some() {
        return Err(Problem::Used);
    }
    if is_over(coupon, issue, now) {
        return Err(Problem::Expired);
    }
    check_lines(issue, lines)?;
    let discount = Discount::of(issue).ok_or(Problem::NothingToDiscount)?;
    let most = lines
        .iter()
        .map(|line| most_off(issue, discount, line))
        .collect::<Vec<_>>();
    let amount = amount(discount, sum(&most));
    if amount == Won::ZERO {
        return Err(Problem::NothingToDiscount);
    }
    let share = |(discount, line): (Won, &PricedLine)| Share {
        discount,
        of_store: match issue.funding {
            CouponFunding::Platform => Won::ZERO,
            CouponFunding::Store => discount,
            // A gift is of one option, so all of its discount is one line's. What the pieces cost more by now than
            // its sender has paid for them is the store's; what was paid for others is not for these.
            CouponFunding::Gift => {
                let pieces = issue.free_quantity.unwrap_or_default().min(line.quantity);
                let paid = gift_price.unwrap_or_default().checked_mul(pieces);
                Won(discount.0 - paid.unwrap_or(discount).min(discount).0)
            }
        },
    };
    let shares = shares(amount, &most).into_iter();
    Ok(shares.zip(lines).map(share).collect())
}

fn check_lines(issue: &coupon_issue::Model, lines: &[PricedLine]) -> Result<(), Problem> {
    let totals = lines
        .iter()
        .filter(|line| is_for(issue, line))
        .map(|line| line.total)
        .collect::<Vec<_>>();
    if totals.is_empty() {
        return Err(Problem::Foreign);
    }
    let (minimum, total) = (issue.minimum_total, sum(&totals));
    if total < minimum {
        return Err(Problem::BelowMinimum { minimum, total });
    }
    Ok(())
}

/// Whether the line is of the coupon's store.
fn is_for(issue: &coupon_issue::Model, line: &PricedLine) -> bool {
    let store_id = issue.store_id;
    store_id.is_none_or(|store_id| store_id == line.offer.store_id)
}

/// The most that can be taken off a line.
fn most_off(issue: &coupon_issue::Model, discount: Discount, line: &PricedLine) -> Won {
    match discount {
        _ if !is_for(issue, line) => Won::ZERO,
        Discount::Fixed { .. } | Discount::Percent { .. } => line.total,
        Discount::FreeItem {
            option_id,
            quantity,
        } if option_id == line.option_id => {
            let pieces = quantity.min(line.quantity);
            // No more than the line's total, which could be counted.
            line.offer.price.checked_mul(pieces).unwrap_or(line.total)
        }
        Discount::FreeItem { .. } => Won::ZERO,
    }
}

/// What is taken off in all, of at most so much.
fn amount(discount: Discount, most: Won) -> Won {
    match discount {
        Discount::Fixed { amount } => amount.min(most),
        Discount::Percent { percent, maximum } => {
            let part = i128::from(most.0) * i128::from(percent) / 100;
            let part = i64::try_from(part).map_or(most, Won);
            maximum.map_or(part, |maximum| part.min(maximum))
        }
        Discount::FreeItem { .. } => most,
    }
}

/// The sum of amounts of lines whose totals can be added up.
fn sum(amounts: &[Won]) -> Won {
    Won(amounts.iter().map(|amount| amount.0).sum())
}

#[cfg(test)]
mod tests {
    use entity::{
        coupon_issue::CouponKind,
        id::{CouponId, CouponIssueId, OptionId, OrderId, ProductId, StoreId},
    };
    use uuid::Uuid;

    use super::{super::decide::Offer, *};

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
    const MINA: MemberId = MemberId(Uuid::from_u128(1));
    const JUN: MemberId = MemberId(Uuid::from_u128(2));
    const TAILOR: StoreId = StoreId(Uuid::from_u128(3));
    const BAKER: StoreId = StoreId(Uuid::from_u128(4));
    const SHIRT: OptionId = OptionId(Uuid::from_u128(5));
    const COAT: OptionId = OptionId(Uuid::from_u128(6));
    const BREAD: OptionId = OptionId(Uuid::from_u128(7));

    fn line(option_id: OptionId, store_id: StoreId, price: i64, quantity: i32) -> PricedLine {
        PricedLine {
            option_id,
            quantity,
            total: Won(price).checked_mul(quantity).unwrap(),
            offer: Offer {
                product_id: ProductId(Uuid::nil()),
                store_id,
                product_name: String::new(),
                option_name: String::new(),
                price: Won(price),
                is_on_sale: true,
                is_open: true,
                accept_within: chrono::TimeDelta::minutes(10),
            },
        }
    }

    /// Two shirts and a coat of the tailor's, and three breads of the baker's.
    fn lines() -> Vec<PricedLine> {
        vec![
            line(SHIRT, TAILOR, 1_000, 2),
            line(BREAD, BAKER, 700, 3),
            line(COAT, TAILOR, 4_001, 1),
        ]
    }

    /// A coupon of Mina's.
    fn voucher(funding: CouponFunding, store_id: Option<StoreId>, discount: Discount) -> Voucher {
        let id = CouponIssueId(Uuid::nil());
        let mut issue = coupon_issue::Model {
            id,
            store_id,
            funding,
            name: String::new(),
            kind: CouponKind::Fixed,
            amount: None,
            percent: None,
            maximum: None,
            free_option_id: None,
            free_quantity: None,
            minimum_total: Won::ZERO,
            per_member_limit: 1,
            codes: 1,
            expires_at: NOW + chrono::TimeDelta::days(1),
            published_by: JUN,
            idempotency_key: None,
            created_at: NOW,
        };
        match discount {
            Discount::Fixed { amount } => issue.amount = Some(amount),
            Discount::Percent { percent, maximum } => {
                issue.kind = CouponKind::Percent;
                (issue.percent, issue.maximum) = (Some(percent), maximum);
            }
            Discount::FreeItem {
                option_id,
                quantity,
            } => {
                issue.kind = CouponKind::FreeItem;
                (issue.free_option_id, issue.free_quantity) = (Some(option_id), Some(quantity));
            }
        }
        Voucher {
            coupon: coupon::Model {
                id: CouponId(Uuid::nil()),
                issue_id: id,
                code: String::new(),
                member_id: Some(MINA),
                registered_at: Some(NOW),
                order_id: None,
                withdrawn_at: None,
            },
            issue,
            gift_price: None,
        }
    }

    fn fixed(amount: i64) -> Discount {
        Discount::Fixed {
            amount: Won(amount),
        }
    }

    fn percent(percent: i32, maximum: Option<i64>) -> Discount {
        Discount::Percent {
            percent,
            maximum: maximum.map(Won),
        }
    }

    fn free(option_id: OptionId, quantity: i32) -> Discount {
        Discount::FreeItem {
            option_id,
            quantity,
        }
    }

    /// What Mina gets off, and what of it the stores bear, line by line.
    fn taken_off(voucher: &Voucher) -> Result<Vec<(i64, i64)>, Problem> {
        let shares = discounts(Some(voucher), MINA, &lines(), NOW)?;
        let shares = shares.iter();
        Ok(shares
            .map(|share| (share.discount.0, share.of_store.0))
            .collect())
    }

    #[test]
    fn a_discount_is_shared_among_the_lines_that_it_is_for() {
        let store = CouponFunding::Store;
        for (discount, expected) in [
            (fixed(600), vec![(200, 200), (0, 0), (400, 400)]),
            // What the tailor's cost, and no more.
            (fixed(9_000), vec![(2_000, 2_000), (0, 0), (4_001, 4_001)]),
            (percent(10, None), vec![(200, 200), (0, 0), (400, 400)]),
            (percent(10, Some(3)), vec![(1, 1), (0, 0), (2, 2)]),
            (
                percent(100, None),
                vec![(2_000, 2_000), (0, 0), (4_001, 4_001)],
            ),
            (free(SHIRT, 1), vec![(1_000, 1_000), (0, 0), (0, 0)]),
            (free(SHIRT, 5), vec![(2_000, 2_000), (0, 0), (0, 0)]),
        ] {
            let voucher = voucher(store, Some(TAILOR), discount);
            assert_eq!(taken_off(&voucher), Ok(expected), "{discount:?}");
        }
    }

    #[test]
    fn the_market_bears_what_it_publishes_and_a_gift_s_sender_what_they_paid() {
        let market = voucher(CouponFunding::Platform, None, percent(50, None));
        assert_eq!(
            taken_off(&market),
            Ok(vec![(1_000, 0), (1_050, 0), (2_000, 0)])
        );
        for (paid, pieces, of_store) in [
            (Some(4_500), 1, 0),
            (Some(4_001), 1, 0),
            (Some(3_000), 1, 1_001),
            // What was paid for the other piece stays with it.
            (Some(3_000), 2, 1_001),
            (None, 1, 4_001),
        ] {
            let gift = Voucher {
                gift_price: paid.map(Won),
                ..voucher(CouponFunding::Gift, Some(TAILOR), free(COAT, pieces))
            };
            assert_eq!(
                taken_off(&gift),
                Ok(vec![(0, 0), (0, 0), (4_001, of_store)])
            );
        }
    }

    #[test]
    fn a_coupon_that_cannot_be_used_says_why() {
        let good = || voucher(CouponFunding::Store, Some(TAILOR), fixed(600));
        let held = |change: &dyn Fn(&mut coupon::Model)| {
            let mut voucher = good();
            change(&mut voucher.coupon);
            voucher
        };
        let issued = |change: &dyn Fn(&mut coupon_issue::Model)| {
            let mut voucher = good();
            change(&mut voucher.issue);
            voucher
        };
        let below = |minimum, total| Problem::BelowMinimum {
            minimum: Won(minimum),
            total: Won(total),
        };
        for (voucher, expected) in [
            (held(&|it| it.member_id = Some(JUN)), Problem::Unknown),
            (held(&|it| it.member_id = None), Problem::Unknown),
            (
                held(&|it| it.order_id = Some(OrderId(Uuid::nil()))),
                Problem::Used,
            ),
            (held(&|it| it.withdrawn_at = Some(NOW)), Problem::Expired),
            (issued(&|it| it.expires_at = NOW), Problem::Expired),
            (
                issued(&|it| it.store_id = Some(StoreId(Uuid::nil()))),
                Problem::Foreign,
            ),
            (
                issued(&|it| it.minimum_total = Won(6_002)),
                below(6_002, 6_001),
            ),
            (issued(&|it| it.amount = None), Problem::NothingToDiscount),
            (
                voucher(CouponFunding::Store, Some(TAILOR), free(BREAD, 1)),
                Problem::NothingToDiscount,
            ),
            (
                voucher(CouponFunding::Platform, None, percent(1, Some(0))),
                Problem::NothingToDiscount,
            ),
        ] {
            assert_eq!(taken_off(&voucher), Err(expected), "{voucher:?}");
        }
        assert_eq!(discounts(None, MINA, &lines(), NOW), Err(Problem::Unknown));
        let enough = issued(&|it| it.minimum_total = Won(6_001));
        assert!(taken_off(&enough).is_ok());
    }

    #[test]
    fn what_is_beyond_all_counting_takes_off_no_more_than_the_line() {
        let free = voucher(CouponFunding::Platform, None, free(SHIRT, 2));
        let mut lines = vec![line(SHIRT, TAILOR, 1, 2)];
        lines[0].offer.price = Won::MAX;
        let shares = discounts(Some(&free), MINA, &lines, NOW).unwrap();
        assert_eq!(shares[0].discount, Won(2));
    }
}
