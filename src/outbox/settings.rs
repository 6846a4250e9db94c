//! Which data platform there is to tell, and how: flags and environment variables.

use std::time::Duration;

use clap::Args;
use reqwest::Url;
use sandbox::Sandbox;

use super::platform::Platform;
use crate::{
    config::Secret,
    payment::gateway::{WrongSetting, client},
    signature::{Signer, WrongSecret},
};

/// What `jangteo serve` can be told about the data platform.
#[derive(Args, Clone, Debug)]
pub struct PlatformSettings {
    /// Where the data platform takes events: CloudEvents by HTTP POST, signed as Standard Webhooks. Without it nobody is
    /// told, and what there was to tell is kept for OUTBOX_RETENTION_DAYS.
    #[arg(long, env = "PLATFORM_URL", value_name = "URL", value_parser = door)]
    pub platform_url: Option<Url>,

    /// The secrets that events are signed with, `whsec_…` of at least 24 bytes; two, with a comma between them, while
    /// they are changed.
    #[arg(
        long,
        env = "PLATFORM_SECRETS",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub platform_secrets: Vec<Secret>,

    /// Which shop tells it: the events' `source`, a URI or a path. Two shops with one platform need two of them.
    #[arg(long, env = "PLATFORM_SOURCE", default_value = "/jangteo", value_name = "URI", value_parser = source)]
    pub platform_source: String,

    /// Events under way to the platform at once (1 to 256), from each instance. Of an order there is never more than one.
    #[arg(long, env = "PLATFORM_CONCURRENCY", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub platform_concurrency: u32,

    /// How long the platform may take to answer, in seconds (1 to 20): less than the half minute for which an event is one
    /// instance's.
    #[arg(long, env = "PLATFORM_SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub platform_seconds: u32,

    /// How often an event is tried before it is given up (1 to 1000), until somebody has it tried again. With pauses that
    /// double up to an hour, 50 take more than a day.
    #[arg(long, env = "PLATFORM_ATTEMPTS", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub platform_attempts: u32,

    /// How long events stay in the database after they were delivered, in days (1 to 3650); without a platform, after they
    /// were written.
    #[arg(long, env = "OUTBOX_RETENTION_DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub outbox_retention_days: u32,
}

/// Why no platform can be told.
#[derive(Debug, thiserror::Error)]
pub enum WrongPlatform {
    #[error("PLATFORM_URL and PLATFORM_SECRETS are given together or not at all")]
    Partly,
    #[error("PLATFORM_SECRETS: {0}")]
    Secret(#[from] WrongSecret),
    #[error("{0}")]
    Client(#[from] WrongSetting),
}

impl PlatformSettings {
    /// The platform, if there is one to tell.
    ///
    /// # Errors
    /// What is wrong, naming the setting.
    pub fn open(&self) -> Result<Option<Platform>, WrongPlatform> {
        let url = match (&self.platform_url, self.platform_secrets.as_slice()) {
            (None, []) => return Ok(None),
            (Some(url), [_, ..]) => url.clone(),
            _ => return Err(WrongPlatform::Partly),
        };
        Ok(Some(Platform {
            client: client()?,
            url,
            signer: Signer::new(&self.platform_secrets)?,
            source: self.platform_source.clone(),
            timeout: Duration::from_secs(self.platform_seconds.into()),
            at_once: self.platform_concurrency as usize,
            attempts_max: self.platform_attempts,
        }))
    }

    /// The same, told to a sandbox, whose secrets are among those that it is signed with.
    #[must_use]
    pub fn at(mut self, sandbox: &Sandbox, keys: &sandbox::Settings) -> Self {
        self.platform_url = sandbox.url("/platform").parse().ok();
        let secrets = keys.platform.secrets.iter();
        self.platform_secrets
            .extend(secrets.cloned().map(Secret::from));
        self
    }

    /// How long delivered messages stay in the database.
    #[must_use]
    pub fn retention(&self) -> Duration {
        Duration::from_hours(24 * u64::from(self.outbox_retention_days))
    }
}

impl Default for PlatformSettings {
    /// Nobody to tell.
    fn default() -> Self {
        Self {
            platform_url: None,
            platform_secrets: Vec::new(),
            platform_source: "/jangteo".into(),
            platform_concurrency: 16,
            platform_seconds: 10,
            platform_attempts: 50,
            outbox_retention_days: 30,
        }
    }
}

fn door(text: &str) -> Result<Url, &'static str> {
    let is_door = |url: &Url| {
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && is_anonymous && url.fragment().is_none()
    };
    text.parse().ok().filter(is_door).ok_or(
        "write an address that starts with https:// or http://, as in https://events.example/jangteo; what it is \
         signed with goes into PLATFORM_SECRETS",
    )
}

/// A URI reference, as far as its characters tell.
fn source(text: &str) -> Result<String, &'static str> {
    let is_of_uris =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    if !text.is_empty() && text.len() <= 200 && text.bytes().all(is_of_uris) {
        Ok(text.to_owned())
    } else {
        Err("write a URI or a path, as in https://shop.example or /shop, of at most 200 characters")
    }
}
