//! Starting a sandbox, and ending it.

use std::{fmt, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    books::Books,
    clock::Clock,
    control,
    faults::Faults,
    kakaopay,
    line::{Line, Lines},
    page,
    platform::{self, Platform},
    portone,
    settings::Settings,
    sign::{BadSecret, WebhookSecret},
    toss,
    webhook::{DefaultUrls, Post},
    world::World,
};

/// How long a stop waits for the requests in flight.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// A running sandbox.
pub struct Sandbox {
    pub address: SocketAddr,
    world: Arc<World>,
    serving: JoinHandle<io::Result<()>>,
}

/// Why a sandbox did not start, or not stop in order.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("cannot listen on {address}: {error}")]
    Listen {
        address: SocketAddr,
        error: io::Error,
    },
    #[error("cannot read the state file {}: {error}", path.display())]
    State { path: PathBuf, error: io::Error },
    #[error(transparent)]
    Secret(#[from] BadSecret),
    #[error("the time scale must be above zero")]
    TimeScale,
    #[error("webhooks cannot be sent: {0}")]
    Webhooks(#[from] reqwest::Error),
    #[error("serving failed: {0}")]
    Serve(io::Error),
}

impl Sandbox {
    /// Reads the state, and serves.
    ///
    /// # Errors
    /// When a setting cannot be used, or the address is not free.
    pub async fn start(settings: Settings) -> Result<Self, SandboxError> {
        let webhook_secret = WebhookSecret::parse(&settings.portone.webhook_secret)?;
        let secrets = settings.platform.secrets.iter();
        let secrets = secrets.map(|secret| WebhookSecret::parse(secret));
        let platform = Platform::new(
            secrets.collect::<Result<_, _>>()?,
            settings.platform.tolerance,
        );
        let clock = Clock::new(1.0);
        if !clock.set_scale(settings.time_scale) {
            return Err(SandboxError::TimeScale);
        }
        let state = settings.state.clone();
        let books = Books::open(state.clone()).map_err(|error| SandboxError::State {
            path: state.unwrap_or_default(),
            error,
        })?;
        let post = Post::new(DefaultUrls {
            portone: settings.portone.webhook_url.clone(),
            toss: settings.toss.webhook_url.clone(),
        })?;
        let failed = |error| SandboxError::Listen {
            address: settings.listen,
            error,
        };
        let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let world = Arc::new(World {
            origin: format!("http://{address}"),
            settings,
            clock,
            books,
            faults: Faults::default(),
            post,
            webhook_secret,
            platform,
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        });
        world.remind_of_all();
        let routes = routes(&world).into_make_service_with_connect_info::<Line>();
        let serving = axum::serve(Lines(listener), routes)
            .with_graceful_shutdown(world.stopping.clone().cancelled_owned());
        let serving = tokio::spawn(serving.into_future());
        Ok(Self {
            address,
            world,
            serving,
        })
    }

    /// The address of a path: `/portone` gives PortOne's base URL.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.world.origin)
    }

    /// The sandbox's clock, to be moved.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.world.clock
    }

    /// Tells where webhooks go from now on: for a shop that got its address after the sandbox.
    pub fn send_webhooks_to(&self, portone: Option<String>, toss: Option<String>) {
        let urls = DefaultUrls { portone, toss };
        self.world.post.set_default_urls(urls);
    }

    /// Takes no new requests, answers those in flight, and forgets the webhooks that wait for another try.
    ///
    /// # Errors
    /// When serving had failed.
    pub async fn stop(mut self) -> Result<(), SandboxError> {
        self.world.stopping.cancel();
        self.world.tasks.close();
        self.world.tasks.wait().await;
        match timeout(STOP_WITHIN, &mut self.serving).await {
            Ok(Ok(served)) => served.map_err(SandboxError::Serve),
            Ok(Err(ended)) => Err(SandboxError::Serve(io::Error::other(ended))),
            Err(_) => {
                self.serving.abort();
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

fn routes(world: &Arc<World>) -> Router {
    Router::new()
        .nest("/portone", portone::routes(world))
        .nest("/toss", toss::routes(world))
        .nest("/kakaopay", kakaopay::routes(world))
        .merge(platform::routes())
        .merge(control::routes())
        .merge(page::routes())
        .with_state(world.clone())
}
