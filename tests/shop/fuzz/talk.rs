//! Conversations over WebSocket.

use std::net::SocketAddr;

use apollo_compiler::schema::Schema;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{
    damage::{damaged, damaged_bytes},
    dice::Dice,
    document::{Kind, write},
    known::Known,
    values::Values,
    verdict,
};
use crate::support::Socket;

/// What a server says that has failed: 1011 of RFC 6455.
const FAILED: u16 = 1011;

/// Talks for a while; gives what was told.
///
/// # Errors
/// What is wrong with an answer, and what was sent before it.
pub async fn talk(
    address: SocketAddr,
    token: Option<&str>,
    schema: &Schema,
    known: &Known,
    dice: &mut Dice,
) -> Result<Vec<Value>, String> {
    let mut socket = Socket::open(address).await;
    socket.enter(token).await;
    let mut told = Vec::new();
    for number in 0..=dice.below(6) {
        let frame = draw(number, schema, known, dice);
        let asked = frame.to_string().to_lowercase();
        for said in socket.provoke(frame).await {
            let complaint = |wrong: &str| format!("{wrong}: {said}\n{asked}");
            match &said {
                Message::Text(text) => {
                    let Ok(message) = serde_json::from_str::<Value>(text) else {
                        return Err(complaint("the message is not JSON"));
                    };
                    let answer = match message["type"].as_str() {
                        Some("error") => json!({ "errors": message["payload"] }),
                        _ => message["payload"].clone(),
                    };
                    verdict::errors_of(&answer, &asked, None).map_err(|wrong| complaint(&wrong))?;
                    told.push(answer);
                }
                Message::Close(Some(frame)) if u16::from(frame.code) == FAILED => {
                    return Err(complaint("the server failed"));
                }
                Message::Close(_) => return Ok(told),
                _ => {}
            }
        }
    }
    Ok(told)
}

fn draw(number: usize, schema: &Schema, known: &Known, dice: &mut Dice) -> Message {
    let kind = dice.pick(&[
        Kind::Query,
        Kind::Mutation,
        Kind::Subscription,
        Kind::Subscription,
    ]);
    let mut written = write(kind, schema, known, dice);
    if dice.one_in(5) {
        written.text = damaged(&written.text, dice);
    }
    let mut message = json!({
        "id": number.to_string(), "type": "subscribe",
        "payload": { "query": written.text, "variables": written.variables },
    });
    if dice.one_in(10) {
        let anything = Values {
            schema,
            known,
            dice,
            are_honest: false,
        }
        .anything(4);
        let field = dice.pick(&["id", "type", "payload", "more"]);
        message[field] = anything;
    }
    let text = message.to_string();
    match dice.below(12) {
        0 => Message::binary(text),
        1 => match String::from_utf8(damaged_bytes(text.as_bytes(), dice)) {
            Ok(text) => Message::text(text),
            Err(wrong) => Message::binary(wrong.into_bytes()),
        },
        _ => Message::text(text),
    }
}
