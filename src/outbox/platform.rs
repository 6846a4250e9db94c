//! The data platform: a door that takes CloudEvents by HTTP POST, signed as Standard Webhooks.

use std::{error::Error, time::Duration};

use chrono::{DateTime, Utc};
use entity::outbox::Model;
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{CONTENT_TYPE, RETRY_AFTER},
};

use super::{
    event,
    rules::{Failure, FailureKind, retry_after},
};
use crate::signature::Signer;

/// How much of an answer is read, in bytes, so that its connection can be used again: nothing in it matters.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Where messages go, and how.
#[derive(Clone, Debug)]
pub struct Platform {
    pub client: Client,
    pub url: Url,
    pub signer: Signer,
    /// Who tells it: the events' `source`.
    pub source: String,
    /// For a whole attempt, from the connection to the last byte.
    pub timeout: Duration,
    /// The most attempts under way at once.
    pub at_once: usize,
    /// The most attempts for one message.
    pub attempts_max: u32,
}

impl Platform {
    /// Sends a message. Whatever the platform says beside a 2xx, it has not taken it; no redirect is followed.
    pub async fn deliver(&self, message: &Model, now: DateTime<Utc>) -> Result<(), Failure> {
        let id = message.id.to_string();
        let body = event::body(&self.source, message);
        let headers = self.signer.headers(&id, body.as_bytes(), now);
        let headers = headers.map_err(|error| unreachable(&error))?;
        let sent = self
            .client
            .post(self.url.clone())
            .headers(headers)
            .header(CONTENT_TYPE, event::CONTENT_TYPE)
            .timeout(self.timeout)
            .body(body)
            .send()
            .await;
        let answer = sent.map_err(lost)?;
        let status = answer.status();
        let wish = wish(&answer, now);
        read(answer).await;
        if status.is_success() {
            return Ok(());
        }
        Err(Failure {
            kind: FailureKind::Refused,
            what: format!("it answered {}", status.as_u16()),
            retry_after: wish,
        })
    }
}

/// How long a platform that has too much to do wants to be left alone.
fn wish(answer: &Response, now: DateTime<Utc>) -> Option<Duration> {
    let has_too_much = matches!(
        answer.status(),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    );
    let header = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    retry_after(header, now).filter(|_| has_too_much)
}

/// Reads an answer to its end. It was given, whatever becomes of the rest of it.
async fn read(mut answer: Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = answer.chunk().await {
        read += chunk.len();
        if read > ANSWER_BYTES_MAX {
            break;
        }
    }
}

/// What it means that no answer came.
fn lost(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    if error.is_timeout() && !error.is_connect() {
        return Failure {
            kind: FailureKind::TimedOut,
            what: "no answer came in time".into(),
            retry_after: None,
        };
    }
    unreachable(&error)
}

fn unreachable(error: &dyn Error) -> Failure {
    // The innermost cause says most.
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    Failure {
        kind: FailureKind::Unreachable,
        what: format!("no way there: {cause}"),
        retry_after: None,
    }
}
