//! Serving: from settings to a running shop, and from a signal to an orderly end.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use sea_orm::DbErr;
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    app::App,
    clock::Clock,
    config::{Limits, Secret},
    db::Db,
    fault::Fault,
    graphql::Api,
    http::{HttpState, router},
    payment::{PaymentSettings, WrongPayments, reconciler},
};

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Start {
    pub db: Db,
    pub clock: Clock,
    pub limits: Limits,
    pub secret: Secret,
    pub listen: SocketAddr,
    pub body_bytes_max: usize,
    pub payments: PaymentSettings,
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
    #[error("serving failed: {0}")]
    Serve(io::Error),
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    pub app: Arc<App>,
    pub address: SocketAddr,
    stopping: CancellationToken,
    connections: TaskTracker,
    serving: JoinHandle<io::Result<()>>,
    reconciling: JoinHandle<()>,
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
            secret,
            listen,
            body_bytes_max,
            payments,
            stop_within,
        } = start;
        let failed = |error| ServerError::Listen {
            address: listen,
            error,
        };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let payments = payments.open(address, &clock)?;
        let app = App::start(db, clock, limits, &secret, payments);
        let stopping = CancellationToken::new();
        let reconciling = reconciler::start(&app, &stopping);
        let connections = TaskTracker::new();
        let state = HttpState {
            api: Arc::new(Api::new(app.clone())),
            app: app.clone(),
            stopping: stopping.clone(),
            connections: connections.clone(),
        };
        let serving = axum::serve(listener, router(state, body_bytes_max))
            .with_graceful_shutdown(stopping.clone().cancelled_owned());
        let serving = tokio::spawn(serving.into_future());
        Ok(Self {
            app,
            address,
            stopping,
            connections,
            serving,
            reconciling,
            stop_within,
        })
    }

    /// Takes no new requests, answers those in flight, tells subscribers to come again, places the orders
    /// that have queued, and closes the database.
    ///
    /// # Errors
    /// When something could not be ended in order.
    pub async fn stop(self) -> Result<(), ServerError> {
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
        // What it is just asking a gateway is another's to finish, or its own after the next start.
        self.reconciling.abort();
        self.app.placement.stop().await;
        Ok(self.app.db.clone().close().await?)
    }
}
