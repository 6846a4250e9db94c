//! The order of things in every call: the key, the fault, the work, the answer.

use std::{sync::Arc, time::Duration};

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use crate::{faults::Fault, idempotency::Claim, line::Line, reply::Reply, world::World};

/// A call that was let in.
#[derive(Debug)]
pub struct Call {
    pub line: Line,
    pub fault: Option<Fault>,
    /// The key it brought, and until when its answer is kept.
    pub claim: Option<(Claim, DateTime<Utc>)>,
    /// How the gateway words an error of this status and code.
    pub refuse: fn(u16, &str) -> Reply,
}

/// What a call came to: its answer, and the webhooks that are to be delivered before it goes out.
#[derive(Debug)]
pub struct Outcome {
    pub reply: Reply,
    pub before: Vec<Delivered>,
}

/// Comes when a webhook was delivered for the first time, or could not be.
pub type Delivered = oneshot::Receiver<()>;

impl From<Reply> for Outcome {
    fn from(reply: Reply) -> Self {
        let before = Vec::new();
        Self { reply, before }
    }
}

impl From<Result<Reply, Reply>> for Outcome {
    fn from(answer: Result<Reply, Reply>) -> Self {
        answer.unwrap_or_else(|refusal| refusal).into()
    }
}

/// Does the work, and lets the fault have its way with it.
pub async fn play(
    world: &Arc<World>,
    call: Call,
    work: impl FnOnce(Option<&Fault>) -> Outcome,
) -> Response {
    let Call {
        line,
        fault,
        mut claim,
        refuse,
    } = call;
    match fault {
        Some(Fault::HangBefore { ms }) => pause(world, ms).await,
        Some(Fault::DropBefore) => {
            line.cut();
            return StatusCode::OK.into_response();
        }
        _ => {}
    }
    let Outcome { reply, before } = match &fault {
        Some(Fault::ErrorBefore { status, code }) => refuse(*status, code).into(),
        _ => work(fault.as_ref()),
    };
    let reply = match &fault {
        Some(Fault::ErrorAfter { status, code }) => refuse(*status, code),
        _ => reply,
    };
    // Held to the end: until the answer is out, whoever brings the key again is told to wait.
    if let Some((claim, until)) = &mut claim {
        claim.keep(reply.clone(), *until);
    }
    for delivered in before {
        // A webhook that is never delivered is dropped, which ends the wait as well.
        _ = delivered.await;
    }
    match fault {
        Some(Fault::HangAfter { ms }) => pause(world, ms).await,
        Some(Fault::DropAfter) => line.cut(),
        Some(Fault::Garbage) => {
            let html = [(header::CONTENT_TYPE, "text/html")];
            return (html, "<html><body>upstream connect error</body></html>").into_response();
        }
        _ => {}
    }
    reply.into_response()
}

/// Waits in real time, but not for longer than the sandbox runs.
pub async fn pause(world: &World, ms: u64) {
    let slept = tokio::time::sleep(Duration::from_millis(ms));
    _ = world.stopping.run_until_cancelled(slept).await;
}
