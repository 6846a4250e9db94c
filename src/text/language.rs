use std::cmp::Reverse;

/// A language that the shop speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Also for those who do not say what they speak.
    #[default]
    English,
    Korean,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::Korean];

    /// Its tag, as in `Content-Language`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }

    /// The best language for an `Accept-Language` header (RFC 9110, 12.5.4): of those that are accepted the
    /// one with the highest quality, among equals the one named first. Regions make no difference; what
    /// cannot be read is passed over.
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let ranges = header.split(',').filter_map(range).collect::<Vec<_>>();
        let wish = |language: Self| {
            let named = |name| best(&ranges, name);
            named(language.tag()).or_else(|| named("*"))
        };
        // The last of equals is the greatest, hence English at the end.
        let wishes = Self::ALL.into_iter().rev();
        wishes
            .filter_map(|language| Some((wish(language)?, language)))
            .filter(|((quality, _), _)| *quality > 0)
            .max_by_key(|(wish, _)| *wish)
            .map(|(_, language)| language)
            .unwrap_or_default()
    }
}

/// How much something is wished for: its quality, and how early it is named.
type Wish = (u16, Reverse<usize>);

fn best(ranges: &[(&str, u16)], name: &str) -> Option<Wish> {
    let places = ranges.iter().enumerate();
    places
        .filter(|(_, (range, _))| range.eq_ignore_ascii_case(name))
        .map(|(place, (_, quality))| (*quality, Reverse(place)))
        .max()
}

/// The language of a range such as `ko-KR;q=0.8`, and its quality in thousandths.
fn range(text: &str) -> Option<(&str, u16)> {
    let (tag, quality) = match text.split_once(';') {
        Some((tag, weight)) => (tag, thousandths(weight.trim())?),
        None => (text, 1_000),
    };
    let language = tag.trim().split('-').next()?;
    Some((language, quality))
}

/// A weight of `q=0` to `q=1`, with at most three decimals.
fn thousandths(weight: &str) -> Option<u16> {
    let (name, value) = weight.split_once('=')?;
    if !name.trim_end().eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, decimals) = value
        .trim_start()
        .split_once('.')
        .unwrap_or((value.trim_start(), ""));
    let is_number = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths = format!("{decimals:0<3}")
        .parse::<u16>()
        .ok()
        .filter(|_| is_number)?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[&str], expected: Language) {
        for header in headers {
            assert_eq!(Language::accepted(header), expected, "{header:?}");
        }
    }

    #[test]
    fn korean_is_spoken_with_those_who_prefer_it() {
        check(
            &[
                "ko",
                "KO-kr",
                "ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7",
                "en;q=0.5, ko;q=0.501",
                "fr, ja;q=0.9, ko;q=0.1",
                "ko, en",
                "en;q=0, *",
                "en;q=0.2, *;q=0.3",
                "ko ; Q = 1.000",
                "en;q=x, ko",
                "en;q=0, en-GB;q=0, ko;q=0.001",
            ],
            Language::Korean,
        );
    }

    #[test]
    fn english_is_spoken_with_everyone_else() {
        check(
            &[
                "",
                "en",
                "en, ko",
                "*",
                "fr",
                "ko;q=0",
                "ko;q=0.5, en-GB",
                "*, ko;q=0.5",
                "ko;q=0.5, *;q=0.6",
                "kok",
                "ko;q=1.1",
                "ko;q=NaN",
                "ko;q=-1",
                "ko;q=0.0005",
                "ko;level=1",
                "ko;q=",
                ";;;,=,-,q=1",
                "참외",
            ],
            Language::English,
        );
    }
}
