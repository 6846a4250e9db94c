//! A data platform: takes CloudEvents that are signed as Standard Webhooks, and keeps them until the sandbox stops.
//! It knows the envelope, and nothing of what is in it.

mod inbox;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header::RETRY_AFTER},
    response::{AppendHeaders, IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{hold::hold, line::Line, play::pause, sign::WebhookSecret, world::World};

use inbox::Inbox;
pub use inbox::{Arrival, InboxReport};

/// How the platform does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "kebab-case")]
pub enum Mode {
    /// It takes what it is given.
    #[default]
    Take,
    /// It answers with a status, and takes nothing: 500, or 429 with what its `Retry-After` is to say.
    Answer {
        status: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<String>,
    },
    /// It takes what it is given, after so many milliseconds.
    Slow { ms: u64 },
    /// It does not answer, for as long as anybody waits.
    Hang,
    /// It cuts the connection before it has taken anything.
    Drop,
    /// It takes what it is given, and cuts the connection before it says so.
    Forget,
}

/// A running platform.
#[derive(Debug)]
pub struct Platform {
    secrets: Vec<WebhookSecret>,
    tolerance: Option<Duration>,
    inbox: Mutex<Inbox>,
    mode: Mutex<Mode>,
}

impl Platform {
    /// One that knows these secrets, and believes nothing that was signed longer ago than this.
    pub fn new(secrets: Vec<WebhookSecret>, tolerance: Option<Duration>) -> Self {
        Self {
            secrets,
            tolerance,
            inbox: Mutex::default(),
            mode: Mutex::default(),
        }
    }

    pub fn mode(&self) -> Mode {
        hold(&self.mode).clone()
    }

    pub fn set_mode(&self, mode: Mode) {
        *hold(&self.mode) = mode;
    }

    pub fn report(&self) -> InboxReport {
        hold(&self.inbox).report.clone()
    }

    /// The event, if it is one and signed by who knows a secret, a short while ago.
    fn check(&self, headers: &HeaderMap, body: &[u8], now: i64) -> Option<(String, Value)> {
        let header = |name| headers.get(name)?.to_str().ok();
        let id = header("webhook-id")?;
        let timestamp = header("webhook-timestamp")?.parse::<i64>().ok()?;
        let signatures = header("webhook-signature")?;
        let body = std::str::from_utf8(body).ok()?;
        let is_signed = self.secrets.iter().any(|secret| {
            let right = secret.sign(id, timestamp, body);
            signatures.split(' ').any(|signature| signature == right)
        });
        let age = Duration::from_secs(now.abs_diff(timestamp));
        let is_fresh = self.tolerance.is_none_or(|tolerance| age <= tolerance);
        let content_type = header("content-type")?;
        let event = serde_json::from_str::<Value>(body).ok()?;
        let is_event = content_type.starts_with("application/cloudevents+json")
            && event["specversion"] == "1.0"
            && event["id"] == id
            && ["source", "type"]
                .iter()
                .all(|name| event[*name].is_string());
        (is_signed && is_fresh && is_event).then(|| (id.to_owned(), event))
    }
}

pub fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/platform", post(take))
        .route("/sandbox/events", get(report))
        .route("/sandbox/events/mode", get(mode).post(set_mode))
}

async fn take(
    State(world): State<Arc<World>>,
    ConnectInfo(line): ConnectInfo<Line>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let platform = &world.platform;
    let mode = platform.mode();
    let fail = || hold(&platform.inbox).report.failed += 1;
    match &mode {
        Mode::Take | Mode::Forget => {}
        Mode::Slow { ms } => pause(&world, *ms).await,
        Mode::Answer {
            status,
            retry_after,
        } => {
            fail();
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
            let headers = retry_after.iter().map(|text| (RETRY_AFTER, text.clone()));
            return (status, AppendHeaders(headers)).into_response();
        }
        Mode::Hang => {
            fail();
            world.stopping.cancelled().await;
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        Mode::Drop => {
            fail();
            line.cut();
            return StatusCode::OK.into_response();
        }
    }
    let now = world.clock.now();
    let Some((id, event)) = platform.check(&headers, &body, now.timestamp()) else {
        hold(&platform.inbox).report.refused += 1;
        return StatusCode::UNAUTHORIZED.into_response();
    };
    hold(&platform.inbox).take(&id, event, now);
    if mode == Mode::Forget {
        line.cut();
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn report(State(world): State<Arc<World>>) -> Json<InboxReport> {
    Json(world.platform.report())
}

async fn mode(State(world): State<Arc<World>>) -> Json<Mode> {
    Json(world.platform.mode())
}

async fn set_mode(State(world): State<Arc<World>>, Json(mode): Json<Mode>) -> Json<Mode> {
    world.platform.set_mode(mode.clone());
    Json(mode)
}
