//! Who may what, of everything that there is: two tables, held against the schema, so that nothing is forgotten, and
//! against a shop, cell by cell.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    super::{capitalized, fields, innermost, list, name, types},
    things::{PEOPLE, Things, user_id},
};
use crate::support::{Client, Database, PASSWORD, Received};

const FIELDS: &str = include_str!("table.txt");
const CALLS: &str = include_str!("calls.txt");

/// A type, and a way to one of its objects.
struct Section {
    of: &'static str,
    way: &'static str,
    rows: Vec<Row>,
}

/// What is asked, and who is answered what.
struct Row {
    asked: &'static str,
    answers: &'static str,
}

/// The lines of a table that are no remarks.
fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    let lines = table.lines().map(str::trim_end);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn row(line: &'static str) -> Row {
    let (asked, answers) = line
        .rsplit_once(" : ")
        .unwrap_or_else(|| panic!("no row: {line}"));
    assert_eq!(answers.chars().count(), PEOPLE.len(), "{line}");
    Row {
        asked: asked.trim(),
        answers,
    }
}

fn sections() -> Vec<Section> {
    let mut sections = Vec::<Section>::new();
    for line in lines(FIELDS) {
        match line.split_once(" at ") {
            Some((of, way)) if !line.starts_with(' ') => sections.push(Section {
                of,
                way,
                rows: Vec::new(),
            }),
            _ => sections
                .last_mut()
                .expect("a row is in a section")
                .rows
                .push(row(line)),
        }
    }
    sections
}

/// The name of what is asked, without arguments.
fn bare(asked: &str) -> &str {
    asked.split(['(', ' ']).next().unwrap_or(asked)
}

/// What an error's code is in the tables.
fn letter(code: &str) -> char {
    match code {
        "UNAUTHENTICATED" => 'U',
        "FORBIDDEN" => 'F',
        "BAD_REQUEST" => 'B',
        "NOT_FOUND" => 'N',
        _ => '?',
    }
}

fn code_of(errors: &Value) -> Option<&str> {
    errors[0]["extensions"]["code"].as_str()
}

/// What stands in an answer where `here` was asked for, wherever that is.
fn found<'a>(answer: &'a Value, here: &mut Vec<&'a Value>) {
    match answer {
        Value::Object(fields) => {
            for (key, value) in fields {
                if key == HERE {
                    here.push(value);
                } else {
                    found(value, here);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| found(item, here)),
        _ => {}
    }
}

/// The interface has it, and no single field of an input is ever at fault.
const NEVER_SHOWN: &str = "InsufficientPoints.path";

const HERE: &str = "here";

/// Whether that is something to look at.
fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().any(is_something),
        _ => true,
    }
}

/// What a listener hears nothing of until something happens.
const QUIET: [&str; 3] = ["myOrderEvents", "giftReceived", "stockChanged"];

/// How a field is answered, in a letter, and the answer. Who listens waits for what is bound to come.
async fn ask(client: &Client, query: &str, is_quiet: bool) -> (char, Value) {
    let (errors, data) = if query.starts_with("subscription") {
        let mut events = client.subscribe(query, json!({})).await;
        let received = if is_quiet {
            events.early()
        } else {
            Some(events.receive().await)
        };
        match received {
            None => return ('+', Value::Null),
            Some(Received::Next(payload)) => (payload["errors"].clone(), payload["data"].clone()),
            Some(Received::Error(errors)) => (errors, Value::Null),
            Some(other) => panic!("{query}: {other:?}"),
        }
    } else {
        let mut body = client.send(query, json!({})).await.body;
        (body["errors"].take(), body["data"].take())
    };
    if let Some(code) = code_of(&errors) {
        return (letter(code), errors);
    }
    let mut here = Vec::new();
    found(&data, &mut here);
    let letter = match here.as_slice() {
        [] => '.',
        here if here.iter().any(|value| is_something(value)) => '+',
        _ => '0',
    };
    (letter, data)
}

/// The query for a field of a type at the end of a way.
fn query(types: &BTreeMap<String, Value>, section: &Section, asked: &str) -> String {
    let mut of = list(&types[section.of]["fields"]).iter();
    let field = of.find(|field| name(field) == bare(asked));
    let field = field.unwrap_or_else(|| panic!("there is no {}.{asked}", section.of));
    let within = &types[&innermost(&field["type"])]["kind"];
    let is_leaf = within == "SCALAR" || within == "ENUM";
    let selected = if is_leaf { "" } else { " { __typename }" };
    section
        .way
        .replacen('@', &format!("{HERE}: {asked}{selected}"), 1)
}

both! {
    async fn every_field_of_every_type_is_answered_as_the_table_says(database: Database) {
        let things = Things::make(database).await;
        let types = types(&things.paying.shop).await;
        let mut wrong = Vec::new();
        let (mut covered, mut shown) = (BTreeSet::new(), BTreeSet::new());
        for section in sections() {
            for row in &section.rows {
                for asked in row.asked.split_whitespace() {
                    let path = format!("{}.{}", section.of, bare(asked));
                    covered.insert(path.clone());
                    let query = query(&types, &section, asked);
                    for (who, expected) in row.answers.chars().enumerate() {
                        let query = things.put_in(&query, who).await;
                        let is_quiet = expected == '+' && QUIET.contains(&bare(asked));
                        let (answer, told) = ask(&things.people[who], &query, is_quiet).await;
                        if answer != expected {
                            wrong.push(format!("{path} for {}: {answer}, not {expected}: {query}: {told}", PEOPLE[who]));
                        }
                        if answer == '+' {
                            shown.insert(path.clone());
                        }
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
        let objects = types.values().filter(|of| of["kind"] == "OBJECT").map(name);
        let objects = objects.filter(|of| of != "Mutation" && !of.ends_with("Payload"));
        let all = objects.flat_map(|of| {
            let fields = fields(&types, &of).into_iter();
            fields.map(move |field| format!("{of}.{field}")).collect::<Vec<_>>()
        });
        let all = all.collect::<BTreeSet<_>>();
        assert_eq!(all.difference(&covered).collect::<Vec<_>>(), [""; 0], "who may see these?");
        shown.insert(NEVER_SHOWN.to_owned());
        assert_eq!(all.difference(&shown).collect::<Vec<_>>(), [""; 0], "nobody is shown these");
    }

    async fn every_mutation_is_done_for_whom_the_table_says(database: Database) {
        let things = Things::make(database).await;
        let types = types(&things.paying.shop).await;
        let called = lines(CALLS).map(row).map(|row| bare(row.asked).to_owned());
        assert_eq!(fields(&types, "Mutation"), called.collect(), "who may call each of the mutations?");
        let refresh = refresh_tokens(&things).await;
        let mut wrong = Vec::new();
        for row in lines(CALLS).map(row) {
            for (who, expected) in row.answers.chars().enumerate() {
                let call = call(&types, row.asked);
                let call = things.put_in(&call, who).await.replace("$refresh", &refresh[who]);
                let (answer, told) = done(&things.people[who], &call).await;
                if answer != expected {
                    wrong.push(format!("{} for {}: {answer}, not {expected}: {told}", row.asked, PEOPLE[who]));
                }
            }
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }
}

/// A token for each to refresh their session with; somebody's for who has none.
async fn refresh_tokens(things: &Things) -> Vec<String> {
    let mut tokens = Vec::new();
    for client in &things.people {
        let user_id = user_id(client).await;
        let input = json!({ "userId": user_id.as_deref().unwrap_or("sora"), "password": PASSWORD });
        let payload = client
            .mutate("signIn", input, "session { refreshToken }")
            .await;
        let token = payload["session"]["refreshToken"].as_str();
        tokens.push(token.expect("a token").to_owned());
    }
    tokens
}

/// The call of a mutation with its input, which asks for all fields of its payload.
fn call(types: &BTreeMap<String, Value>, asked: &str) -> String {
    let mutation = bare(asked);
    let payload = format!("{}Payload", capitalized(mutation));
    let selected = fields(types, &payload)
        .into_iter()
        .map(|field| match field.as_str() {
            "userErrors" => "userErrors { code message }".to_owned(),
            "codes" => field,
            _ => format!("{field} {{ __typename }}"),
        });
    let selected = selected.collect::<Vec<_>>().join(" ");
    let input = asked[mutation.len()..].trim();
    let input = if input.is_empty() {
        String::new()
    } else {
        format!("(input: {input})")
    };
    format!("mutation {{ {mutation}{input} {{ {selected} }} }}")
}

/// What a mutation comes to, in a letter, and its answer.
async fn done(client: &Client, call: &str) -> (char, Value) {
    let body = client.send(call, json!({})).await.body;
    if let Some(code) = code_of(&body["errors"]) {
        return (letter(code), body);
    }
    let payloads = body["data"]
        .as_object()
        .into_iter()
        .flat_map(|data| data.values());
    let refused = payloads
        .clone()
        .find_map(|payload| payload["userErrors"][0]["code"].as_str());
    match refused {
        Some(code) => (letter(code), body),
        None if payloads.clone().any(Value::is_object) => ('+', body),
        None => ('0', body),
    }
}
