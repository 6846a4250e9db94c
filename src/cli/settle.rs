//! `jangteo settle`: stores are paid out.

use std::{
    fs,
    io::{self, Write},
    ops::RangeInclusive,
    path::PathBuf,
};

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use clap::Args;
use entity::Won;

use super::{CommandError, existing, is_pipe_closed};
use crate::{
    clock::{Clock, from_seoul, in_seoul},
    config::DatabaseSettings,
    fault::Failure,
    payout::{settle, sheet},
};

#[derive(Debug, Args)]
pub struct SettleCommand {
    #[command(flatten)]
    database: DatabaseSettings,
    /// The end of the period, which is not in it any more: a date in Korea, at whose midnight it ends (2026-12-01 for
    /// November), or a time (2026-12-01T06:00:00+09:00). It must be over.
    #[arg(long, value_name = "DATE|TIME", value_parser = end)]
    until: DateTime<Utc>,
    /// The folder for the sheets, a CSV file a store; made if it is not there.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    out: PathBuf,
    /// Only say what would be paid out now. Changes nothing and writes no files.
    #[arg(long)]
    dry_run: bool,
}

impl SettleCommand {
    pub async fn run(self) -> Result<(), CommandError> {
        let db = existing(&self.database).await?;
        if !self.dry_run {
            fs::create_dir_all(&self.out)
                .map_err(|error| format!("cannot make {}: {error}", self.out.display()))?;
        }
        let settled = settle(&db, &Clock::system(), self.until, self.dry_run).await;
        let payouts = settled.map_err(|failure| match failure {
            Failure::Refused(refusal) => CommandError::from(refusal),
            Failure::Fault(fault) => fault.into(),
        })?;
        for payout in &payouts {
            let sales = match payout.sales {
                1 => "1 sale".to_owned(),
                sales => format!("{sales} sales"),
            };
            let before = if payout.is_old {
                ", settled before"
            } else {
                ""
            };
            let file = match &payout.settlement {
                Some(settlement) if !self.dry_run => {
                    let path = sheet::write(&db, &self.out, payout.store_id, settlement).await?;
                    format!("   {}", path.display())
                }
                _ => String::new(),
            };
            say(&format!(
                "{}   {} won for {sales}{before}{file}",
                payout.store_name, payout.amount.0
            ))?;
        }
        let new = payouts.iter().filter(|payout| !payout.is_old);
        let total = Won::checked_sum(new.clone().map(|payout| payout.amount));
        let total = total.ok_or("too many won to add up")?;
        say(&format!(
            "{} {} won to {} stores, for what was completed before {} in Korea.",
            if self.dry_run { "Would pay" } else { "Paid" },
            total.0,
            new.count(),
            in_seoul(self.until)
        ))?;
        Ok(db.close().await?)
    }
}

fn say(line: &str) -> Result<(), CommandError> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if !is_pipe_closed(&error) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Years in which something may have been sold.
const YEARS: RangeInclusive<i32> = 2_000..=9_999;

/// The end of a period, as it is written.
fn end(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    let date = text.parse::<NaiveDate>().map_err(
        |_| "write a date in Korea, like 2026-12-01, or a time, like 2026-12-01T06:00:00+09:00",
    )?;
    if !YEARS.contains(&date.year()) {
        return Err(format!(
            "the year must be between {} and {}",
            YEARS.start(),
            YEARS.end()
        ));
    }
    Ok(from_seoul(date.and_time(NaiveTime::MIN)))
}
