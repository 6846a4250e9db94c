//! The gateways that the shop has.

use std::collections::BTreeMap;

use entity::payment::PaymentProvider;

use super::{
    Guarded, PaymentGateway, WrongSetting,
    guarded::Health,
    http::{Caller, client},
    kakaopay::{KakaoPay, KakaoPaySettings},
    portone::{PortOne, PortOneSettings},
    toss::{Toss, TossSettings},
};
use crate::clock::Clock;

/// What there is to use each gateway; `None` for one that the shop does without.
#[derive(Clone, Debug, Default)]
pub struct GatewaySettings {
    pub portone: Option<PortOneSettings>,
    pub toss: Option<TossSettings>,
    pub kakaopay: Option<KakaoPaySettings>,
}

/// The configured gateways, each with its circuit breaker.
#[derive(Debug, Default)]
pub struct Gateways(BTreeMap<PaymentProvider, Guarded>);

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
        let caller = || Caller {
            client: client.clone(),
            health: Health::new(clock.clone()),
        };
        if let Some(settings) = settings.portone {
            gateways.add(PaymentProvider::PortOne, caller(), |caller| {
                PortOne::new(settings, caller)
            })?;
        }
        if let Some(settings) = settings.toss {
            gateways.add(PaymentProvider::Toss, caller(), |caller| {
                Toss::new(settings, caller)
            })?;
        }
        if let Some(settings) = settings.kakaopay {
            gateways.add(PaymentProvider::KakaoPay, caller(), |caller| {
                KakaoPay::new(settings, caller)
            })?;
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
        self.0.insert(provider, guarded);
        Ok(())
    }

    /// The gateway, if the shop has it.
    pub fn get(&self, provider: PaymentProvider) -> Option<&Guarded> {
        self.0.get(&provider)
    }

    /// The gateways that the shop has.
    pub fn providers(&self) -> impl Iterator<Item = PaymentProvider> {
        self.0.keys().copied()
    }
}
