//! A server that can be killed: in a runtime of its own, which ends without a word.

use std::{net::SocketAddr, time::Duration};

use jangteo::{
    clock::Clock,
    config::{Limits, Secret},
    db::Db,
    event::NatsSettings,
    http::cors::Origins,
    member::Keys,
    outbox::PlatformSettings,
    payment::PaymentSettings,
    picture::Pictures,
    rate::RateLimits,
    server::{Server as Shop, Start},
};
use tokio::{
    runtime::{Builder, Runtime},
    task::spawn_blocking,
};

/// Connections of each server: enough to run into one another.
const CONNECTIONS: u32 = 4;

/// How long a blocking task, the hashing of a password, may go on after the kill.
const KILLED_WITHIN: Duration = Duration::from_secs(10);

/// What every server of a world is started with.
#[derive(Clone)]
pub struct Plan {
    pub url: String,
    pub clock: Clock,
    pub limits: Limits,
    pub payments: PaymentSettings,
    pub platform: PlatformSettings,
}

pub struct Server {
    shop: Shop,
    life: Life,
}

/// The runtime that a server's tasks live in.
struct Life(Option<Runtime>);

impl Server {
    pub async fn start(plan: Plan) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let starting = runtime.spawn(start(plan));
        let life = Life(Some(runtime));
        Self {
            shop: starting.await.expect("no panic"),
            life,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.shop.address
    }

    /// Lets its reconciler and its relay look for what is due.
    pub fn wake(&self) {
        self.shop.app.payments.wake();
        self.shop.app.outbox.wake();
    }

    /// Ends every task at whatever it waits for.
    pub async fn kill(mut self) {
        let runtime = self.life.0.take().expect("it is killed once");
        let killed = spawn_blocking(move || {
            runtime.shutdown_timeout(KILLED_WITHIN);
            drop(self);
        });
        killed.await.expect("no panic");
    }
}

impl Drop for Life {
    /// For servers that outlive their test: nobody waits for them.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

async fn start(plan: Plan) -> Shop {
    let db = Db::connect(&plan.url, CONNECTIONS).await;
    // That of the shop in which the members signed up.
    let secret = Secret::new([7; 32]);
    let start = Start {
        db: db.expect("the database opens"),
        clock: plan.clock,
        limits: plan.limits,
        pictures: Pictures::none(&secret),
        keys: Keys::new(&secret, None).expect("a key"),
        rates: RateLimits::none(),
        proxies: 0,
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        body_bytes_max: 256 * 1024,
        origins: Origins::default(),
        payments: plan.payments,
        platform: plan.platform,
        drain_for: Duration::ZERO,
        nats: NatsSettings::default(),
        stop_within: Duration::ZERO,
    };
    Shop::start(start).await.expect("the server starts")
}
