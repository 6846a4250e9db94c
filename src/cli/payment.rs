//! `jangteo payment`: what an operator sees of payments.

use clap::{Args, Subcommand};
use entity::id::PaymentId;

use super::{
    CommandError, existing,
    output::{document, print},
};
use crate::{
    config::DatabaseSettings,
    payment::operator::{self, json, text},
};

#[derive(Debug, Subcommand)]
pub enum PaymentCommand {
    /// List the newest payments, or those that somebody should look at.
    List(List),
    /// Tell the whole story of a payment: where it stands, what was asked and answered, its refunds, what is next.
    Show(Show),
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    database: DatabaseSettings,
    /// Only payments with a refund that the gateway refuses, or that were asked about in vain for an hour; the
    /// oldest first, each with the reason.
    #[arg(long)]
    stuck: bool,
    /// How many at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=1000))]
    limit: u64,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    database: DatabaseSettings,
    /// Which: `payment_…`, as the API and the gateway's console show it.
    id: PaymentId,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl PaymentCommand {
    pub async fn run(self) -> Result<(), CommandError> {
        match self {
            Self::List(list) => list.run().await,
            Self::Show(show) => show.run().await,
        }
    }
}

impl List {
    async fn run(self) -> Result<(), CommandError> {
        let db = existing(&self.database).await?;
        let payments = if self.stuck {
            operator::stuck(&db, self.limit).await?
        } else {
            operator::newest(&db, self.limit).await?
        };
        db.close().await?;
        print(|out| {
            if self.json {
                document(out, &json::list(&payments))
            } else {
                text::list(out, &payments)
            }
        })
    }
}

impl Show {
    async fn run(self) -> Result<(), CommandError> {
        let db = existing(&self.database).await?;
        let story = operator::story(&db, self.id).await?;
        db.close().await?;
        let story = story.ok_or_else(|| format!("there is no payment with the id {}", self.id))?;
        print(|out| {
            if self.json {
                document(out, &json::story(&story))
            } else {
                text::story(out, &story)
            }
        })
    }
}
