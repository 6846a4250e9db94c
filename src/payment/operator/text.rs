//! Payments in a terminal.

use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use entity::{payment, refund};
use sea_orm::ActiveEnum;

use super::{Listed, Story, Worry};

/// A table of payments; below each why somebody should look, if that is known.
///
/// # Errors
/// When it cannot be written.
pub fn list(out: &mut impl Write, payments: &[Listed]) -> io::Result<()> {
    let heads = Row {
        id: "payment",
        provider: "provider",
        purpose: "pays for",
        status: "status",
        amounts: ["amount", "taken", "refunded"].map(str::to_owned),
        times: ["created", "looked at next"].map(str::to_owned),
    };
    heads.write(out)?;
    for Listed {
        payment,
        order_key,
        worries,
    } in payments
    {
        let row = Row {
            id: &payment.id.to_string(),
            provider: &payment.provider.to_value(),
            purpose: &purpose(payment, order_key.as_deref()),
            status: &payment.status.to_value(),
            amounts: [payment.amount, payment.taken, payment.refunded].map(|won| won.to_string()),
            times: [time(payment.created_at), next(payment.check_at)],
        };
        row.write(out)?;
        for worry in worries {
            writeln!(out, "    {}", why(payment, worry))?;
        }
    }
    Ok(())
}

/// The columns of the list.
struct Row<'t> {
    id: &'t str,
    provider: &'t str,
    purpose: &'t str,
    status: &'t str,
    amounts: [String; 3],
    times: [String; 2],
}

impl Row<'_> {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let Row {
            id,
            provider,
            purpose,
            status,
            amounts: [amount, taken, refunded],
            times: [created, next],
        } = self;
        writeln!(
            out,
            "{id:36}{provider:10}{purpose:24}{status:18}{amount:>12}{taken:>12}{refunded:>12}  {created:22}{next}"
        )
    }
}

fn purpose(payment: &payment::Model, order_key: Option<&str>) -> String {
    match (order_key, payment.gift_id) {
        (Some(key), _) => format!("order {key}"),
        (None, Some(_)) => "gift".to_owned(),
        (None, None) => "points".to_owned(),
    }
}

fn why(payment: &payment::Model, worry: &Worry) -> String {
    match worry {
        Worry::Refund(refund) => refund_line(refund),
        Worry::InDoubt { said } => format!(
            "asked about {} times: {}",
            payment.checks,
            said.as_deref().unwrap_or("nothing was answered")
        ),
    }
}

/// `refund 1 of 10,000 won is STUCK after 3 attempts (NO_KEYS: …), asked for again at 2026-11-20T03:00:00Z`
fn refund_line(refund: &refund::Model) -> String {
    let (sequence, amount) = (refund.sequence, refund.amount);
    let status = refund.status.to_value();
    let attempts = match refund.attempts {
        1 => "1 attempt".to_owned(),
        attempts => format!("{attempts} attempts"),
    };
    let failure = refund.failure.as_ref();
    let failure = failure.map_or_else(String::new, |failure| format!(" ({failure})"));
    let then = match (refund.done_at, refund.check_at) {
        (Some(at), _) => format!(", done at {}", time(at)),
        (None, Some(at)) => format!(", next at {}", time(at)),
        (None, None) => String::new(),
    };
    format!("refund {sequence} of {amount} won is {status} after {attempts}{failure}{then}")
}

/// The whole story of a payment.
///
/// # Errors
/// When it cannot be written.
pub fn story(out: &mut impl Write, story: &Story) -> io::Result<()> {
    facts(out, story)?;
    writeln!(out, "\nhistory")?;
    for event in &story.events {
        writeln!(
            out,
            "  {:>3}  {:22}{:19}{:20}{}",
            event.sequence,
            time(event.at),
            event.kind.to_value(),
            event.status.to_value(),
            event.detail
        )?;
    }
    if !story.refunds.is_empty() {
        writeln!(out, "\nrefunds")?;
    }
    for refund in &story.refunds {
        writeln!(out, "  {} {}", refund.id, refund_line(refund))?;
    }
    writeln!(out, "\nnext")?;
    let next = story.next();
    if next.is_empty() {
        writeln!(out, "  nothing: it is over")?;
    }
    for step in next {
        writeln!(out, "  {}  {}", time(step.at), step.what)?;
    }
    Ok(())
}

fn facts(out: &mut impl Write, story: &Story) -> io::Result<()> {
    let payment = &story.payment;
    let pays_for = match (&story.order, payment.gift_id) {
        (Some(order), _) => format!(
            "order {} ({}), {}, {} won due, {} won refunded",
            order.order_key,
            order.id,
            order.status.to_value(),
            order.amount_due,
            order.refunded
        ),
        (None, Some(gift_id)) => gift_id.to_string(),
        (None, None) => "points".to_owned(),
    };
    let mut facts = vec![
        ("payment", payment.id.to_string()),
        ("provider", payment.provider.to_value()),
        ("status", payment.status.to_value()),
        ("member", payment.member_id.to_string()),
        ("pays for", pays_for),
        ("amount", format!("{} won", payment.amount)),
        ("taken", format!("{} won", payment.taken)),
        ("refunded", format!("{} won", payment.refunded)),
        ("created", time(payment.created_at)),
        ("expires", time(payment.expires_at)),
    ];
    let optional = [
        (
            "approving",
            payment
                .approving_since
                .map(|at| format!("since {}", time(at))),
        ),
        ("paid", payment.paid_at.map(time)),
        // What the gateway's console finds it by.
        ("reference", payment.reference.clone()),
        ("failure", payment.failure.clone()),
    ];
    facts.extend(
        optional
            .into_iter()
            .filter_map(|(name, fact)| Some((name, fact?))),
    );
    for (name, fact) in facts {
        writeln!(out, "{name:11}{fact}")?;
    }
    Ok(())
}

fn next(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "-".to_owned(), time)
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
