//! Codes: what a coupon's holder types. Sixteen characters of base 32 are 80 random bits: of a billion coupons, not one
//! is found by a billion guesses, so there is no limit on tries, and no check character that would help whoever guesses.

use rand::{Rng, RngExt};

use crate::base32;

/// Characters of a code.
const LENGTH: usize = 16;

/// Characters between two dashes.
const GROUP: usize = 4;

/// A new code, in the normal form that is stored.
pub fn new_code(rng: &mut impl Rng) -> String {
    base32::random_digits(rng.random(), LENGTH)
}

/// The code in normal form, from what a person typed: lower case, forgotten or added dashes and blanks, and O, I and
/// L for 0, 1 and 1 are understood. `None` if it cannot be a code.
pub fn read(text: &str) -> Option<String> {
    // A text of any length is not looked through for nothing.
    if text.len() > 8 * LENGTH {
        return None;
    }
    let code = base32::as_typed(text);
    let is_code = code.len() == LENGTH && code.bytes().all(|c| base32::value(c).is_some());
    is_code.then_some(code)
}

/// The code as people read it, in groups of four.
pub fn shown(code: &str) -> String {
    let mut shown = String::with_capacity(code.len() + code.len() / GROUP);
    for (place, c) in code.chars().enumerate() {
        if place > 0 && place % GROUP == 0 {
            shown.push('-');
        }
        shown.push(c);
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn codes_differ_and_are_read_as_people_write_them() {
        let mut rng = StdRng::seed_from_u64(7);
        let codes = (0..1_000).map(|_| new_code(&mut rng));
        let codes = codes.collect::<BTreeSet<_>>();
        assert_eq!(codes.len(), 1_000);
        for code in codes {
            assert_eq!(read(&code), Some(code.clone()));
            let shown = shown(&code);
            assert_eq!((shown.len(), shown.matches('-').count()), (19, 3));
            let careless = shown.to_lowercase().replace('1', "l").replace('0', "o");
            assert_eq!(read(&format!(" {careless} ")), Some(code));
        }
    }

    #[test]
    fn what_is_no_code_is_none() {
        for text in [
            "",
            "ABCD-EFGH-JKMN-PQR",
            "ABCD-EFGH-JKMN-PQRST",
            "ABCD-EFGH-JKMN-PQRU",
            "쿠폰쿠폰쿠A",
            &"-".repeat(1_000),
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(shown("ABCDEFGHJKMNPQRS"), "ABCD-EFGH-JKMN-PQRS");
    }
}
