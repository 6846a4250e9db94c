//! What the bus does beside the requests, from the server's start to its end.

use std::sync::Arc;

use sea_orm::DbBackend;
use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    Bus, nats,
    nats::{Connection, Nats, NatsSettings, WrongNats},
    news::Parcel,
    stock, sweep,
};
use crate::db::{Db, in_background};

/// A bus that is not running yet.
#[derive(Debug)]
pub struct Opened {
    bus: Bus,
    nats: Option<(Connection, mpsc::Receiver<Parcel>)>,
}

/// A bus at work.
#[derive(Debug)]
pub struct Running {
    loops: Vec<JoinHandle<()>>,
    nats: Option<Nats>,
}

impl Bus {
    /// A bus for that database, which other servers may use as well if it is PostgreSQL.
    ///
    /// # Errors
    /// When NATS is set wrongly.
    pub fn open(backend: DbBackend, settings: &NatsSettings) -> Result<Opened, WrongNats> {
        let connection = settings.connection()?;
        if backend != DbBackend::Postgres {
            return match connection {
                Some(_) => Err(WrongNats::OneInstance),
                None => Ok(Opened {
                    bus: Self::default(),
                    nats: None,
                }),
            };
        }
        let mut bus = Self {
            told: Some(Arc::default()),
            ..Self::default()
        };
        let nats = connection.map(|connection| {
            let (sender, outgoing) = mpsc::channel(nats::OUTGOING);
            bus.outgoing = Some(sender);
            bus.figures.expect_nats();
            bus.interests.follow();
            (connection, outgoing)
        });
        Ok(Opened { bus, nats })
    }
}

impl Opened {
    /// Starts what goes on beside the requests.
    ///
    /// # Errors
    /// When NATS is set wrongly; not when it does not answer.
    pub async fn start(self, db: &Db) -> Result<(Bus, Running), WrongNats> {
        let Self { bus, nats } = self;
        let mut loops = vec![spawn(stock::tell(bus.clone(), db.clone()))];
        if bus.told.is_some() {
            loops.push(spawn(sweep::sweep(bus.clone(), db.clone())));
        }
        let nats = match nats {
            // On the heap: the client's options are large, and a server's start is awaited in many places.
            Some((connection, outgoing)) => {
                Some(Box::pin(Nats::start(connection, &bus, outgoing)).await?)
            }
            None => None,
        };
        Ok((bus, Running { loops, nats }))
    }
}

impl Running {
    /// Tells other servers what is left to tell, and ends.
    pub async fn stop(self) {
        for work in self.loops {
            work.abort();
        }
        if let Some(nats) = self.nats {
            nats.stop().await;
        }
    }
}

fn spawn(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(in_background(work))
}
