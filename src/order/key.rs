//! Order keys: what a person reads over the phone, `20261120-7F3K9QX`.
//!
//! The order's date in Korea, six random characters of Crockford's base 32, and a check character. No counter: a daily
//! counter is a row that every order would wait for, and it tells competitors the day's sales.
//!
//! The check character is a sum over the 32-element field in which every place has a weight of its own:
//! it catches any one wrong character and any two swapped ones.

use chrono::{DateTime, Utc};

use crate::{base32, clock::in_seoul};

const RANDOM_CHARACTERS: usize = 6;

/// The key of an order placed `at` that time; `random` gives the characters from its lowest 30 bits.
pub fn order_key(at: DateTime<Utc>, random: u32) -> String {
    let date = in_seoul(at).format("%Y%m%d").to_string();
    let code = base32::random_digits(random.into(), RANDOM_CHARACTERS);
    let check = check_character(&format!("{date}{code}")).unwrap_or('0');
    format!("{date}-{code}{check}")
}

/// The key in its written form, from what a person typed: lower case, forgotten or added dashes and
/// blanks, and O, I and L for 0, 1 and 1 are understood. `None` if it cannot be a key.
pub fn read(text: &str) -> Option<String> {
    let plain = base32::as_typed(text);
    if plain.len() != 8 + RANDOM_CHARACTERS + 1 || !plain.is_ascii() {
        return None;
    }
    let (body, check) = plain.split_at(plain.len() - 1);
    let is_right = check_character(body)? == check.chars().next()?;
    is_right.then(|| format!("{}-{}", &plain[..8], &plain[8..]))
}

/// `None` if a character is not of the alphabet.
fn check_character(body: &str) -> Option<char> {
    let mut sum = 0;
    for c in body.bytes() {
        let digit = base32::value(c)?;
        // Horner's rule with the field's generator: the weight of a place is a power of it.
        sum = times_generator(sum) ^ digit;
    }
    Some(char::from(base32::DIGITS[times_generator(sum)]))
}

/// The product with x in GF(2)[x] / (x^5 + x^2 + 1), whose powers are all 31 non-zero elements.
const fn times_generator(element: usize) -> usize {
    let doubled = element << 1;
    if doubled & 32 == 0 {
        doubled
    } else {
        doubled ^ 0b10_0101
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> String {
        order_key(
            DateTime::from_timestamp(1_795_100_400, 0).unwrap(),
            0x2AB3_77E5,
        )
    }

    #[test]
    fn the_date_is_korea_s() {
        let before_midnight = DateTime::parse_from_rfc3339("2026-11-20T14:59:59Z").unwrap();
        let midnight = DateTime::parse_from_rfc3339("2026-11-20T15:00:00Z").unwrap();
        assert!(order_key(before_midnight.to_utc(), 1).starts_with("20261120-"));
        assert!(order_key(midnight.to_utc(), 1).starts_with("20261121-"));
    }

    #[test]
    fn a_key_is_read_as_people_write_it() {
        let key = key();
        assert_eq!(key.len(), 16);
        assert_eq!(read(&key), Some(key.clone()));
        let careless = key
            .to_lowercase()
            .replace('-', "")
            .replace('1', "l")
            .replace('0', "o");
        assert_eq!(read(&format!(" {careless} ")), Some(key));
    }

    #[test]
    fn every_wrong_character_and_every_swap_is_caught() {
        let key = key();
        let plain = key.replace('-', "").into_bytes();
        for place in 0..plain.len() {
            for wrong in base32::DIGITS
                .iter()
                .filter(|wrong| **wrong != plain[place])
            {
                let mut typed = plain.clone();
                typed[place] = *wrong;
                assert_eq!(read(std::str::from_utf8(&typed).unwrap()), None);
            }
            for other in place + 1..plain.len() {
                if plain[place] != plain[other] {
                    let mut typed = plain.clone();
                    typed.swap(place, other);
                    assert_eq!(read(std::str::from_utf8(&typed).unwrap()), None);
                }
            }
        }
    }

    #[test]
    fn what_is_no_key_is_none() {
        for text in [
            "",
            "20261120-7F3K9Q",
            "20261120-7F3K9Q!",
            "주문번호입니다",
            "20261120-UUUUUUU",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
