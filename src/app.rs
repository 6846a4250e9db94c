//! Wiring: what every use case is handed, made once at the start and shared by all.

use std::sync::Arc;

use crate::{
    clock::Clock,
    config::Limits,
    db::Db,
    event::Bus,
    gift::expiry::Alarm,
    graphql::figures::Figures as Operations,
    http::figures::Figures as Responses,
    listener::Listeners,
    member::{Keys, Passwords, Tokens},
    order::placement::{Engine, Figures, Placer},
    outbox::{Outbox, platform::Platform},
    payment::Payments,
    picture::Pictures,
    rate::{RateLimits, Rates},
};

/// The shop: its database, clock, limits, keys, bus, outbox and order engine.
#[derive(Debug)]
pub struct App {
    pub db: Db,
    pub clock: Clock,
    pub limits: Limits,
    pub tokens: Tokens,
    pub passwords: Passwords,
    pub bus: Bus,
    /// The way to the data platform.
    pub outbox: Outbox,
    pub placement: Engine,
    pub payments: Payments,
    pub pictures: Pictures,
    /// Who is connected to hear what happens.
    pub listeners: Arc<Listeners>,
    /// Wakes the loop that gives unused gifts back.
    pub gift_expiry: Alarm,
    /// How operations went.
    pub operations: Operations,
    /// How requests over HTTP were answered.
    pub responses: Responses,
    pub rates: Rates,
}

/// Whom the shop tells what happens: by default, listeners on this instance.
#[derive(Debug, Default)]
pub struct Audience {
    pub bus: Bus,
    pub platform: Option<Platform>,
}

impl App {
    /// Opens the shop and starts its order engine, and the relay where there is a platform to tell; needs a Tokio
    /// runtime.
    #[must_use]
    pub fn start(
        db: Db,
        clock: Clock,
        limits: Limits,
        (keys, rates): (Keys, &RateLimits),
        payments: Payments,
        pictures: Pictures,
        audience: Audience,
    ) -> Arc<Self> {
        let Audience { bus, platform } = audience;
        let outbox = match platform {
            Some(platform) => Outbox::start(db.clone(), clock.clone(), platform),
            None => Outbox::default(),
        };
        let placer = Placer {
            db: db.clone(),
            clock: clock.clone(),
            bus: bus.clone(),
            outbox: outbox.clone(),
            figures: Figures::default(),
        };
        Arc::new(Self {
            placement: Engine::start(placer, &limits),
            rates: Rates::new(rates, &clock),
            tokens: Tokens::new(keys, clock.clone(), limits.access_token),
            passwords: Passwords::default(),
            listeners: Arc::new(Listeners::new(limits.listeners.clone())),
            db,
            clock,
            limits,
            bus,
            outbox,
            payments,
            pictures,
            gift_expiry: Alarm::default(),
            operations: Operations::default(),
            responses: Responses::default(),
        })
    }
}
