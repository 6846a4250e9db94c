//! What a sandbox is started with. Every key here is invented: the sandbox has no use for a real one.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

/// Everything about one sandbox.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    pub portone: PortOneSettings,
    pub toss: TossSettings,
    pub kakaopay: KakaoPaySettings,
    pub platform: PlatformSettings,
    /// A file that keeps the payments over a restart; `None` forgets them.
    pub state: Option<PathBuf>,
    /// How many times shorter than the gateways' own the waits are: deadlines, retries of webhooks, the life
    /// of idempotency keys. 1.0 keeps the gateways' times.
    pub time_scale: f64,
}

/// A shop's account with PortOne.
#[derive(Clone, Debug)]
pub struct PortOneSettings {
    pub api_secret: String,
    pub store_id: String,
    pub channel_key: String,
    pub channel_type: ChannelType,
    /// `whsec_` and base64 of 24 to 64 bytes.
    pub webhook_secret: String,
    /// Where webhooks go, unless a window names another place.
    pub webhook_url: Option<String>,
}

/// Whether a PortOne channel says that it moves real money. Here neither does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ChannelType {
    Live,
    Test,
}

/// A shop's account with Toss Payments.
#[derive(Clone, Debug)]
pub struct TossSettings {
    pub client_key: String,
    pub secret_key: String,
    pub webhook_url: Option<String>,
}

/// A shop's account with KakaoPay.
#[derive(Clone, Debug)]
pub struct KakaoPaySettings {
    pub secret_key: String,
    pub cid: String,
    /// The hosts that return addresses may have.
    pub domains: Vec<String>,
}

/// What the data platform believes.
#[derive(Clone, Debug)]
pub struct PlatformSettings {
    /// What events are signed with, `whsec_…`; several while they are changed.
    pub secrets: Vec<String>,
    /// How long ago, by the sandbox's clock, an event may have been signed; `None` for a shop whose clock is moved.
    pub tolerance: Option<Duration>,
}

impl Settings {
    /// Fixed keys, so that a shop and a sandbox that were both told nothing understand each other.
    #[must_use]
    pub fn demo(listen: SocketAddr) -> Self {
        Self {
            listen,
            portone: PortOneSettings {
                api_secret: "sandbox-portone-api-secret".to_owned(),
                store_id: "store-sandbox".to_owned(),
                channel_key: "channel-key-sandbox".to_owned(),
                channel_type: ChannelType::Test,
                webhook_secret: "whsec_c2FuZGJveC1wb3J0b25lLXdlYmhvb2stc2VjcmV0".to_owned(),
                webhook_url: None,
            },
            toss: TossSettings {
                client_key: "test_gck_sandbox".to_owned(),
                secret_key: "test_gsk_sandbox".to_owned(),
                webhook_url: None,
            },
            kakaopay: KakaoPaySettings {
                secret_key: "sandbox-kakaopay-secret-key".to_owned(),
                cid: "TC0ONETIME".to_owned(),
                domains: vec!["127.0.0.1".to_owned(), "localhost".to_owned()],
            },
            platform: PlatformSettings {
                secrets: vec!["whsec_c2FuZGJveC1kYXRhLXBsYXRmb3JtLXNlY3JldA==".to_owned()],
                tolerance: Some(Duration::from_mins(5)),
            },
            state: None,
            time_scale: 1.0,
        }
    }
}
