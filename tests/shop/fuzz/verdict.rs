//! What no answer may be, whatever was asked.

use reqwest::StatusCode;
use serde_json::Value;

use super::{
    known::field,
    sent::{Received, Sent},
};

/// What tells how the server is made, in lower case.
const INTERNAL: [&str; 26] = [
    "select ",
    "insert into",
    "update \"",
    "delete from",
    "sqlstate",
    "sqlx",
    "sea_orm",
    "sea-orm",
    "seaorm",
    "sqlite",
    "postgres",
    "jangteo_test",
    "relation \"",
    "constraint",
    "byte sequence",
    "panicked",
    "backtrace",
    "unwrap()",
    ".rs:",
    "/tmp/",
    "/home/",
    "async_graphql",
    "async-graphql",
    "apollo",
    "tokio",
    "dberr",
];

/// What a whole answer may be refused with that there is nothing wrong with.
const REFUSALS: [&str; 3] = ["QUERY_TOO_COMPLEX", "RATE_LIMITED", "OVERLOADED"];

/// Judges an answer; gives it, where it is JSON.
///
/// # Errors
/// What is wrong with it.
pub fn judge(sent: &Sent, received: &Received) -> Result<Option<Value>, String> {
    let body = String::from_utf8(received.body.clone()).map_err(|_| "the answer is not UTF-8")?;
    let asked = format!("{sent}").to_lowercase();
    let complaint = |what: &str| format!("{what}: {} {body}", received.status);
    let complain = |what: &str| Err(complaint(what));
    if received.status.is_server_error() {
        return complain("the server failed");
    }
    if received.request_id.is_none() {
        return complain("the answer has no request id");
    }
    if !sent.is_graphql() {
        return match told(&body.to_lowercase(), &asked) {
            Some(word) => complain(&format!("{word:?} is told")),
            None => Ok(None),
        };
    }
    let Ok(answer) = serde_json::from_str::<Value>(&body) else {
        return complain("the answer is not JSON");
    };
    errors_of(&answer, &asked, received.request_id.as_deref())
        .map_err(|wrong| complaint(&wrong))?;
    if sent.honest.is_some() && received.status != StatusCode::PAYLOAD_TOO_LARGE {
        let mut errors = list(&answer["errors"]);
        let is_refused = |error: &Value| {
            let code = error["extensions"]["code"].as_str().unwrap_or_default();
            error.get("path").is_none() && !REFUSALS.contains(&code)
        };
        if errors.any(is_refused) {
            return complain("what is valid was not executed");
        }
    }
    Ok(Some(answer))
}

/// Judges the errors of an answer, the mutations' own among them.
pub fn errors_of(answer: &Value, asked: &str, request_id: Option<&str>) -> Result<(), String> {
    for error in list(&answer["errors"]) {
        let extensions = &error["extensions"];
        let code = extensions["code"].as_str().unwrap_or_default();
        let is_code =
            !code.is_empty() && code.bytes().all(|it| it == b'_' || it.is_ascii_uppercase());
        if !is_code || ["INTERNAL", "OUTCOME_UNKNOWN"].contains(&code) {
            return Err(format!("the code is {code:?}"));
        }
        if extensions["requestId"]
            .as_str()
            .is_none_or(|id| request_id.is_some_and(|sent| sent != id))
        {
            return Err("the error has no request id, or another".into());
        }
        if error["message"]
            .as_str()
            .is_none_or(|text| text.trim().is_empty())
        {
            return Err("an error says nothing".into());
        }
        message(&error["message"], asked)?;
    }
    user_errors(&answer["data"], asked)
}

fn user_errors(data: &Value, asked: &str) -> Result<(), String> {
    match data {
        Value::Object(fields) => fields.iter().try_for_each(|(key, value)| {
            if field(key) == "message" {
                message(value, asked)?;
            }
            user_errors(value, asked)
        }),
        Value::Array(items) => items.iter().try_for_each(|item| user_errors(item, asked)),
        _ => Ok(()),
    }
}

fn message(message: &Value, asked: &str) -> Result<(), String> {
    let message = message.as_str().unwrap_or_default().to_lowercase();
    told(&message, asked).map_or(Ok(()), |word| Err(format!("{word:?} is told")))
}

/// What a text tells of how the server is made, unless that is what was asked.
fn told(text: &str, asked: &str) -> Option<&'static str> {
    let mut words = INTERNAL.into_iter();
    words.find(|word| text.contains(word) && !asked.contains(word))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
