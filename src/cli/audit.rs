//! `jangteo audit`: whether everything adds up, here and at the gateways.

use std::{io, process::ExitCode};

use clap::Args;

use super::{CommandError, existing, is_pipe_closed};
use crate::{
    audit::{
        Unfinished, audit,
        gateway::compare,
        report::{Format, Report},
    },
    clock::Clock,
    config::DatabaseSettings,
    payment::PaymentSettings,
};

#[derive(Debug, Args)]
pub struct AuditCommand {
    #[command(flatten)]
    database: DatabaseSettings,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
    /// Ask the gateways, too, whether their records of all payments are as ours. A gateway that does not answer
    /// makes the exit code 2.
    #[arg(long)]
    gateway: bool,
    #[command(flatten, next_help_heading = "Gateways")]
    payments: PaymentSettings,
}

/// What the program exits with when an audit finds something broken, and when it finds nothing out.
const BROKEN: u8 = 1;
const UNTOLD: u8 = 2;

impl AuditCommand {
    pub async fn run(&self) -> ExitCode {
        match self.report().await {
            Ok(Some(true)) => ExitCode::SUCCESS,
            Ok(Some(false)) => ExitCode::from(BROKEN),
            Ok(None) => {
                eprintln!("jangteo: not every check could be made: the report says why");
                ExitCode::from(UNTOLD)
            }
            Err(error) => {
                if !is_unread(&error) {
                    eprintln!("jangteo: {error}");
                }
                ExitCode::from(UNTOLD)
            }
        }
    }

    /// Prints an audit; gives whether nothing is broken, if every check was made.
    async fn report(&self) -> Result<Option<bool>, CommandError> {
        let clock = Clock::system();
        // What is wrong with the gateways' settings is said before anything is checked.
        let payments = self.gateway.then(|| self.payments.open_to_ask(&clock));
        let payments = payments.transpose()?;
        let db = existing(&self.database).await?;
        let format = if self.json {
            Format::Json
        } else {
            Format::Text
        };
        let mut report = Report::new(io::stdout(), format);
        let mut findings = audit(&db, |row| report.tell(row)).await?;
        if let Some(payments) = payments {
            let at_gateways = compare(&db, &payments.gateways, &clock, |row| report.tell(row));
            findings.append(at_gateways.await?);
        }
        let is_clean = report.end(&findings)?;
        db.close().await?;
        Ok(is_clean)
    }
}

/// Whether the report ended because nobody reads it.
fn is_unread(error: &CommandError) -> bool {
    let unwritten = match error.downcast_ref() {
        Some(Unfinished::Untold(error)) => Some(error),
        _ => error.downcast_ref::<io::Error>(),
    };
    unwritten.is_some_and(is_pipe_closed)
}
