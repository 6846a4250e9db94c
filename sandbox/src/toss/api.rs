//! What Toss's API does.

use std::sync::Arc;

use axum::{
    extract::{ConnectInfo, Path, State},
    http::HeaderMap,
    response::Response,
};

use super::{
    ME, status_changed,
    wire::{self, CancelBody, ConfirmBody, refusal},
};
use crate::{
    faults::{Disguise, Fault, Step},
    idempotency::{Begun, Claim, begin},
    ledger::{CancelRefusal, CancelState, CancelWish, CanceledBy, Ledger, Status, StepRefusal},
    line::Line,
    play::{Call, Outcome, play},
    reply::Reply,
    webhook::{Event, announce},
    world::{World, new_name},
};

/// How long a key is remembered: fifteen days.
const KEY_MINUTES: u32 = 15 * 24 * 60;
const KEY_CHARS_MAX: usize = 300;

const REASON_CHARS_MAX: usize = 200;

pub async fn look_up(
    State(world): State<Arc<World>>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(key): Path<String>,
) -> Response {
    let id = world.owner(ME, &key);
    let call = call(&world, line, Step::LookUp, id.as_deref(), None);
    play(&world, call, |fault| show(&world, &key, fault).into()).await
}

pub async fn look_up_order(
    State(world): State<Arc<World>>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(id): Path<String>,
) -> Response {
    let call = call(&world, line, Step::LookUp, Some(&id), None);
    play(&world, call, |fault| {
        let key = world.books.with(|books| {
            let attempt = books.ledger.payment(ME, &id)?.leading()?;
            Some(attempt.reference.clone())
        });
        let shown = key.map(|key| show(&world, &key, fault));
        shown.unwrap_or_else(|| refusal("NOT_FOUND_PAYMENT")).into()
    })
    .await
}

pub async fn confirm(
    State(world): State<Arc<World>>,
    ConnectInfo(line): ConnectInfo<Line>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Reply> {
    let (claim, _) = claim(&world, &headers, "confirm", &body)?.unzip();
    let request = serde_json::from_str::<ConfirmBody>(&body).ok();
    let id = request.as_ref().map(|request| request.order_id.as_str());
    let call = call(&world, line, Step::Approve, id, claim);
    let played = play(&world, call, |fault| match &request {
        Some(request) => take(&world, request, fault),
        None => refusal("INVALID_REQUEST").into(),
    });
    Ok(played.await)
}

fn take(world: &Arc<World>, request: &ConfirmBody, fault: Option<&Fault>) -> Outcome {
    let key = request.payment_key.as_str();
    let now = world.clock.now();
    let taken = world.books.change(|books| {
        let (payment, attempt) = books
            .ledger
            .attempt(ME, key)
            .ok_or_else(|| refusal("NOT_FOUND_PAYMENT"))?;
        if payment.id != request.order_id || attempt.total != request.amount {
            return Err(refusal("FORBIDDEN_REQUEST"));
        }
        // An order is paid once, whichever of its windows.
        if payment.is_taken() {
            return Err(refusal("ALREADY_PROCESSED_PAYMENT"));
        }
        let attempt = books
            .ledger
            .attempt_mut(ME, key)
            .ok_or_else(|| refusal("NOT_FOUND_PAYMENT"))?;
        attempt.check_authenticated(now).map_err(cannot)?;
        if let Some(failure) = fault.and_then(Fault::failure) {
            let reply = refusal(&failure.code);
            attempt
                .fail(Status::Declined, failure, now)
                .map_err(cannot)?;
            return Ok((reply, event(world, &books.ledger, key)));
        }
        attempt.take(now).map_err(cannot)?;
        let event = event(world, &books.ledger, key);
        let disguise = Fault::disguise(fault);
        Ok((record(world, &books.ledger, key, disguise), event))
    });
    answer(world, taken)
}

fn cannot(step: StepRefusal) -> Reply {
    refusal(match step {
        StepRefusal::NotAuthenticated | StepRefusal::TooLate => "NOT_FOUND_PAYMENT_SESSION",
        StepRefusal::AlreadyPaid | StepRefusal::Ended => "ALREADY_PROCESSED_PAYMENT",
    })
}

pub async fn cancel(
    State(world): State<Arc<World>>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Reply> {
    let claim = claim(&world, &headers, &format!("{key}/cancel"), &body)?;
    let (claim, idempotency_key) = claim.unzip();
    let id = world.owner(ME, &key);
    let call = call(&world, line, Step::Cancel, id.as_deref(), claim);
    let request = serde_json::from_str::<CancelBody>(&body)
        .ok()
        .filter(|request| request.cancel_reason.chars().count() <= REASON_CHARS_MAX);
    let played = play(&world, call, |fault| match request {
        _ if fault == Some(&Fault::NotCancelableYet) => refusal("NOT_CANCELABLE_PAYMENT").into(),
        Some(request) => give_back(&world, &key, request, idempotency_key, fault),
        None => refusal("INVALID_REQUEST").into(),
    });
    Ok(played.await)
}

fn give_back(
    world: &Arc<World>,
    key: &str,
    request: CancelBody,
    idempotency_key: Option<String>,
    fault: Option<&Fault>,
) -> Outcome {
    let now = world.clock.now();
    let wish = CancelWish {
        amount: request.cancel_amount,
        guard: request.refundable_amount,
        reason: request.cancel_reason,
        by: CanceledBy::Api,
        idempotency_key,
        state: CancelState::Succeeded,
        done_at: Some(now),
    };
    let done = world.books.change(|books| {
        let attempt = books
            .ledger
            .attempt_mut(ME, key)
            .ok_or_else(|| refusal("NOT_FOUND_PAYMENT"))?;
        attempt.cancel(wish, new_name(), now).map_err(|refused| {
            refusal(match refused {
                CancelRefusal::NotPaid => "NOT_CANCELABLE_PAYMENT",
                CancelRefusal::NothingLeft => "ALREADY_CANCELED_PAYMENT",
                CancelRefusal::NotPositive => "INVALID_REQUEST",
                CancelRefusal::GuardDiffers { .. } => "NOT_MATCHES_REFUNDABLE_AMOUNT",
                CancelRefusal::Exceeds { .. } => "NOT_CANCELABLE_AMOUNT",
            })
        })?;
        let event = event(world, &books.ledger, key);
        let disguise = Fault::disguise(fault);
        Ok((record(world, &books.ledger, key, disguise), event))
    });
    answer(world, done)
}

fn answer(world: &Arc<World>, done: Result<(Reply, Option<Event>), Reply>) -> Outcome {
    let (reply, event) = match done {
        Ok(done) => done,
        Err(refusal) => return refusal.into(),
    };
    let before = event
        .map(|event| announce(world, &event))
        .unwrap_or_default();
    Outcome { reply, before }
}

fn show(world: &World, key: &str, fault: Option<&Fault>) -> Reply {
    let disguise = Fault::disguise(fault);
    world
        .books
        .with(|books| record(world, &books.ledger, key, disguise))
}

fn record(world: &World, ledger: &Ledger, key: &str, disguise: Disguise) -> Reply {
    match ledger.attempt(ME, key) {
        Some((payment, attempt)) => Reply::ok(&wire::payment(world, payment, attempt, disguise)),
        None => refusal("NOT_FOUND_PAYMENT"),
    }
}

fn event(world: &World, ledger: &Ledger, key: &str) -> Option<Event> {
    let (payment, attempt) = ledger.attempt(ME, key)?;
    Some(status_changed(world, payment, attempt))
}

fn call(world: &World, line: Line, on: Step, id: Option<&str>, claim: Option<Claim>) -> Call {
    Call {
        line,
        fault: world.faults.meet(ME, on, id),
        claim: claim.map(|claim| (claim, world.clock.after_minutes(KEY_MINUTES))),
        refuse: wire::error,
    }
}

/// The key the call brought; or the answer, if there is one already. Whatever body comes with a key, the
/// first answer is repeated.
fn claim(
    world: &Arc<World>,
    headers: &HeaderMap,
    path: &str,
    body: &str,
) -> Result<Option<(Claim, String)>, Reply> {
    let Some(header) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = header
        .to_str()
        .ok()
        .filter(|key| key.len() <= KEY_CHARS_MAX)
        .ok_or_else(|| refusal("INVALID_IDEMPOTENCY_KEY"))?;
    match begin(world, format!("toss {path} {key}"), body) {
        Begun::New(claim) => Ok(Some((claim, key.to_owned()))),
        Begun::Running => Err(refusal("IDEMPOTENT_REQUEST_PROCESSING")),
        Begun::Done { reply, .. } => Err(reply),
    }
}
