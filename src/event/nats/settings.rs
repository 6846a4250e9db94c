use std::path::PathBuf;

use async_nats::ServerAddr;
use clap::Args;

use crate::config::Secret;

/// How instances reach each other over NATS.
#[derive(Args, Clone, Debug)]
pub struct NatsSettings {
    /// NATS with JetStream, over which instances on one PostgreSQL tell each other at once what they committed: one URL, or
    /// those of several servers with commas between them. Without it each looks into the database once a second.
    ///
    /// Examples: `nats://nats.example`, `tls://user:password@nats.example:4222`
    #[arg(long, env = "NATS_URL", hide_env_values = true)]
    pub nats_url: Option<Secret>,

    /// A file with the credentials for NATS: a JWT and its key, as `nsc` makes it.
    #[arg(long, env = "NATS_CREDENTIALS", value_name = "FILE")]
    pub nats_credentials: Option<PathBuf>,

    /// What all subjects on NATS begin with, and the stream's name: one of its own for each shop that shares an account there.
    #[arg(long, env = "NATS_PREFIX", default_value = "jangteo", value_parser = prefix)]
    pub nats_prefix: String,
}

/// Where NATS is, and how to get in.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) servers: Vec<ServerAddr>,
    pub(super) credentials: Option<String>,
    pub(super) prefix: String,
}

/// Why NATS cannot be used as it is set.
#[derive(Debug, thiserror::Error)]
pub enum WrongNats {
    #[error("NATS_URL is no address of a NATS server: {0}")]
    Url(String),
    #[error("NATS_CREDENTIALS cannot be read: {0}")]
    Credentials(String),
    #[error("NATS_URL connects instances on one PostgreSQL; SQLite has one instance")]
    OneInstance,
}

impl NatsSettings {
    /// Where NATS is, if anywhere.
    ///
    /// # Errors
    /// What is wrong, naming the setting and without the URL, which may hold a password.
    pub fn connection(&self) -> Result<Option<Connection>, WrongNats> {
        let Some(url) = &self.nats_url else {
            return Ok(None);
        };
        let urls = String::from_utf8_lossy(url.bytes());
        let servers = urls.split(',').map(|url| url.trim().parse::<ServerAddr>());
        let servers = servers.collect::<Result<Vec<_>, _>>();
        let credentials = self.nats_credentials.as_ref().map(std::fs::read_to_string);
        Ok(Some(Connection {
            servers: servers.map_err(|error: std::io::Error| WrongNats::Url(error.to_string()))?,
            credentials: credentials
                .transpose()
                .map_err(|error| WrongNats::Credentials(error.to_string()))?,
            prefix: self.nats_prefix.clone(),
        }))
    }
}

impl Default for NatsSettings {
    /// No NATS.
    fn default() -> Self {
        Self {
            nats_url: None,
            nats_credentials: None,
            nats_prefix: "jangteo".to_owned(),
        }
    }
}

/// A name that may stand in a subject and be a stream's.
fn prefix(text: &str) -> Result<String, &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("write letters of a to z, digits, - and _")
    }
}
