//! Wiring: what every use case is handed, made once at the start and shared by all.

use std::sync::Arc;

use crate::{
    clock::Clock,
    config::{Limits, Secret},
    db::Db,
    event::Bus,
    member::{Passwords, Tokens},
    order::placement::Engine,
    payment::Payments,
};

/// The shop: its database, clock, limits, keys, bus and order engine.
#[derive(Debug)]
pub struct App {
    pub db: Db,
    pub clock: Clock,
    pub limits: Limits,
    pub tokens: Tokens,
    pub passwords: Passwords,
    pub bus: Bus,
    pub placement: Engine,
    pub payments: Payments,
}

impl App {
    /// Opens the shop and starts its order engine; needs a Tokio runtime.
    #[must_use]
    pub fn start(
        db: Db,
        clock: Clock,
        limits: Limits,
        secret: &Secret,
        payments: Payments,
    ) -> Arc<Self> {
        let bus = Bus::default();
        Arc::new(Self {
            placement: Engine::start(db.clone(), clock.clone(), bus.clone(), &limits),
            tokens: Tokens::new(secret, clock.clone(), limits.access_token),
            passwords: Passwords::default(),
            db,
            clock,
            limits,
            bus,
            payments,
        })
    }
}
