//! Which entries of a wallet a settlement pays out.

/// The entries of a wallet from one sequence to another, both of them among them; none where the last is before the
/// first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entries {
    pub first: i64,
    pub last: i64,
}

/// The entries that a period pays out: all that no period before has, to the first that is beyond its
/// end. What was written late, with an earlier time, is the next period's.
pub fn due(settled_to: i64, first_beyond: Option<i64>, newest: i64) -> Entries {
    Entries {
        first: settled_to + 1,
        last: first_beyond.map_or(newest, |sequence| sequence - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_goes_on_where_the_one_before_ended() {
        for (settled_to, first_beyond, newest, first, last) in [
            (0, None, 0, 1, 0),
            (0, None, 7, 1, 7),
            (0, Some(5), 7, 1, 4),
            (4, Some(8), 9, 5, 7),
            (4, Some(5), 9, 5, 4),
        ] {
            let paid = Entries { first, last };
            assert_eq!(due(settled_to, first_beyond, newest), paid);
        }
    }
}
