//! The decision: what a finding makes of a payment. Whatever is found how often and in whatever order, a payment
//! is paid once, ended once, and money that nobody owes is given back once.

use entity::{
    Won,
    order::CancelReason,
    payment::{self, PaymentStatus},
};

use crate::payment::{
    PaymentFailure,
    gateway::{Record, RecordState},
};

/// What a gateway knows of a payment, for certain.
#[derive(Clone, Debug)]
pub enum Finding {
    Record(Record),
    /// It has never heard of it, so it took nothing.
    Unheard,
}

/// What is wished of a payment that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Nothing: let it be.
    Observe,
    /// The gateway said no: end it, and say why.
    Decline(PaymentFailure),
    /// The member gave it up: end it.
    Abandon,
    /// The member orders something else instead: end it.
    Supersede,
    /// Its time is over: end it.
    Expire,
}

/// What becomes of the payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    Nothing,
    /// Taken: what it pays for is paid.
    Pay,
    /// Taken after it had ended: what it paid for revives, or the money goes back.
    PayLate,
    /// Taken, but not as it should have been: what it paid for is canceled, the money goes back.
    Mismatch(PaymentFailure),
    /// The gateway has given back more than we knew of.
    GivenBack(Won),
    /// Not taken: what it paid for is canceled.
    End(End),
}

/// How an unpaid payment ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub status: PaymentStatus,
    pub reason: CancelReason,
    pub failure: PaymentFailure,
}

/// The currency of all amounts.
pub const CURRENCY: &str = "KRW";

/// Decides by the gateway's word first and by the wish after it.
pub fn decide(
    payment: &payment::Model,
    finding: &Finding,
    wish: &Wish,
    accepts_test: bool,
) -> Settlement {
    if let Finding::Record(record) = finding
        && record.is_ours
    {
        match &record.state {
            RecordState::Paid => return taken(payment, record, accepts_test),
            // Who left the window has failed in the gateway's words, and given up in ours.
            RecordState::Failed(reason)
                if payment.status == PaymentStatus::Ready
                    && !matches!(wish, Wish::Abandon | Wish::Supersede) =>
            {
                let failure = PaymentFailure::in_words(&reason.message);
                return Settlement::End(End::declined(failure));
            }
            RecordState::Expired if payment.status == PaymentStatus::Ready => {
                return Settlement::End(End::expired());
            }
            _ => {}
        }
    }
    if payment.status != PaymentStatus::Ready {
        return Settlement::Nothing;
    }
    match wish {
        Wish::Observe => Settlement::Nothing,
        Wish::Decline(failure) => Settlement::End(End::declined(failure.clone())),
        Wish::Abandon | Wish::Supersede => Settlement::End(End {
            status: PaymentStatus::Failed,
            reason: CancelReason::PaymentAbandoned,
            failure: PaymentFailure::GivenUp,
        }),
        Wish::Expire => Settlement::End(End::expired()),
    }
}

fn taken(payment: &payment::Model, record: &Record, accepts_test: bool) -> Settlement {
    if payment.paid_at.is_some() {
        return if record.canceled > payment.refunded {
            Settlement::GivenBack(record.canceled.min(payment.taken))
        } else {
            Settlement::Nothing
        };
    }
    if let Some(difference) = difference(payment, record, accepts_test) {
        return Settlement::Mismatch(difference);
    }
    match payment.status {
        PaymentStatus::Ready => Settlement::Pay,
        _ => Settlement::PayLate,
    }
}

/// How what was taken differs from what should have been.
fn difference(
    payment: &payment::Model,
    record: &Record,
    accepts_test: bool,
) -> Option<PaymentFailure> {
    if record.currency != CURRENCY {
        return Some(PaymentFailure::OtherCurrencyTaken);
    }
    if record.total != payment.amount {
        return Some(PaymentFailure::OtherAmountTaken);
    }
    if record.is_test && !accepts_test {
        return Some(PaymentFailure::TestMoneyTaken);
    }
    (record.canceled > Won::ZERO).then_some(PaymentFailure::GivenBackBefore)
}

impl End {
    fn declined(failure: PaymentFailure) -> Self {
        Self {
            status: PaymentStatus::Failed,
            reason: CancelReason::PaymentFailed,
            failure,
        }
    }

    fn expired() -> Self {
        Self {
            status: PaymentStatus::Expired,
            reason: CancelReason::PaymentExpired,
            failure: PaymentFailure::Expired,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, Utc};
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
        let is_paid = matches!(
            status,
            PaymentStatus::Paid | PaymentStatus::PartiallyCanceled | PaymentStatus::Canceled
        );
        payment::Model {
            status,
            paid_at: is_paid.then_some(NOW),
            taken: if is_paid { Won(1_000) } else { Won::ZERO },
            ..payment
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
            reference: None,
            paid_at: None,
        }
    }

    fn no() -> Reason {
        Reason {
            code: "LACK_BALANCE".into(),
            message: "잔액이 부족합니다.".into(),
            kind: ReasonKind::Payer,
        }
    }

    fn settled(status: PaymentStatus, record: Record, wish: &Wish) -> Settlement {
        decide(&payment(status), &Finding::Record(record), wish, false)
    }

    #[test]
    fn who_is_declined_without_a_word_is_told_so() {
        let silent = Reason {
            message: String::new(),
            ..no()
        };
        let failed = record(RecordState::Failed(silent));
        let Settlement::End(end) = settled(PaymentStatus::Ready, failed, &Wish::Observe) else {
            panic!("it is over");
        };
        assert_eq!(end.failure, PaymentFailure::Declined);
    }

    const WISHES: [fn() -> Wish; 5] = [
        || Wish::Observe,
        || Wish::Decline(PaymentFailure::in_words("no")),
        || Wish::Abandon,
        || Wish::Supersede,
        || Wish::Expire,
    ];

    #[test]
    fn money_that_was_taken_outweighs_every_wish() {
        for wish in WISHES {
            let taken = |status| settled(status, record(RecordState::Paid), &wish());
            assert_eq!(taken(PaymentStatus::Ready), Settlement::Pay);
            assert_eq!(taken(PaymentStatus::Failed), Settlement::PayLate);
            assert_eq!(taken(PaymentStatus::Expired), Settlement::PayLate);
            assert_eq!(taken(PaymentStatus::Paid), Settlement::Nothing);
            assert_eq!(taken(PaymentStatus::Canceled), Settlement::Nothing);
        }
    }

    #[test]
    fn a_payment_that_was_not_taken_ends_as_wished_and_once() {
        use PaymentStatus::{Expired, Failed, Ready};
        let reasons = WISHES.map(
            |wish| match settled(Ready, record(RecordState::Open), &wish()) {
                Settlement::End(end) => Some((end.status, end.reason)),
                _ => None,
            },
        );
        let unheard =
            WISHES.map(
                |wish| match decide(&payment(Ready), &Finding::Unheard, &wish(), false) {
                    Settlement::End(end) => Some((end.status, end.reason)),
                    _ => None,
                },
            );
        assert_eq!(reasons, unheard);
        assert_eq!(
            reasons,
            [
                None,
                Some((Failed, CancelReason::PaymentFailed)),
                Some((Failed, CancelReason::PaymentAbandoned)),
                Some((Failed, CancelReason::PaymentAbandoned)),
                Some((Expired, CancelReason::PaymentExpired)),
            ]
        );
        for status in [Failed, Expired] {
            for wish in WISHES {
                for state in [
                    RecordState::Open,
                    RecordState::Expired,
                    RecordState::Failed(no()),
                ] {
                    assert_eq!(settled(status, record(state), &wish()), Settlement::Nothing);
                }
            }
        }
    }

    #[test]
    fn the_gateways_no_is_final_and_in_its_words() {
        let failed = settled(
            PaymentStatus::Ready,
            record(RecordState::Failed(no())),
            &Wish::Observe,
        );
        assert_eq!(
            failed,
            Settlement::End(End::declined(PaymentFailure::Words(
                "잔액이 부족합니다.".into()
            )))
        );
        let expired = settled(
            PaymentStatus::Ready,
            record(RecordState::Expired),
            &Wish::Abandon,
        );
        assert_eq!(expired, Settlement::End(End::expired()));
    }

    #[test]
    fn what_differs_is_not_fulfilled() {
        let paid = record(RecordState::Paid);
        let with = |change: fn(&mut Record)| {
            let mut record = paid.clone();
            change(&mut record);
            record
        };
        for (differing, failure) in [
            (
                with(|it| it.total = Won(999)),
                PaymentFailure::OtherAmountTaken,
            ),
            (
                with(|it| it.total = Won(1_001)),
                PaymentFailure::OtherAmountTaken,
            ),
            (
                with(|it| it.currency = "USD".into()),
                PaymentFailure::OtherCurrencyTaken,
            ),
            (with(|it| it.is_test = true), PaymentFailure::TestMoneyTaken),
            (
                with(|it| it.canceled = Won(1)),
                PaymentFailure::GivenBackBefore,
            ),
        ] {
            for status in [PaymentStatus::Ready, PaymentStatus::Expired] {
                let settled = settled(status, differing.clone(), &Wish::Observe);
                let expected = Settlement::Mismatch(failure.clone());
                assert_eq!(settled, expected, "{differing:?}");
            }
        }
        let test = Record {
            is_test: true,
            ..paid.clone()
        };
        let ready = payment(PaymentStatus::Ready);
        assert_eq!(
            decide(&ready, &Finding::Record(test), &Wish::Observe, true),
            Settlement::Pay
        );
        let foreign = Record {
            is_ours: false,
            ..paid
        };
        assert_eq!(
            settled(PaymentStatus::Ready, foreign, &Wish::Observe),
            Settlement::Nothing
        );
    }

    #[test]
    fn what_the_gateway_gave_back_is_learnt_and_never_forgotten() {
        let given = |canceled| {
            let record = Record {
                canceled: Won(canceled),
                ..record(RecordState::Paid)
            };
            let payment = payment::Model {
                refunded: Won(300),
                ..payment(PaymentStatus::PartiallyCanceled)
            };
            decide(&payment, &Finding::Record(record), &Wish::Observe, false)
        };
        assert_eq!(given(0), Settlement::Nothing);
        assert_eq!(given(300), Settlement::Nothing);
        assert_eq!(given(301), Settlement::GivenBack(Won(301)));
        assert_eq!(given(9_999), Settlement::GivenBack(Won(1_000)));
    }
}
