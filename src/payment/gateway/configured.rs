//! The gateways that the shop has.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::payment::PaymentProvider;
use prometheus_client::registry::Registry;

use super::{
    Guarded, PaymentGateway, WrongSetting,
    figures::{Figures, name},
    guarded::Health,
    http::{Caller, client},
    kakaopay::{KakaoPay, KakaoPaySettings},
    portone::{PortOne, PortOneSettings},
    toss::{Toss, TossSettings},
};
use crate::{clock::Clock, metrics::gauges};

/// What there is to use each gateway; `None` for one that the shop does without.
#[derive(Clone, Debug, Default)]
pub struct GatewaySettings {
    pub portone: Option<PortOneSettings>,
    pub toss: Option<TossSettings>,
    pub kakaopay: Option<KakaoPaySettings>,
}

/// The configured gateways, each with its circuit breaker.
#[derive(Debug, Default)]
pub struct Gateways {
    guarded: BTreeMap<PaymentProvider, Guarded>,
    figures: Figures,
}

impl Gateways {
    /// Makes the clients that there are settings for. They share one HTTP client.
    ///
    /// # Errors
    /// When a setting cannot be right, or no HTTP client can be made.
    pub fn new(settings: GatewaySettings, clock: &Clock) -> Result<Self, WrongSetting> {
        let mut gateways = Self::default();
        if settings.portone.is_none() && settings.toss.is_none() && settings.kakaopay.is_none() {
            return Ok(gateways);
        }
        let client = client()?;
        let figures = gateways.figures.clone();
        let caller = |provider| Caller {
            client: client.clone(),
            health: Health::new(clock.clone()),
            calls: figures.of(provider),
        };
        if let Some(settings) = settings.portone {
            gateways.add(
                PaymentProvider::PortOne,
                caller(PaymentProvider::PortOne),
                |caller| PortOne::new(settings, caller),
            )?;
        }
        if let Some(settings) = settings.toss {
            gateways.add(
                PaymentProvider::Toss,
                caller(PaymentProvider::Toss),
                |caller| Toss::new(settings, caller),
            )?;
        }
        if let Some(settings) = settings.kakaopay {
            gateways.add(
                PaymentProvider::KakaoPay,
                caller(PaymentProvider::KakaoPay),
                |caller| KakaoPay::new(settings, caller),
            )?;
        }
        Ok(gateways)
    }

    fn add<G: PaymentGateway + 'static>(
        &mut self,
        provider: PaymentProvider,
        caller: Caller,
        make: impl FnOnce(Caller) -> Result<G, WrongSetting>,
    ) -> Result<(), WrongSetting> {
        let health = caller.health.clone();
        let guarded = Guarded::new(make(caller)?, health);
        self.guarded.insert(provider, guarded);
        Ok(())
    }

    /// The gateway, if the shop has it.
    pub fn get(&self, provider: PaymentProvider) -> Option<&Guarded> {
        self.guarded.get(&provider)
    }

    /// The gateways that the shop has.
    pub fn providers(&self) -> impl Iterator<Item = PaymentProvider> {
        self.guarded.keys().copied()
    }

    /// Registers how the calls went, and which gateways are out of order.
    pub fn register(&self, registry: &mut Registry, now: DateTime<Utc>) {
        self.figures.register(registry);
        let each = self.guarded.iter().map(|(provider, guarded)| {
            let labels = [("provider", name(*provider))];
            (labels, i64::from(guarded.is_open(now)))
        });
        gauges(
            registry,
            "gateway_out_of_order",
            "Whether this instance begins nothing new with the gateway, as too many calls have failed",
            each,
        );
    }
}
