//! What KakaoPay's API does.

use std::sync::Arc;

use axum::{
    extract::{ConnectInfo, State},
    response::Response,
};
use serde::de::DeserializeOwned;
use url::Url;

use super::{
    ME,
    wire::{self, ApproveBody, CancelBody, OrderBody, ReadyBody, refusal},
};
use crate::{
    buyer::{is_total, is_web_address},
    faults::{Fault, Step},
    idempotency::{Begun, Claim, begin},
    ledger::{
        Attempt, CancelRefusal, CancelState, CancelWish, CanceledBy, Opening, Particulars, Payment,
        ReturnUrls, Status, StepRefusal,
    },
    line::Line,
    play::{Call, play},
    reply::Reply,
    world::{World, new_name},
};

/// How long the buyer and the shop have together.
const WINDOW_MINUTES: u32 = 15;

const TEXT_CHARS_MAX: usize = 100;
const URL_CHARS_MAX: usize = 255;

/// The reasons that end a payment. After any other the same approval may be asked for again.
const FINAL: &[&str] = &[
    "BANK_ACCOUNT_NOT_FOUND",
    "LACK_BALANCE",
    "LIMIT_ONE_TIME",
    "LIMIT_USE_PER_DAY",
    "NOT_ENOUGH_BALANCE",
];

pub async fn ready(
    State(world): State<Arc<World>>,
    ConnectInfo(line): ConnectInfo<Line>,
    body: String,
) -> Result<Response, Reply> {
    let request = read::<ReadyBody>(&body)?;
    let call = Call {
        line,
        fault: world
            .faults
            .meet(ME, Step::Prepare, Some(&request.partner_order_id)),
        claim: None,
        refuse: wire::approve_error,
    };
    let played = play(&world, call, |fault| {
        get_ready(&world, request, fault).into()
    });
    Ok(played.await)
}

fn get_ready(world: &World, request: ReadyBody, fault: Option<&Fault>) -> Result<Reply, Reply> {
    check(world, &request)?;
    let opening = Opening {
        reference: short_name('T'),
        order_name: request.item_name,
        total: request.total_amount + Fault::disguise(fault).total_by,
        currency: "KRW".to_owned(),
        return_urls: ReturnUrls {
            success: request.approval_url,
            fail: request.fail_url,
            close: request.cancel_url,
        },
        particulars: Particulars {
            buyer: Some(request.partner_user_id),
            tax_free: request.tax_free_amount,
            vat: request.vat_amount,
            quantity: Some(request.quantity),
            item_code: request.item_code,
            ..Particulars::default()
        },
    };
    let now = world.clock.now();
    let due = world.clock.after_minutes(WINDOW_MINUTES);
    let attempt = Attempt::open(opening, now, due);
    let page = world.page_url(ME, &attempt.reference);
    let reply = Reply::ok(&wire::ready(&attempt.reference, &page, now));
    let id = &request.partner_order_id;
    world
        .books
        .change(|books| books.ledger.add(ME, id, attempt));
    Ok(reply)
}

fn check(world: &World, request: &ReadyBody) -> Result<(), Reply> {
    check_cid(world, &request.cid)?;
    let texts = [
        &request.partner_order_id,
        &request.partner_user_id,
        &request.item_name,
    ];
    let urls = [
        &request.approval_url,
        &request.cancel_url,
        &request.fail_url,
    ];
    let are_texts = texts
        .iter()
        .all(|text| (1..=TEXT_CHARS_MAX).contains(&text.chars().count()));
    let are_urls = urls
        .iter()
        .all(|url| url.chars().count() <= URL_CHARS_MAX && is_web_address(url));
    let is_amount = is_total(request.total_amount)
        && (0..=request.total_amount).contains(&request.tax_free_amount)
        && request.quantity > 0;
    if !(are_texts && are_urls && is_amount) {
        return Err(refusal(-400));
    }
    let domains = &world.settings.kakaopay.domains;
    let is_registered = |url: &Url| {
        url.host_str()
            .is_some_and(|host| domains.iter().any(|domain| domain == host))
    };
    if urls
        .iter()
        .all(|url| Url::parse(url).as_ref().is_ok_and(is_registered))
    {
        Ok(())
    } else {
        Err(refusal(-799))
    }
}

pub async fn approve(
    State(world): State<Arc<World>>,
    ConnectInfo(line): ConnectInfo<Line>,
    body: String,
) -> Result<Response, Reply> {
    let request = read::<ApproveBody>(&body)?;
    let _claim = claim(&world, "approve", &request.tid)?;
    let call = call(&world, line, Step::Approve, &request.tid);
    let played = play(&world, call, |fault| take(&world, &request, fault).into());
    Ok(played.await)
}

fn take(world: &World, request: &ApproveBody, fault: Option<&Fault>) -> Result<Reply, Reply> {
    check_cid(world, &request.cid)?;
    let now = world.clock.now();
    world.books.change(|books| {
        let (payment, attempt) = books
            .ledger
            .attempt(ME, &request.tid)
            .ok_or_else(|| refusal(-721))?;
        check_approval(payment, attempt, request)?;
        attempt.check_authenticated(now).map_err(|step| {
            refusal(match step {
                StepRefusal::NotAuthenticated => -701,
                StepRefusal::AlreadyPaid => -702,
                StepRefusal::TooLate => -723,
                StepRefusal::Ended => -783,
            })
        })?;
        if attempt.particulars.token.as_deref() != Some(&request.pg_token) {
            return Err(refusal(-708));
        }
        let attempt = books
            .ledger
            .attempt_mut(ME, &request.tid)
            .ok_or_else(|| refusal(-721))?;
        if let Some(failure) = fault.and_then(Fault::failure) {
            let reply = wire::approve_error(400, &failure.code);
            if FINAL.contains(&failure.code.as_str()) {
                attempt
                    .fail(Status::Declined, failure, now)
                    .map_err(|_| refusal(-783))?;
            }
            return Err(reply);
        }
        attempt.take(now).map_err(|_| refusal(-783))?;
        attempt.particulars.approval_id = Some(short_name('A'));
        let (payment, attempt) = books
            .ledger
            .attempt(ME, &request.tid)
            .ok_or_else(|| refusal(-721))?;
        let disguise = Fault::disguise(fault);
        let settings = &world.settings.kakaopay;
        Ok(Reply::ok(&wire::approved(
            settings, payment, attempt, disguise,
        )))
    })
}

fn check_approval(
    payment: &Payment,
    attempt: &Attempt,
    request: &ApproveBody,
) -> Result<(), Reply> {
    if payment.id != request.partner_order_id {
        return Err(refusal(-706));
    }
    if attempt.particulars.buyer.as_deref() != Some(&request.partner_user_id) {
        return Err(refusal(-707));
    }
    // The code is not known for sure.
    match request.total_amount {
        Some(total) if total != attempt.total => Err(refusal(-704)),
        _ => Ok(()),
    }
}

pub async fn order(
    State(world): State<Arc<World>>,
    ConnectInfo(line): ConnectInfo<Line>,
    body: String,
) -> Result<Response, Reply> {
    let request = read::<OrderBody>(&body)?;
    let call = call(&world, line, Step::LookUp, &request.tid);
    let played = play(&world, call, |fault| show(&world, &request, fault).into());
    Ok(played.await)
}

fn show(world: &World, request: &OrderBody, fault: Option<&Fault>) -> Result<Reply, Reply> {
    check_cid(world, &request.cid)?;
    let disguise = Fault::disguise(fault);
    world.books.with(|books| {
        let (payment, attempt) = books
            .ledger
            .attempt(ME, &request.tid)
            .ok_or_else(|| refusal(-721))?;
        let settings = &world.settings.kakaopay;
        Ok(Reply::ok(&wire::order(
            settings, payment, attempt, disguise,
        )))
    })
}

pub async fn cancel(
    State(world): State<Arc<World>>,
    ConnectInfo(line): ConnectInfo<Line>,
    body: String,
) -> Result<Response, Reply> {
    let request = read::<CancelBody>(&body)?;
    let _claim = claim(&world, "cancel", &request.tid)?;
    let call = Call {
        refuse: wire::cancel_error,
        ..call(&world, line, Step::Cancel, &request.tid)
    };
    let played = play(&world, call, |fault| {
        give_back(&world, &request, fault).into()
    });
    Ok(played.await)
}

fn give_back(world: &World, request: &CancelBody, fault: Option<&Fault>) -> Result<Reply, Reply> {
    check_cid(world, &request.cid)?;
    if fault == Some(&Fault::NotCancelableYet) {
        return Err(refusal(-784));
    }
    let now = world.clock.now();
    let wish = CancelWish {
        amount: Some(request.cancel_amount),
        guard: request.cancel_available_amount,
        reason: String::new(),
        by: CanceledBy::Api,
        idempotency_key: None,
        state: CancelState::Succeeded,
        done_at: Some(now),
    };
    world.books.change(|books| {
        let attempt = books
            .ledger
            .attempt_mut(ME, &request.tid)
            .ok_or_else(|| refusal(-721))?;
        let cancel = attempt
            .cancel(wish, short_name('A'), now)
            .map_err(|refused| {
                refusal(match refused {
                    CancelRefusal::NotPaid | CancelRefusal::NothingLeft => -784,
                    CancelRefusal::NotPositive | CancelRefusal::GuardDiffers { .. } => -722,
                    CancelRefusal::Exceeds { .. } => -710,
                })
            })?;
        let (payment, attempt) = books
            .ledger
            .attempt(ME, &request.tid)
            .ok_or_else(|| refusal(-721))?;
        let disguise = Fault::disguise(fault);
        let settings = &world.settings.kakaopay;
        Ok(Reply::ok(&wire::canceled(
            settings, payment, attempt, &cancel, disguise,
        )))
    })
}

fn read<T: DeserializeOwned>(body: &str) -> Result<T, Reply> {
    serde_json::from_str(body).map_err(|_| refusal(-400))
}

fn check_cid(world: &World, cid: &str) -> Result<(), Reply> {
    if cid == world.settings.kakaopay.cid {
        Ok(())
    } else {
        Err(refusal(-731))
    }
}

/// A payment is approved or canceled by one call at a time.
fn claim(world: &Arc<World>, step: &str, tid: &str) -> Result<Claim, Reply> {
    match begin(world, format!("kakaopay {step} {tid}"), "") {
        Begun::New(claim) => Ok(claim),
        Begun::Running | Begun::Done { .. } => Err(refusal(-785)),
    }
}

fn call(world: &World, line: Line, on: Step, tid: &str) -> Call {
    let id = world.owner(ME, tid);
    Call {
        line,
        fault: world.faults.meet(ME, on, id.as_deref()),
        claim: None,
        refuse: wire::approve_error,
    }
}

/// A letter and nineteen hexadecimal digits, as long as KakaoPay's own.
fn short_name(letter: char) -> String {
    let mut name = new_name();
    name.truncate(19);
    name.insert(0, letter);
    name
}
