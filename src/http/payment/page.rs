//! The two pages of payments: one that opens a gateway's window, for clients that have no script of their own, and one
//! that says how it went, for shops that have no page of their own.

use std::fmt::Write;

use super::{HttpState, Of};
use crate::{
    payment::{
        checkout::Checkout,
        gateway::Window,
        settlement::{outcome, word},
        store,
    },
    text::{Language, message},
};
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use entity::{
    id::PaymentId,
    payment::{self, PaymentStatus},
};

/// Which payment a page is asked for, if that can be read.
type Asked = Result<Query<Of>, QueryRejection>;

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
pub async fn window(State(state): State<HttpState>, language: Language, asked: Asked) -> Response {
    let Some(payment) = find(&state, asked).await else {
        return not_found(language);
    };
    let window = Checkout::of(&payment).and_then(|checkout| checkout.window);
    match window {
        Some(window) if payment.status == PaymentStatus::Ready => {
            open(&state, &payment, &window, language)
        }
        _ => super::sent_on(&state, Some(payment.id)).await,
    }
}

fn open(
    state: &HttpState,
    payment: &payment::Model,
    window: &Window,
    language: Language,
) -> Response {
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
        (
            "not-opened",
            message!("http-payment-not-opened").in_language(language),
        ),
    ]);
    let attributes = data.iter().fold(String::new(), |mut all, (name, value)| {
        // Writing to a string does not fail.
        _ = write!(all, r#" data-{name}="{}""#, escaped(value));
        all
    });
    let body = format!(
        r#"{bill}
<p id="state"{attributes}>{opening}</p>
<p><button id="open" hidden>{open}</button></p>
<script src="{script}"></script>
<script src="/payments/window.js"></script>"#,
        bill = bill(payment, language),
        opening = message!("http-payment-opening").in_language(language),
        open = message!("http-payment-open").in_language(language),
        script = escaped(script.as_str()),
    );
    // The gateway's script opens frames and asks its own servers, whichever they are.
    let policy = format!(
        "default-src 'none'; script-src 'self' {origin}; style-src 'self' 'unsafe-inline'; \
         img-src https: data:; frame-src https: {origin}; connect-src https: {origin}; form-action https: {origin}; \
         base-uri 'none'; frame-ancestors 'none'",
        origin = script.origin().ascii_serialization(),
    );
    html(StatusCode::OK, &policy, &body, language)
}

/// How much is paid, and for what.
fn bill(payment: &payment::Model, language: Language) -> String {
    let amount = message!("http-payment-amount", amount = payment.amount);
    format!(
        "<p class=\"amount\">{}</p>\n<p>{}</p>",
        amount.in_language(language),
        escaped(&payment.order_name)
    )
}

/// A page that says how a payment went.
pub async fn result(State(state): State<HttpState>, language: Language, asked: Asked) -> Response {
    let Some(payment) = find(&state, asked).await else {
        return not_found(language);
    };
    let status = outcome(&payment);
    let (class, message) = match status {
        PaymentStatus::Ready => ("waiting", message!("http-payment-ready")),
        PaymentStatus::Paid => ("paid", message!("http-payment-paid")),
        PaymentStatus::PartiallyCanceled => ("back", message!("http-payment-partially-canceled")),
        PaymentStatus::Canceled => ("back", message!("http-payment-canceled")),
        PaymentStatus::Failed => ("failed", message!("http-payment-failed")),
        PaymentStatus::Expired => ("failed", message!("http-payment-expired")),
    };
    let body = format!(
        r#"<p class="{class}" id="result" data-status="{status}">{words}</p>
{bill}"#,
        status = word(status),
        words = message.in_language(language),
        bill = bill(&payment, language),
    );
    let mut page = html(StatusCode::OK, CLOSED, &body, language);
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

fn not_found(language: Language) -> Response {
    let words = message!("payment-not-found").in_language(language);
    let body = format!(r#"<p class="failed">{words}</p>"#);
    html(StatusCode::NOT_FOUND, CLOSED, &body, language)
}

fn html(status: StatusCode, policy: &str, body: &str, language: Language) -> Response {
    let title = message!("http-payment-title").in_language(language);
    let page = format!(
        r#"<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/payments/page.css">
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"#,
        language = language.tag(),
    );
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, language, headers, page).into_response()
}

async fn find(state: &HttpState, asked: Asked) -> Option<payment::Model> {
    let Query(Of { payment }) = asked.ok()?;
    let id = payment.parse::<PaymentId>().ok()?;
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
