//! What is KakaoPay's alone.

use jangteo::payment::gateway::{Bill, Proof, ReasonKind, RecordState};
use sandbox::{Fault, Step};

use crate::play::*;

#[tokio::test]
async fn a_payment_begins_with_its_own_page_and_name() {
    let play = Play::new().await;
    let mut bill = bill();
    bill.order_name = "유자".repeat(200);
    let prepared = approved(play.gateway(KakaoPay).prepare(&bill).await);
    assert!(prepared.reference.is_some_and(|tid| tid.starts_with('T')));
    assert!(prepared.redirect_url.is_some());
    assert!(prepared.mobile_redirect_url.is_some());
    assert_eq!(prepared.window, None);
}

#[tokio::test]
async fn browsers_come_back_to_the_payment() {
    use sandbox::control::Button::{Approve, Close, Decline};
    let play = Play::new().await;
    for (button, outcome) in [(Approve, "approve"), (Close, "cancel"), (Decline, "fail")] {
        let bill = play.opened(KakaoPay).await;
        let back = play.press(KakaoPay, &bill, button).await;
        assert_eq!(back.path(), format!("/payments/kakaopay/{outcome}"));
        let payment = ("payment".into(), bill.payment_id.to_string().into());
        assert_eq!(back.query_pairs().next(), Some(payment));
    }
}

#[tokio::test]
async fn a_shop_whose_domain_it_does_not_know_begins_nothing() {
    let play = Play::with(sandbox_settings(), |settings| {
        let (_, _, kakaopay) = each(settings);
        kakaopay.public_url = "https://shop.example".parse().expect("an address");
    })
    .await;
    let reason = declined(play.gateway(KakaoPay).prepare(&bill()).await);
    assert_eq!(
        (reason.code.as_str(), reason.kind),
        ("-799", ReasonKind::Configuration)
    );
}

#[tokio::test]
async fn a_decline_is_unknown_with_its_cause_until_a_look_up() {
    let play = Play::new().await;
    for (method, kind, is_final) in [
        ("LACK_BALANCE", ReasonKind::Payer, true),
        ("LIMIT_ONE_TIME", ReasonKind::Payer, true),
        ("K083", ReasonKind::Payer, false),
        ("USER_LOCKED", ReasonKind::Later, false),
        ("BANK_FIRM_UNKNOWN", ReasonKind::Later, false),
        ("INTERNAL_ERROR", ReasonKind::Gateway, false),
        ("SOMETHING_NEW", ReasonKind::Other, false),
    ] {
        let (bill, proof) = play.agreed(KakaoPay).await;
        let decline = Fault::Decline {
            code: method.into(),
            message: None,
        };
        play.fault(KakaoPay, &bill, Step::Approve, decline).await;
        let gateway = play.gateway(KakaoPay);
        let reason = unknown(gateway.approve(&bill, &proof).await);
        assert_eq!((reason.code, reason.kind), (format!("-780 {method}"), kind));
        let record = approved(gateway.look_up(&bill).await);
        if is_final {
            assert!(matches!(record.state, RecordState::Failed(_)), "{record:?}");
        } else {
            assert_eq!(record.state, RecordState::Open);
            let record = approved(gateway.approve(&bill, &proof).await);
            assert_eq!(record.state, RecordState::Paid);
        }
    }
}

#[tokio::test]
async fn only_the_right_member_with_the_right_token_takes_the_money() {
    let play = Play::new().await;
    let gateway = play.gateway(KakaoPay);
    let (bill, proof) = play.agreed(KakaoPay).await;
    let forged = Proof::PgToken("forged".into());
    let reason = unknown(gateway.approve(&bill, &forged).await);
    assert_eq!(
        (reason.code.as_str(), reason.kind),
        ("-708", ReasonKind::NotFound)
    );

    let stranger = Bill {
        member_id: crate::play::bill().member_id,
        ..bill.clone()
    };
    let reason = unknown(gateway.approve(&stranger, &proof).await);
    assert_eq!(
        (reason.code.as_str(), reason.kind),
        ("-707", ReasonKind::Configuration)
    );
    assert!(!approved(gateway.look_up(&stranger).await).is_ours);
    assert_eq!(play.report(KakaoPay, &bill).await.approvals, 0);

    let record = approved(gateway.approve(&bill, &proof).await);
    assert!(record.is_ours && record.state == RecordState::Paid);
}

#[tokio::test]
async fn a_payment_approved_before_is_found_so() {
    let play = Play::new().await;
    let gateway = play.gateway(KakaoPay);
    let (bill, proof) = play.agreed(KakaoPay).await;
    approved(gateway.approve(&bill, &proof).await);
    assert_eq!(unknown(gateway.approve(&bill, &proof).await).code, "-702");
    let record = approved(gateway.look_up(&bill).await);
    assert_eq!(record.state, RecordState::Paid);
    assert_eq!(play.report(KakaoPay, &bill).await.approvals, 1);
}

#[tokio::test]
async fn before_the_member_agrees_and_after_the_time_is_over_nothing_is_taken() {
    let play = Play::new().await;
    let gateway = play.gateway(KakaoPay);
    let bill = play.opened(KakaoPay).await;
    let token = Proof::PgToken("guessed".into());
    unknown(gateway.approve(&bill, &token).await);

    let (late, proof) = play.agreed(KakaoPay).await;
    play.advance_minutes(16).await;
    assert_eq!(unknown(gateway.approve(&late, &proof).await).code, "-723");
    for bill in [bill, late] {
        let record = approved(gateway.look_up(&bill).await);
        assert_eq!(record.state, RecordState::Open);
        assert_eq!(play.report(KakaoPay, &bill).await.approvals, 0);
    }
}

#[tokio::test]
async fn a_payment_of_another_amount_takes_nothing() {
    let play = Play::new().await;
    let gateway = play.gateway(KakaoPay);
    let (bill, proof) = play.agreed(KakaoPay).await;
    let cheaper = Bill {
        amount: entity::Won(100),
        ..bill.clone()
    };
    unknown(gateway.approve(&cheaper, &proof).await);
    assert_eq!(play.report(KakaoPay, &bill).await.approvals, 0);
}

#[tokio::test]
async fn each_error_of_a_refund_is_unknown() {
    let play = Play::new().await;
    for (code, kind) in [
        ("-400", ReasonKind::Configuration),
        ("-710", ReasonKind::Other),
        ("-721", ReasonKind::NotFound),
        ("-731", ReasonKind::Configuration),
        ("-784", ReasonKind::Other),
        ("-785", ReasonKind::Other),
        ("-999", ReasonKind::Other),
    ] {
        let bill = play.paid(KakaoPay).await;
        let fault = Fault::ErrorBefore {
            status: 400,
            code: code.into(),
        };
        play.fault(KakaoPay, &bill, Step::Cancel, fault).await;
        let gateway = play.gateway(KakaoPay);
        let reason = unknown(gateway.cancel(&bill, &cancellation(AMOUNT)).await);
        assert_eq!((reason.code.as_str(), reason.kind), (code, kind));
    }
}
