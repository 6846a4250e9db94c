//! What commands print.

use std::io::{self, Write};

use serde_json::Value;

use super::{CommandError, is_pipe_closed};

/// Prints what `write` writes, as far as somebody reads it.
pub fn print(
    write: impl FnOnce(&mut io::StdoutLock<'static>) -> io::Result<()>,
) -> Result<(), CommandError> {
    match write(&mut io::stdout().lock()) {
        Err(error) if !is_pipe_closed(&error) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes one JSON document.
pub fn document(out: &mut impl Write, document: &Value) -> io::Result<()> {
    writeln!(out, "{document:#}")
}
