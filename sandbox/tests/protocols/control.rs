//! The control API, where the other tests do not use it.

use sandbox::{
    CancelState, CanceledBy, Provider, Status,
    control::{Button, PaymentReport},
};
use serde_json::{Value, json};

use crate::support::Play;

#[tokio::test]
async fn a_payment_of_any_gateway_is_reported_in_one_form() {
    let play = Play::new().await;
    play.portone_paid("same", 100).await;
    let key = play.toss_paid("same-1", 200).await;
    let tid = play.kakaopay_paid("same", 300).await;
    play.kakaopay_cancel(&tid, 50, None).await.ok();
    let all: Vec<PaymentReport> = play.look("/sandbox/payments").await;
    let seen: Vec<_> = all
        .iter()
        .map(|one| {
            (
                one.provider,
                one.id.as_str(),
                one.total,
                one.paid,
                one.canceled,
            )
        })
        .collect();
    let expected = [
        (Provider::PortOne, "same", 100, 100, 0),
        (Provider::Toss, "same-1", 200, 200, 0),
        (Provider::KakaoPay, "same", 300, 300, 50),
    ];
    assert_eq!(seen, expected);
    assert_eq!(all[1].reference.as_ref(), Some(&key));
    let kakaopay = play.report(Provider::KakaoPay, "same").await;
    assert_eq!(kakaopay.status, Some(Status::PartCanceled));
    assert_eq!(kakaopay.approvals, 1);
    assert_eq!(kakaopay.cancels[0].by, CanceledBy::Api);
    assert_eq!(kakaopay.cancels[0].state, CancelState::Succeeded);
    assert_eq!(kakaopay.windows[0].reference, tid);
}

#[tokio::test]
async fn a_registered_payment_has_no_status_before_its_window() {
    let play = Play::new().await;
    let registered = json!({ "totalAmount": 500 });
    play.portone_post("/payments/p-1/pre-register", None, &registered)
        .await
        .ok();
    let report = play.report(Provider::PortOne, "p-1").await;
    assert_eq!(
        (report.status, report.reference, report.total),
        (None, None, 500)
    );
}

#[tokio::test]
async fn what_cannot_be_done_is_refused() {
    let play = Play::new().await;
    let press = json!({ "button": "approve" });
    let answer = play
        .control_answer("/sandbox/payments/toss/none/press", &press)
        .await;
    answer.refused(404, "NOT_FOUND");
    play.portone_open("p-1", 100).await;
    let refund = "/sandbox/payments/portone/p-1/console-refund";
    let unpaid = play.control_answer(refund, &json!({})).await;
    unpaid.refused(409, "REFUSED");
    play.press(Provider::PortOne, "p-1", Button::Decline).await;
    let answer = play
        .control_answer("/sandbox/payments/portone/p-1/press", &press)
        .await;
    answer.refused(409, "NOT_OPEN");
    let answer = play
        .control_answer("/sandbox/clock", &json!({ "scale": 0.0 }))
        .await;
    answer.refused(400, "BAD_SCALE");
}

#[tokio::test]
async fn the_clock_tells_where_it_was_moved_to() {
    let play = Play::new().await;
    let before: Value = play.control("/sandbox/clock", &json!({})).await;
    let after: Value = play
        .control("/sandbox/clock", &json!({ "advance_ms": 3_600_000 }))
        .await;
    let time = |value: &Value| {
        let now = value["now"].as_str().unwrap();
        chrono::DateTime::parse_from_rfc3339(now).unwrap()
    };
    assert!(time(&after) - time(&before) >= chrono::TimeDelta::hours(1));
}
