//! What a client likes its answer to be: by `Accept`.

/// What an answer can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `application/json`: also for whoever says nothing, or takes everything.
    Json,
    /// `application/graphql-response+json`.
    GraphQlJson,
    /// `text/event-stream`.
    Events,
}

/// The form with the highest quality among the values of `Accept`; of several, the one that is named first. Clients that
/// take everything name events last, or not at all, and mean JSON.
pub fn preferred<'a>(accept: impl IntoIterator<Item = &'a str>) -> Form {
    let mut best = (Form::Json, 0);
    for entry in accept.into_iter().flat_map(|value| value.split(',')) {
        let mut parts = entry.split(';').map(str::trim);
        let Some(form) = parts.next().and_then(form) else {
            continue;
        };
        let quality = parts.find_map(quality).unwrap_or(QUALITY_MAX);
        if quality > best.1 {
            best = (form, quality);
        }
    }
    best.0
}

/// What a range of media types takes, of what there is.
fn form(range: &str) -> Option<Form> {
    match range.to_ascii_lowercase().as_str() {
        "text/event-stream" => Some(Form::Events),
        "application/graphql-response+json" => Some(Form::GraphQlJson),
        "application/json" | "application/*" | "*/*" => Some(Form::Json),
        _ => None,
    }
}

/// In thousandths, as finely as HTTP tells it.
const QUALITY_MAX: u16 = 1000;

/// The value of `q`; of nonsense as if it were not there.
fn quality(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let value = value.trim();
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{fraction:0<3}").parse::<u16>().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(QUALITY_MAX),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: Form, accepts: &[&str]) {
        for accept in accepts {
            assert_eq!(preferred([*accept]), expected, "{accept}");
        }
    }

    #[test]
    fn events_are_for_whoever_likes_them_better() {
        check(
            Form::Events,
            &[
                "text/event-stream",
                "TEXT/Event-Stream",
                "text/event-stream, application/json",
                "text/event-stream, */*",
                "text/event-stream; q=0.9, application/json; q=0.8",
                "application/json;q=0.5, text/event-stream",
                "application/json;q=0, text/event-stream;q=0.001",
                "text/html, text/event-stream",
                "text/event-stream;charset=utf-8",
                "text/event-stream; q=1.000, */*; q=1.0",
                "text/event-stream;q=0.3, application/json;q=0.3",
            ],
        );
        let twice = ["application/json;q=0.5", "text/event-stream"];
        assert_eq!(preferred(twice), Form::Events);
    }

    #[test]
    fn the_type_of_graphql_is_for_whoever_names_it() {
        check(
            Form::GraphQlJson,
            &[
                "application/graphql-response+json",
                "application/graphql-response+json, application/json;q=0.9",
                "Application/GraphQL-Response+JSON; charset=utf-8, */*",
                "application/json;q=0.9, application/graphql-response+json",
                // urql
                "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed",
            ],
        );
    }

    #[test]
    fn everybody_else_means_json() {
        check(
            Form::Json,
            &[
                "",
                "*/*",
                "text/*",
                "application/json",
                "text/event-stream;q=0",
                "application/json, text/event-stream",
                "application/json, application/graphql-response+json",
                "*/*, text/event-stream",
                "application/*;q=0.8, text/event-stream;q=0.8",
                "text/event-stream;q=0.5, */*",
                "text/event-stream;q=0.5, application/json;q=0.501",
            ],
        );
        let twice = ["application/json", "text/event-stream"];
        assert_eq!(preferred(twice), Form::Json);
        assert_eq!(preferred([]), Form::Json);
    }

    #[test]
    fn a_quality_that_is_none_is_as_if_it_were_not_there() {
        for parameter in [
            "q=2", "q=1.001", "q=0.1234", "q=-1", "q=a", "q=", "q", "v=0", "q=0.x",
        ] {
            assert_eq!(quality(parameter), None, "{parameter}");
        }
        for (parameter, expected) in [
            ("q=1", 1000),
            ("Q=0", 0),
            ("q=0.5", 500),
            ("q = 0.05", 50),
            ("q=0.", 0),
            ("q=1.0", 1000),
        ] {
            assert_eq!(quality(parameter), Some(expected), "{parameter}");
        }
        assert_eq!(
            preferred(["text/event-stream;q=nonsense, */*;q=0.9"]),
            Form::Events
        );
    }
}
