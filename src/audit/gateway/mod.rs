//! Whether the gateways' own records of all payments are as ours.
//!
//! Not in the audit's snapshot, which would be held for as long as the gateways take: payments are read a page at a
//! time. What differs is read and asked once more before it is told, since it may just have been about to change.

pub mod difference;

use std::{collections::BTreeMap, io};

use entity::{
    id::PaymentId,
    payment::{self, PaymentProvider},
    refund,
};
use futures_util::{StreamExt, stream};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{BrokenRow, Discrepancy, FailedCheck, Findings, Tally, Unfinished};
use crate::{
    clock::Clock,
    db::Db,
    fault::Fault,
    payment::{
        bill,
        gateway::{Answer, Gateways, Reason, ReasonKind, Record},
        store,
    },
};
use difference::{Ours, differences};

/// The number of this invariant, after those that the database alone is asked for.
const INVARIANT: u8 = 10;
const NAME: &str = "gateway";

/// Payments that are read at once.
const PAGE: u64 = 200;

/// How many are asked about at the same time: gateways count what they are asked.
const AT_ONCE: usize = 8;

/// How often a payment that keeps changing is looked at.
const LOOKS: u32 = 3;

/// What came of a payment.
enum Looked {
    Same,
    Differs(Vec<Discrepancy>),
    /// The gateway did not say, and why.
    Untold(Reason),
}

/// What came of a gateway's payments.
#[derive(Default)]
struct Count {
    compared: u64,
    broken: u64,
    untold: u64,
    /// Why the first of them was not told.
    reason: Option<Reason>,
}

/// Asks the gateways for their records of all payments; hands each that differs to `told`. A gateway that does not
/// answer is among the failed checks; while it seems out of order, it is asked no more than every ten seconds.
///
/// # Errors
/// When `told` fails.
pub async fn compare(
    db: &Db,
    gateways: &Gateways,
    clock: &Clock,
    mut told: impl FnMut(&BrokenRow) -> io::Result<()>,
) -> Result<Findings, Unfinished> {
    let configured = gateways
        .providers()
        .map(|provider| (provider, Count::default()));
    let mut counts = configured.collect::<BTreeMap<_, _>>();
    let done = compare_all(db, gateways, clock, &mut counts, &mut told).await;
    let mut findings = Findings::default();
    for (provider, count) in counts {
        count.tell(provider, &mut findings);
    }
    match done {
        Ok(()) => {}
        Err(Unfinished::Fault(fault)) => findings.failed.push(FailedCheck {
            invariant: INVARIANT,
            name: NAME,
            rows: "payments at gateways",
            error: fault.to_string(),
        }),
        Err(untold) => return Err(untold),
    }
    Ok(findings)
}

async fn compare_all(
    db: &Db,
    gateways: &Gateways,
    clock: &Clock,
    counts: &mut BTreeMap<PaymentProvider, Count>,
    told: &mut impl FnMut(&BrokenRow) -> io::Result<()>,
) -> Result<(), Unfinished> {
    let mut after = None;
    loop {
        let page = page(db, after).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.id);
        let mut looks = stream::iter(page)
            .map(async |payment| {
                let (id, provider) = (payment.id, payment.provider);
                (id, provider, look(db, gateways, clock, payment).await)
            })
            .buffered(AT_ONCE);
        while let Some((id, provider, looked)) = looks.next().await {
            let count = counts.entry(provider).or_default();
            match looked? {
                Looked::Same => count.compared += 1,
                Looked::Differs(discrepancies) => {
                    told(&row(id, discrepancies))?;
                    count.compared += 1;
                    count.broken += 1;
                }
                Looked::Untold(reason) => {
                    count.untold += 1;
                    count.reason.get_or_insert(reason);
                }
            }
        }
    }
}

/// Compares a payment, and again while it changes.
async fn look(
    db: &Db,
    gateways: &Gateways,
    clock: &Clock,
    mut payment: payment::Model,
) -> Result<Looked, Fault> {
    let mut left = LOOKS;
    loop {
        let refunds = store::refunds_of(db.reader(), payment.id).await?;
        let record = match ask(gateways, clock, &payment).await {
            Answer::Approved(record) => Some(record),
            Answer::Declined(reason) if reason.kind == ReasonKind::NotFound => None,
            Answer::Declined(reason) | Answer::Unknown(reason) => {
                return Ok(Looked::Untold(reason));
            }
        };
        let ours = Ours {
            payment: &payment,
            owed: store::owed(&refunds),
            now: clock.now(),
        };
        let differing = differences(&ours, record.as_ref());
        left -= 1;
        if differing.is_empty() {
            return Ok(Looked::Same);
        }
        if left == 0 || !has_changed(db, &payment, &refunds).await? {
            return Ok(Looked::Differs(differing));
        }
        if let Some(now) = store::by_id(db.reader(), payment.id).await? {
            payment = now;
        }
    }
}

/// Whether a payment is not as it was read any more.
async fn has_changed(
    db: &Db,
    payment: &payment::Model,
    refunds: &[refund::Model],
) -> Result<bool, DbErr> {
    let now = store::by_id(db.reader(), payment.id).await?;
    Ok(now.as_ref() != Some(payment)
        || store::refunds_of(db.reader(), payment.id).await? != refunds)
}

async fn ask(gateways: &Gateways, clock: &Clock, payment: &payment::Model) -> Answer<Record> {
    let unasked = |code, message, kind| Answer::Unknown(Reason::new(code, message, kind));
    match gateways.get(payment.provider) {
        None => unasked(
            "NO_KEYS",
            "This gateway is not configured.",
            ReasonKind::Configuration,
        ),
        Some(gateway) if gateway.admits(clock.now()) => gateway.look_up(&bill(payment)).await,
        Some(_) => unasked(
            "OUT_OF_ORDER",
            "The gateway has not answered lately.",
            ReasonKind::Gateway,
        ),
    }
}

async fn page(db: &Db, after: Option<PaymentId>) -> Result<Vec<payment::Model>, DbErr> {
    let mut payments = payment::Entity::find()
        .order_by_asc(payment::COLUMN.id)
        .limit(PAGE);
    if let Some(after) = after {
        payments = payments.filter(payment::COLUMN.id.gt(after));
    }
    payments.all(db.reader()).await
}

fn row(id: PaymentId, discrepancies: Vec<Discrepancy>) -> BrokenRow {
    BrokenRow {
        invariant: INVARIANT,
        rows: "payments at gateways",
        key: vec![("paymentId", id.to_string().into())],
        discrepancies,
    }
}

impl Count {
    fn tell(self, provider: PaymentProvider, findings: &mut Findings) {
        let rows = rows(provider);
        findings.tallies.push(Tally {
            invariant: INVARIANT,
            name: NAME,
            rows,
            checked: self.compared,
            broken: self.broken,
        });
        if let Some(reason) = self.reason {
            findings.failed.push(FailedCheck {
                invariant: INVARIANT,
                name: NAME,
                rows,
                error: format!(
                    "{} of {} could not be asked about ({}: {})",
                    self.untold,
                    self.untold + self.compared,
                    reason.code,
                    reason.message
                ),
            });
        }
    }
}

const fn rows(provider: PaymentProvider) -> &'static str {
    match provider {
        PaymentProvider::PortOne => "payments at PortOne",
        PaymentProvider::Toss => "payments at Toss",
        PaymentProvider::KakaoPay => "payments at KakaoPay",
    }
}
