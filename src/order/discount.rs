//! How a discount is shared among an order's lines.

use entity::Won;

/// Each line's share of a discount, in their order, in proportion to the line totals and in whole won: the largest
/// remainders get the won that are left, of equal ones the earlier. So the shares add up to the discount, none is
/// more than its line, and whatever is canceled in whatever order, the refunds add up to what was paid.
pub fn shares(discount: Won, line_totals: &[Won]) -> Vec<Won> {
    let total: i128 = line_totals.iter().map(|line| i128::from(line.0)).sum();
    if total == 0 {
        return vec![Won::ZERO; line_totals.len()];
    }
    let exact = line_totals
        .iter()
        .map(|line| i128::from(discount.0) * i128::from(line.0))
        .collect::<Vec<_>>();
    let mut shares = exact
        .iter()
        .map(|exact| Won(whole(exact / total)))
        .collect::<Vec<_>>();
    let left = discount.0 - shares.iter().map(|share| share.0).sum::<i64>();
    let mut by_remainder = (0..shares.len()).collect::<Vec<_>>();
    by_remainder.sort_by_key(|line| std::cmp::Reverse(exact[*line] % total));
    for line in by_remainder
        .into_iter()
        .take(usize::try_from(left).unwrap_or_default())
    {
        shares[line].0 += 1;
    }
    shares
}

/// A share is no more than its line total, which is a number of won.
fn whole(share: i128) -> i64 {
    i64::try_from(share).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shared(discount: i64, lines: &[i64]) -> Vec<i64> {
        let lines = lines.iter().copied().map(Won).collect::<Vec<_>>();
        let shares = shares(Won(discount), &lines);
        shares.into_iter().map(|won| won.0).collect()
    }

    #[test]
    fn a_discount_is_shared_by_largest_remainder() {
        assert_eq!(shared(0, &[1_000, 2_000]), [0, 0]);
        assert_eq!(shared(1_000, &[1_000, 1_000, 1_000]), [334, 333, 333]);
        assert_eq!(shared(2_000, &[1_000, 1_000, 1_000]), [667, 667, 666]);
        assert_eq!(shared(100, &[999, 1]), [100, 0]);
        assert_eq!(shared(3_000, &[1_000, 2_000]), [1_000, 2_000]);
        assert_eq!(shared(0, &[0, 0]), [0, 0]);
        assert_eq!(shared(5, &[0, 10]), [0, 5]);
    }

    proptest! {
        #[test]
        fn shares_add_up_and_none_is_more_than_its_line(
            lines in prop::collection::vec(0..=Won::MAX.0 / 100, 1..100),
            permille in 0..=1_000_i64,
        ) {
            let total = lines.iter().sum::<i64>();
            let discount = i64::try_from(i128::from(total) * i128::from(permille) / 1_000).unwrap();
            let shares = shared(discount, &lines);
            prop_assert_eq!(shares.iter().sum::<i64>(), discount);
            for (share, line) in shares.iter().zip(&lines) {
                prop_assert!((0..=*line).contains(share));
                let exact = i128::from(discount) * i128::from(*line);
                let share = i128::from(*share) * i128::from(total.max(1));
                prop_assert!((share - exact).abs() < i128::from(total.max(1)), "a won off at most");
            }
        }
    }
}
