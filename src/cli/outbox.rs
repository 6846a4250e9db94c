//! `jangteo outbox`: what an operator sees of what the data platform is told, and does about it.

use std::io::Write;

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use entity::id::{OrderId, OutboxId};

use super::{
    CommandError, existing,
    output::{document, print},
};
use crate::{
    clock::Clock,
    config::DatabaseSettings,
    outbox::{
        operator::{self, State, Which, json, text},
        retention,
    },
};

#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// List the newest events, and where each stands: how often it was tried, why in vain, when it is tried next.
    List(List),
    /// Show one event with its data, and where the others of its order stand.
    Show(Show),
    /// Have events tried again that were given up, and those behind them. Any server with a platform does it.
    Retry(Retry),
    /// Take events away that were delivered long ago. Servers do so by themselves, after OUTBOX_RETENTION_DAYS.
    Purge(Purge),
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    database: DatabaseSettings,
    /// Only those that stand so.
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Only those of this order: `order_…`.
    #[arg(long, value_name = "ORDER")]
    order: Option<OrderId>,
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
    /// Which: `event_…`, as the platform knows it.
    id: OutboxId,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct Retry {
    #[command(flatten)]
    database: DatabaseSettings,
    /// Which: `event_…`. What is not delivered of its order is tried at once.
    #[arg(required_unless_present = "dead", conflicts_with = "dead")]
    id: Option<OutboxId>,
    /// All that were given up.
    #[arg(long)]
    dead: bool,
}

#[derive(Debug, Args)]
pub struct Purge {
    #[command(flatten)]
    database: DatabaseSettings,
    /// Those that were delivered at least so many days ago.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=3650))]
    days: u32,
    /// Also those that were written so long ago and never delivered: where there is no platform any more.
    #[arg(long)]
    undelivered: bool,
}

impl OutboxCommand {
    pub async fn run(self) -> Result<(), CommandError> {
        match self {
            Self::List(list) => list.run().await,
            Self::Show(show) => show.run().await,
            Self::Retry(retry) => retry.run().await,
            Self::Purge(purge) => purge.run().await,
        }
    }
}

impl List {
    async fn run(self) -> Result<(), CommandError> {
        let db = existing(&self.database).await?;
        let which = Which {
            state: self.state,
            order_id: self.order,
        };
        let messages = operator::list(&db, which, self.limit).await?;
        db.close().await?;
        print(|out| {
            if self.json {
                document(out, &json::list(&messages))
            } else {
                text::list(out, &messages)
            }
        })
    }
}

impl Show {
    async fn run(self) -> Result<(), CommandError> {
        let db = existing(&self.database).await?;
        let shown = operator::show(&db, self.id).await?;
        db.close().await?;
        let (message, of_order) =
            shown.ok_or_else(|| format!("there is no event with the id {}", self.id))?;
        print(|out| {
            if self.json {
                document(out, &json::show(&message, &of_order))
            } else {
                text::show(out, &message, &of_order)
            }
        })
    }
}

impl Retry {
    async fn run(self) -> Result<(), CommandError> {
        let db = existing(&self.database).await?;
        let revived = operator::retry(&db, self.id, Clock::system().now()).await?;
        db.close().await?;
        if let Some(id) = self.id
            && revived == 0
        {
            return Err(
                format!("there is no event with the id {id} that is to be delivered").into(),
            );
        }
        print(|out| writeln!(out, "{revived} events are tried again."))
    }
}

impl Purge {
    async fn run(self) -> Result<(), CommandError> {
        let db = existing(&self.database).await?;
        let before = Clock::system().now() - TimeDelta::days(self.days.into());
        let purged = retention::purge(&db, before, self.undelivered).await?;
        db.close().await?;
        print(|out| writeln!(out, "{purged} events are gone."))
    }
}
