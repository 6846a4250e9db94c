//! Requests, and what may come back.

use std::fmt;

use apollo_compiler::schema::Schema;
use reqwest::{Method, StatusCode, Url, header};
use serde_json::{Value, json};

use super::{
    damage::{damaged, damaged_bytes},
    dice::Dice,
    document::{Kind, Written, nonsense, write},
    known::Known,
    values::Values,
};

/// A request, as it is sent.
pub struct Sent {
    pub method: Method,
    pub path: String,
    pub headers: Vec<(&'static str, Vec<u8>)>,
    pub body: Vec<u8>,
    /// The operation, where there is nothing wrong with the request: it has to be executed.
    pub honest: Option<Written>,
}

const ACCEPT: [&str; 7] = [
    "*/*",
    "application/json",
    "application/graphql-response+json",
    "application/graphql-response+json, application/json;q=0.9",
    "text/html",
    "application/json;q=nonsense, ,;;",
    "\u{e9}",
];

const LANGUAGES: [&str; 6] = [
    "ko",
    "en",
    "ko-KR,en;q=0.5",
    "xx-YY;q=2",
    "*;q=0",
    "\u{d55c}",
];

const CONTENT_TYPES: [&str; 8] = [
    "application/json; charset=utf-16",
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/graphql",
    "application/x-www-form-urlencoded",
    "application/json, application/json",
    "",
    "\u{0ff}",
];

/// A request of somebody who has that token.
pub fn draw(schema: &Schema, known: &Known, token: Option<&str>, dice: &mut Dice) -> Sent {
    let kind = dice.pick(&[Kind::Query, Kind::Query, Kind::Mutation]);
    let written = write(kind, schema, known, dice);
    let body = json!({ "query": written.text, "variables": written.variables });
    let mut sent = Sent {
        method: Method::POST,
        path: "/graphql".into(),
        headers: vec![("content-type", "application/json".into())],
        body: body.to_string().into(),
        honest: None,
    };
    if let Some(token) = token {
        sent.headers
            .push(("authorization", format!("Bearer {token}").into()));
    }
    if dice.one_in(3) {
        sent.headers.push(("accept", dice.pick(&ACCEPT).into()));
    }
    if dice.one_in(3) {
        sent.headers
            .push(("accept-language", dice.pick(&LANGUAGES).into()));
    }
    match dice.below(20) {
        0..12 => sent.honest = written.is_honest.then_some(written),
        12..15 => {
            let query = damaged(&written.text, dice);
            sent.body = json!({ "query": query, "variables": written.variables })
                .to_string()
                .into();
        }
        15 => sent.body = json!({ "query": nonsense(dice) }).to_string().into(),
        16 => sent.body = damaged_bytes(&sent.body, dice),
        17 => sent.body = misshapen(body, schema, known, dice).to_string().into(),
        18 => in_the_address(&mut sent, &written, dice),
        _ => strange(&mut sent, dice),
    }
    sent
}

/// Parameters of which one is of another type, or that are no parameters.
fn misshapen(mut body: Value, schema: &Schema, known: &Known, dice: &mut Dice) -> Value {
    let mut anything = Values {
        schema,
        known,
        dice,
        are_honest: false,
    }
    .anything(5);
    if dice.one_in(4) {
        for _ in 0..dice.pick(&[10, 100, 1_000]) {
            anything = Value::Array(vec![anything]);
        }
    }
    match dice.pick(&[
        "",
        "query",
        "variables",
        "operationName",
        "extensions",
        "more",
    ]) {
        "" => anything,
        field => {
            body[field] = anything;
            body
        }
    }
}

/// A request by GET.
fn in_the_address(sent: &mut Sent, written: &Written, dice: &mut Dice) {
    let parameters = [
        ("query", written.text.as_str()),
        ("variables", &written.variables.to_string()),
    ];
    let address = Url::parse_with_params("http://shop", parameters).expect("an address");
    let query = address.query().expect("a query");
    // Longer ones no server has to read.
    let mut query = query.get(..30_000).unwrap_or(query).to_owned();
    if dice.one_in(2) {
        let place = dice.below(query.len());
        query.replace_range(
            place..place,
            dice.pick(&["%", "%00", "%ff", "&", "=", "+", "%ed%a0%80", "query=x&"]),
        );
    }
    sent.method = Method::GET;
    sent.path = format!("/graphql?{query}");
    sent.headers.retain(|(name, _)| *name != "content-type");
    sent.body.clear();
}

/// A request with strange headers, or to another door.
fn strange(sent: &mut Sent, dice: &mut Dice) {
    match dice.below(6) {
        0 => sent.headers[0].1 = dice.pick(&CONTENT_TYPES).into(),
        1 => sent
            .headers
            .push(("authorization", b"Bearer \xff\xfe".to_vec())),
        2 => sent.headers.push((
            "authorization",
            dice.pick(&["Bearer", "Basic YTpi", "Bearer a.b.c", ""])
                .into(),
        )),
        3 => sent.headers.push((
            "x-request-id",
            dice.pick(&["<script>", "\u{ff}", "a b"]).into(),
        )),
        4 => sent.headers.push((
            "x-forwarded-for",
            dice.pick(&["::::", "999.1.1.1", "\u{ff}"]).into(),
        )),
        _ => {
            sent.path = (dice.pick(&[
                "/graphql/",
                "/webhooks/toss",
                "/webhooks/portone",
                "/webhooks/nobody",
                "/payments/payment_00000000000000000000000007/window",
                "/pictures/%00",
                "/pictures/..%2f..%2fetc%2fpasswd",
                "/pictures/upload/product_00000000000000000000000007?signature=%ff",
                "/%ff",
                "/.well-known/jwks.json",
            ]))
            .into();
            sent.method = dice
                .pick(&[
                    Method::GET,
                    Method::POST,
                    Method::PUT,
                    Method::DELETE,
                    Method::HEAD,
                ])
                .clone();
        }
    }
}

impl Sent {
    /// Whether the answer is GraphQL's.
    pub fn is_graphql(&self) -> bool {
        let path = self.path.split('?').next();
        path == Some("/graphql") && [Method::GET, Method::POST].contains(&self.method)
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.method, self.path)?;
        for (name, value) in self
            .headers
            .iter()
            .filter(|(name, _)| *name != header::AUTHORIZATION)
        {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value))?;
        }
        let body = String::from_utf8_lossy(&self.body);
        writeln!(f, "\n{}", body.chars().take(3_000).collect::<String>())
    }
}

/// What came back.
pub struct Received {
    pub status: StatusCode,
    pub request_id: Option<String>,
    pub body: Vec<u8>,
}
