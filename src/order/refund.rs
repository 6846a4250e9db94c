//! What a canceled item gives back: its line total less its share of the order's discount.

use entity::Won;

/// What each of an order's lines was paid with, in their order. The discount is shared in proportion to the line
/// totals, in whole won: the largest remainders get the won that are left, of equal ones the earlier. So the
/// shares add up to the discount, and whatever is canceled in whatever order, the refunds add up to what was
/// paid.
pub fn paid_for_lines(discount: Won, line_totals: &[Won]) -> Vec<Won> {
    let total: i128 = line_totals.iter().map(|line| i128::from(line.0)).sum();
    let exact = line_totals
        .iter()
        .map(|line| i128::from(discount.0) * i128::from(line.0))
        .collect::<Vec<_>>();
    let mut paid = line_totals.to_vec();
    if total == 0 {
        return paid;
    }
    let mut left = discount.0;
    for (paid, exact) in paid.iter_mut().zip(&exact) {
        let share = whole(exact / total);
        paid.0 -= share;
        left -= share;
    }
    let mut by_remainder = (0..paid.len()).collect::<Vec<_>>();
    by_remainder.sort_by_key(|line| std::cmp::Reverse(exact[*line] % total));
    for line in by_remainder
        .into_iter()
        .take(usize::try_from(left).unwrap_or_default())
    {
        paid[line].0 -= 1;
    }
    paid
}

/// A share is no more than its line total, which is a number of won.
fn whole(share: i128) -> i64 {
    i64::try_from(share).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn paid(discount: i64, lines: &[i64]) -> Vec<i64> {
        let lines = lines.iter().copied().map(Won).collect::<Vec<_>>();
        let paid = paid_for_lines(Won(discount), &lines);
        paid.into_iter().map(|won| won.0).collect()
    }

    #[test]
    fn a_discount_is_shared_by_largest_remainder() {
        assert_eq!(paid(0, &[1_000, 2_000]), [1_000, 2_000]);
        assert_eq!(paid(1_000, &[1_000, 1_000, 1_000]), [666, 667, 667]);
        assert_eq!(paid(2_000, &[1_000, 1_000, 1_000]), [333, 333, 334]);
        assert_eq!(paid(100, &[999, 1]), [899, 1]);
        assert_eq!(paid(3_000, &[1_000, 2_000]), [0, 0]);
        assert_eq!(paid(0, &[0, 0]), [0, 0]);
        assert_eq!(paid(5, &[0, 10]), [0, 5]);
    }

    proptest! {
        #[test]
        fn what_lines_were_paid_with_adds_up_and_is_never_negative(
            lines in prop::collection::vec(0..=Won::MAX.0 / 100, 1..100),
            permille in 0..=1_000_i64,
        ) {
            let total = lines.iter().sum::<i64>();
            let discount = i64::try_from(i128::from(total) * i128::from(permille) / 1_000).unwrap();
            let paid = paid(discount, &lines);
            prop_assert_eq!(paid.iter().sum::<i64>(), total - discount);
            for (paid, line) in paid.iter().zip(&lines) {
                prop_assert!((0..=*line).contains(paid));
                let exact = i128::from(discount) * i128::from(*line);
                let share = i128::from(line - paid) * i128::from(total.max(1));
                prop_assert!((share - exact).abs() < i128::from(total.max(1)), "a won off at most");
            }
        }
    }
}
