//! The outbox in a terminal.

use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use entity::outbox::Model;

use super::State;
use crate::outbox::event;

/// A table of messages; below each why it did not arrive, if it did not.
///
/// # Errors
/// When it cannot be written.
pub fn list(out: &mut impl Write, messages: &[Model]) -> io::Result<()> {
    writeln!(
        out,
        "{:33}{:20}{:34}{:>4}  {:11}{:>8}  {:22}next attempt",
        "event", "what", "order", "#", "state", "attempts", "written"
    )?;
    for message in messages {
        writeln!(
            out,
            "{:33}{:20}{:34}{:>4}  {:11}{:>8}  {:22}{}",
            message.id.to_string(),
            message.topic,
            message.order_id.to_string(),
            message.sequence,
            State::of(message).word(),
            message.attempts,
            time(message.created_at),
            message.due_at.map_or_else(|| "-".to_owned(), time),
        )?;
        if let Some(failure) = &message.failure {
            writeln!(out, "    {failure}")?;
        }
    }
    Ok(())
}

/// A message with its body, and where the others of its order stand.
///
/// # Errors
/// When it cannot be written.
pub fn show(out: &mut impl Write, message: &Model, of_order: &[Model]) -> io::Result<()> {
    let mut facts = vec![
        ("event", message.id.to_string()),
        ("type", format!("{}{}", event::TYPE_PREFIX, message.topic)),
        ("order", message.order_id.to_string()),
        ("sequence", message.sequence.to_string()),
        ("state", State::of(message).word().to_owned()),
        ("attempts", message.attempts.to_string()),
        ("written", time(message.created_at)),
    ];
    let optional = [
        ("next", message.due_at.map(time)),
        ("failure", message.failure.clone()),
        ("given up", message.dead_at.map(time)),
        ("delivered", message.delivered_at.map(time)),
    ];
    let optional = optional.into_iter();
    facts.extend(optional.filter_map(|(name, fact)| Some((name, fact?))));
    for (name, fact) in facts {
        writeln!(out, "{name:11}{fact}")?;
    }
    writeln!(out, "\ndata\n{:#}", message.payload)?;
    writeln!(out, "\nall of its order")?;
    list(out, of_order)
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
