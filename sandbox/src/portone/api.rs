//! What PortOne's API does.

use std::sync::Arc;

use axum::{
    extract::{ConnectInfo, Path, Query, State},
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use chrono::TimeDelta;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{
    ME, canceled, event,
    wire::{self, CancelBody, PreRegisterBody},
};
use crate::{
    faults::{Fault, Step},
    idempotency::{Begun, Claim, begin},
    ledger::{Agreed, CancelRefusal, CancelState, CancelWish, CanceledBy},
    line::Line,
    play::{Call, Outcome, play},
    reply::Reply,
    webhook::announce,
    world::{World, new_name},
};

/// How long a key is remembered: three hours.
const KEY_MINUTES: u32 = 3 * 60;

/// The parameters of a look-up.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LookUp {
    store_id: Option<String>,
}

pub async fn look_up(
    State(world): State<Arc<World>>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(id): Path<String>,
    Query(LookUp { store_id }): Query<LookUp>,
) -> Result<Response, Reply> {
    check_store(&world, store_id.as_deref())?;
    let call = call(&world, line, Step::LookUp, &id, None);
    let played = play(&world, call, |fault| show(&world, &id, fault).into());
    Ok(played.await)
}

fn show(world: &World, id: &str, fault: Option<&Fault>) -> Reply {
    let found = world.books.with(|books| {
        let payment = books.ledger.payment(ME, id)?;
        let attempt = payment.leading()?;
        let settings = &world.settings.portone;
        let disguise = Fault::disguise(fault);
        Some(wire::payment(settings, payment, attempt, disguise))
    });
    found.map_or_else(
        || wire::error(404, "PAYMENT_NOT_FOUND"),
        |found| Reply::ok(&found),
    )
}

/// Every attempt.
pub async fn transactions(State(world): State<Arc<World>>, Path(id): Path<String>) -> Reply {
    let found = world.books.with(|books| {
        let payment = books.ledger.payment(ME, &id)?;
        let shown = |attempt| {
            wire::payment(
                &world.settings.portone,
                payment,
                attempt,
                Fault::disguise(None),
            )
        };
        let items: Vec<_> = payment.attempts.iter().map(shown).collect();
        (!items.is_empty()).then(|| Reply::ok(&json!({ "items": items })))
    });
    found.unwrap_or_else(|| wire::error(404, "PAYMENT_NOT_FOUND"))
}

pub async fn pre_register(
    State(world): State<Arc<World>>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Reply> {
    let request = read::<PreRegisterBody>(&body)?;
    check_store(&world, request.store_id.as_deref())?;
    let claim = claim(&world, &headers, &format!("pre-register {id}"), &body)?;
    let (claim, _) = claim.unzip();
    let call = call(&world, line, Step::Prepare, &id, claim);
    let played = play(&world, call, |_| agree(&world, &id, request).into());
    Ok(played.await)
}

fn agree(world: &World, id: &str, request: PreRegisterBody) -> Reply {
    world.books.change(|books| {
        let payment = books.ledger.payment_or_new(ME, id);
        if payment.is_taken() {
            return wire::error(409, "ALREADY_PAID");
        }
        payment.agreed = Agreed {
            total: request.total_amount,
            currency: request.currency,
        };
        Reply::ok(&json!({}))
    })
}

pub async fn cancel(
    State(world): State<Arc<World>>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Reply> {
    let request = read::<CancelBody>(&body)?;
    check_store(&world, request.store_id.as_deref())?;
    let claim = claim(&world, &headers, &format!("cancel {id}"), &body)?;
    let (claim, key) = claim.unzip();
    let call = call(&world, line, Step::Cancel, &id, claim);
    let played = play(&world, call, |fault| {
        give_back(&world, &id, request, key, fault)
    });
    Ok(played.await)
}

fn give_back(
    world: &Arc<World>,
    id: &str,
    request: CancelBody,
    idempotency_key: Option<String>,
    fault: Option<&Fault>,
) -> Outcome {
    if fault == Some(&Fault::NotCancelableYet) {
        return wire::error(502, "PG_PROVIDER").into();
    }
    let now = world.clock.now();
    let (state, done_at) = match fault {
        Some(Fault::CancelRequested { ms }) => {
            let ms = TimeDelta::milliseconds(i64::try_from(*ms).unwrap_or(i64::MAX / 2));
            (CancelState::Requested, now.checked_add_signed(ms))
        }
        Some(Fault::CancelFailedIn200) => (CancelState::Failed, None),
        _ => (CancelState::Succeeded, Some(now)),
    };
    let wish = CancelWish {
        amount: request.amount,
        guard: request.current_cancellable_amount,
        reason: request.reason,
        by: CanceledBy::Api,
        idempotency_key,
        state,
        done_at,
    };
    let done: Result<_, Reply> = world.books.change(|books| {
        let attempt = books
            .ledger
            .leading_mut(ME, id)
            .ok_or_else(|| wire::error(404, "PAYMENT_NOT_FOUND"))?;
        let cancel = attempt.cancel(wish, new_name(), now).map_err(refusal)?;
        Ok((cancel, attempt.clone()))
    });
    let (cancel, attempt) = match done {
        Ok(done) => done,
        Err(refusal) => return refusal.into(),
    };
    if cancel.state == CancelState::Requested
        && let Some(at) = cancel.done_at
    {
        world.remind(ME, &attempt.reference, at);
    }
    let told = match cancel.state {
        _ if request.skip_webhook => None,
        CancelState::Succeeded => Some(canceled(world, id, &attempt, &cancel)),
        CancelState::Requested => {
            let kind = "Transaction.CancelPending";
            Some(event(world, id, &attempt, kind, Some(&cancel)))
        }
        CancelState::Failed => None,
    };
    Outcome {
        reply: Reply::ok(&json!({ "cancellation": wire::cancellation(&cancel) })),
        before: told
            .map(|event| announce(world, &event))
            .unwrap_or_default(),
    }
}

fn refusal(refusal: CancelRefusal) -> Reply {
    match refusal {
        CancelRefusal::NotPaid => wire::error(409, "PAYMENT_NOT_PAID"),
        CancelRefusal::NothingLeft => wire::error(409, "PAYMENT_ALREADY_CANCELLED"),
        CancelRefusal::NotPositive => wire::error(400, "INVALID_REQUEST"),
        CancelRefusal::GuardDiffers { .. } => {
            wire::error(409, "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN")
        }
        CancelRefusal::Exceeds { .. } => {
            wire::error(409, "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT")
        }
    }
}

/// Tells once more where the payment stands.
pub async fn resend_webhook(State(world): State<Arc<World>>, Path(id): Path<String>) -> Reply {
    let event = world.books.with(|books| {
        let attempt = books.ledger.payment(ME, &id)?.leading()?;
        Some(super::current(&world, &id, attempt))
    });
    let Some(event) = event else {
        return wire::error(404, "PAYMENT_NOT_FOUND");
    };
    let webhook = json!({ "id": new_name(), "status": "TRIGGERED", "paymentStatus": event.kind });
    announce(&world, &event);
    Reply::ok(&json!({ "webhook": webhook }))
}

fn call(world: &World, line: Line, on: Step, id: &str, claim: Option<Claim>) -> Call {
    Call {
        line,
        fault: world.faults.meet(ME, on, Some(id)),
        claim: claim.map(|claim| (claim, world.clock.after_minutes(KEY_MINUTES))),
        refuse: wire::error,
    }
}

fn check_store(world: &World, store_id: Option<&str>) -> Result<(), Reply> {
    match store_id {
        Some(other) if other != world.settings.portone.store_id => {
            Err(wire::error(403, "FORBIDDEN"))
        }
        _ => Ok(()),
    }
}

fn read<T: DeserializeOwned>(body: &str) -> Result<T, Reply> {
    serde_json::from_str(body).map_err(|_| wire::error(400, "INVALID_REQUEST"))
}

/// The key the call brought; or the answer, if there is one already.
fn claim(
    world: &Arc<World>,
    headers: &HeaderMap,
    call: &str,
    body: &str,
) -> Result<Option<(Claim, String)>, Reply> {
    let Some(header) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = read_key(header).ok_or_else(|| wire::error(400, "INVALID_REQUEST"))?;
    match begin(world, format!("portone {call} {key}"), body) {
        Begun::New(claim) => Ok(Some((claim, key.to_owned()))),
        Begun::Running => Err(wire::error(409, "IDEMPOTENCY_OUTSTANDING_REQUEST")),
        Begun::Done { request, reply } if request == body => Err(reply),
        // Forbidden by the documentation, which does not say how it is answered.
        Begun::Done { .. } => Err(wire::error(400, "INVALID_REQUEST")),
    }
}

/// A string of RFC 8941: quoted, 16 to 256 visible ASCII characters.
fn read_key(header: &HeaderValue) -> Option<&str> {
    let key = header.to_str().ok()?.strip_prefix('"')?.strip_suffix('"')?;
    let is_sound = (16..=256).contains(&key.len())
        && key
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
    is_sound.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_quoted_and_of_sixteen_characters_at_least() {
        let read = |text: &'static str| read_key(&HeaderValue::from_static(text)).is_some();
        assert!(read("\"confirm:0123456789\""));
        assert!(!read("confirm:0123456789"));
        assert!(!read("\"0123456789\""));
        assert!(!read("\"0123456789\"0123456789\""));
    }
}
