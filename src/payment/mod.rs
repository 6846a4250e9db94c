//! Payments through gateways, and never one in doubt.
//!
//! A payment is a row before any gateway hears of it. What a gateway answers is certain or it is not; what is not is
//! asked about until it is ([`reconciler`]). Whatever is learnt, from whomever, ends in one function that settles a
//! payment once ([`settlement`]). Money that is to go back is a row, too, until the gateway's own record says that it
//! is done ([`refunding`]).

pub mod checkout;
pub mod confirmation;
mod failure;
pub mod gateway;
pub mod graphql;
pub mod inquiry;
pub mod notification;
pub mod operator;
pub mod reconciler;
pub mod refunding;
mod rules;
pub mod settings;
pub mod settlement;
pub mod store;
pub mod webhook;

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::payment::{self, PaymentProvider};
use tokio::sync::watch;

use crate::{clock::Clock, signature::Verifier};

use checkout::Checkout;
use gateway::{BaseUrl, Gateways, Prepared};
use reqwest::Url;
use settlement::{outcome, word};

pub use failure::PaymentFailure;
pub use inquiry::bill;
pub use rules::{NewPayment, created};
pub use settings::{PaymentSettings, WrongPayments};

/// What payments need: the gateways, and what the shop says about them.
#[derive(Debug)]
pub struct Payments {
    pub gateways: Gateways,
    /// Whether test money counts: never in production.
    pub accepts_test: bool,
    /// Where this server is reached from outside: what gateways send browsers back to.
    pub public_url: BaseUrl,
    /// The shop's page that browsers are sent on to when a payment is over; `None` for a page of this server.
    pub shop_url: Option<Url>,
    /// The scripts that open the windows of PortOne and Toss.
    pub scripts: Scripts,
    /// Believes PortOne's webhooks; `None` believes nobody.
    pub webhooks: Option<Verifier>,
    /// Wakes the reconcilers.
    pub wake: watch::Sender<()>,
    /// The longest that a gateway may take to answer.
    pub patience: Duration,
}

/// Where browsers get the scripts of gateways that open their windows in the shop's page.
#[derive(Clone, Debug)]
pub struct Scripts {
    pub portone: Url,
    pub toss: Url,
}

impl Payments {
    /// Whether new payments through this provider may begin: it has keys, and does not seem out of order.
    pub fn offers(&self, provider: PaymentProvider, now: DateTime<Utc>) -> bool {
        self.gateways
            .get(provider)
            .is_some_and(|gateway| !gateway.is_open(now))
    }

    /// Has the reconcilers look at what is due now.
    pub fn wake(&self) {
        self.wake.send_replace(());
    }

    /// Payments without any gateway.
    pub fn none() -> Result<Self, WrongPayments> {
        PaymentSettings::default().open_to_ask(&Clock::system())
    }

    /// Where a browser goes that comes back from a payment's window: with what the shop's page needs to go on, and
    /// nothing that the gateway has given.
    pub fn landing(&self, payment: Option<&payment::Model>) -> String {
        let mut url = match &self.shop_url {
            Some(url) => url.clone(),
            None => self.public_url.below(&["payments", "result"]),
        };
        if let Some(payment) = payment {
            let mut query = url.query_pairs_mut();
            query.append_pair("payment", &payment.id.to_string());
            if let Some(order_id) = payment.order_id {
                query.append_pair("order", &order_id.to_string());
            }
            if let Some(gift_id) = payment.gift_id {
                query.append_pair("gift", &gift_id.to_string());
            }
            query.append_pair("status", &word(outcome(payment)));
        }
        url.into()
    }

    /// What the client needs to open a payment's window. Where the provider gives no address of its own, it is a page
    /// of this server that opens the window.
    fn checkout(&self, payment: &payment::Model, prepared: &Prepared) -> Checkout {
        let page = || self.public_url.window(payment.id);
        Checkout {
            redirect_url: prepared.redirect_url.clone().unwrap_or_else(page),
            mobile_redirect_url: prepared.mobile_redirect_url.clone().unwrap_or_else(page),
            window: prepared.window.clone(),
            payment_key: None,
        }
    }
}
