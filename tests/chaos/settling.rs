//! Letting the world settle: nothing goes wrong any more, and time passes until nothing is due.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::{
    payment::{self, PaymentProvider},
    refund,
};
use jangteo::payment::store;
use sandbox::{
    CanceledBy, Provider,
    control::{CancelReport, PaymentReport},
};
use sea_orm::{EntityTrait, Iterable};
use tokio::time::sleep;

use crate::{books::Books, world::World};

/// A real moment, for whoever is at work.
const MOMENT: Duration = Duration::from_millis(15);

/// How many moments there may be until nothing is due: a payment is looked at for a day, some ten times.
const MOMENTS_MAX: u32 = 4_000;

/// How many until a webhook was heard.
const MOMENTS_TO_HEAR: u32 = 500;

/// Who has claimed something is left to it for a few moments before time goes on.
const PATIENCE: u32 = 3;

/// What is due soon after the next is awaited with it.
const TOGETHER: Duration = Duration::from_secs(30);

/// Lets time pass until no payment and no refund is due any more. What was given back in a gateway's console, and is not
/// known yet, is told once more: gateways repeat their webhooks until they are heard.
pub async fn settle(world: &World) {
    pass_time(world).await;
    for record in world.gateways.records().await {
        let can_tell = record.provider != Provider::KakaoPay;
        if can_tell && record.cancels.iter().any(is_of_console) && !is_known(world, &record).await {
            tell_again(world, &record).await;
        }
    }
    pass_time(world).await;
}

pub fn is_of_console(cancel: &CancelReport) -> bool {
    cancel.by == CanceledBy::Console
}

/// Whether the shop knows how much of it was given back.
async fn is_known(world: &World, record: &PaymentReport) -> bool {
    let books = Books::read(world).await;
    let payment = books.payment(&record.id);
    payment.is_some_and(|payment| payment.refunded.0 == record.canceled)
}

async fn tell_again(world: &World, record: &PaymentReport) {
    world.gateways.tell_again(record.provider, &record.id).await;
    for _ in 0..MOMENTS_TO_HEAR {
        if is_known(world, record).await {
            return;
        }
        sleep(MOMENT).await;
    }
    panic!("the shop was told that money was given back, and did not look: {record:#?}");
}

/// When something is due next, at whichever gateway.
async fn next_due(world: &World) -> Option<DateTime<Utc>> {
    let mut next = None;
    for provider in PaymentProvider::iter() {
        let due = store::next_due(world.db.reader(), provider).await;
        next = next.into_iter().chain(due.expect("a time")).min();
    }
    next
}

async fn pass_time(world: &World) {
    let (mut seen, mut moments) = (None, 0);
    for _ in 0..MOMENTS_MAX {
        let Some(due) = next_due(world).await else {
            return;
        };
        moments = if seen == Some(due) { moments + 1 } else { 0 };
        seen = Some(due);
        match (due - world.now()).to_std() {
            Ok(wait) if moments >= PATIENCE => world.leap(wait + TOGETHER).await,
            Ok(_) => {}
            Err(_) => world.wake().await,
        }
        sleep(MOMENT).await;
    }
    let db = world.db.reader();
    let payments = payment::Entity::find().all(db).await.expect("payments");
    let refunds = refund::Entity::find().all(db).await.expect("refunds");
    panic!("the world does not settle: {payments:#?} {refunds:#?}");
}
