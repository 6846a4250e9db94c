//! Which gateways the shop has, and where browsers go: flags and environment variables.

use std::{net::SocketAddr, time::Duration};

use clap::Args;
use reqwest::Url;
use sandbox::Sandbox;
use tokio::sync::watch;

use super::{
    Payments, Scripts,
    gateway::{
        BaseUrl, GatewaySettings, Gateways, WrongSetting, kakaopay::KakaoPaySettings,
        portone::PortOneSettings, toss::TossSettings,
    },
};
use crate::{
    clock::Clock,
    config::Secret,
    signature::{Verifier, WrongSecret},
};

/// What `jangteo serve` can be told about payments.
#[derive(Args, Clone, Debug)]
pub struct PaymentSettings {
    /// Where this server is reached from outside: what gateways send browsers and webhooks back to. By default the
    /// address that it listens on, which only a browser on the same machine can reach.
    #[arg(long, env = "PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<BaseUrl>,

    /// The shop's page that browsers are sent on to when a payment is over, with `payment`, `order` and `status` in
    /// its query. By default a plain page of this server.
    #[arg(long, env = "SHOP_URL", value_name = "URL")]
    pub shop_url: Option<Url>,

    /// How long a member has to pay at a gateway, in minutes (1 to 60): so long the stock of the order is held.
    #[arg(long, env = "PAYMENT_MINUTES", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub payment_minutes: u32,

    /// Let test money buy: payments of test channels and test keys. Never in production.
    #[arg(long, env = "ACCEPT_TEST_PAYMENTS", default_value_t = false, action = clap::ArgAction::Set)]
    pub accept_test_payments: bool,

    /// How long a gateway may take to answer, in seconds (1 to 120); by default what each of them asks for: 60 for
    /// PortOne and Toss, 15 for KakaoPay.
    #[arg(long, env = "GATEWAY_SECONDS", value_parser = clap::value_parser!(u64).range(1..=120))]
    pub gateway_seconds: Option<u64>,

    /// PortOne's V2 API secret. PortOne is offered if this, the store id and the channel key are given.
    #[arg(long, env = "PORTONE_API_SECRET", hide_env_values = true)]
    pub portone_api_secret: Option<Secret>,

    /// The shop's store id at PortOne.
    #[arg(long, env = "PORTONE_STORE_ID")]
    pub portone_store_id: Option<String>,

    /// The channel of PortOne that payments go through.
    #[arg(long, env = "PORTONE_CHANNEL_KEY")]
    pub portone_channel_key: Option<String>,

    /// The secrets of PortOne's webhooks, `whsec_…`; two, with a comma between them, while they are changed.
    #[arg(
        long,
        env = "PORTONE_WEBHOOK_SECRETS",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub portone_webhook_secrets: Vec<Secret>,

    /// Where PortOne's API is.
    #[arg(
        long,
        env = "PORTONE_URL",
        default_value = "https://api.portone.io",
        value_name = "URL"
    )]
    pub portone_url: BaseUrl,

    /// PortOne's script for browsers.
    #[arg(
        long,
        env = "PORTONE_SCRIPT_URL",
        default_value = "https://cdn.portone.io/v2/browser-sdk.js",
        value_name = "URL"
    )]
    pub portone_script_url: Url,

    /// Toss Payments' client key, `live_ck_…`. Toss is offered if this and the secret key are given.
    #[arg(long, env = "TOSS_CLIENT_KEY")]
    pub toss_client_key: Option<String>,

    /// Toss Payments' secret key, `live_sk_…`.
    #[arg(long, env = "TOSS_SECRET_KEY", hide_env_values = true)]
    pub toss_secret_key: Option<Secret>,

    /// The merchant id (mId) that payments through Toss must be of; unchecked where it is not given.
    #[arg(long, env = "TOSS_MERCHANT_ID")]
    pub toss_merchant_id: Option<String>,

    /// Where Toss Payments' API is.
    #[arg(
        long,
        env = "TOSS_URL",
        default_value = "https://api.tosspayments.com",
        value_name = "URL"
    )]
    pub toss_url: BaseUrl,

    /// Toss Payments' script for browsers.
    #[arg(
        long,
        env = "TOSS_SCRIPT_URL",
        default_value = "https://js.tosspayments.com/v2/standard",
        value_name = "URL"
    )]
    pub toss_script_url: Url,

    /// KakaoPay's secret key. KakaoPay is offered if this and the cid are given.
    #[arg(long, env = "KAKAOPAY_SECRET_KEY", hide_env_values = true)]
    pub kakaopay_secret_key: Option<Secret>,

    /// The merchant account at KakaoPay, ten characters.
    #[arg(long, env = "KAKAOPAY_CID")]
    pub kakaopay_cid: Option<String>,

    /// Where KakaoPay's API is.
    #[arg(
        long,
        env = "KAKAOPAY_URL",
        default_value = "https://open-api.kakaopay.com",
        value_name = "URL"
    )]
    pub kakaopay_url: BaseUrl,
}

/// Why payments cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum WrongPayments {
    #[error("{0} are given together or not at all")]
    Partly(&'static str),
    #[error("PORTONE_WEBHOOK_SECRETS: {0}")]
    Webhook(#[from] WrongSecret),
    #[error("{0}")]
    Gateway(#[from] WrongSetting),
    #[error("PUBLIC_URL: {0}")]
    PublicUrl(String),
    #[error(
        "{0} is not https: money takes no way that others can read, except to the sandbox, which needs \
         ACCEPT_TEST_PAYMENTS=true"
    )]
    Plain(&'static str),
    #[error(
        "{0}: test keys buy nothing here; ACCEPT_TEST_PAYMENTS=true lets them, on a server that sells nothing"
    )]
    TestKeys(&'static str),
}

/// How long PortOne and Toss may take.
const SECONDS: u64 = 60;

/// How long KakaoPay may take: it gives up after 11 seconds itself.
const KAKAOPAY_SECONDS: u64 = 15;

/// What Toss's keys for tests begin with.
const TOSS_TEST_KEY: &[u8] = b"test_";

/// What KakaoPay's merchant accounts for tests begin with.
const KAKAOPAY_TEST_CID: &str = "TC";

impl PaymentSettings {
    /// Makes the gateways' clients, for a server that listens on `address`.
    ///
    /// # Errors
    /// What is wrong, naming the setting.
    pub fn open(&self, address: SocketAddr, clock: &Clock) -> Result<Payments, WrongPayments> {
        let public_url = match &self.public_url {
            Some(url) => url.clone(),
            None => format!("http://{address}")
                .parse::<BaseUrl>()
                .map_err(|error| WrongPayments::PublicUrl(error.to_string()))?,
        };
        let settings = GatewaySettings {
            portone: self.portone(&public_url)?,
            toss: self.toss(&public_url)?,
            kakaopay: self.kakaopay(&public_url)?,
        };
        let webhooks = match self.portone_webhook_secrets.as_slice() {
            [] => {
                if settings.portone.is_some() {
                    tracing::warn!(
                        "without PORTONE_WEBHOOK_SECRETS no webhook of PortOne is believed: who pays and closes the \
                         browser is found paid when the payment is looked at"
                    );
                }
                None
            }
            secrets => Some(Verifier::new(secrets)?),
        };
        Ok(Payments {
            gateways: Gateways::new(settings, clock)?,
            accepts_test: self.accept_test_payments,
            public_url,
            shop_url: self.shop_url.clone(),
            scripts: Scripts {
                portone: self.portone_script_url.clone(),
                toss: self.toss_script_url.clone(),
            },
            webhooks,
            wake: watch::Sender::new(()),
            patience: self.timeout(SECONDS),
        })
    }

    /// Makes the gateways' clients for who only asks them: no browser comes back there.
    ///
    /// # Errors
    /// What is wrong, naming the setting.
    pub fn open_to_ask(&self, clock: &Clock) -> Result<Payments, WrongPayments> {
        self.open(SocketAddr::from(([127, 0, 0, 1], 0)), clock)
    }

    /// The same shop with a sandbox for its gateways.
    ///
    /// # Errors
    /// When the sandbox's own address is none.
    pub fn at(
        mut self,
        sandbox: &Sandbox,
        keys: &sandbox::Settings,
    ) -> Result<Self, WrongPayments> {
        fn read<U: std::str::FromStr>(url: String) -> Result<U, WrongPayments> {
            url.parse().map_err(|_| WrongPayments::PublicUrl(url))
        }
        self.accept_test_payments = true;
        self.portone_url = read(sandbox.url("/portone"))?;
        self.portone_script_url = read(sandbox.url("/portone/v2/browser-sdk.js"))?;
        self.portone_api_secret = Some(keys.portone.api_secret.clone().into());
        self.portone_store_id = Some(keys.portone.store_id.clone());
        self.portone_channel_key = Some(keys.portone.channel_key.clone());
        self.portone_webhook_secrets = vec![keys.portone.webhook_secret.clone().into()];
        self.toss_url = read(sandbox.url("/toss"))?;
        self.toss_script_url = read(sandbox.url("/toss/v2/standard"))?;
        self.toss_client_key = Some(keys.toss.client_key.clone());
        self.toss_secret_key = Some(keys.toss.secret_key.clone().into());
        self.kakaopay_url = read(sandbox.url("/kakaopay"))?;
        self.kakaopay_secret_key = Some(keys.kakaopay.secret_key.clone().into());
        self.kakaopay_cid = Some(keys.kakaopay.cid.clone());
        Ok(self)
    }

    /// No money goes to a gateway in the open.
    fn check_address(&self, setting: &'static str, is_secure: bool) -> Result<(), WrongPayments> {
        if is_secure || self.accept_test_payments {
            Ok(())
        } else {
            Err(WrongPayments::Plain(setting))
        }
    }

    /// Nor does a script that sees the member pay come in the open.
    fn check_script(&self, setting: &'static str, script: &Url) -> Result<(), WrongPayments> {
        self.check_address(setting, script.scheme() == "https")
    }

    fn timeout(&self, seconds: u64) -> Duration {
        Duration::from_secs(self.gateway_seconds.unwrap_or(seconds))
    }

    fn portone(&self, public_url: &BaseUrl) -> Result<Option<PortOneSettings>, WrongPayments> {
        match (
            &self.portone_api_secret,
            &self.portone_store_id,
            &self.portone_channel_key,
        ) {
            (None, None, None) => Ok(None),
            (Some(api_secret), Some(store_id), Some(channel_key)) => {
                self.check_address("PORTONE_URL", self.portone_url.is_secure())?;
                self.check_script("PORTONE_SCRIPT_URL", &self.portone_script_url)?;
                Ok(Some(PortOneSettings {
                    base_url: self.portone_url.clone(),
                    api_secret: api_secret.clone(),
                    store_id: store_id.clone(),
                    channel_key: channel_key.clone(),
                    public_url: public_url.clone(),
                    timeout: self.timeout(SECONDS),
                }))
            }
            _ => Err(WrongPayments::Partly(
                "PORTONE_API_SECRET, PORTONE_STORE_ID and PORTONE_CHANNEL_KEY",
            )),
        }
    }

    fn toss(&self, public_url: &BaseUrl) -> Result<Option<TossSettings>, WrongPayments> {
        match (&self.toss_client_key, &self.toss_secret_key) {
            (None, None) => Ok(None),
            (Some(client_key), Some(secret_key)) => {
                self.check_address("TOSS_URL", self.toss_url.is_secure())?;
                self.check_script("TOSS_SCRIPT_URL", &self.toss_script_url)?;
                if secret_key.bytes().starts_with(TOSS_TEST_KEY) && !self.accept_test_payments {
                    return Err(WrongPayments::TestKeys("TOSS_SECRET_KEY"));
                }
                Ok(Some(TossSettings {
                    base_url: self.toss_url.clone(),
                    client_key: client_key.clone(),
                    secret_key: secret_key.clone(),
                    merchant_id: self.toss_merchant_id.clone(),
                    public_url: public_url.clone(),
                    timeout: self.timeout(SECONDS),
                }))
            }
            _ => Err(WrongPayments::Partly("TOSS_CLIENT_KEY and TOSS_SECRET_KEY")),
        }
    }

    fn kakaopay(&self, public_url: &BaseUrl) -> Result<Option<KakaoPaySettings>, WrongPayments> {
        match (&self.kakaopay_secret_key, &self.kakaopay_cid) {
            (None, None) => Ok(None),
            (Some(secret_key), Some(cid)) => {
                self.check_address("KAKAOPAY_URL", self.kakaopay_url.is_secure())?;
                if cid.starts_with(KAKAOPAY_TEST_CID) && !self.accept_test_payments {
                    return Err(WrongPayments::TestKeys("KAKAOPAY_CID"));
                }
                Ok(Some(KakaoPaySettings {
                    base_url: self.kakaopay_url.clone(),
                    secret_key: secret_key.clone(),
                    cid: cid.clone(),
                    public_url: public_url.clone(),
                    timeout: self.timeout(KAKAOPAY_SECONDS),
                }))
            }
            _ => Err(WrongPayments::Partly(
                "KAKAOPAY_SECRET_KEY and KAKAOPAY_CID",
            )),
        }
    }
}

/// The settings of a server that is told nothing: no gateway.
impl Default for PaymentSettings {
    fn default() -> Self {
        #[derive(clap::Parser)]
        struct Told {
            #[command(flatten)]
            settings: PaymentSettings,
        }
        <Told as clap::Parser>::parse_from(["jangteo"]).settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server that is given these settings says to them.
    fn open(arguments: &[&str]) -> Result<(), String> {
        #[derive(clap::Parser)]
        struct Told {
            #[command(flatten)]
            settings: PaymentSettings,
        }
        let arguments = std::iter::once(&"jangteo").chain(arguments);
        let Told { settings } = clap::Parser::try_parse_from(arguments).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        let opened = settings.open(address, &Clock::system());
        opened.map(drop).map_err(|error| error.to_string())
    }

    const TOSS: [&str; 4] = ["--toss-client-key", "ck", "--toss-secret-key", "live_sk"];
    const TEST_KEY: [&str; 4] = ["--toss-client-key", "ck", "--toss-secret-key", "test_sk"];
    const TEST_CID: [&str; 4] = ["--kakaopay-secret-key", "k", "--kakaopay-cid", "TC0ONETIME"];
    const PLAIN: [&str; 2] = ["--toss-url", "http://127.0.0.1:8081/toss"];
    const TEST_MONEY: [&str; 2] = ["--accept-test-payments", "true"];

    #[test]
    fn a_server_that_sells_takes_no_test_keys_and_no_open_way() {
        assert_eq!(open(&TOSS), Ok(()));
        for (settings, named) in [
            (TEST_KEY.to_vec(), "TOSS_SECRET_KEY"),
            (TEST_CID.to_vec(), "KAKAOPAY_CID"),
            ([&TOSS[..], &PLAIN].concat(), "TOSS_URL"),
        ] {
            let refusal = open(&settings).unwrap_err();
            assert!(refusal.starts_with(named), "{refusal}");
            assert!(refusal.contains("ACCEPT_TEST_PAYMENTS"), "{refusal}");
            assert_eq!(open(&[&settings[..], &TEST_MONEY].concat()), Ok(()));
        }
    }

    #[test]
    fn half_of_a_gateways_keys_are_named_with_the_other_half() {
        for (settings, other) in [
            (&TOSS[..2], "TOSS_SECRET_KEY"),
            (&TEST_CID[..2], "KAKAOPAY_CID"),
            (&["--portone-store-id", "store"], "PORTONE_API_SECRET"),
        ] {
            let refusal = open(settings).unwrap_err();
            assert!(refusal.contains(other), "{refusal}");
        }
    }
}
