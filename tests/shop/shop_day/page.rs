//! The page, read as a script.
//!
//! - A `graphql` block says in its first line who speaks (`# mina`, or `# anybody`); the `json` block after it is the
//!   answer. A subscription has a name as well (`# mina: phone`), and what it tells is in `json phone` blocks, each an event
//!   or a list of them; `"complete"` is its end.
//! - An `sh` block is run, and the `text` or `csv` block after it is what it prints.
//! - `> 11 minutes pass.` moves the shop's clock.
//! - In what comes out, `"…"` is anything, `…` within a text is any text, and `‹name›` gives a name to what stands there;
//!   wherever the name is written again, it is that.

use std::{collections::HashMap, time::Duration};

use serde_json::Value;

/// Something on the page that happens.
pub enum Step {
    Ask {
        line: usize,
        who: String,
        text: String,
        answer: Value,
    },
    Listen {
        who: String,
        stream: String,
        text: String,
    },
    Told {
        line: usize,
        stream: String,
        events: Vec<Value>,
    },
    Run {
        line: usize,
        commands: String,
        prints: String,
    },
    Pass(Duration),
}

/// The steps of a page, in their order.
pub fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = (1..).zip(page.lines());
    while let Some((line, text)) = lines.next() {
        if let Some(info) = text.strip_prefix("```") {
            let body = lines.by_ref().map(|(_, text)| text);
            let body = body.take_while(|text| *text != "```").collect::<Vec<_>>();
            block(&mut steps, line, info, &body.join("\n"));
        } else if let Some(time) = text
            .strip_prefix("> ")
            .and_then(|text| text.strip_suffix(" pass."))
        {
            steps.push(Step::Pass(duration(time)));
        }
    }
    steps
}

fn block(steps: &mut Vec<Step>, line: usize, info: &str, body: &str) {
    match info.split_once(' ').unwrap_or((info, "")) {
        ("graphql", _) => steps.push(request(line, body)),
        ("json", "") => match steps.last_mut() {
            Some(Step::Ask { answer, .. }) => *answer = json(line, body),
            _ => panic!("line {line}: an answer to nothing"),
        },
        ("json", stream) => steps.push(Step::Told {
            line,
            stream: stream.to_owned(),
            events: match json(line, body) {
                Value::Array(events) => events,
                event => vec![event],
            },
        }),
        ("sh", _) => steps.push(Step::Run {
            line,
            commands: body.to_owned(),
            prints: String::new(),
        }),
        ("text" | "csv", _) => match steps.last_mut() {
            Some(Step::Run { prints, .. }) => body.clone_into(prints),
            _ => panic!("line {line}: printed by nothing"),
        },
        (other, _) => panic!("line {line}: a block of `{other}`: is it done?"),
    }
}

fn request(line: usize, body: &str) -> Step {
    let (who, _) = body.split_once('\n').unwrap_or((body, ""));
    let who = who
        .strip_prefix("# ")
        .unwrap_or_else(|| panic!("line {line}: who speaks?"));
    let text = body.to_owned();
    match who.split_once(": ") {
        Some((who, stream)) => Step::Listen {
            who: who.to_owned(),
            stream: stream.to_owned(),
            text,
        },
        None => Step::Ask {
            line,
            who: who.to_owned(),
            text,
            answer: Value::Null,
        },
    }
}

fn json(line: usize, body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|error| panic!("line {line}: {error}"))
}

fn duration(text: &str) -> Duration {
    let (number, unit) = text.split_once(' ').expect("a number and a unit");
    let number = number.parse().expect("a number");
    match unit.trim_end_matches('s') {
        "minute" => Duration::from_mins(number),
        "hour" => Duration::from_hours(number),
        "day" => Duration::from_hours(24 * number),
        other => panic!("how long is a {other}?"),
    }
}

/// What has been given names.
#[derive(Clone, Default)]
pub struct Names(HashMap<String, String>);

impl Names {
    pub fn get(&self, name: &str) -> &str {
        let value = self.0.get(name);
        value.unwrap_or_else(|| panic!("nothing was named {name}"))
    }

    /// The text with each `‹name›` replaced by what has it.
    pub fn filled(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, (name, after))) = rest
            .split_once('‹')
            .and_then(|(before, after)| Some((before, after.split_once('›')?)))
        {
            filled += before;
            filled += self.get(name);
            rest = after;
        }
        filled + rest
    }

    /// Compares what was told with the page, and learns its new names.
    pub fn compare(&mut self, expected: &Value, told: &Value) -> Result<(), String> {
        match (expected, told) {
            (Value::String(expected), _) if expected == "…" => Ok(()),
            (Value::String(expected), Value::String(told)) => self.compare_text(expected, told),
            (Value::Array(expected), Value::Array(told)) if expected.len() == told.len() => {
                expected
                    .iter()
                    .zip(told)
                    .enumerate()
                    .try_for_each(|(place, (expected, told))| {
                        let compared = self.compare(expected, told);
                        compared.map_err(|difference| format!("{place}: {difference}"))
                    })
            }
            (Value::Object(expected), Value::Object(told)) if expected.len() == told.len() => {
                expected.iter().try_for_each(|(field, expected)| {
                    let told = told.get(field).ok_or_else(|| format!("no {field}"))?;
                    let compared = self.compare(expected, told);
                    compared.map_err(|difference| format!("{field}: {difference}"))
                })
            }
            _ if expected == told => Ok(()),
            _ => Err(format!("expected {expected}, got {told}")),
        }
    }

    /// Compares a text with the page, where `…` is anything and `‹name›` what has the name, or gets it.
    pub fn compare_text(&mut self, expected: &str, told: &str) -> Result<(), String> {
        let new = expected
            .strip_prefix('‹')
            .and_then(|rest| rest.strip_suffix('›'));
        if let Some(name) = new.filter(|name| !self.0.contains_key(*name)) {
            self.0.insert(name.to_owned(), told.to_owned());
            return Ok(());
        }
        let expected = self.filled(expected);
        if is_as_described(told.trim_end(), &expected) {
            Ok(())
        } else {
            Err(format!("expected\n{expected}\ngot\n{told}"))
        }
    }
}

/// Whether `text` is as described, where `…` stands for anything.
fn is_as_described(text: &str, description: &str) -> bool {
    let mut parts = description.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts = parts.collect::<Vec<_>>();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn what_is_not_as_the_page_says_is_seen() {
    let mut names = Names::default();
    let told = serde_json::json!({ "order": { "id": "order_1", "key": "20261120-7", "total": 5 } });
    let page = serde_json::json!({ "order": { "id": "‹first›", "key": "20261120-…", "total": 5 } });
    assert_eq!(names.compare(&page, &told), Ok(()));
    assert_eq!(names.filled("id: \"‹first›\""), "id: \"order_1\"");
    for other in [
        serde_json::json!({ "order": { "id": "‹first›", "key": "20261121-…", "total": 5 } }),
        serde_json::json!({ "order": { "id": "‹first›", "key": "…", "total": 6 } }),
        serde_json::json!({ "order": { "id": "‹first›", "key": "…" } }),
        serde_json::json!({ "order": { "id": "order_2", "key": "…", "total": 5 } }),
    ] {
        assert!(names.compare(&other, &told).is_err(), "{other}");
    }
}
