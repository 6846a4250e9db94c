//! Numbers that stand for many.

/// The middle of the values, or the mean of the middle two; NaN for none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values = values.into_iter().collect::<Vec<_>>();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.len() % 2, values.get(middle)) {
        (_, None) => f64::NAN,
        (1, Some(value)) => *value,
        (_, Some(upper)) => f64::midpoint(values[middle - 1], *upper),
    }
}

/// The value that a share of the sorted values (0 to 1) does not exceed, by nearest rank; NaN for none.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank among at most some millions"
    )]
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or(f64::NAN)
}

/// A count as a factor.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^53")]
pub fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_or_the_mean_of_the_middle_two() {
        let close = |left: f64, right: f64| (left - right).abs() < 1e-9;
        assert!(close(median([3.0, 1.0, 2.0]), 2.0));
        assert!(close(median([4.0, 1.0, 2.0, 3.0]), 2.5));
        assert!(close(median([7.0]), 7.0));
        assert!(median([]).is_nan());
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values = (1..=1000).map(f64::from).collect::<Vec<_>>();
        for (share, value) in [
            (0.0, 1.0),
            (0.5, 500.0),
            (0.99, 990.0),
            (0.999, 999.0),
            (1.0, 1000.0),
        ] {
            assert!((percentile(&values, share) - value).abs() < 1e-9, "{share}");
        }
        assert!((percentile(&values[..1], 0.99) - 1.0).abs() < 1e-9);
        assert!(percentile(&[], 0.5).is_nan());
    }
}
