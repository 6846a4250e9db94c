//! Texts and bytes that were something once.

use super::dice::Dice;

/// What means something to somebody who reads documents, or JSON, or UTF-8.
const PIECES: [&str; 44] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ":",
    ",",
    "!",
    "$",
    "@",
    "...",
    "=",
    "|",
    "&",
    "#",
    "\"",
    "\"\"\"",
    "\\",
    "\\u",
    "\\ud800",
    "\\u{110000}",
    "\u{0}",
    "\u{feff}",
    "\u{2028}",
    "\u{202e}",
    "\r",
    "é",
    "𝒳",
    "null",
    "true",
    "on",
    "query",
    "mutation",
    "subscription",
    "fragment F on Query { ...F }",
    "...F",
    "__typename",
    "__schema { types { name } }",
    "@skip(if: $no)",
    "@include",
    "1e999",
    "00",
    "-",
];

/// The text with something wrong, or several things.
pub fn damaged(text: &str, dice: &mut Dice) -> String {
    let mut letters = text.chars().collect::<Vec<_>>();
    for _ in 0..=dice.below(4) {
        let length = letters.len();
        let start = dice.below(length + 1);
        let end = start + dice.below((length - start).min(40) + 1);
        match dice.below(7) {
            0 => letters.truncate(start),
            1 => drop(letters.drain(start..end)),
            2 => {
                let twice = letters[start..end].to_vec();
                letters.splice(start..start, twice);
            }
            3 => letters[start..end].reverse(),
            4 if start < length => {
                letters[start] =
                    dice.pick(&['a', '0', '_', '"', '\'', ' ', '\n', '가', '\u{10ffff}']);
            }
            _ => {
                let piece = dice
                    .pick(&PIECES)
                    .repeat(if dice.one_in(30) { 3_000 } else { 1 });
                letters.splice(start..start, piece.chars());
            }
        }
    }
    letters.into_iter().collect()
}

/// The bytes with something wrong, or several things.
pub fn damaged_bytes(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=dice.below(4) {
        let length = bytes.len();
        let place = dice.below(length + 1);
        match dice.below(4) {
            0 => bytes.truncate(place),
            1 if place < length => bytes[place] = u8::try_from(dice.below(256)).unwrap_or_default(),
            2 => {
                let again = bytes[place..].to_vec();
                bytes.extend(again);
            }
            _ => {
                let piece: &[u8] = dice.pick(&[
                    &b"\xff\xfe"[..],
                    b"\xed\xa0\x80",
                    b"\xc0\x80",
                    b"\x00",
                    b"\"",
                    b"{",
                    b"]",
                    b"\\ud83d",
                    b"1e999",
                    b"\xef\xbb\xbf",
                    b",",
                    b"[[[[[[[[",
                ]);
                let times = if dice.one_in(20) { 2_000 } else { 1 };
                bytes.splice(place..place, piece.repeat(times));
            }
        }
    }
    bytes
}
