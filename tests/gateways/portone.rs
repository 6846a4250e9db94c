//! What is PortOne's alone.

use entity::Won;
use jangteo::payment::gateway::{Prepared, Proof, ReasonKind, RecordState, Window};
use sandbox::{ChannelType, Fault, Step, control::Button};

use crate::play::*;

#[tokio::test]
async fn the_window_opens_for_the_amount_that_was_told_before() {
    let play = Play::new().await;
    let bill = bill();
    let prepared = approved(play.gateway(PortOne).prepare(&bill).await);
    assert_eq!(
        prepared,
        Prepared {
            window: Some(Window::PortOne {
                store_id: "store-sandbox".into(),
                channel_key: "channel-key-sandbox".into(),
                return_url: "http://127.0.0.1:8080/payments/portone/return".into(),
            }),
            ..Prepared::default()
        }
    );
    let refusal = play.refused_window(&bill, Won(100)).await;
    assert_eq!(refusal.code, "AmountNotEqualToPredefined");
    play.open_window(PortOne, &bill, AMOUNT).await;
}

#[tokio::test]
async fn to_prepare_twice_is_to_prepare_and_a_paid_payment_is_for_a_look_up() {
    let play = Play::new().await;
    let bill = bill();
    for _ in 0..2 {
        approved(play.gateway(PortOne).prepare(&bill).await);
    }
    let paid = play.paid(PortOne).await;
    let reason = unknown(play.gateway(PortOne).prepare(&paid).await);
    assert_eq!(reason.code, "ALREADY_PAID");
}

#[tokio::test]
async fn it_knows_nothing_of_a_payment_before_its_window() {
    let play = Play::new().await;
    let bill = bill();
    approved(play.gateway(PortOne).prepare(&bill).await);
    let reason = declined(play.gateway(PortOne).approve(&bill, &Proof::None).await);
    assert_eq!(
        (reason.code.as_str(), reason.kind),
        ("PAYMENT_NOT_FOUND", ReasonKind::NotFound)
    );
}

#[tokio::test]
async fn after_a_decline_the_same_payment_can_be_made() {
    let play = Play::new().await;
    let bill = play.opened(PortOne).await;
    let decline = Fault::Decline {
        code: "LIMIT".into(),
        message: Some("한도 초과".into()),
    };
    play.fault(PortOne, &bill, Step::Window, decline).await;
    play.press(PortOne, &bill, Button::Approve).await;
    let first = approved(play.gateway(PortOne).look_up(&bill).await);
    let RecordState::Failed(reason) = first.state else {
        panic!("{first:?}");
    };
    assert_eq!(
        (reason.code.as_str(), reason.kind),
        ("LIMIT", ReasonKind::Payer)
    );
    assert!(!reason.message.is_empty());

    play.open_window(PortOne, &bill, AMOUNT).await;
    play.press(PortOne, &bill, Button::Approve).await;
    let second = approved(play.gateway(PortOne).approve(&bill, &Proof::None).await);
    assert_eq!(second.state, RecordState::Paid);
    assert_ne!(second.reference, first.reference);
}

#[tokio::test]
async fn a_window_with_another_amount_or_currency_shows_in_the_record() {
    let play = Play::new().await;
    for fault in [Fault::TamperAmount { by: -14_900 }, Fault::TamperCurrency] {
        // Without a word beforehand, as nothing else can let such a window open.
        let bill = bill();
        play.fault(PortOne, &bill, Step::Window, fault).await;
        play.open_window(PortOne, &bill, AMOUNT).await;
        play.press(PortOne, &bill, Button::Approve).await;
        let record = approved(play.gateway(PortOne).look_up(&bill).await);
        assert_eq!(record.state, RecordState::Paid);
        assert!(
            record.total != AMOUNT || record.currency != "KRW",
            "{record:?}"
        );
    }
}

#[tokio::test]
async fn a_live_channel_is_no_test() {
    let mut settings = sandbox_settings();
    settings.portone.channel_type = ChannelType::Live;
    let play = Play::with(settings, |_| ()).await;
    let bill = play.paid(PortOne).await;
    assert!(!approved(play.gateway(PortOne).look_up(&bill).await).is_test);
}

#[tokio::test]
async fn a_refund_under_way_is_unknown_until_the_record_shows_it() {
    let play = Play::new().await;
    let gateway = play.gateway(PortOne);
    let bill = play.paid(PortOne).await;
    let refund = cancellation(Won(5_000));
    let requested = Fault::CancelRequested { ms: 60_000 };
    play.fault(PortOne, &bill, Step::Cancel, requested).await;
    for _ in 0..2 {
        let answer = gateway.cancel(&bill, &refund).await;
        assert!(!answer.uses_up_key());
        let reason = unknown(answer);
        assert_eq!(
            (reason.code.as_str(), reason.kind),
            ("REQUESTED", ReasonKind::Later)
        );
        assert_eq!(approved(gateway.look_up(&bill).await).canceled, Won(0));
    }
    play.advance_minutes(2).await;
    assert_eq!(approved(gateway.look_up(&bill).await).canceled, Won(5_000));
    assert_eq!(play.report(PortOne, &bill).await.cancels.len(), 1);
}

#[tokio::test]
async fn a_refund_that_failed_in_a_success_is_asked_for_again_under_a_new_key() {
    let play = Play::new().await;
    let bill = play.paid(PortOne).await;
    let mut refund = cancellation(Won(5_000));
    play.fault(PortOne, &bill, Step::Cancel, Fault::CancelFailedIn200)
        .await;
    for _ in 0..2 {
        let answer = play.gateway(PortOne).cancel(&bill, &refund).await;
        assert!(answer.uses_up_key());
        assert_eq!(declined(answer).kind, ReasonKind::Later);
    }
    refund.key += 1;
    let record = approved(play.gateway(PortOne).cancel(&bill, &refund).await);
    assert_eq!(record.canceled, Won(5_000));
}

#[tokio::test]
async fn while_a_refund_runs_the_same_key_is_asked_to_wait() {
    let play = Play::impatient().await;
    let gateway = play.gateway(PortOne);
    let bill = play.paid(PortOne).await;
    let refund = cancellation(Won(5_000));
    play.fault(
        PortOne,
        &bill,
        Step::Cancel,
        Fault::HangAfter { ms: A_WHILE },
    )
    .await;
    let (first, second) = tokio::join!(gateway.cancel(&bill, &refund), async {
        tokio::time::sleep(IMPATIENT / 4).await;
        gateway.cancel(&bill, &refund).await
    });
    assert_eq!(unknown(first).code, "TIMEOUT");
    assert!(!second.uses_up_key());
    assert_eq!(unknown(second).code, "IDEMPOTENCY_OUTSTANDING_REQUEST");
}

#[tokio::test]
async fn each_error_of_a_refund_means_what_its_table_says() {
    let play = Play::new().await;
    for (status, code, is_declined, kind) in [
        (400, "INVALID_REQUEST", true, ReasonKind::Other),
        (401, "UNAUTHORIZED", true, ReasonKind::Configuration),
        (403, "FORBIDDEN", true, ReasonKind::Configuration),
        (404, "PAYMENT_NOT_FOUND", true, ReasonKind::NotFound),
        (409, "PAYMENT_NOT_PAID", true, ReasonKind::Other),
        (409, "PAYMENT_ALREADY_CANCELLED", false, ReasonKind::Other),
        (
            409,
            "IDEMPOTENCY_OUTSTANDING_REQUEST",
            false,
            ReasonKind::Later,
        ),
        (409, "SOMETHING_NEW", false, ReasonKind::Other),
        (429, "TOO_MANY_REQUESTS", false, ReasonKind::Later),
        (502, "PG_PROVIDER", false, ReasonKind::Gateway),
    ] {
        let bill = play.paid(PortOne).await;
        let fault = Fault::ErrorBefore {
            status,
            code: code.into(),
        };
        play.fault(PortOne, &bill, Step::Cancel, fault).await;
        let answer = play
            .gateway(PortOne)
            .cancel(&bill, &cancellation(AMOUNT))
            .await;
        let reason = if is_declined {
            declined(answer)
        } else {
            unknown(answer)
        };
        assert_eq!(reason.kind, kind, "{code}");
        assert!(reason.code.starts_with(code), "{reason:?}");
    }
}

#[tokio::test]
async fn a_refund_that_is_done_is_never_declined_for_want_of_a_record() {
    let play = Play::new().await;
    let bill = play.paid(PortOne).await;
    let fault = Fault::ErrorBefore {
        status: 404,
        code: "PAYMENT_NOT_FOUND".into(),
    };
    play.fault(PortOne, &bill, Step::LookUp, fault).await;
    let refund = cancellation(Won(5_000));
    unknown(play.gateway(PortOne).cancel(&bill, &refund).await);
    assert_eq!(
        play.give_back(PortOne, &bill, &refund).await.canceled,
        Won(5_000)
    );
    assert_eq!(play.report(PortOne, &bill).await.cancels.len(), 1);
}
