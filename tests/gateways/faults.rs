//! Whatever breaks on the way: no answer is taken for what it is not, and in the end money moves once.

use entity::{Won, payment::PaymentProvider};
use futures_util::future::join_all;
use jangteo::payment::gateway::{Answer, Bill, Proof, ReasonKind, RecordState};
use sandbox::{Fault, Step};

use crate::play::*;

/// The faults that leave a caller without a word, with the code that they get.
fn silences() -> Vec<(Fault, &'static str)> {
    vec![
        (Fault::HangBefore { ms: A_WHILE }, "TIMEOUT"),
        (Fault::HangAfter { ms: A_WHILE }, "TIMEOUT"),
        (Fault::DropBefore, "UNREACHABLE"),
        (Fault::DropAfter, "UNREACHABLE"),
        (Fault::Garbage, "UNREADABLE"),
    ]
}

/// A server's own error, before and after the effect.
fn server_errors(provider: PaymentProvider) -> Vec<Fault> {
    let codes = match provider {
        PortOne => [(502, "PG_PROVIDER"), (500, "INTERNAL")],
        Toss => [
            (500, "FAILED_INTERNAL_SYSTEM_PROCESSING"),
            (500, "UNKNOWN_PAYMENT_ERROR"),
        ],
        KakaoPay => [(500, "-500"), (503, "-503")],
    };
    let errors = codes.map(|(status, code)| {
        let code = code.to_owned();
        [
            Fault::ErrorBefore {
                status,
                code: code.clone(),
            },
            Fault::ErrorAfter { status, code },
        ]
    });
    errors.into_iter().flatten().collect()
}

/// Whether the fault lets the call have its effect.
fn is_after(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::HangAfter { .. }
            | Fault::DropAfter
            | Fault::Garbage
            | Fault::ErrorAfter { .. }
            | Fault::UnknownStatus
    )
}

/// The answer to one call of a step, without what it brings.
async fn ask(
    play: &Play,
    provider: PaymentProvider,
    step: Step,
    bill: &Bill,
    proof: &Proof,
) -> Answer<()> {
    fn bare<T>(answer: Answer<T>) -> Answer<()> {
        match answer {
            Answer::Approved(_) => Answer::Approved(()),
            Answer::Declined(reason) => Answer::Declined(reason),
            Answer::Unknown(reason) => Answer::Unknown(reason),
        }
    }
    let gateway = play.gateway(provider);
    match step {
        Step::Prepare => bare(gateway.prepare(bill).await),
        Step::Approve => bare(gateway.approve(bill, proof).await),
        Step::LookUp => bare(gateway.look_up(bill).await),
        Step::Cancel => bare(gateway.cancel(bill, &cancellation(Won(5_000))).await),
        Step::Window | Step::Webhook => panic!("{step:?} is no call"),
    }
}

/// The calls that each gateway has.
const CALLS: [(PaymentProvider, Step); 10] = [
    (PortOne, Step::Prepare),
    (PortOne, Step::LookUp),
    (PortOne, Step::Cancel),
    (Toss, Step::Approve),
    (Toss, Step::LookUp),
    (Toss, Step::Cancel),
    (KakaoPay, Step::Prepare),
    (KakaoPay, Step::Approve),
    (KakaoPay, Step::LookUp),
    (KakaoPay, Step::Cancel),
];

/// A payment at the point where the step comes next.
async fn on_the_way(play: &Play, provider: PaymentProvider, step: Step) -> (Bill, Proof) {
    match step {
        Step::Prepare => (bill(), Proof::None),
        Step::Approve => play.agreed(provider).await,
        _ => (play.paid(provider).await, Proof::None),
    }
}

#[tokio::test]
async fn silence_is_unknown_at_every_step() {
    let play = Play::impatient().await;
    join_all(CALLS.map(async |(provider, step)| {
        for (fault, code) in silences() {
            let (bill, proof) = on_the_way(&play, provider, step).await;
            play.fault(provider, &bill, step, fault.clone()).await;
            let answer = ask(&play, provider, step, &bill, &proof).await;
            assert!(!answer.uses_up_key(), "{provider:?} {step:?} {answer:?}");
            let reason = unknown(answer);
            assert_eq!(reason.code, code, "{provider:?} {step:?}");
            assert_eq!(reason.kind, ReasonKind::Gateway);
        }
    }))
    .await;
}

#[tokio::test]
async fn a_servers_own_error_is_unknown_at_every_step() {
    let play = Play::new().await;
    for (provider, step) in CALLS {
        for fault in server_errors(provider) {
            let (bill, proof) = on_the_way(&play, provider, step).await;
            play.fault(provider, &bill, step, fault.clone()).await;
            let reason = unknown(ask(&play, provider, step, &bill, &proof).await);
            assert_eq!(reason.kind, ReasonKind::Gateway, "{provider:?} {step:?}");
        }
    }
}

/// Everything that leaves it open what has happened.
fn doubts(provider: PaymentProvider) -> impl Iterator<Item = Fault> {
    let silences = silences().into_iter().map(|(fault, _)| fault);
    silences.chain(server_errors(provider))
}

#[tokio::test]
async fn whatever_happens_to_an_approval_the_money_is_taken_once() {
    let play = Play::impatient().await;
    let through = async |provider, fault: Fault| {
        let (bill, proof) = play.agreed(provider).await;
        let gateway = play.gateway(provider);
        play.fault(provider, &bill, Step::Approve, fault.clone())
            .await;
        unknown(gateway.approve(&bill, &proof).await);

        let record = approved(gateway.look_up(&bill).await);
        let is_paid = record.state == RecordState::Paid;
        assert_eq!(is_paid, is_after(&fault), "{provider:?} {fault:?}");

        // And once more, while the caller tries to come to an end.
        play.fault(provider, &bill, Step::Approve, fault.clone())
            .await;
        let record = play.take(provider, &bill, &proof).await;
        assert_eq!((record.state, record.total), (RecordState::Paid, AMOUNT));
        assert!(record.is_ours);
        let approvals = play.report(provider, &bill).await.approvals;
        assert_eq!(approvals, 1, "{provider:?} {fault:?}");
    };
    let cases =
        [Toss, KakaoPay].map(|provider| doubts(provider).map(move |fault| (provider, fault)));
    let cases = cases.into_iter().flatten();
    join_all(cases.map(|(provider, fault)| through(provider, fault))).await;
}

#[tokio::test]
async fn whatever_happens_to_a_refund_the_money_goes_back_once() {
    let play = Play::impatient().await;
    let through = async |provider, fault: Fault| {
        let bill = play.paid(provider).await;
        let gateway = play.gateway(provider);
        let refund = cancellation(Won(5_000));
        play.fault(provider, &bill, Step::Cancel, fault.clone())
            .await;
        unknown(gateway.cancel(&bill, &refund).await);

        let record = approved(gateway.look_up(&bill).await);
        let gone = if is_after(&fault) { 5_000 } else { 0 };
        assert_eq!(record.canceled, Won(gone), "{provider:?} {fault:?}");

        // And once more, while the caller tries to come to an end.
        play.fault(provider, &bill, Step::Cancel, fault.clone())
            .await;
        let record = play.give_back(provider, &bill, &refund).await;
        assert_eq!(record.canceled, Won(5_000), "{provider:?} {fault:?}");
        let report = play.report(provider, &bill).await;
        assert_eq!((report.canceled, report.cancels.len()), (5_000, 1));
    };
    let cases = ALL.map(|provider| {
        let unheard_of = (provider != PortOne).then_some(Fault::UnknownStatus);
        let doubts = doubts(provider).chain(unheard_of);
        doubts.map(move |fault| (provider, fault))
    });
    let cases = cases.into_iter().flatten();
    join_all(cases.map(|(provider, fault)| through(provider, fault))).await;
}

#[tokio::test]
async fn a_record_is_told_as_it_is_however_strange() {
    let play = Play::new().await;
    for provider in ALL {
        let bill = play.paid(provider).await;
        let gateway = play.gateway(provider);
        let look_up = async |fault| {
            play.fault(provider, &bill, Step::LookUp, fault).await;
            gateway.look_up(&bill).await
        };
        let record = approved(look_up(Fault::TamperAmount { by: -14_900 }).await);
        assert_eq!((record.total, record.is_ours), (Won(100), true));
        let record = approved(look_up(Fault::OtherMerchant).await);
        assert!(!record.is_ours, "{record:?}");
        if provider != KakaoPay {
            let record = approved(look_up(Fault::TamperCurrency).await);
            assert_eq!(record.currency, "USD");
        }
        let reason = unknown(look_up(Fault::UnknownStatus).await);
        assert_eq!(reason.code, "UNKNOWN_STATUS");
        assert_eq!(reason.kind, ReasonKind::Other);
        // None of it stays.
        let record = approved(gateway.look_up(&bill).await);
        assert_eq!((record.total, record.is_ours), (AMOUNT, true));
    }
}

#[tokio::test]
async fn an_approval_with_a_strange_record_is_told_as_it_is() {
    let play = Play::new().await;
    for provider in [Toss, KakaoPay] {
        let gateway = play.gateway(provider);
        let approve = async |fault| {
            let (bill, proof) = play.agreed(provider).await;
            play.fault(provider, &bill, Step::Approve, fault).await;
            gateway.approve(&bill, &proof).await
        };
        let record = approved(approve(Fault::TamperAmount { by: -14_900 }).await);
        assert_eq!((record.state, record.total), (RecordState::Paid, Won(100)));
        let record = approved(approve(Fault::OtherMerchant).await);
        assert!(!record.is_ours, "{record:?}");
        if provider == Toss {
            let reason = unknown(approve(Fault::UnknownStatus).await);
            assert_eq!(reason.code, "UNKNOWN_STATUS");
        }
    }
}
