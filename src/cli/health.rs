//! `jangteo health`: is the server ready?

use std::time::Duration;

use clap::Args;
use reqwest::Client;

use super::CommandError;

/// A server that has not answered by then answers nobody.
const PATIENCE: Duration = Duration::from_secs(4);

#[derive(Debug, Args)]
pub struct HealthCommand {
    /// Where the server is: a URL, or an address and a port.
    #[arg(default_value = "http://127.0.0.1:8080")]
    url: String,
}

impl HealthCommand {
    /// Prints what the server says of itself, if it is ready.
    ///
    /// # Errors
    /// What it says if it is not, or why it says nothing.
    pub async fn run(self) -> Result<(), CommandError> {
        let scheme = if self.url.contains("://") {
            ""
        } else {
            "http://"
        };
        let address = format!("{scheme}{}/readyz", self.url.trim_end_matches('/'));
        // Of this machine, whatever proxy leads out of it.
        let client = Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let unanswered = |error| format!("{address} does not answer: {error}");
        let answer = client.get(&address).send().await.map_err(unanswered)?;
        let is_ready = answer.status().is_success();
        let said = answer.text().await.map_err(unanswered)?;
        if !is_ready {
            return Err(format!("not ready: {}", said.trim_end()).into());
        }
        print!("{said}");
        Ok(())
    }
}
