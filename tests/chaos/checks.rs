//! What must hold once a world has settled. Whatever does not is told with the history of its payment.

use std::collections::HashMap;

use entity::{
    order::{self, OrderStatus},
    payment::{self, PaymentStatus},
    refund::RefundStatus,
};
use jangteo::audit::{
    audit,
    report::{Format, Report},
};
use sandbox::{CancelState, CanceledBy, Provider, control::PaymentReport};

use crate::{
    books::Books,
    settling::is_of_console,
    world::{POINTS, SHELF, World},
};

/// Asserts that all of it holds.
pub async fn check(world: &World, books: &Books) {
    let mut findings = Findings(Vec::new());
    for payment in &books.payments {
        payment_is_as_at_its_gateway(payment, books, &mut findings);
        refunds_are_done(payment, books, &mut findings);
        order_is_as_its_payment(payment, books, &mut findings);
    }
    gateways_know_no_others(books, &mut findings);
    orders_are_paid_once(books, &mut findings);
    money_is_accounted_for(books, &mut findings);
    dead_orders_hold_no_stock(world, books, &mut findings);
    what_was_told_is_so(world, books, &mut findings);
    findings.assert_none();
    audit_is_clean(world).await;
}

struct Findings(Vec<String>);

impl Findings {
    fn unless(&mut self, holds: bool, what: &str, about: impl FnOnce() -> String) {
        if !holds {
            self.0.push(format!("{what}: {}", about()));
        }
    }

    fn assert_none(&self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n\n"));
    }
}

/// A payment and its gateway's record, for people.
fn story(payment: &payment::Model, books: &Books) -> String {
    let (record, refunds) = (books.record_of(payment), &books.refunds);
    let refunds = refunds
        .iter()
        .filter(|refund| refund.payment_id == payment.id);
    format!(
        "{payment:#?}\n{}{record:#?}\n{:#?}\n{:#?}",
        books.history(payment),
        books.order_of(payment),
        refunds.collect::<Vec<_>>()
    )
}

/// A payment is in a certain state, and that is the gateway's.
fn payment_is_as_at_its_gateway(payment: &payment::Model, books: &Books, findings: &mut Findings) {
    use PaymentStatus::{Canceled, Expired, Failed, Paid, PartiallyCanceled};
    let record = books.record_of(payment);
    let taken = books.taken(payment);
    let is_certain = match payment.status {
        Failed | Expired => taken == 0 && payment.paid_at.is_none(),
        Paid | PartiallyCanceled | Canceled => taken > 0 && payment.paid_at.is_some(),
        PaymentStatus::Ready => false,
    };
    let is_certain = is_certain && payment.approving_since.is_none();
    let about = || story(payment, books);
    findings.unless(
        is_certain,
        "a payment stands otherwise than at its gateway",
        about,
    );
    findings.unless(payment.taken.0 == taken, "another amount was taken", about);
    let known = record.map_or(0, |record| record.canceled - untold(record));
    let given_back = record.map_or(0, |record| record.canceled);
    findings.unless(
        (known..=given_back).contains(&payment.refunded.0),
        "another amount was given back",
        about,
    );
}

/// What of it was given back in the console of a gateway that tells nobody of it: it is learnt when the gateway is asked
/// for another reason.
fn untold(record: &PaymentReport) -> i64 {
    let cancels = record.cancels.iter();
    let in_console = cancels.filter(|cancel| is_of_console(cancel));
    match record.provider {
        Provider::KakaoPay => in_console.map(|cancel| cancel.amount).sum(),
        Provider::PortOne | Provider::Toss => 0,
    }
}

/// Every refund is done, and nothing went back twice.
fn refunds_are_done(payment: &payment::Model, books: &Books, findings: &mut Findings) {
    let owed = books.owed(payment);
    let mut refunds = books.refunds.iter();
    let are_done = refunds
        .all(|refund| refund.payment_id != payment.id || refund.status == RefundStatus::Done);
    let record = books.record_of(payment);
    let given_back = record.map_or(0, |record| record.canceled);
    let about = || story(payment, books);
    findings.unless(are_done, "a refund is not done", about);
    findings.unless(given_back >= owed, "less was given back than owed", about);
    let most = record.map_or(0, most_after_asking);
    findings.unless(most <= owed, "more was given back than owed", about);
}

/// What had gone back in all, whoever asked for it, whenever the shop had: no more than it owed.
fn most_after_asking(record: &PaymentReport) -> i64 {
    let (mut in_all, mut most) = (0, 0);
    let cancels = record.cancels.iter();
    for cancel in cancels.filter(|cancel| cancel.state != CancelState::Failed) {
        in_all += cancel.amount;
        if cancel.by == CanceledBy::Api {
            most = in_all;
        }
    }
    most
}

/// An order whose payment was not taken is canceled; one that lives was paid.
fn order_is_as_its_payment(payment: &payment::Model, books: &Books, findings: &mut Findings) {
    let Some(order) = books.order_of(payment) else {
        return;
    };
    let is_right = match order.status {
        OrderStatus::Paid => books.taken(payment) == order.amount_due.0,
        OrderStatus::Canceled => books.taken(payment) == 0 || books.owed(payment) > 0,
        _ => false,
    };
    findings.unless(
        is_right,
        "an order stands otherwise than its payment",
        || story(payment, books),
    );
}

fn gateways_know_no_others(books: &Books, findings: &mut Findings) {
    for record in books.records.values() {
        let is_ours = books.payment(&record.id).is_some();
        findings.unless(
            is_ours,
            "a gateway knows a payment that the shop does not",
            || format!("{record:#?}"),
        );
        findings.unless(record.approvals <= 1, "money was taken twice", || {
            format!("{record:#?}")
        });
    }
}

fn orders_are_paid_once(books: &Books, findings: &mut Findings) {
    for order in &books.orders {
        let payments = books.payments.iter();
        let of_order = payments.filter(|payment| payment.order_id == Some(order.id));
        findings.unless(of_order.count() <= 1, "an order has two payments", || {
            format!("{order:#?}")
        });
    }
}

/// What a member brought, to gateways and as points in the beginning, less what went back, is in the purse and in the
/// orders that live.
fn money_is_accounted_for(books: &Books, findings: &mut Findings) {
    let opening = POINTS.iter().sum::<i64>();
    let mut came_in_all = 0;
    for member in &books.members {
        let payments = books.payments.iter();
        let of_member = payments.filter(|payment| payment.member_id == member.id);
        let came = of_member.map(|payment| books.taken(payment) - books.owed(payment));
        let came = came.sum::<i64>();
        let orders = books
            .orders
            .iter()
            .filter(|order| order.member_id == member.id);
        let lives = orders.map(|order| value(order, books)).sum::<i64>();
        let balance = books
            .purses
            .iter()
            .find(|purse| purse.member_id == member.id);
        let balance = balance.map_or(0, |purse| purse.balance.0);
        let began = balance + lives - came;
        came_in_all += began;
        findings.unless(
            POINTS.contains(&began),
            "a member's money does not add up",
            || {
                let stories = books
                    .payments
                    .iter()
                    .filter(|payment| payment.member_id == member.id);
                let stories = stories
                    .map(|payment| story(payment, books))
                    .collect::<String>();
                format!("{} began with {began} won?\n{stories}", member.user_id)
            },
        );
    }
    findings.unless(
        came_in_all == opening,
        "all the money does not add up",
        || format!("{came_in_all} instead of {opening}"),
    );
}

/// What an order is worth that lives: the lines that are not canceled.
fn value(order: &order::Model, books: &Books) -> i64 {
    let items = books.items_of(order);
    let lives = items.filter(|item| item.status != OrderStatus::Canceled);
    lives.map(|item| item.line_total.0).sum()
}

/// What is not in stock is in orders that live.
fn dead_orders_hold_no_stock(world: &World, books: &Books, findings: &mut Findings) {
    for (id, (_, pieces)) in world.options.iter().zip(SHELF) {
        let items = books.items.iter().filter(|item| item.option_id == *id);
        let lives = items.filter(|item| item.status != OrderStatus::Canceled);
        let held = lives.map(|item| item.quantity).sum::<i32>();
        let stock = books.stock.iter().find(|stock| stock.option_id == *id);
        let left = stock.map(|stock| stock.quantity);
        findings.unless(left == Some(pieces - held), "stock is missing", || {
            format!("{left:?} of {pieces} are left, {held} are in orders")
        });
    }
}

/// A key named one thing, and what was said to be paid was.
fn what_was_told_is_so(world: &World, books: &Books, findings: &mut Findings) {
    let tidings = world.told.tidings();
    for (key, named) in &tidings.by_key {
        findings.unless(named.len() == 1, "a key gave two things", || {
            format!("{key}: {named:?}")
        });
    }
    let payments = books.payments.iter();
    let by_id = payments.map(|payment| (payment.id.to_string(), payment));
    let by_id = by_id.collect::<HashMap<_, _>>();
    for id in &tidings.paid {
        let is_so = by_id
            .get(id)
            .is_some_and(|payment| payment.paid_at.is_some());
        findings.unless(is_so, "a payment was said to be paid", || id.clone());
    }
}

async fn audit_is_clean(world: &World) {
    let mut text = Vec::new();
    let mut report = Report::new(&mut text, Format::Text);
    let findings = audit(&world.db, |row| report.tell(row)).await;
    let is_clean = report.end(&findings.expect("an audit")).expect("memory");
    assert_eq!(is_clean, Some(true), "{}", String::from_utf8_lossy(&text));
}
