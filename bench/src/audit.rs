//! Does everything add up after a run? A run after which it does not is no result.

use serde_json::Value;

use crate::{Result, database::Named, server::Program};

/// What `jangteo audit` finds broken; `None` where everything adds up.
///
/// # Errors
/// When it cannot tell.
pub fn findings(program: &Program, database: &Named) -> Result<Option<String>> {
    const BROKEN: i32 = 1;
    let output = program
        .command(&["audit", "--json"], &database.url)
        .output()?;
    match output.status.code() {
        Some(0) => Ok(None),
        Some(BROKEN) => Ok(Some(told(&serde_json::from_slice(&output.stdout)?))),
        _ => Err(String::from_utf8_lossy(&output.stderr).into()),
    }
}

/// How many rows are broken, and the first of them.
fn told(report: &Value) -> String {
    let broken = report["broken"].as_array().map_or(&[][..], Vec::as_slice);
    let first = broken.first().unwrap_or(&Value::Null);
    format!("{} broken rows, such as {first}", broken.len())
}
