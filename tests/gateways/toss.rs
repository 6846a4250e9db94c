//! What is Toss Payments' alone.

use jangteo::payment::gateway::{Bill, Prepared, Proof, ReasonKind, RecordState, Window};
use sandbox::{Fault, Step};

use crate::play::*;

#[tokio::test]
async fn its_window_is_prepared_without_a_word_to_it() {
    let play = Play::new().await;
    let bill = bill();
    let back = |outcome| {
        let id = bill.payment_id;
        format!("http://127.0.0.1:8080/payments/toss/{outcome}?payment={id}")
    };
    assert_eq!(
        approved(play.gateway(Toss).prepare(&bill).await),
        Prepared {
            window: Some(Window::Toss {
                client_key: "test_gck_sandbox".into(),
                success_url: back("success"),
                fail_url: back("fail"),
            }),
            ..Prepared::default()
        }
    );
}

#[tokio::test]
async fn a_payment_is_found_by_its_key_and_by_its_order() {
    let play = Play::new().await;
    let bill = play.paid(Toss).await;
    assert!(bill.reference.is_some());
    let by_key = approved(play.gateway(Toss).look_up(&bill).await);
    let nameless = Bill {
        reference: None,
        ..bill
    };
    assert_eq!(
        approved(play.gateway(Toss).look_up(&nameless).await),
        by_key
    );
    let record = approved(
        play.gateway(Toss)
            .cancel(&nameless, &cancellation(AMOUNT))
            .await,
    );
    assert_eq!(record.canceled, AMOUNT);
}

#[tokio::test]
async fn an_approval_can_be_asked_for_again_with_the_key_that_was_kept() {
    let play = Play::new().await;
    let (mut bill, proof) = play.agreed(Toss).await;
    let Proof::PaymentKey(key) = proof else {
        panic!("{proof:?}");
    };
    bill.reference = Some(key);
    let record = approved(play.gateway(Toss).approve(&bill, &Proof::None).await);
    assert_eq!(record.state, RecordState::Paid);
}

#[tokio::test]
async fn a_window_with_another_amount_takes_nothing() {
    let play = Play::new().await;
    let bill = bill();
    play.open_window(Toss, &bill, entity::Won(100)).await;
    let proof = play.agree(Toss, &bill).await;
    // The code is not documented: what matters is that nothing is taken.
    play.gateway(Toss).approve(&bill, &proof).await;
    let record = approved(play.gateway(Toss).look_up(&bill).await);
    assert_eq!(record.state, RecordState::Open);
    assert_eq!(play.report(Toss, &bill).await.approvals, 0);
}

#[tokio::test]
async fn the_key_of_another_payment_takes_nothing_and_is_not_ours() {
    let play = Play::new().await;
    let (other, proof) = play.agreed(Toss).await;
    let mut bill = play.opened(Toss).await;
    play.gateway(Toss).approve(&bill, &proof).await;
    for payment in [&bill, &other] {
        assert_eq!(play.report(Toss, payment).await.approvals, 0);
    }
    let Proof::PaymentKey(key) = proof else {
        panic!("{proof:?}");
    };
    bill.reference = Some(key);
    let record = approved(play.gateway(Toss).look_up(&bill).await);
    assert!(!record.is_ours, "{record:?}");
}

#[tokio::test]
async fn what_cannot_be_a_key_is_not_asked_for() {
    let play = Play::new().await;
    let bill = play.opened(Toss).await;
    for key in ["", ".", "..", "a b", "키", &"k".repeat(201)] {
        let proof = Proof::PaymentKey(key.into());
        let reason = declined(play.gateway(Toss).approve(&bill, &proof).await);
        assert_eq!(reason.kind, ReasonKind::NotFound, "{key}");
    }
    // What could be one is, wherever its characters would lead in a path.
    for key in ["../../../sandbox/payments", "a?b#c", "%2e%2e", "orders"] {
        let proof = Proof::PaymentKey(key.into());
        let reason = declined(play.gateway(Toss).approve(&bill, &proof).await);
        assert_eq!(reason.code, "NOT_FOUND_PAYMENT", "{key}");
        let named = Bill {
            reference: Some(key.into()),
            ..bill.clone()
        };
        let reason = declined(play.gateway(Toss).look_up(&named).await);
        assert_eq!(reason.code, "NOT_FOUND_PAYMENT", "{key}");
    }
}

#[tokio::test]
async fn who_confirms_too_late_takes_nothing() {
    let play = Play::new().await;
    let (bill, proof) = play.agreed(Toss).await;
    play.advance_minutes(11).await;
    let reason = declined(play.gateway(Toss).approve(&bill, &proof).await);
    assert_eq!(reason.code, "NOT_FOUND_PAYMENT_SESSION");
    let record = approved(play.gateway(Toss).look_up(&bill).await);
    assert_eq!(record.state, RecordState::Expired);
}

#[tokio::test]
async fn a_card_that_is_declined_is_declined_for_this_key() {
    let play = Play::new().await;
    let (bill, proof) = play.agreed(Toss).await;
    let decline = Fault::Decline {
        code: "REJECT_CARD_PAYMENT".into(),
        message: None,
    };
    play.fault(Toss, &bill, Step::Approve, decline).await;
    let answer = play.gateway(Toss).approve(&bill, &proof).await;
    assert!(answer.uses_up_key());
    let reason = declined(answer);
    assert_eq!(
        (reason.code.as_str(), reason.kind),
        ("REJECT_CARD_PAYMENT", ReasonKind::Payer)
    );
    let record = approved(play.gateway(Toss).look_up(&bill).await);
    assert!(matches!(record.state, RecordState::Failed(_)), "{record:?}");

    // The member tries another card in a new window of the same order.
    play.open_window(Toss, &bill, AMOUNT).await;
    let proof = play.agree(Toss, &bill).await;
    let again = Bill {
        approval: 2,
        ..bill
    };
    let record = approved(play.gateway(Toss).approve(&again, &proof).await);
    assert_eq!(record.state, RecordState::Paid);
}

#[tokio::test]
async fn an_error_stays_under_its_key_until_another_is_used() {
    let play = Play::new().await;
    let (bill, proof) = play.agreed(Toss).await;
    let fault = Fault::ErrorBefore {
        status: 400,
        code: "PROVIDER_ERROR".into(),
    };
    play.fault(Toss, &bill, Step::Approve, fault).await;
    for _ in 0..2 {
        let answer = play.gateway(Toss).approve(&bill, &proof).await;
        assert!(answer.uses_up_key());
        assert_eq!(unknown(answer).kind, ReasonKind::Gateway);
    }
    let again = Bill {
        approval: 2,
        ..bill.clone()
    };
    let record = approved(play.gateway(Toss).approve(&again, &proof).await);
    assert_eq!(record.state, RecordState::Paid);
    // And a third finds it done.
    let late = Bill {
        approval: 3,
        ..bill
    };
    let reason = unknown(play.gateway(Toss).approve(&late, &proof).await);
    assert_eq!(reason.code, "ALREADY_PROCESSED_PAYMENT");
}

#[tokio::test]
async fn while_an_approval_runs_the_same_key_is_asked_to_wait() {
    let play = Play::impatient().await;
    let gateway = play.gateway(Toss);
    let (bill, proof) = play.agreed(Toss).await;
    play.fault(Toss, &bill, Step::Approve, Fault::HangAfter { ms: A_WHILE })
        .await;
    let (first, second) = tokio::join!(gateway.approve(&bill, &proof), async {
        tokio::time::sleep(IMPATIENT / 4).await;
        gateway.approve(&bill, &proof).await
    });
    assert_eq!(unknown(first).code, "TIMEOUT");
    assert!(!second.uses_up_key());
    assert_eq!(unknown(second).kind, ReasonKind::Later);
}

#[tokio::test]
async fn each_error_of_an_approval_means_what_its_table_says() {
    let play = Play::new().await;
    for (status, code, is_declined, kind) in [
        (403, "REJECT_CARD_COMPANY", true, ReasonKind::Payer),
        (400, "INVALID_REQUEST", true, ReasonKind::Other),
        (404, "NOT_FOUND_PAYMENT_SESSION", true, ReasonKind::NotFound),
        (401, "UNAUTHORIZED_KEY", false, ReasonKind::Configuration),
        (403, "FORBIDDEN_REQUEST", false, ReasonKind::Configuration),
        (
            409,
            "IDEMPOTENT_REQUEST_PROCESSING",
            false,
            ReasonKind::Later,
        ),
        (429, "TOO_MANY_REQUESTS", false, ReasonKind::Later),
        (400, "PROVIDER_ERROR", false, ReasonKind::Gateway),
        (400, "ALREADY_PROCESSED_PAYMENT", false, ReasonKind::Other),
        (400, "SOMETHING_NEW", false, ReasonKind::Other),
        // Whatever code a 5xx comes with.
        (500, "REJECT_CARD_COMPANY", false, ReasonKind::Gateway),
    ] {
        let (bill, proof) = play.agreed(Toss).await;
        let code: String = code.into();
        let fault = Fault::ErrorBefore {
            status,
            code: code.clone(),
        };
        play.fault(Toss, &bill, Step::Approve, fault).await;
        let answer = play.gateway(Toss).approve(&bill, &proof).await;
        let reason = if is_declined {
            declined(answer)
        } else {
            unknown(answer)
        };
        assert_eq!((reason.code, reason.kind), (code, kind), "{status}");
    }
}

#[tokio::test]
async fn each_error_of_a_refund_means_what_its_table_says() {
    let play = Play::new().await;
    for (status, code, is_declined, kind) in [
        (403, "NOT_CANCELABLE_PAYMENT", true, ReasonKind::Other),
        (400, "REFUND_REJECTED", true, ReasonKind::Other),
        (404, "NOT_FOUND_PAYMENT", true, ReasonKind::NotFound),
        (400, "ALREADY_CANCELED_PAYMENT", false, ReasonKind::Other),
        (
            403,
            "FORBIDDEN_CONSECUTIVE_REQUEST",
            false,
            ReasonKind::Other,
        ),
        (
            409,
            "IDEMPOTENT_REQUEST_PROCESSING",
            false,
            ReasonKind::Later,
        ),
        (500, "FAILED_PARTIAL_REFUND", false, ReasonKind::Gateway),
        (500, "FAILED_REFUND_PROCESS", false, ReasonKind::Gateway),
        (400, "SOMETHING_NEW", false, ReasonKind::Other),
    ] {
        let bill = play.paid(Toss).await;
        let fault = Fault::ErrorBefore {
            status,
            code: code.into(),
        };
        play.fault(Toss, &bill, Step::Cancel, fault).await;
        let answer = play
            .gateway(Toss)
            .cancel(&bill, &cancellation(AMOUNT))
            .await;
        let reason = if is_declined {
            declined(answer)
        } else {
            unknown(answer)
        };
        assert_eq!((reason.code.as_str(), reason.kind), (code, kind));
    }
}

#[tokio::test]
async fn a_long_reason_is_cut_to_what_it_takes() {
    let play = Play::new().await;
    let bill = play.paid(Toss).await;
    let mut refund = cancellation(AMOUNT);
    refund.reason = "색".repeat(500);
    approved(play.gateway(Toss).cancel(&bill, &refund).await);
}

#[tokio::test]
async fn another_merchants_account_is_not_ours() {
    let play = Play::with(sandbox_settings(), |settings| {
        let (_, toss, _) = each(settings);
        toss.merchant_id = Some("somebody".into());
    })
    .await;
    let (bill, proof) = play.agreed(Toss).await;
    let record = approved(play.gateway(Toss).approve(&bill, &proof).await);
    assert!(!record.is_ours, "{record:?}");
}
