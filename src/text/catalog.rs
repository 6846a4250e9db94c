use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

use super::{Language, particle::with_particle};

/// A slice's messages, as they stand in its files.
pub struct Source {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "tests say where something is wrong")
    )]
    pub slice: &'static str,
    pub english: &'static str,
    pub korean: &'static str,
}

macro_rules! sources {
    ($($slice:literal)+) => {
        &[$(Source {
            slice: $slice,
            english: include_str!(concat!("../", $slice, "/messages.en.ftl")),
            korean: include_str!(concat!("../", $slice, "/messages.ko.ftl")),
        }),+]
    };
}

/// All that the shop says.
pub const SOURCES: &[Source] = sources! {
    "cart"
    "catalog"
    "coupon"
    "gift"
    "graphql"
    "http"
    "member"
    "order"
    "payment"
    "picture"
    "point"
    "popularity"
    "stock"
    "store"
};

impl Source {
    pub fn text(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Korean => self.korean,
        }
    }
}

/// The words of the message with this id. That there are some, and that they take these arguments, is tested;
/// were it not so, the id would have to do.
pub fn words(language: Language, id: &str, arguments: &FluentArgs) -> String {
    let mut errors = Vec::new();
    let words = format(language, id, arguments, &mut errors);
    if words.is_none() || !errors.is_empty() {
        tracing::error!(
            id,
            language = language.tag(),
            ?errors,
            "a message has no words"
        );
    }
    words.unwrap_or_else(|| id.to_owned())
}

/// The words of the message, if there is one, and what is wrong with them.
pub fn format(
    language: Language,
    id: &str,
    arguments: &FluentArgs,
    errors: &mut Vec<fluent_bundle::FluentError>,
) -> Option<String> {
    let bundle = bundle(language);
    let message = bundle.get_message(id)?;
    let words = bundle.format_pattern(message.value()?, Some(arguments), errors);
    Some(words.into_owned())
}

type Bundle = FluentBundle<FluentResource>;

fn bundle(language: Language) -> &'static Bundle {
    static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| read(Language::English));
    static KOREAN: LazyLock<Bundle> = LazyLock::new(|| read(Language::Korean));
    match language {
        Language::English => &ENGLISH,
        Language::Korean => &KOREAN,
    }
}

fn read(language: Language) -> Bundle {
    let locale = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    // Both languages run from left to right: no marks between the words and what is put into them.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(formatted));
    let added = bundle.add_function("JOSA", |values, _| match values {
        [value, FluentValue::String(pair)] => with_particle(&plain(value), pair).into(),
        _ => FluentValue::Error,
    });
    let mut faults = Vec::from_iter(added.err());
    for source in SOURCES {
        // What is well-formed is of use even where not all is.
        let resource = FluentResource::try_new(source.text(language).to_owned());
        let resource = resource.unwrap_or_else(|(resource, _)| resource);
        faults.extend(bundle.add_resource(resource).err().unwrap_or_default());
    }
    if !faults.is_empty() {
        tracing::error!(
            language = language.tag(),
            ?faults,
            "messages are not in order"
        );
    }
    bundle
}

/// How a number is written inside of a message.
fn formatted<M>(value: &FluentValue, _: &M) -> Option<String> {
    matches!(value, FluentValue::Number(_)).then(|| plain(value))
}

fn plain(value: &FluentValue) -> String {
    match value {
        FluentValue::String(text) => text.to_string(),
        FluentValue::Number(number) => grouped(&number.as_string()),
        _ => String::new(),
    }
}

/// A whole number with a comma before each three digits.
fn grouped(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number),
    };
    let mut grouped = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, expected) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-100000", "-100,000"),
            ("9007199254740991", "9,007,199,254,740,991"),
        ] {
            assert_eq!(grouped(number), expected);
        }
    }

    #[test]
    fn particles_and_separators_are_put_in() {
        let text = "example = { JOSA($name, \"은/는\") } { $price }원, { JOSA($count, \"이/가\") } 남았어요.";
        let mut bundle = read(Language::Korean);
        let resource = FluentResource::try_new(text.to_owned()).expect("it is well-formed");
        bundle.add_resource(resource).expect("it is new");
        let arguments = FluentArgs::from_iter([
            ("name", FluentValue::from("참외")),
            ("price", FluentValue::from(12_000)),
            ("count", FluentValue::from(1_000)),
        ]);

        let message = bundle.get_message("example").expect("it is there");
        let pattern = message.value().expect("it has words");
        let words = bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new());

        assert_eq!(words, "참외는 12,000원, 1,000이 남았어요.");
    }
}
