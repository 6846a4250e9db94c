//! What happens to a payment at every gateway alike.

use entity::Won;
use futures_util::future::join_all;
use jangteo::{
    clock::Clock,
    config::Secret,
    payment::gateway::{Answer, Cancellation, Proof, ReasonKind, RecordState},
};
use sandbox::control::Button;
use serde_json::json;

use crate::play::*;

#[tokio::test]
async fn a_payment_is_made_and_given_back_in_parts() {
    let play = Play::new().await;
    for provider in ALL {
        let gateway = play.gateway(provider);
        let bill = play.paid(provider).await;

        let record = approved(gateway.look_up(&bill).await);
        assert_eq!(record.state, RecordState::Paid, "{provider:?}");
        assert_eq!((record.total, record.canceled), (AMOUNT, Won(0)));
        assert_eq!(record.currency, "KRW");
        assert!(record.is_ours && record.is_test);
        assert_eq!(
            record.reference,
            play.report(provider, &bill).await.reference
        );
        let age = Clock::system().now() - record.paid_at.expect("a time");
        assert!(age.abs().num_seconds() < 60, "{age}");

        let part = cancellation(Won(5_000));
        let record = approved(gateway.cancel(&bill, &part).await);
        assert_eq!(record.state, RecordState::Paid);
        assert_eq!((record.total, record.canceled), (AMOUNT, Won(5_000)));

        let rest = Cancellation {
            cancelable: Won(10_000),
            ..cancellation(Won(10_000))
        };
        let record = approved(gateway.cancel(&bill, &rest).await);
        assert_eq!((record.state, record.canceled), (RecordState::Paid, AMOUNT));
        assert_eq!(approved(gateway.look_up(&bill).await).canceled, AMOUNT);

        let report = play.report(provider, &bill).await;
        assert_eq!(
            (report.approvals, report.paid, report.canceled),
            (1, AMOUNT.0, AMOUNT.0)
        );
    }
}

#[tokio::test]
async fn a_payment_is_open_until_it_is_made() {
    let play = Play::new().await;
    for provider in ALL {
        let gateway = play.gateway(provider);
        let bill = play.opened(provider).await;
        let record = approved(gateway.look_up(&bill).await);
        assert_eq!(record.state, RecordState::Open, "{provider:?}");
        assert_eq!(record.canceled, Won(0));
        assert!(record.is_ours);
        // Without a proof an approval asks for nothing; PortOne never has one.
        let record = approved(gateway.approve(&bill, &Proof::None).await);
        assert_eq!(record.state, RecordState::Open, "{provider:?}");
        assert_eq!(play.report(provider, &bill).await.approvals, 0);
    }
}

#[tokio::test]
async fn a_payment_that_is_declined_or_left_was_not_made() {
    let play = Play::new().await;
    for provider in ALL {
        let bill = play.opened(provider).await;
        play.press(provider, &bill, Button::Decline).await;
        let record = approved(play.gateway(provider).look_up(&bill).await);
        assert!(
            matches!(&record.state, RecordState::Failed(reason) if reason.kind == ReasonKind::Payer),
            "{record:?}"
        );

        let bill = play.opened(provider).await;
        play.press(provider, &bill, Button::Close).await;
        let record = approved(play.gateway(provider).look_up(&bill).await);
        // Toss hears nothing of a window that is closed.
        let is_open = record.state == RecordState::Open;
        assert_eq!(is_open, provider == Toss, "{record:?}");
        assert_ne!(record.state, RecordState::Paid);
    }
}

#[tokio::test]
async fn a_payment_nobody_knows_is_not_found() {
    let play = Play::new().await;
    for provider in ALL {
        let gateway = play.gateway(provider);
        let mut bill = bill();
        let reason = declined(gateway.look_up(&bill).await);
        assert_eq!(reason.kind, ReasonKind::NotFound, "{reason:?}");
        let reason = declined(gateway.cancel(&bill, &cancellation(AMOUNT)).await);
        assert_eq!(reason.kind, ReasonKind::NotFound, "{reason:?}");

        bill.reference = Some("T0000000000000000001".into());
        let reason = declined(gateway.look_up(&bill).await);
        assert_eq!(reason.kind, ReasonKind::NotFound, "{reason:?}");
    }
}

#[tokio::test]
async fn asked_again_and_again_a_payment_is_made_once() {
    let play = Play::new().await;
    for provider in ALL {
        let (bill, proof) = play.agreed(provider).await;
        let gateway = play.gateway(provider);
        let answers = join_all((0..8).map(|_| gateway.approve(&bill, &proof))).await;
        for answer in answers {
            assert!(!matches!(answer, Answer::Declined(_)), "{answer:?}");
        }
        let record = play.take(provider, &bill, &proof).await;
        assert_eq!((record.state, record.total), (RecordState::Paid, AMOUNT));
        assert_eq!(play.report(provider, &bill).await.approvals, 1);
    }
}

#[tokio::test]
async fn asked_again_and_again_money_goes_back_once() {
    let play = Play::new().await;
    for provider in ALL {
        let bill = play.paid(provider).await;
        let refund = cancellation(Won(5_000));
        let gateway = play.gateway(provider);
        let answers = join_all((0..8).map(|_| gateway.cancel(&bill, &refund))).await;
        for answer in answers {
            assert!(!matches!(answer, Answer::Declined(_)), "{answer:?}");
        }
        let record = play.give_back(provider, &bill, &refund).await;
        assert_eq!(record.canceled, Won(5_000));
        let report = play.report(provider, &bill).await;
        assert_eq!((report.canceled, report.cancels.len()), (5_000, 1));
        if provider != KakaoPay {
            let key = format!("{}:1", refund.refund_id);
            assert_eq!(report.cancels[0].idempotency_key, Some(key));
        }
    }
}

#[tokio::test]
async fn no_more_goes_back_than_is_there() {
    let play = Play::new().await;
    for provider in ALL {
        let bill = play.paid(provider).await;
        let gateway = play.gateway(provider);
        for refund in [
            // More than there is, and less than was thought to be there.
            cancellation(Won(15_001)),
            Cancellation {
                cancelable: Won(14_000),
                ..cancellation(Won(5_000))
            },
        ] {
            let answer = gateway.cancel(&bill, &refund).await;
            assert!(!matches!(answer, Answer::Approved(_)), "{answer:?}");
        }
        assert_eq!(play.report(provider, &bill).await.canceled, 0);

        approved(gateway.cancel(&bill, &cancellation(AMOUNT)).await);
        let again = cancellation(AMOUNT);
        let reason = unknown(gateway.cancel(&bill, &again).await);
        assert_eq!(reason.kind, ReasonKind::Other, "{reason:?}");
        assert_eq!(play.report(provider, &bill).await.canceled, AMOUNT.0);
    }
}

#[tokio::test]
async fn what_was_refunded_in_the_console_is_in_the_record() {
    let play = Play::new().await;
    for provider in ALL {
        let bill = play.paid(provider).await;
        let path = format!("{}/console-refund", payment_path(provider, &bill));
        let _: serde_json::Value = play.control(&path, &json!({"amount": 3_000})).await;
        let record = approved(play.gateway(provider).look_up(&bill).await);
        assert_eq!(record.canceled, Won(3_000));

        // What a refund takes for left is not so.
        let reason = unknown(
            play.gateway(provider)
                .cancel(&bill, &cancellation(AMOUNT))
                .await,
        );
        assert_ne!(reason.kind, ReasonKind::Later, "{reason:?}");
        let rest = Cancellation {
            cancelable: Won(12_000),
            ..cancellation(Won(12_000))
        };
        approved(play.gateway(provider).cancel(&bill, &rest).await);
    }
}

#[tokio::test]
async fn a_wrong_key_is_for_somebody_to_look_at_and_decides_nothing() {
    let right = Play::new().await;
    for provider in ALL {
        let (bill, proof) = right.agreed(provider).await;
        let wrong = Play::with(sandbox_settings(), |settings| {
            let (portone, toss, kakaopay) = each(settings);
            portone.api_secret = Secret::new("another");
            toss.secret_key = Secret::new("test_gsk_another");
            kakaopay.secret_key = Secret::new("another");
        })
        .await;
        let gateway = wrong.gateway(provider);
        for reason in [
            unknown(gateway.look_up(&bill).await),
            unknown(gateway.approve(&bill, &proof).await),
        ] {
            assert_eq!(reason.kind, ReasonKind::Configuration, "{reason:?}");
        }
        if provider != Toss {
            let reason = declined(gateway.prepare(&bill).await);
            assert_eq!(reason.kind, ReasonKind::Configuration, "{reason:?}");
        }
    }
}
