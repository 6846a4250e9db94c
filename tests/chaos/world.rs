//! A world: a sandbox that plays the gateways, a database, one or two servers on it, and one clock for all.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::id::OptionId;
use jangteo::{
    clock::Clock, config::Limits, db::Db, outbox::PlatformSettings, payment::PaymentSettings,
};
use rand::{Rng, RngExt};
use reqwest::redirect::Policy;
use sandbox::{Sandbox, Settings};
use tokio::sync::Mutex;

use crate::{
    coverage::Told,
    front::Front,
    gateways::Gateways,
    server::{Plan, Server},
    support::{Client, Database, Shop, TestDatabase},
};

/// What is on sale: prices and stock, little of it.
pub const SHELF: [(i64, i32); 6] = [
    (10_000, 2),
    (7_000, 2),
    (2_500, 3),
    (4_000, 2),
    (1_000, 2),
    (6_000, 3),
];

/// What members begin with, each the next amount.
pub const POINTS: [i64; 4] = [0, 5_000, 20_000, 0];

/// Real seconds that a gateway may take.
const GATEWAY_SECONDS: u64 = 1;

/// Real seconds that the data platform may take.
const PLATFORM_SECONDS: u32 = 1;

pub struct World {
    pub gateways: Gateways,
    pub db: Db,
    pub options: Vec<OptionId>,
    /// A browser: it tells where it is sent.
    pub browser: reqwest::Client,
    pub told: Told,
    pub front: Front,
    servers: Vec<Mutex<Option<Server>>>,
    plan: Plan,
    _database: TestDatabase,
}

impl World {
    /// Opens a world with its members, who are signed in.
    pub async fn open(database: Database, rng: &mut impl Rng) -> (Self, Vec<Client>) {
        let servers = match database {
            Database::Sqlite => 1,
            Database::Postgres => rng.random_range(1..=2),
        };
        let front = Front::open().await;
        let mut keys = Settings::demo(([127, 0, 0, 1], 0).into());
        // Time leaps while events are on their way.
        keys.platform.tolerance = None;
        let sandbox = Sandbox::start(keys.clone()).await.expect("a sandbox");
        let webhooks = |gateway| Some(format!("http://{}/webhooks/{gateway}", front.address));
        sandbox.send_webhooks_to(webhooks("portone"), webhooks("toss"));
        let database = database.create().await;
        let plan = Plan {
            url: database.url.clone(),
            clock: clock_of(&sandbox),
            limits: limits(),
            payments: payments(&sandbox, &keys, &front),
            platform: platform(&sandbox, &keys),
        };
        let (database, options, members) = furnish(database, sandbox.clock().now()).await;
        let world = Self {
            db: Db::connect(&database.url, 2).await.expect("a database"),
            gateways: Gateways::new(sandbox, keys),
            options,
            browser: reqwest::Client::builder()
                .redirect(Policy::none())
                .build()
                .expect("a browser"),
            told: Told::default(),
            servers: (0..servers).map(|_| Mutex::default()).collect(),
            plan,
            _database: database,
            front,
        };
        world.start_all().await;
        let address = world.front.address;
        let members = members.iter().map(|member| member.at(address));
        let members = members.collect();
        (world, members)
    }

    pub fn servers(&self) -> usize {
        self.servers.len()
    }

    /// Starts every server that is down.
    pub async fn start_all(&self) {
        for server in &self.servers {
            let mut server = server.lock().await;
            if server.is_none() {
                let started = Server::start(self.plan.clone()).await;
                self.front.add(started.address());
                *server = Some(started);
            }
        }
    }

    /// Kills a server, if it is up.
    pub async fn kill(&self, number: usize) {
        let killed = self.servers[number].lock().await.take();
        if let Some(server) = killed {
            self.front.remove(server.address());
            server.kill().await;
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.plan.clock.now()
    }

    /// Moves the time, of the shop and of the gateways.
    pub async fn leap(&self, by: Duration) {
        self.gateways.leap(by);
        self.wake().await;
    }

    /// Lets all reconcilers and relays look for what is due.
    pub async fn wake(&self) {
        for server in &self.servers {
            if let Some(server) = server.lock().await.as_ref() {
                server.wake();
            }
        }
    }
}

fn clock_of(sandbox: &Sandbox) -> Clock {
    let clock = sandbox.clock().clone();
    Clock::new(move || clock.now())
}

fn limits() -> Limits {
    Limits {
        instant_charge: true,
        // Time passes in leaps here.
        access_token: Duration::from_hours(24 * 30),
        ..Limits::default()
    }
}

fn payments(sandbox: &Sandbox, keys: &Settings, front: &Front) -> PaymentSettings {
    let public_url = format!("http://{}", front.address);
    let settings = PaymentSettings {
        public_url: Some(public_url.parse().expect("an address")),
        gateway_seconds: Some(GATEWAY_SECONDS),
        ..PaymentSettings::default()
    };
    settings.at(sandbox, keys).expect("payments")
}

fn platform(sandbox: &Sandbox, keys: &Settings) -> PlatformSettings {
    let settings = PlatformSettings {
        platform_seconds: PLATFORM_SECONDS,
        ..PlatformSettings::default()
    };
    settings.at(sandbox, keys)
}

/// Puts things on sale, and lets members sign up and charge their first points.
async fn furnish(
    database: TestDatabase,
    now: DateTime<Utc>,
) -> (TestDatabase, Vec<OptionId>, Vec<Client>) {
    let shop = Shop::open_at(database, limits()).await;
    shop.set_time(now);
    let shelf = SHELF.map(|(price, stock)| ("하나", price, stock));
    let product = shop.product("한정판", &shelf).await;
    let mut members = Vec::new();
    for points in POINTS {
        members.push(if points > 0 {
            shop.member_with_points(points).await
        } else {
            shop.member().await
        });
    }
    (shop.stop().await, product.options, members)
}
