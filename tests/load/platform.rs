use std::{collections::BTreeMap, time::Duration};

use entity::{order, order_item, outbox};
use rand::{RngExt, rngs::StdRng};
use sandbox::{
    Sandbox, Settings,
    control::{InboxReport, Mode},
};
use sea_orm::{EntityTrait, PaginatorTrait, QueryFilter};
use tokio::time::{Instant, sleep};

use crate::support::TestDatabase;

/// How long the last event may take: what a killed server had in memory falls due after half a minute, and is tried
/// again, should it fail, after pauses that double.
const PATIENCE: Duration = Duration::from_mins(5);

/// A data platform that servers tell.
pub struct Platform {
    sandbox: Sandbox,
    keys: Settings,
    http: reqwest::Client,
}

impl Platform {
    pub async fn start() -> Self {
        let keys = Settings::demo(([127, 0, 0, 1], 0).into());
        Self {
            sandbox: Sandbox::start(keys.clone()).await.expect("a sandbox"),
            keys,
            http: reqwest::Client::new(),
        }
    }

    /// What a server must know to tell it.
    pub fn flags(&self) -> [String; 4] {
        [
            "--platform-url".into(),
            self.sandbox.url("/platform"),
            "--platform-secrets".into(),
            self.keys.platform.secrets.join(","),
        ]
    }

    /// Takes what it is told, or forgets that it did, or is broken.
    pub async fn be_moody(&self, rng: &mut StdRng) {
        self.set(match rng.random_range(0..4) {
            0 => Mode::Forget,
            1 => Mode::Answer {
                status: 503,
                retry_after: Some("1".into()),
            },
            _ => Mode::Take,
        })
        .await;
    }

    async fn set(&self, mode: Mode) {
        let url = self.sandbox.url("/sandbox/events/mode");
        let told = self.http.post(url).json(&mode).send().await;
        assert!(told.expect("an answer").status().is_success());
    }

    /// Takes all from now on, waits for it, and asserts that it is what is in the database.
    pub async fn hear_all(&self, database: &TestDatabase) {
        self.set(Mode::Take).await;
        let db = database.connect().await;
        let begun = Instant::now();
        loop {
            let waiting = outbox::Entity::find()
                .filter(outbox::COLUMN.delivered_at.is_null())
                .count(db.reader())
                .await
                .expect("the outbox reads");
            if waiting == 0 {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "{waiting} events wait");
            sleep(Duration::from_millis(200)).await;
        }
        let url = self.sandbox.url("/sandbox/events");
        let report = self.http.get(url).send().await.expect("an answer");
        let report: InboxReport = report.json().await.expect("a report");
        assert_eq!((report.altered, report.refused), (0, 0));
        let orders = order::Entity::find().all(db.reader()).await;
        let orders = orders.expect("orders");
        let items = order_item::Entity::find()
            .filter(order_item::COLUMN.paid_at.is_not_null())
            .count(db.reader())
            .await;
        assert!(items.expect("items") > 0, "something was sold");
        let paid = orders.iter().map(|it| it.points_used.0 + it.amount_due.0);
        let refunded = orders.iter().map(|it| it.refunded.0).sum::<i64>();
        assert_eq!(
            told(&report, "paid", "pointsUsed"),
            (orders.len(), paid.sum())
        );
        assert_eq!(told(&report, "canceled", "refund").1, refunded);
        assert_eq!(told(&report, "refunded", "amount").1, refunded);
        assert_in_order(&report);
        db.close().await.expect("the database closes");
    }
}

/// How many events there are of this kind, and what their amounts are together.
fn told(report: &InboxReport, topic: &str, amount: &str) -> (usize, i64) {
    let kind = format!("jangteo.order.{topic}.v1");
    let such = report.events.iter().map(|arrival| &arrival.event);
    let such = such.filter(|event| event["type"] == kind.as_str());
    let amounts = such.map(|event| event["data"][amount].as_i64().expect("an amount"));
    let amounts = amounts.collect::<Vec<_>>();
    (amounts.len(), amounts.iter().sum())
}

/// Each order's events came in their order, as far as each came for the first time.
fn assert_in_order(report: &InboxReport) {
    let mut next = BTreeMap::new();
    for arrival in &report.events {
        let text = |name: &str| arrival.event[name].as_str().expect("a text").to_owned();
        let expected = next.entry(text("subject")).or_insert(1);
        assert_eq!(
            text("sequence").parse(),
            Ok(*expected),
            "{:#}",
            arrival.event
        );
        *expected += 1;
    }
}
