//! The pages' HTML. Whatever a shop has given is escaped.

use std::fmt::Write;

use chrono::{DateTime, Utc};

use super::words::Language;
use crate::{
    ledger::{Attempt, Payment, Provider, Status},
    world::World,
};

/// The payment page.
pub fn window(
    payment: &Payment,
    attempt: &Attempt,
    now: DateTime<Utc>,
    language: Language,
) -> String {
    let words = language.words();
    let (notice, buttons) = if attempt.is_overdue(now) || attempt.status == Status::Expired {
        (words.overdue, button("approve", "close", words.back))
    } else if attempt.is_open() {
        let buttons = [
            button("approve", "approve", words.approve),
            button("decline", "decline", words.decline),
            button("close", "close", words.close),
        ];
        ("", buttons.concat())
    } else {
        (language.status(attempt.status), String::new())
    };
    let main = format!(
        include_str!("window.html"),
        provider = payment.provider.name(),
        order_name = escape(&attempt.order_name),
        amount = language.money(attempt.total, &attempt.currency),
        reference_word = words.reference,
        reference = escape(&payment.id),
        notice = notice,
        buttons = buttons,
    );
    frame(
        Some(payment.provider),
        payment.provider.name(),
        &main,
        language,
    )
}

/// The value is the [`crate::control::Button`] it presses.
fn button(value: &str, class: &str, text: &str) -> String {
    format!(r#"<button name="button" value="{value}" class="{class}">{text}</button>"#)
}

/// All payments, the newest first. The page loads itself again.
pub fn list(world: &World, payments: &[Payment], language: Language) -> String {
    let words = language.words();
    let mut rows = String::new();
    for payment in payments {
        let Some(attempt) = payment.leading() else {
            continue;
        };
        // A write to a string cannot fail.
        _ = write!(
            rows,
            include_str!("row.html"),
            slug = payment.provider.slug(),
            provider = payment.provider.name(),
            url = world.page_url(payment.provider, &attempt.reference),
            order_name = escape(&attempt.order_name),
            reference = escape(&payment.id),
            amount = language.money(attempt.total, &attempt.currency),
            status = language.status(attempt.status),
            given_back = match attempt.canceled() {
                0 => String::new(),
                amount => language.money(amount, &attempt.currency),
            },
        );
    }
    let main = if rows.is_empty() {
        format!(
            r#"<section class="empty"><p>{}</p></section>"#,
            words.no_payments
        )
    } else {
        format!(
            include_str!("list.html"),
            rows = rows,
            order = words.order,
            amount = words.amount,
            status = words.status,
            given_back = words.given_back,
        )
    };
    frame(
        None,
        words.payments,
        &(main + &link("/events", words.events)),
        language,
    )
}

/// The way to another page.
pub fn link(path: &str, text: &str) -> String {
    format!(r#"<p class="elsewhere"><a href="{path}">{text}</a></p>"#)
}

/// The page of a payment that is not there.
pub fn nothing(language: Language) -> String {
    let words = language.words();
    let main = format!(
        r#"<section class="empty"><p>{}</p></section>"#,
        words.nothing
    );
    frame(None, words.payments, &main, language)
}

pub fn frame(provider: Option<Provider>, title: &str, main: &str, language: Language) -> String {
    let words = language.words();
    format!(
        include_str!("frame.html"),
        language = language.tag(),
        // The list shows what changed meanwhile.
        refresh = match provider {
            Some(_) => "",
            None => r#"<meta http-equiv="refresh" content="3">"#,
        },
        title = title,
        class = provider.map_or("list", Provider::slug),
        banner = words.banner,
        main = main,
        other_tag = language.other().tag(),
        other_language = words.other_language,
    )
}

/// Text as it may stand in an element or in a quoted attribute.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
