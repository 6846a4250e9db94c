//! Korean particles. Many have two forms, after a consonant and after a vowel: 수박은, 참외는. Which one follows
//! a name is known by the name's last syllable.

/// The word with the particle that fits it, of a pair such as `은/는`: the form after a consonant first.
pub fn with_particle(word: &str, pair: &str) -> String {
    let Some((after_consonant, after_vowel)) = pair.split_once('/') else {
        return format!("{word}{pair}");
    };
    match ending(word) {
        // 서울로, not 서울으로.
        Some(Ending::Rieul) if after_vowel == "로" => format!("{word}{after_vowel}"),
        Some(Ending::Consonant | Ending::Rieul) => format!("{word}{after_consonant}"),
        Some(Ending::Vowel) => format!("{word}{after_vowel}"),
        None => match after_consonant.strip_suffix(after_vowel) {
            Some(more) => format!("{word}({more}){after_vowel}"),
            None => format!("{word}{after_consonant}({after_vowel})"),
        },
    }
}

/// What a word's last syllable ends in, as it is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Vowel,
    /// ㄹ.
    Rieul,
    /// Any other.
    Consonant,
}

/// `None` where one cannot know: how a foreign word is spoken does not follow from its letters.
fn ending(word: &str) -> Option<Ending> {
    let word = spoken(word);
    let last = word.chars().next_back()?;
    match last {
        '가'..='힣' => Some(of_syllable(last)),
        '0'..='9' => Some(of_digit(last)),
        'A'..='Z' if is_spelled(word) => Some(of_letter(last)),
        _ => None,
    }
}

/// The word without what is not spoken at its end: quotes, full stops, and what is in brackets.
fn spoken(word: &str) -> &str {
    let word = word.trim_end_matches(|c: char| !c.is_alphanumeric() && c != ')');
    match word
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once('('))
    {
        Some((before, _)) if !before.is_empty() => spoken(before),
        Some((_, inside)) => spoken(inside),
        None if word.ends_with(')') => spoken(word.trim_end_matches(')')),
        None => word,
    }
}

/// The consonant at the end of a syllable is its number modulo 28, in the order of Unicode: 0 is none, 8 is ㄹ.
fn of_syllable(syllable: char) -> Ending {
    match (u32::from(syllable) - u32::from('가')) % 28 {
        0 => Ending::Vowel,
        8 => Ending::Rieul,
        _ => Ending::Consonant,
    }
}

/// 영 일 이 삼 사 오 육 칠 팔 구; a zero that ends a greater number is 십, 백, 천, 만 or 억.
fn of_digit(digit: char) -> Ending {
    match digit {
        '1' | '7' | '8' => Ending::Rieul,
        '0' | '3' | '6' => Ending::Consonant,
        _ => Ending::Vowel,
    }
}

/// Whether the letters at the end are spoken one by one: XL is, Shirt is not.
fn is_spelled(word: &str) -> bool {
    let letters = word.chars().rev().take_while(|c| c.is_alphabetic());
    letters
        .into_iter()
        .all(|letter| letter.is_ascii_uppercase())
}

/// 엘 and 알; 엠 and 엔; the other letters' names end in vowels.
fn of_letter(letter: char) -> Ending {
    match letter {
        'L' | 'R' => Ending::Rieul,
        'M' | 'N' => Ending::Consonant,
        _ => Ending::Vowel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pair: &str, expected: &[(&str, &str)]) {
        for (word, with) in expected {
            assert_eq!(with_particle(word, pair), *with);
        }
    }

    #[test]
    fn the_last_syllable_decides() {
        check(
            "은/는",
            &[("수박", "수박은"), ("참외", "참외는"), ("귤", "귤은")],
        );
        check(
            "이/가",
            &[("수박", "수박이"), ("참외", "참외가"), ("힣", "힣이")],
        );
        check(
            "을/를",
            &[("수박", "수박을"), ("참외", "참외를"), ("가", "가를")],
        );
        check("과/와", &[("수박", "수박과"), ("참외", "참외와")]);
        check(
            "이에요/예요",
            &[("수박", "수박이에요"), ("참외", "참외예요")],
        );
    }

    #[test]
    fn a_way_after_rieul_is_as_after_a_vowel() {
        let ways = [
            ("집", "집으로"),
            ("서울", "서울로"),
            ("제주", "제주로"),
            ("1", "1로"),
        ];
        check("으로/로", &ways);
    }

    #[test]
    fn digits_are_spoken_in_korean() {
        let digits = [
            "0은", "1은", "2는", "3은", "4는", "5는", "6은", "7은", "8은", "9는",
        ];
        for (digit, with) in digits.into_iter().enumerate() {
            check("은/는", &[(&digit.to_string(), with)]);
        }
        check(
            "이/가",
            &[("1,000", "1,000이"), ("아이폰 12", "아이폰 12가")],
        );
    }

    #[test]
    fn letters_are_spelled_where_they_are_large() {
        let sizes = [
            ("M", "M은"),
            ("XL", "XL은"),
            ("S", "S는"),
            ("셔츠 L", "셔츠 L은"),
            ("USB", "USB는"),
        ];
        check("은/는", &sizes);
    }

    #[test]
    fn what_is_not_spoken_decides_nothing() {
        check(
            "은/는",
            &[
                ("수박 (제철)", "수박 (제철)은"),
                ("참외(3개)", "참외(3개)는"),
                ("'참외'", "'참외'는"),
                ("(주)", "(주)는"),
                ("참외!)", "참외!)는"),
            ],
        );
    }

    #[test]
    fn both_forms_stand_where_one_cannot_know() {
        check(
            "은/는",
            &[
                ("Shirt", "Shirt은(는)"),
                ("", "은(는)"),
                ("🍉", "🍉은(는)"),
                ("ShirT", "ShirT은(는)"),
            ],
        );
        check("으로/로", &[("Shirt", "Shirt(으)로")]);
        check("이나/나", &[("すいか", "すいか(이)나")]);
    }
}
