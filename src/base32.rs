//! Crockford's base 32: what people read aloud and type. It has no I, L, O and U, so nothing is misheard or misread.

/// The digits, by their values.
pub const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// So many digits of a random number, from its lowest bits: five bits a digit.
pub fn random_digits(random: u128, count: usize) -> String {
    let digits = (0..count).map(|place| (random >> (5 * place)) & 31);
    digits
        .map(|digit| char::from(DIGITS[digit as usize]))
        .collect()
}

/// What a person typed, in upper case, without dashes and blanks, and with O, I and L read as 0, 1 and 1.
pub fn as_typed(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '-' | ' '))
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

/// A digit's value; `None` if it is none.
pub fn value(digit: u8) -> Option<usize> {
    DIGITS.iter().position(|known| *known == digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_digit_is_five_bits_and_has_its_value() {
        assert_eq!(random_digits(0b11111_01010, 3), "AZ0");
        assert_eq!(random_digits(u128::MAX, 16), "Z".repeat(16));
        for (index, digit) in DIGITS.iter().enumerate() {
            assert_eq!(value(*digit), Some(index));
        }
        assert_eq!(value(b'U'), None);
    }

    #[test]
    fn what_people_type_is_understood() {
        assert_eq!(as_typed("ab-cd oil-OIL "), "ABCD011011");
        assert_eq!(as_typed("쿠폰"), "쿠폰");
    }
}
