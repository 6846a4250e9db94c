//! The data platform's page: what has arrived, live, and the switches that break it.

use std::{fmt::Write, sync::Arc};

use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Parameters,
    html::{escape, frame, link},
    page,
    words::{Language, Words},
};
use crate::{
    control::{Arrival, InboxReport, Mode},
    world::World,
};

/// The newest events that the page shows.
const SHOWN: usize = 100;

/// The form of the switches.
#[derive(Debug, Deserialize)]
pub struct SwitchForm {
    mode: Switch,
}

/// A way to be, with the numbers that a person would choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Switch {
    Take,
    Broken,
    TooMany,
    Slow,
    Hang,
    Drop,
    Forget,
}

impl Switch {
    const ALL: [Self; 7] = [
        Self::Take,
        Self::Broken,
        Self::TooMany,
        Self::Slow,
        Self::Hang,
        Self::Drop,
        Self::Forget,
    ];

    fn mode(self) -> Mode {
        let answer = |status, retry_after: Option<&str>| Mode::Answer {
            status,
            retry_after: retry_after.map(str::to_owned),
        };
        match self {
            Self::Take => Mode::Take,
            Self::Broken => answer(500, None),
            Self::TooMany => answer(429, Some("10")),
            Self::Slow => Mode::Slow { ms: 3_000 },
            Self::Hang => Mode::Hang,
            Self::Drop => Mode::Drop,
            Self::Forget => Mode::Forget,
        }
    }

    /// Its value in the form, and what the button says.
    const fn said(self, words: &Words) -> (&'static str, &'static str) {
        match self {
            Self::Take => ("take", words.take),
            Self::Broken => ("broken", words.broken),
            Self::TooMany => ("too-many", words.too_many),
            Self::Slow => ("slow", words.slow),
            Self::Hang => ("hang", words.hang),
            Self::Drop => ("drop", words.drop),
            Self::Forget => ("forget", words.forget),
        }
    }
}

pub async fn show(
    State(world): State<Arc<World>>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    let language = Language::choose(parameters.lang.as_deref(), &headers);
    let body = body(&world.platform.report(), &world.platform.mode(), language);
    page(StatusCode::OK, body, "")
}

/// One event as it came, in a page that stands still.
pub async fn one(State(world): State<Arc<World>>, Path(id): Path<String>) -> Response {
    let report = world.platform.report();
    let Some(arrival) = report.events.iter().find(|arrival| arrival.id == id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let text = serde_json::to_string_pretty(&arrival.event).unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}

pub async fn switch(
    State(world): State<Arc<World>>,
    Query(parameters): Query<Parameters>,
    Form(SwitchForm { mode }): Form<SwitchForm>,
) -> Response {
    world.platform.set_mode(mode.mode());
    let to = match parameters.lang.as_deref() {
        Some("en") => "/events?lang=en",
        Some("ko") => "/events?lang=ko",
        _ => "/events",
    };
    Redirect::to(to).into_response()
}

fn body(report: &InboxReport, mode: &Mode, language: Language) -> String {
    let words = language.words();
    let mut buttons = String::new();
    for switch in Switch::ALL {
        let (value, text) = switch.said(words);
        let is_on = switch.mode() == *mode;
        // A write to a string cannot fail.
        _ = write!(
            buttons,
            r#"<button name="mode" value="{value}" aria-pressed="{is_on}">{text}</button>"#
        );
    }
    let mut rows = String::new();
    for arrival in report.events.iter().rev().take(SHOWN) {
        rows.push_str(&row(arrival));
    }
    if rows.is_empty() {
        _ = write!(rows, r#"<tr><td colspan="4">{}</td></tr>"#, words.no_events);
    }
    let main = format!(
        include_str!("events.html"),
        buttons = buttons,
        arrived_word = words.arrived,
        arrived = report.events.len(),
        duplicates_word = words.duplicates,
        duplicates = report.duplicates,
        refused_word = words.refused,
        refused = report.refused,
        failed_word = words.failed,
        failed = report.failed,
        time = words.time,
        event = words.event,
        order = words.order,
        times = words.times,
        rows = rows,
    );
    frame(
        None,
        words.events,
        &(main + &link("/", words.payments)),
        language,
    )
}

fn row(arrival: &Arrival) -> String {
    let text = |name: &str| escape(arrival.event[name].as_str().unwrap_or_default());
    let key = match &arrival.event["data"]["orderKey"] {
        Value::String(key) => escape(key),
        _ => text("subject"),
    };
    format!(
        include_str!("event.html"),
        at = arrival.at.format("%H:%M:%S%.3f"),
        kind = text("type"),
        id = escape(&arrival.id),
        key = key,
        times = arrival.times,
    )
}
