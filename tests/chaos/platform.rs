//! The data platform: what it must have been told once a world has settled.

use std::{collections::BTreeMap, time::Duration};

use entity::{order, outbox};
use sandbox::control::InboxReport;
use sea_orm::EntityTrait;
use serde_json::Value;
use tokio::time::sleep;

use crate::{books::Books, coverage::Coverage, world::World};

/// A real moment, for whoever is at work.
const MOMENT: Duration = Duration::from_millis(15);

/// How many moments there may be until all is delivered.
const MOMENTS_MAX: u32 = 4_000;

/// How far time leaps when nothing happens by itself: as long as a row is its writer's.
const LEAP: Duration = Duration::from_secs(31);

/// Lets time pass until all is delivered.
pub async fn settle(world: &World) {
    for moment in 0..MOMENTS_MAX {
        let rows = outbox::Entity::find().all(world.db.reader()).await;
        let rows = rows.expect("the outbox reads");
        if rows.iter().all(|row| row.delivered_at.is_some()) {
            return;
        }
        if moment % 10 == 9 {
            world.leap(LEAP).await;
        }
        sleep(MOMENT).await;
    }
    let rows = outbox::Entity::find().all(world.db.reader()).await;
    let mut rows = rows.expect("the outbox reads");
    rows.retain(|row| row.delivered_at.is_none());
    panic!("not all is delivered: {rows:#?}");
}

/// Asserts that what arrived is what happened; gives what was met.
pub async fn check(world: &World, books: &Books) -> Coverage {
    let report = world.gateways.arrivals().await;
    assert_eq!(
        (report.altered, report.refused),
        (0, 0),
        "an event is the same each time"
    );
    let told = by_order(&report);
    for order in &books.orders {
        let events = told.get(&order.id.to_string());
        let events = events.map_or(&[][..], Vec::as_slice);
        check_order(order, events, books);
    }
    let mut coverage = Coverage::default();
    coverage.count("an event that came twice", report.duplicates as usize);
    coverage
}

/// The events of each order, in the order in which they came first.
fn by_order(report: &InboxReport) -> BTreeMap<String, Vec<&Value>> {
    let mut told = BTreeMap::<_, Vec<_>>::new();
    for arrival in &report.events {
        let subject = arrival.event["subject"].as_str().expect("a subject");
        told.entry(subject.to_owned())
            .or_default()
            .push(&arrival.event);
    }
    told
}

fn check_order(order: &order::Model, events: &[&Value], books: &Books) {
    let story = || format!("{order:#?}\n{events:#?}");
    let sequences = events.iter().map(|event| event["sequence"].as_str());
    let sequences = sequences.map(|it| it.and_then(|it| it.parse::<usize>().ok()));
    assert!(
        sequences.eq((1..=events.len()).map(Some)),
        "an order's events come in their order: {}",
        story()
    );
    let sum = |topic: &str, method: Option<&str>, amount: &str| {
        let kind = format!("jangteo.order.{topic}.v1");
        let such = events.iter().filter(|event| event["type"] == kind.as_str());
        let data = such.map(|event| &event["data"]);
        let data = data.filter(|data| method.is_none_or(|method| data["method"] == method));
        data.map(|data| data[amount].as_i64().expect("an amount"))
            .collect::<Vec<_>>()
    };
    if books.items_of(order).all(|item| item.paid_at.is_none()) {
        assert!(events.is_empty(), "it was never paid: {}", story());
        return;
    }
    let paid = (
        sum("paid", None, "pointsUsed"),
        sum("paid", None, "amountDue"),
    );
    assert_eq!(
        paid,
        (vec![order.points_used.0], vec![order.amount_due.0]),
        "a paid order is told once: {}",
        story()
    );
    let canceled = sum("canceled", None, "refund").iter().sum::<i64>();
    assert_eq!(
        canceled,
        order.refunded.0,
        "all that was canceled: {}",
        story()
    );
    let payments = books.payments.iter();
    let payments = payments.filter(|payment| payment.order_id == Some(order.id));
    let payments = payments.collect::<Vec<_>>();
    let at_gateway = sum("refunded", Some("GATEWAY"), "amount")
        .iter()
        .sum::<i64>();
    let given_back = payments
        .iter()
        .map(|payment| payment.refunded.0)
        .sum::<i64>();
    assert_eq!(
        at_gateway,
        given_back,
        "what a gateway gave back: {}",
        story()
    );
    let refunds = books.refunds.iter();
    let owed = refunds.filter(|refund| payments.iter().any(|it| it.id == refund.payment_id));
    let owed = owed.map(|refund| refund.amount.0).sum::<i64>();
    let in_points = sum("refunded", Some("POINTS"), "amount")
        .iter()
        .sum::<i64>();
    assert_eq!(
        in_points,
        order.refunded.0 - owed,
        "what came back as points: {}",
        story()
    );
}
