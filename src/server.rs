//! Serving: from settings to a running shop, and from a signal to an orderly end.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use sea_orm::DbErr;
use tokio::{
    net::TcpListener,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    app::{App, Audience},
    clock::Clock,
    config::Limits,
    db::Db,
    event::{self, Bus, NatsSettings, WrongNats},
    fault::Fault,
    gift,
    graphql::Api,
    http::{HttpState, cors::Origins, router, stall::Attentive},
    member::Keys,
    order::fulfilment::lateness,
    outbox::{self, PlatformSettings, WrongPlatform},
    payment::{PaymentSettings, WrongPayments, reconciler},
    picture::Pictures,
    rate::{Peer, RateLimits},
};

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Start {
    pub db: Db,
    pub clock: Clock,
    pub limits: Limits,
    pub keys: Keys,
    pub rates: RateLimits,
    /// How many proxies each request comes through.
    pub proxies: usize,
    pub listen: SocketAddr,
    pub body_bytes_max: usize,
    pub origins: Origins,
    pub payments: PaymentSettings,
    pub platform: PlatformSettings,
    pub pictures: Pictures,
    /// How long a stop goes on serving after it has said that it is not ready.
    pub drain_for: Duration,
    pub nats: NatsSettings,
    /// How long a stop waits for requests in flight.
    pub stop_within: Duration,
}

/// Why a server did not start, or not stop in order.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("cannot listen on {address} (LISTEN): {error}")]
    Listen {
        address: SocketAddr,
        error: io::Error,
    },
    #[error("the database failed (DATABASE_URL): {0}")]
    Database(#[from] DbErr),
    #[error("{0}")]
    Fault(#[from] Fault),
    #[error("{0}")]
    Payments(#[from] WrongPayments),
    #[error("{0}")]
    Nats(#[from] WrongNats),
    #[error("{0}")]
    Platform(#[from] WrongPlatform),
    #[error("serving failed: {0}")]
    Serve(io::Error),
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    pub app: Arc<App>,
    pub address: SocketAddr,
    leaving: CancellationToken,
    stopping: CancellationToken,
    connections: TaskTracker,
    serving: JoinHandle<io::Result<()>>,
    /// What goes on beside the requests.
    working: Vec<JoinHandle<()>>,
    drain_for: Duration,
    bus: event::Running,
    stop_within: Duration,
}

impl Server {
    /// Opens the shop and its doors. The database must be migrated for anything to work, but need not be
    /// for the server to start: `/readyz` tells.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(start: Start) -> Result<Self, ServerError> {
        let Start {
            db,
            clock,
            limits,
            keys,
            rates,
            proxies,
            listen,
            body_bytes_max,
            origins,
            payments,
            platform,
            pictures,
            drain_for,
            nats,
            stop_within,
        } = start;
        let failed = |error| ServerError::Listen {
            address: listen,
            error,
        };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        db.stop_reads_after(limits.query_within);
        let payments = payments.open(address, &clock)?;
        let retention = platform.retention();
        let platform = platform.open()?;
        let bus = Bus::open(db.backend(), &nats)?;
        let (bus, running) = bus.start(&db).await?;
        let audience = Audience { bus, platform };
        let app = App::start(
            db,
            clock,
            limits,
            (keys, &rates),
            payments,
            pictures,
            audience,
        );
        let (leaving, stopping) = (CancellationToken::new(), CancellationToken::new());
        let mut working = vec![
            reconciler::start(&app, &stopping),
            gift::expiry::start(&app, &stopping),
            lateness::start(&app, &stopping),
            outbox::retention::start(&app, retention, &stopping),
        ];
        working.extend(app.db.watch_replica());
        let connections = TaskTracker::new();
        let state = HttpState {
            api: Arc::new(Api::new(app.clone())),
            app: app.clone(),
            leaving: leaving.clone(),
            stop_within,
            stopping: stopping.clone(),
            connections: connections.clone(),
            proxies,
        };
        let listener = Attentive::new(listener, app.listeners.clone());
        // Made once: a router given as it is would be copied whole, some 20 KiB, for each connection.
        let service =
            router(state, body_bytes_max, &origins).into_make_service_with_connect_info::<Peer>();
        let serving = axum::serve(listener, service)
            .with_graceful_shutdown(stopping.clone().cancelled_owned());
        let serving = tokio::spawn(serving.into_future());
        Ok(Self {
            app,
            address,
            leaving,
            stopping,
            connections,
            serving,
            working,
            drain_for,
            bus: running,
            stop_within,
        })
    }

    /// Says that it is not ready, and goes on until a load balancer has noticed; then takes no new requests, answers those
    /// in flight, tells subscribers to come again, places the orders that have queued, tells the data platform what can be
    /// told quickly, and closes the database.
    ///
    /// # Errors
    /// When something could not be ended in order.
    pub async fn stop(self) -> Result<(), ServerError> {
        self.leaving.cancel();
        sleep(self.drain_for).await;
        self.stopping.cancel();
        self.connections.close();
        let drained = timeout(self.stop_within, async {
            self.connections.wait().await;
            self.serving.await
        });
        match drained.await {
            Ok(Ok(served)) => served.map_err(ServerError::Serve)?,
            Ok(Err(error)) => return Err(Fault::internal(error).into()),
            Err(_) => {
                tracing::warn!("some requests took longer than STOP_SECONDS and were dropped");
            }
        }
        // What is half done, or just asked of a gateway, is another's to finish, or its own after the next start.
        for work in self.working {
            work.abort();
        }
        self.app.placement.stop().await;
        self.app.outbox.stop().await;
        self.bus.stop().await;
        Ok(self.app.db.clone().close().await?)
    }
}
