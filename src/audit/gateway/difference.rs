//! How a gateway's record of a payment differs from ours: a pure comparison.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Won,
    payment::{self, PaymentStatus},
};
use serde_json::Value;

use crate::{
    audit::{Discrepancy, invariants::Relation},
    payment::{
        gateway::{Record, RecordState},
        settlement::{CURRENCY, is_mismatched},
    },
};

/// A payment as we have it.
#[derive(Clone, Copy, Debug)]
pub struct Ours<'p> {
    pub payment: &'p payment::Model,
    /// All its refunds, done or not.
    pub owed: Won,
    pub now: DateTime<Utc>,
}

/// How late the reconciler may be with a payment before what it leaves undone is a difference: longer than its
/// longest pause.
const LATE: TimeDelta = TimeDelta::minutes(20);

/// What is not the same; `None` is the record of a gateway that knows of no such payment.
///
/// The gateway's state of a payment that still waits may be any: the reconciler learns of it when it is due.
#[must_use]
pub fn differences(ours: &Ours<'_>, record: Option<&Record>) -> Vec<Discrepancy> {
    let Ours { payment, owed, now } = *ours;
    let is_taken = payment.paid_at.is_some();
    let Some(record) = record else {
        return Vec::from_iter(is_taken.then(|| equal("state", "PAID", Value::Null)));
    };
    if !record.is_ours {
        // What else it says is about something else.
        return vec![equal("whose payment", "ours", "another's")];
    }
    let was_taken = record.state == RecordState::Paid;
    if is_taken != was_taken {
        let waits = payment.status == PaymentStatus::Ready
            && payment.check_at.is_some_and(|due| now < due + LATE);
        let expected = payment_state(is_taken);
        return Vec::from_iter((!waits).then(|| equal("state", expected, state(record))));
    }
    if !was_taken {
        return Vec::new();
    }
    let mut found = Vec::new();
    // What was not taken as agreed is known to be so, and goes back.
    if record.currency != CURRENCY && !is_mismatched(payment) {
        found.push(equal("currency", CURRENCY, record.currency.as_str()));
    }
    if record.total != payment.taken {
        found.push(equal("taken", payment.taken.0, record.total.0));
    }
    if let (Some(reference), Some(known)) = (&payment.reference, &record.reference)
        && reference != known
    {
        found.push(equal("reference", reference.as_str(), known.as_str()));
    }
    found.extend(given_back(payment.refunded, owed, record.canceled));
    found
}

/// What we know to be given back is; more of it only while it is owed.
fn given_back(refunded: Won, owed: Won, canceled: Won) -> Option<Discrepancy> {
    const WHAT: &str = "given back";
    let most = refunded.max(owed);
    if (refunded..=most).contains(&canceled) {
        None
    } else if refunded == most {
        Some(equal(WHAT, refunded.0, canceled.0))
    } else if canceled < refunded {
        Some(discrepancy(WHAT, Relation::AtLeast, refunded.0, canceled.0))
    } else {
        Some(discrepancy(WHAT, Relation::AtMost, most.0, canceled.0))
    }
}

/// A gateway's state is the more precise of the two: a payment that was not taken may be in any other.
const fn payment_state(is_taken: bool) -> &'static str {
    if is_taken { "PAID" } else { "not PAID" }
}

const fn state(record: &Record) -> &'static str {
    match record.state {
        RecordState::Open => "OPEN",
        RecordState::Paid => "PAID",
        RecordState::Failed(_) => "FAILED",
        RecordState::Expired => "EXPIRED",
    }
}

fn equal(what: &'static str, expected: impl Into<Value>, found: impl Into<Value>) -> Discrepancy {
    discrepancy(what, Relation::Equal, expected, found)
}

fn discrepancy(
    what: &'static str,
    relation: Relation,
    expected: impl Into<Value>,
    found: impl Into<Value>,
) -> Discrepancy {
    Discrepancy {
        what,
        relation,
        expected: expected.into(),
        found: found.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::{
        id::{MemberId, PaymentId},
        payment::PaymentProvider,
    };
    use uuid::Uuid;

    use super::*;
    use crate::payment::{
        NewPayment, created,
        gateway::{Reason, ReasonKind},
    };

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn payment(status: PaymentStatus) -> payment::Model {
        let new = NewPayment {
            member_id: MemberId(Uuid::nil()),
            order_id: None,
            gift_id: None,
            provider: PaymentProvider::Toss,
            order_name: "참외".into(),
            amount: Won(1_000),
            charge_key: None,
            is_from_cart: false,
            within: Duration::from_mins(15),
        };
        let (payment, _) = created(new, PaymentId(Uuid::nil()), NOW);
        payment::Model { status, ..payment }
    }

    fn paid() -> payment::Model {
        payment::Model {
            paid_at: Some(NOW),
            taken: Won(1_000),
            reference: Some("key".into()),
            check_at: None,
            ..payment(PaymentStatus::Paid)
        }
    }

    fn record(state: RecordState) -> Record {
        Record {
            state,
            total: Won(1_000),
            canceled: Won::ZERO,
            currency: "KRW".into(),
            is_ours: true,
            is_test: false,
            reference: Some("key".into()),
            paid_at: None,
        }
    }

    fn failed() -> RecordState {
        RecordState::Failed(Reason::new("NO", "", ReasonKind::Payer))
    }

    /// What differs, as `what: expected found`.
    fn found(payment: &payment::Model, owed: i64, record: Option<&Record>) -> Vec<String> {
        let ours = Ours {
            payment,
            owed: Won(owed),
            now: NOW + Duration::from_mins(15),
        };
        let found = differences(&ours, record);
        let told = found.iter().map(
            |Discrepancy {
                 what,
                 relation,
                 expected,
                 found,
             }| { format!("{what}: {relation:?} {expected} {found}") },
        );
        told.collect()
    }

    #[test]
    fn what_is_the_same_differs_in_nothing() {
        assert_eq!(found(&paid(), 0, Some(&record(RecordState::Paid))), [""; 0]);
        for status in [
            PaymentStatus::Ready,
            PaymentStatus::Failed,
            PaymentStatus::Expired,
        ] {
            for state in [RecordState::Open, RecordState::Expired, failed()] {
                assert_eq!(found(&payment(status), 0, Some(&record(state))), [""; 0]);
            }
            assert_eq!(found(&payment(status), 0, None), [""; 0]);
        }
    }

    #[test]
    fn money_is_where_both_say_that_it_is() {
        for (state, word) in [
            (RecordState::Open, "OPEN"),
            (RecordState::Expired, "EXPIRED"),
            (failed(), "FAILED"),
        ] {
            let expected = format!("state: Equal \"PAID\" \"{word}\"");
            assert_eq!(found(&paid(), 0, Some(&record(state))), [expected]);
        }
        assert_eq!(found(&paid(), 0, None), ["state: Equal \"PAID\" null"]);
        for status in [PaymentStatus::Failed, PaymentStatus::Expired] {
            let taken = found(&payment(status), 0, Some(&record(RecordState::Paid)));
            assert_eq!(taken, ["state: Equal \"not PAID\" \"PAID\""]);
        }
    }

    #[test]
    fn a_payment_that_waits_may_have_been_taken_until_the_reconciler_is_late() {
        let taken = record(RecordState::Paid);
        let due = |minutes: u64| payment::Model {
            check_at: Some(NOW + Duration::from_mins(15) - Duration::from_mins(minutes)),
            ..payment(PaymentStatus::Ready)
        };
        assert_eq!(found(&due(19), 0, Some(&taken)), [""; 0]);
        let late = found(&due(20), 0, Some(&taken));
        assert_eq!(late, ["state: Equal \"not PAID\" \"PAID\""]);
    }

    #[test]
    fn a_record_of_another_payment_says_nothing_else() {
        let foreign = Record {
            is_ours: false,
            currency: "USD".into(),
            ..record(RecordState::Open)
        };
        let whose = found(&paid(), 0, Some(&foreign));
        assert_eq!(whose, ["whose payment: Equal \"ours\" \"another's\""]);
    }

    #[test]
    fn amount_currency_and_name_are_compared() {
        let differing = Record {
            total: Won(999),
            currency: "USD".into(),
            reference: Some("other".into()),
            ..record(RecordState::Paid)
        };
        assert_eq!(
            found(&paid(), 0, Some(&differing)),
            [
                "currency: Equal \"KRW\" \"USD\"",
                "taken: Equal 1000 999",
                "reference: Equal \"key\" \"other\"",
            ]
        );
        let mismatched = payment::Model {
            taken: Won(999),
            reference: None,
            failure: Some("It differs from the order.".into()),
            ..paid()
        };
        assert_eq!(found(&mismatched, 0, Some(&differing)), [""; 0]);
    }

    #[test]
    fn what_is_given_back_is_between_what_is_known_and_what_is_owed() {
        let given = |refunded, owed, canceled| {
            let payment = payment::Model {
                refunded: Won(refunded),
                ..paid()
            };
            let record = Record {
                canceled: Won(canceled),
                ..record(RecordState::Paid)
            };
            found(&payment, owed, Some(&record)).concat()
        };
        for (refunded, owed, canceled) in
            [(300, 300, 300), (300, 0, 300), (0, 300, 0), (0, 300, 300)]
        {
            assert_eq!(given(refunded, owed, canceled), "");
        }
        assert_eq!(given(0, 0, 300), "given back: Equal 0 300");
        assert_eq!(given(300, 300, 0), "given back: Equal 300 0");
        assert_eq!(given(300, 500, 299), "given back: AtLeast 300 299");
        assert_eq!(given(300, 500, 501), "given back: AtMost 500 501");
    }
}
