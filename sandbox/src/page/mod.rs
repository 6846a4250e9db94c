//! Pages for people: the payment page, the list of all payments, and that of the data platform's events. No script, two
//! languages.

mod events;
mod html;
mod words;

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use url::Url;

use crate::{
    buyer::{self, Button},
    ledger::{Payment, Provider, ReturnUrls},
    world::World,
};
use words::Language;

pub fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/", get(list))
        .route("/events", get(events::show).post(events::switch))
        .route("/events/{id}", get(events::one))
        .route("/pay/style.css", get(style))
        .route("/pay/{provider}/{reference}", get(show).post(press))
}

/// The parameters of a page.
#[derive(Debug, Deserialize)]
struct Parameters {
    lang: Option<String>,
}

/// The form of the payment page.
#[derive(Debug, Deserialize)]
struct PressForm {
    button: Button,
}

async fn style() -> Response {
    let css = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (css, include_str!("style.css")).into_response()
}

async fn list(
    State(world): State<Arc<World>>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    let language = Language::choose(parameters.lang.as_deref(), &headers);
    let mut payments: Vec<Payment> = world
        .books
        .with(|books| books.ledger.payments().cloned().collect());
    payments.sort_by_key(|payment| {
        let first = payment.attempts.first();
        std::cmp::Reverse(first.map(|attempt| attempt.opened_at))
    });
    page(StatusCode::OK, html::list(&world, &payments, language), "")
}

/// The buyer looks at the window.
async fn show(
    State(world): State<Arc<World>>,
    Path((provider, reference)): Path<(Provider, String)>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    let language = Language::choose(parameters.lang.as_deref(), &headers);
    let now = world.clock.now();
    world.books.change(|books| {
        if let Some(attempt) = books.ledger.attempt_mut(provider, &reference) {
            attempt.look_at(now);
        }
    });
    window(&world, StatusCode::OK, provider, &reference, language)
}

async fn press(
    State(world): State<Arc<World>>,
    Path((provider, reference)): Path<(Provider, String)>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    Form(PressForm { button }): Form<PressForm>,
) -> Response {
    if let Ok(redirect) = buyer::press(&world, provider, &reference, button).await {
        return Redirect::to(&redirect).into_response();
    }
    let language = Language::choose(parameters.lang.as_deref(), &headers);
    let status = StatusCode::CONFLICT;
    window(&world, status, provider, &reference, language)
}

fn window(
    world: &World,
    status: StatusCode,
    provider: Provider,
    reference: &str,
    language: Language,
) -> Response {
    let now = world.clock.now();
    let shown = world.books.with(|books| {
        let (payment, attempt) = books.ledger.attempt(provider, reference)?;
        let body = html::window(payment, attempt, now, language);
        Some((body, shops(&attempt.return_urls)))
    });
    match shown {
        Some((body, shops)) => page(status, body, &shops),
        None => page(StatusCode::NOT_FOUND, html::nothing(language), ""),
    }
}

/// Where a form may lead: browsers hold its redirect to the policy too.
fn shops(urls: &ReturnUrls) -> String {
    let urls = [&urls.success, &urls.fail, &urls.close];
    let origins = urls.iter().filter_map(|url| Url::parse(url).ok());
    let origins = origins.map(|url| url.origin().ascii_serialization());
    origins.collect::<Vec<_>>().join(" ")
}

fn page(status: StatusCode, body: String, form_targets: &str) -> Response {
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action 'self' {form_targets}; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, Html(body)).into_response()
}
