//! The books of the shop and of the gateways, side by side.

use std::collections::HashMap;

use entity::{
    member,
    order::{self, CancelReason},
    order_item, payment,
    payment_event::{self, PaymentEventKind},
    refund, stock, user_point,
};
use sandbox::control::PaymentReport;
use sea_orm::{EntityTrait, QueryOrder};

use crate::{coverage::Coverage, settling::is_of_console, world::World};

pub struct Books {
    pub members: Vec<member::Model>,
    pub purses: Vec<user_point::Model>,
    pub stock: Vec<stock::Model>,
    pub orders: Vec<order::Model>,
    pub items: Vec<order_item::Model>,
    pub payments: Vec<payment::Model>,
    pub events: Vec<payment_event::Model>,
    pub refunds: Vec<refund::Model>,
    /// The gateways', by the shop's name of the payment.
    pub records: HashMap<String, PaymentReport>,
}

impl Books {
    pub async fn read(world: &World) -> Self {
        let db = world.db.reader();
        let records = world.gateways.records().await;
        let events = payment_event::Entity::find()
            .order_by_asc(payment_event::COLUMN.sequence)
            .all(db);
        Self {
            members: member::Entity::find().all(db).await.expect("members"),
            purses: user_point::Entity::find().all(db).await.expect("purses"),
            stock: stock::Entity::find().all(db).await.expect("stock"),
            orders: order::Entity::find().all(db).await.expect("orders"),
            items: order_item::Entity::find().all(db).await.expect("items"),
            payments: payment::Entity::find().all(db).await.expect("payments"),
            events: events.await.expect("events"),
            refunds: refund::Entity::find().all(db).await.expect("refunds"),
            records: records
                .into_iter()
                .map(|record| (record.id.clone(), record))
                .collect(),
        }
    }

    pub fn payment(&self, id: &str) -> Option<&payment::Model> {
        let mut payments = self.payments.iter();
        payments.find(|payment| payment.id.to_string() == id)
    }

    pub fn order_of(&self, payment: &payment::Model) -> Option<&order::Model> {
        let mut orders = self.orders.iter();
        orders.find(|order| Some(order.id) == payment.order_id)
    }

    pub fn items_of(&self, order: &order::Model) -> impl Iterator<Item = &order_item::Model> {
        let of_order = |item: &&order_item::Model| item.order_id == order.id;
        self.items.iter().filter(of_order)
    }

    pub fn record_of(&self, payment: &payment::Model) -> Option<&PaymentReport> {
        self.records.get(&payment.id.to_string())
    }

    /// What the gateway took for a payment.
    pub fn taken(&self, payment: &payment::Model) -> i64 {
        self.record_of(payment).map_or(0, |record| record.paid)
    }

    /// What of a payment was owed back: whole wons that the shop has asked its gateway for.
    pub fn owed(&self, payment: &payment::Model) -> i64 {
        let refunds = self.refunds.iter();
        let of_payment = refunds.filter(|refund| refund.payment_id == payment.id);
        of_payment.map(|refund| refund.amount.0).sum()
    }

    /// A payment's history, for people.
    pub fn history(&self, payment: &payment::Model) -> String {
        let events = self.events.iter();
        let of_payment = events.filter(|event| event.payment_id == payment.id);
        let lines = of_payment.map(|event| {
            format!(
                "{} {:?} {:?} {}\n",
                event.at, event.kind, event.status, event.detail
            )
        });
        lines.collect()
    }

    /// What became of everything.
    pub fn coverage(&self) -> Coverage {
        let mut coverage = Coverage::default();
        let settled = |word: &str| {
            let is_such = |event: &&payment_event::Model| {
                event.kind == PaymentEventKind::Settled && event.detail["settlement"] == word
            };
            self.events.iter().filter(is_such).count()
        };
        let of_items = |reason| {
            let is_such = |item: &&order_item::Model| item.cancel_reason == Some(reason);
            self.items.iter().filter(is_such).count()
        };
        let tried = self.refunds.iter().filter(|refund| refund.attempts > 1);
        let in_console = self.records.values().flat_map(|record| &record.cancels);
        let charges = self
            .payments
            .iter()
            .filter(|payment| payment.order_id.is_none() && payment.paid_at.is_some());
        let refunded_late = of_items(CancelReason::OutOfStock);
        coverage.count("a payment that was paid", settled("PAID"));
        coverage.count("a payment that ended unpaid", settled("ENDED"));
        coverage.count(
            "a payment that was paid after it had ended",
            settled("PAID_LATE"),
        );
        coverage.count("a payment that is not what was agreed", settled("MISMATCH"));
        coverage.count("a late payment that was refunded", refunded_late);
        coverage.count("an order that a late payment revived", self.revived());
        coverage.count("a refund that took several tries", tried.count());
        coverage.count(
            "a refund in a gateway's console",
            in_console.filter(|cancel| is_of_console(cancel)).count(),
        );
        coverage.count("points charged through a gateway", charges.count());
        coverage
    }

    fn revived(&self) -> usize {
        let events = self.events.iter();
        let late = events.filter(|event| event.detail["settlement"] == "PAID_LATE");
        let paid = late.filter(|event| {
            let order = self
                .payments
                .iter()
                .find(|payment| payment.id == event.payment_id);
            let order = order.and_then(|payment| self.order_of(payment));
            order.is_some_and(|order| self.items_of(order).any(|item| item.paid_at.is_some()))
        });
        paid.count()
    }
}
