//! What an operator sees of payments: lists, stories, and figures for Prometheus.

use std::time::Duration;

use entity::{
    id::PaymentId,
    payment, payment_event,
    payment_event::PaymentEventKind,
    refund::{self, RefundStatus},
};
use jangteo::payment::operator::{self, ASKED_OFTEN, Worry, text as printed};
use sandbox::{Fault, Step};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    payments::{PayingShop, path, text},
    support::{Client, PATIENCE},
};

fn payment(order: &Value) -> PaymentId {
    text(&order["payments"][0]["id"])
        .parse()
        .expect("a payment's id")
}

/// Pays an order whose gateway will not give the money back, and cancels it; waits until its refund is stuck.
async fn order_with_a_stuck_refund(shop: &PayingShop, buyer: &Client) -> Value {
    let order = shop.order(buyer, "TOSS", 1, 0, "stuck").await;
    shop.pay("TOSS", &order).await;
    let fault = Fault::ErrorBefore {
        status: 403,
        code: "NOT_CANCELABLE_PAYMENT".into(),
    };
    shop.fault("TOSS", Step::Cancel, 1_000, fault).await;
    let input = json!({ "orderId": order["id"] });
    buyer.mutate("cancelOrder", input, "order { id }").await;
    let db = shop.shop.app().db.reader();
    let begun = Instant::now();
    loop {
        let refund = refund::Entity::find().one(db).await.expect("refunds");
        if refund.is_some_and(|refund| refund.status == RefundStatus::Stuck) {
            return order;
        }
        assert!(begun.elapsed() < PATIENCE, "the refund becomes stuck");
        sleep(Duration::from_millis(20)).await;
    }
}

/// What the server tells Prometheus of payments and refunds: each sample with its value.
async fn figures(shop: &PayingShop) -> Vec<(String, i64)> {
    let answer = reqwest::get(shop.shop.url("/metrics"))
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"].to_str().expect("text");
    assert_eq!(
        kind,
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let told = answer.text().await.expect("text");
    assert!(told.ends_with("# EOF\n"), "{told}");
    let families = ["jangteo_payments_", "jangteo_refunds_"];
    let samples = told
        .lines()
        .filter(|line| families.iter().any(|family| line.starts_with(family)));
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    samples
        .map(|line| sample(line).unwrap_or_else(|| panic!("a sample: {line}")))
        .collect()
}

/// Those of them that are not 0.
async fn told(shop: &PayingShop) -> Vec<(String, i64)> {
    let mut told = figures(shop).await;
    told.retain(|(_, value)| *value != 0);
    told.sort_unstable();
    told
}

both! {
    async fn prometheus_is_told_what_is_not_over(shop: PayingShop) {
        let all = figures(&shop).await;
        assert_eq!(all.len(), 13, "each provider and status has a sample: {all:?}");
        assert!(all.iter().all(|(_, value)| *value == 0), "{all:?}");

        let mina = shop.shop.member().await;
        order_with_a_stuck_refund(&shop, &mina).await;
        let jun = shop.shop.member().await;
        shop.order(&jun, "KAKAOPAY", 1, 0, "key").await;
        let doubtful = payment(&shop.order(&mina, "PORTONE", 1, 0, "key").await);
        let asked = payment::ActiveModel {
            id: Set(doubtful),
            approving_since: Set(Some(shop.shop.now())),
            ..Default::default()
        };
        payment::Entity::update(asked).exec(shop.shop.app().db.writer()).await.expect("a payment");
        shop.shop.advance(Duration::from_secs(90));
        let sample = |name: &str, provider: &str, status: &str| {
            format!("jangteo_{name}{{provider=\"{provider}\",status=\"{status}\"}}")
        };
        assert_eq!(
            told(&shop).await,
            [
                (sample("payments_pending", "KAKAOPAY", "READY"), 1),
                (sample("payments_pending", "PORTONE", "IN_DOUBT"), 1),
                ("jangteo_refunds_oldest_age_seconds".to_owned(), 90),
                (sample("refunds_open", "TOSS", "STUCK"), 1),
            ]
        );
    }

    async fn a_refund_that_its_gateway_refuses_is_listed_with_the_reason(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let jun = shop.shop.member().await;
        let db = &shop.shop.app().db;
        assert!(operator::stuck(db, 50).await.expect("a list").is_empty());
        let order = order_with_a_stuck_refund(&shop, &mina).await;
        shop.order(&jun, "KAKAOPAY", 1, 0, "key").await;
        let stuck = operator::stuck(db, 50).await.expect("a list");
        assert_eq!(stuck.iter().map(|listed| listed.payment.id).collect::<Vec<_>>(), [payment(&order)]);
        let [Worry::Refund(refund)] = &*stuck[0].worries else {
            panic!("a refund: {stuck:#?}");
        };
        assert!(refund.failure.as_ref().is_some_and(|why| why.starts_with("NOT_CANCELABLE_PAYMENT: ")), "{refund:#?}");
        assert_eq!(operator::newest(db, 50).await.expect("a list").len(), 2);
        assert_eq!(operator::newest(db, 1).await.expect("a list").len(), 1);

        // So is one that it does not refuse and was asked for in vain as often.
        let asked = async |attempts| {
            let owed = refund::ActiveModel {
                id: Set(refund.id),
                status: Set(RefundStatus::Owed),
                attempts: Set(attempts),
                ..Default::default()
            };
            refund::Entity::update(owed).exec(db.writer()).await.expect("a refund");
            operator::stuck(db, 50).await.expect("a list").len()
        };
        assert_eq!((asked(ASKED_OFTEN - 1).await, asked(ASKED_OFTEN).await), (0, 1));

        // The gateway gives it back after all, when it is asked again.
        let cleared = reqwest::Client::new().delete(shop.sandbox.url("/sandbox/faults")).send().await;
        assert!(cleared.expect("an answer").status().is_success());
        shop.shop.advance(Duration::from_mins(61));
        shop.settle().await;
        assert!(operator::stuck(db, 50).await.expect("a list").is_empty());
        assert_eq!(shop.record("TOSS", &order).await.canceled, 10_000, "{}", path("TOSS", &order));
    }

    async fn a_payment_that_was_asked_about_in_vain_for_long_is_listed(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let order = shop.order(&mina, "KAKAOPAY", 1, 0, "key").await;
        let id = payment(&order);
        let db = &shop.shop.app().db;
        let asked = async |checks| {
            let row = payment::ActiveModel { id: Set(id), checks: Set(checks), ..Default::default() };
            payment::Entity::update(row).exec(db.writer()).await.expect("a payment");
            operator::stuck(db, 50).await.expect("a list")
        };
        assert!(asked(ASKED_OFTEN - 1).await.is_empty());
        let said = |listed: &[operator::Listed]| match &*listed[0].worries {
            [Worry::InDoubt { said }] => said.clone(),
            other => panic!("in doubt: {other:#?}"),
        };
        assert_eq!(said(&asked(ASKED_OFTEN).await), None);
        for (sequence, detail, expected) in [
            (90, json!({ "answer": "RECORD", "state": "OPEN" }), "its record says OPEN"),
            (91, json!({ "answer": "UNKNOWN", "code": "TIMEOUT", "message": "No answer." }), "TIMEOUT: No answer."),
        ] {
            let answer = payment_event::Model {
                payment_id: id,
                sequence,
                kind: PaymentEventKind::LookedUp,
                status: payment::PaymentStatus::Ready,
                detail,
                at: shop.shop.now(),
            };
            let answer = payment_event::ActiveModel::from(answer);
            payment_event::Entity::insert(answer).exec(db.writer()).await.expect("an answer");
            assert_eq!(said(&asked(ASKED_OFTEN).await).as_deref(), Some(expected));
        }
        let mut list = Vec::new();
        printed::list(&mut list, &asked(ASKED_OFTEN).await).expect("memory takes everything");
        let list = String::from_utf8(list).expect("text");
        assert!(list.ends_with(&format!("\n    asked about {ASKED_OFTEN} times: TIMEOUT: No answer.\n")), "{list}");
    }

    async fn a_payment_has_a_story(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let order = order_with_a_stuck_refund(&shop, &mina).await;
        let db = &shop.shop.app().db;
        let story = operator::story(db, payment(&order)).await.expect("an answer").expect("a story");
        assert_eq!(story.order.as_ref().map(|order| order.id.to_string()), Some(text(&order["id"])));
        let sequences = story.events.iter().map(|event| event.sequence);
        assert!(sequences.eq(1..=story.payment.last_sequence), "{story:#?}");
        let next = story.next();
        assert_eq!(next.len(), 1, "{next:#?}");
        assert_eq!(next[0].what, "refund 1 is asked for again");
        let mut told = Vec::new();
        printed::story(&mut told, &story).expect("memory takes everything");
        let told = String::from_utf8(told).expect("text");
        for part in ["TOSS", "SETTLED", "REFUND_ANSWERED", "is STUCK after 1 attempt (NOT_CANCELABLE_PAYMENT: "] {
            assert!(told.contains(part), "{part} in {told}");
        }
        let gone = PaymentId(uuid::Uuid::nil());
        assert!(operator::story(db, gone).await.expect("an answer").is_none());
    }
}
