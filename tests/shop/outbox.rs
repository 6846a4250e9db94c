//! What the data platform hears: over real HTTP, by a platform that can be broken in every way.

mod delivery;
mod operator;
mod retention;
mod schemas;
mod sharing;

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::outbox::{self, Model};
use jangteo::{outbox::PlatformSettings, payment::PaymentSettings};
use sandbox::control::{InboxReport, Mode};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    payments::PayingShop,
    support::{Client, Database, PATIENCE, Product},
};

/// A shop whose data platform is a sandbox, with something to sell: a hundred teas at 1,000 won, and as many cups at
/// 500.
struct TellingShop {
    paying: PayingShop,
    tea: Product,
    cup: Product,
}

impl TellingShop {
    async fn open(database: Database) -> Self {
        Self::open_with(database, impatient()).await
    }

    async fn open_with(database: Database, platform: PlatformSettings) -> Self {
        let paying = PayingShop::open_telling(database, platform).await;
        let tea = paying.shop.product("차", &[("녹차", 1_000, 100)]).await;
        let cup = paying.shop.product("잔", &[("백자", 500, 100)]).await;
        Self { paying, tea, cup }
    }

    async fn set(&self, mode: Mode) {
        self.paying.control("/sandbox/events/mode", &mode).await;
    }

    /// What the platform says that it has.
    async fn report(&self) -> InboxReport {
        let url = self.paying.sandbox.url("/sandbox/events");
        let answer = reqwest::get(url).await.expect("an answer");
        answer.json().await.expect("a report")
    }

    /// The outbox, in the order in which it was written.
    async fn rows(&self) -> Vec<Model> {
        rows(&self.paying).await
    }

    /// Waits until the outbox is as it should be, and gives it.
    async fn until(&self, what: &str, is_so: impl Fn(&[Model]) -> bool) -> Vec<Model> {
        let begun = Instant::now();
        loop {
            let rows = self.rows().await;
            if is_so(&rows) {
                return rows;
            }
            assert!(begun.elapsed() < PATIENCE, "{what}: {rows:#?}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn until_all_is_delivered(&self) -> Vec<Model> {
        let all = |rows: &[Model]| rows.iter().all(|row| row.delivered_at.is_some());
        self.until("all is delivered", all).await
    }

    /// Lets time pass, step by step, until all is delivered.
    async fn let_time_pass_until_all_is_delivered(&self) {
        let begun = Instant::now();
        loop {
            let rows = self.rows().await;
            if rows.iter().all(|row| row.delivered_at.is_some()) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{rows:#?}");
            self.paying.shop.advance(Duration::from_secs(20));
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// An order of a tea and a cup, paid in points.
    async fn order(&self, buyer: &Client, key: &str) -> Value {
        let line = |product: &Product| json!({ "optionId": product.options[0].to_string(), "quantity": 1 });
        let input = json!({ "lines": [line(&self.tea), line(&self.cup)], "idempotencyKey": key });
        let payload = buyer
            .mutate("placeOrder", input, "order { id items { id } }")
            .await;
        assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
        payload["order"].clone()
    }

    async fn cancel_item(&self, buyer: &Client, order: &Value, item: usize) {
        let input = json!({ "orderId": order["id"], "orderItemIds": [order["items"][item]["id"]] });
        let payload = buyer.mutate("cancelOrder", input, "order { id }").await;
        assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    }

    fn now(&self) -> DateTime<Utc> {
        self.paying.shop.now()
    }
}

async fn rows(paying: &PayingShop) -> Vec<Model> {
    outbox::Entity::find()
        .order_by_asc(outbox::COLUMN.order_id)
        .order_by_asc(outbox::COLUMN.sequence)
        .all(paying.shop.app().db.reader())
        .await
        .expect("the outbox reads")
}

/// What waits for a platform that hangs no longer than a slow machine may take to answer.
fn impatient() -> PlatformSettings {
    PlatformSettings {
        platform_seconds: 4,
        ..PlatformSettings::default()
    }
}

fn answer(status: u16, retry_after: Option<String>) -> Mode {
    Mode::Answer {
        status,
        retry_after,
    }
}

/// What arrived of each order, in the order of its first arrival: the sequences.
fn sequences(report: &InboxReport, order: &Value) -> Vec<String> {
    let events = report.events.iter().map(|arrival| &arrival.event);
    let of_order = events.filter(|event| event["subject"] == order["id"]);
    let sequences = of_order.map(|event| event["sequence"].as_str().unwrap_or_default());
    sequences
        .map(|sequence| sequence.trim_start_matches('0').to_owned())
        .collect()
}
