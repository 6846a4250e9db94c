//! The two pages of payments: one that opens a gateway's window, for clients that have no script of their own, and one
//! that says how it went, for shops that have no page of their own.

use std::fmt::Write;

use axum::{
    extract::{Query, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use entity::{
    id::PaymentId,
    payment::{self, PaymentStatus},
};
use serde::Deserialize;

use super::{HttpState, Of};
use crate::payment::{
    checkout::Checkout,
    gateway::Window,
    settlement::{outcome, word},
    store,
};

const SCRIPT: &str = include_str!("window.js");
const STYLE: &str = include_str!("page.css");

/// The script that opens the window.
pub async fn script() -> Response {
    asset("text/javascript; charset=utf-8", SCRIPT)
}

/// How the pages look.
pub async fn style() -> Response {
    asset("text/css; charset=utf-8", STYLE)
}

fn asset(content_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}

/// A page that opens the payment's window; who has paid already is sent on.
pub async fn window(State(state): State<HttpState>, Query(query): Query<Of>) -> Response {
    let Some(payment) = find(&state, &query.payment).await else {
        return not_found();
    };
    let window = Checkout::of(&payment).and_then(|checkout| checkout.window);
    match window {
        Some(window) if payment.status == PaymentStatus::Ready => open(&state, &payment, &window),
        _ => super::sent_on(&state, Some(payment.id)).await,
    }
}

fn open(state: &HttpState, payment: &payment::Model, window: &Window) -> Response {
    let scripts = &state.app.payments.scripts;
    let (gateway, script, mut data) = match window {
        Window::PortOne {
            store_id,
            channel_key,
            return_url,
        } => (
            "portone",
            &scripts.portone,
            vec![
                ("store-id", store_id.clone()),
                ("channel-key", channel_key.clone()),
                ("return-url", return_url.clone()),
            ],
        ),
        Window::Toss {
            client_key,
            success_url,
            fail_url,
        } => (
            "toss",
            &scripts.toss,
            vec![
                ("client-key", client_key.clone()),
                ("success-url", success_url.clone()),
                ("fail-url", fail_url.clone()),
            ],
        ),
    };
    data.extend([
        ("gateway", gateway.to_owned()),
        ("payment-id", payment.id.to_string()),
        ("customer-key", payment.member_id.to_string()),
        ("order-name", payment.order_name.clone()),
        ("amount", payment.amount.0.to_string()),
    ]);
    let attributes = data.iter().fold(String::new(), |mut all, (name, value)| {
        // Writing to a string does not fail.
        _ = write!(all, r#" data-{name}="{}""#, escaped(value));
        all
    });
    let body = format!(
        r#"<p class="amount">{amount}원</p>
<p>{name}</p>
<p id="state"{attributes}>결제창을 여는 중입니다. <span lang="en">Opening the payment window.</span></p>
<p><button id="open" hidden>결제창 열기 <span lang="en">Open the window</span></button></p>
<script src="{script}"></script>
<script src="/payments/window.js"></script>"#,
        amount = payment.amount,
        name = escaped(&payment.order_name),
        script = escaped(script.as_str()),
    );
    // The gateway's script opens frames and asks its own servers, whichever they are.
    let policy = format!(
        "default-src 'none'; script-src 'self' {origin}; style-src 'self' 'unsafe-inline'; \
         img-src https: data:; frame-src https: {origin}; connect-src https: {origin}; form-action https: {origin}; \
         base-uri 'none'; frame-ancestors 'none'",
        origin = script.origin().ascii_serialization(),
    );
    html(StatusCode::OK, &policy, &body)
}

/// How a payment went.
#[derive(Deserialize)]
pub struct Went {
    payment: Option<String>,
}

/// A page that says how a payment went.
pub async fn result(State(state): State<HttpState>, Query(query): Query<Went>) -> Response {
    let Some(payment) = find(&state, query.payment.as_deref().unwrap_or_default()).await else {
        return not_found();
    };
    let status = outcome(&payment);
    let (class, korean, english) = match status {
        PaymentStatus::Ready => (
            "waiting",
            "결제를 확인하고 있습니다.",
            "The payment is being settled.",
        ),
        PaymentStatus::Paid => ("paid", "결제가 완료되었습니다.", "The payment is complete."),
        PaymentStatus::PartiallyCanceled => (
            "back",
            "결제 금액의 일부가 환불됩니다.",
            "A part of the payment is refunded.",
        ),
        PaymentStatus::Canceled => (
            "back",
            "결제가 취소되어 환불됩니다.",
            "The payment was canceled and is refunded.",
        ),
        PaymentStatus::Failed => (
            "failed",
            "결제하지 못했습니다.",
            "The payment did not succeed.",
        ),
        PaymentStatus::Expired => (
            "failed",
            "결제 시간이 지났습니다. 결제된 금액은 없습니다.",
            "The time to pay is over. Nothing was taken.",
        ),
    };
    let body = format!(
        r#"<p class="{class}" id="result" data-status="{status}">{korean} <span lang="en">{english}</span></p>
<p class="amount">{amount}원</p>
<p>{name}</p>"#,
        status = word(status),
        amount = payment.amount,
        name = escaped(&payment.order_name),
    );
    let mut page = html(StatusCode::OK, CLOSED, &body);
    if status == PaymentStatus::Ready {
        // Whoever waits sees how it ends.
        page.headers_mut().insert(header::REFRESH, AGAIN);
    }
    page
}

/// After so many seconds a page that waits is asked for again.
const AGAIN: HeaderValue = HeaderValue::from_static("2");

/// A policy for a page that runs nothing.
const CLOSED: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

fn not_found() -> Response {
    let body = r#"<p class="failed">결제를 찾을 수 없습니다. <span lang="en">There is no such payment.</span></p>"#;
    html(StatusCode::NOT_FOUND, CLOSED, body)
}

fn html(status: StatusCode, policy: &str, body: &str) -> Response {
    let page = format!(
        r#"<!doctype html>
<html lang="ko">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>결제 · Payment</title>
<link rel="stylesheet" href="/payments/page.css">
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"#
    );
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, page).into_response()
}

async fn find(state: &HttpState, id: &str) -> Option<payment::Model> {
    let id = id.parse::<PaymentId>().ok()?;
    store::by_id(state.app.db.writer(), id).await.ok().flatten()
}

/// A text that is nothing but a text in HTML, also within quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_markup() {
        assert_eq!(
            escaped(r#"<b title="참외" & 'x'>"#),
            "&lt;b title=&quot;참외&quot; &amp; &#39;x&#39;&gt;"
        );
    }
}
