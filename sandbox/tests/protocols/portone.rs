//! PortOne's rules.

use futures_util::future::join_all;
use reqwest::Method;
use sandbox::{
    ChannelType, Fault, Provider, Settings, Status, Step,
    control::{Button, PaymentReport},
};
use serde_json::{Value, json};

use crate::support::{Play, settings};

const KEY: &str = "\"cancel:0123456789\"";

fn cancel(amount: i64, cancellable: i64) -> Value {
    json!({ "reason": "buyer", "amount": amount, "currentCancellableAmount": cancellable })
}

async fn canceled_once(play: &Play, id: &str) -> PaymentReport {
    let report = play.report(Provider::PortOne, id).await;
    assert_eq!(report.cancels.len(), 1, "{report:?}");
    report
}

#[tokio::test]
async fn only_who_has_the_secret_is_let_in() {
    let play = Play::new().await;
    for header in [None, Some("PortOne other"), Some("Bearer x")] {
        let mut request = play.request(Method::GET, "/portone/payments/p");
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 401);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["type"], "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn a_payment_is_unknown_until_its_window_opens_and_paid_when_the_buyer_agrees() {
    let play = Play::new().await;
    play.portone("/payments/p-1")
        .await
        .refused(404, "PAYMENT_NOT_FOUND");
    play.portone_open("p-1", 12_000).await;
    let ready = play.portone("/payments/p-1").await.ok();
    assert_eq!(ready["status"], "READY");
    assert_eq!(ready["amount"]["paid"], 0);
    let back = play.press(Provider::PortOne, "p-1", Button::Approve).await;
    assert!(
        back.starts_with("http://127.0.0.1:8080/return?o=1&"),
        "{back}"
    );
    assert!(
        back.contains("paymentId=p-1") && !back.contains("code="),
        "{back}"
    );
    let paid = play
        .portone("/payments/p-1?storeId=store-sandbox")
        .await
        .ok();
    assert_eq!(paid["status"], "PAID");
    assert_eq!(paid["storeId"], "store-sandbox");
    assert_eq!(paid["currency"], "KRW");
    assert_eq!(paid["channel"]["type"], "TEST");
    assert_eq!(paid["customData"], r#"{"cart":"c1"}"#);
    let amount = json!({
        "total": 12_000, "taxFree": 0, "vat": 1_091, "supply": 10_909, "discount": 0,
        "paid": 12_000, "cancelled": 0, "cancelledTaxFree": 0,
    });
    assert_eq!(paid["amount"], amount);
    assert!(paid["paidAt"].as_str().unwrap().ends_with('Z'));
    assert!(paid["unheardOf"].is_object());
    play.portone("/payments/p-1?storeId=other")
        .await
        .refused(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_declined_payment_may_be_tried_again_under_the_same_name() {
    let play = Play::new().await;
    play.portone_open("p-1", 1_000).await;
    let back = play.press(Provider::PortOne, "p-1", Button::Decline).await;
    assert!(back.contains("code=FAILURE_TYPE_PG"), "{back}");
    assert!(back.contains("pgCode=REJECT_CARD_COMPANY"), "{back}");
    let failed = play.portone("/payments/p-1").await.ok();
    assert_eq!(failed["status"], "FAILED");
    assert_eq!(failed["failure"]["pgCode"], "REJECT_CARD_COMPANY");
    play.portone_open("p-1", 1_000).await;
    let ready = play.portone("/payments/p-1").await.ok();
    assert_eq!(ready["status"], "READY");
    assert_ne!(ready["transactionId"], failed["transactionId"]);
    play.press(Provider::PortOne, "p-1", Button::Approve).await;
    let report = play.report(Provider::PortOne, "p-1").await;
    assert_eq!((report.approvals, report.windows.len()), (1, 2));
    let items = play.portone("/payments/p-1/transactions").await.ok();
    assert_eq!(items["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_payment_is_paid_once_whichever_window() {
    let play = Play::new().await;
    let first = play.portone_open("p-1", 1_000).await;
    play.portone_open("p-1", 1_000).await;
    play.press(Provider::PortOne, "p-1", Button::Approve).await;
    let form = play.http.post(&first.url).body("button=approve");
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    let answer = form.send().await.unwrap();
    let back = answer.headers()["location"].to_str().unwrap();
    assert!(back.contains("code=PaymentAlreadyPaid"), "{back}");
    let third = play
        .control_answer(
            "/sandbox/portone/window",
            &Play::portone_window("p-1", 1_000),
        )
        .await;
    third.refused(400, "PaymentAlreadyPaid");
    assert_eq!(play.report(Provider::PortOne, "p-1").await.paid, 1_000);
    play.portone_post(
        "/payments/p-1/pre-register",
        None,
        &json!({ "totalAmount": 1 }),
    )
    .await
    .refused(409, "ALREADY_PAID");
}

#[tokio::test]
async fn a_window_asks_for_the_amount_that_was_registered() {
    let play = Play::new().await;
    let registered = json!({ "totalAmount": 5_000, "currency": "KRW" });
    play.portone_post("/payments/p-1/pre-register", None, &registered)
        .await
        .ok();
    play.portone("/payments/p-1")
        .await
        .refused(404, "PAYMENT_NOT_FOUND");
    let open = |window: Value| {
        let play = &play;
        async move {
            play.control_answer("/sandbox/portone/window", &window)
                .await
        }
    };
    open(Play::portone_window("p-1", 4_999))
        .await
        .refused(400, "AmountNotEqualToPredefined");
    let mut other = Play::portone_window("p-1", 5_000);
    other["channelKey"] = json!("other");
    open(other).await.refused(400, "ChannelNotFound");
    play.portone_open("p-1", 5_000).await;
}

#[tokio::test]
async fn parts_are_canceled_until_nothing_is_left() {
    let play = Play::new().await;
    play.portone_open("p-1", 12_000).await;
    let path = "/payments/p-1/cancel";
    play.portone_post(path, None, &cancel(1, 12_000))
        .await
        .refused(409, "PAYMENT_NOT_PAID");
    play.press(Provider::PortOne, "p-1", Button::Approve).await;
    let answer = play
        .portone_post(path, None, &cancel(5_000, 12_000))
        .await
        .ok();
    let cancellation = &answer["cancellation"];
    assert_eq!(cancellation["status"], "SUCCEEDED");
    assert_eq!(cancellation["totalAmount"], 5_000);
    assert_eq!(cancellation["vatAmount"], 455);
    assert_eq!(cancellation["trigger"], "API");
    let part = play.portone("/payments/p-1").await.ok();
    assert_eq!(part["status"], "PARTIAL_CANCELLED");
    assert_eq!(part["amount"]["cancelled"], 5_000);
    assert_eq!(part["cancellations"][0]["id"], cancellation["id"]);
    let refused = [
        (cancel(1, 12_000), "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN"),
        (
            cancel(7_001, 7_000),
            "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT",
        ),
    ];
    for (body, code) in refused {
        play.portone_post(path, None, &body)
            .await
            .refused(409, code);
    }
    let negative = play.portone_post(path, None, &cancel(-1, 7_000)).await;
    negative.refused(400, "INVALID_REQUEST");
    let unreasoned = play.portone_post(path, None, &json!({ "amount": 1 })).await;
    unreasoned.refused(400, "INVALID_REQUEST");
    let rest = json!({ "reason": "the rest" });
    play.portone_post(path, None, &rest).await.ok();
    play.portone_post(path, None, &rest)
        .await
        .refused(409, "PAYMENT_ALREADY_CANCELLED");
    let report = play.report(Provider::PortOne, "p-1").await;
    assert_eq!(report.status, Some(Status::Canceled));
    assert_eq!((report.paid, report.canceled), (12_000, 12_000));
    let unknown = play
        .portone_post("/payments/none/cancel", None, &rest)
        .await;
    unknown.refused(404, "PAYMENT_NOT_FOUND");
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_for_three_hours() {
    let play = Play::new().await;
    play.portone_paid("p-1", 12_000).await;
    let path = "/payments/p-1/cancel";
    let body = cancel(5_000, 12_000);
    let first = play.portone_post(path, Some(KEY), &body).await.ok();
    let again = play.portone_post(path, Some(KEY), &body).await.ok();
    assert_eq!(first, again);
    let report = canceled_once(&play, "p-1").await;
    assert_eq!(
        report.cancels[0].idempotency_key.as_deref(),
        Some("cancel:0123456789")
    );
    let other = play.portone_post(path, Some(KEY), &cancel(1, 7_000)).await;
    other.refused(400, "INVALID_REQUEST");
    play.advance_minutes(181).await;
    let late = play.portone_post(path, Some(KEY), &body).await;
    late.refused(409, "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN");
    for key in ["cancel:0123456789", "\"short\""] {
        let answer = play.portone_post(path, Some(key), &body).await;
        answer.refused(400, "INVALID_REQUEST");
    }
}

#[tokio::test]
async fn an_error_is_repeated_under_its_key_too() {
    let play = Play::new().await;
    play.portone_paid("p-1", 1_000).await;
    play.fault(
        Provider::PortOne,
        Step::Cancel,
        Fault::ErrorBefore {
            status: 502,
            code: "PG_PROVIDER".to_owned(),
        },
    )
    .await;
    let path = "/payments/p-1/cancel";
    for _ in 0..2 {
        let answer = play
            .portone_post(path, Some(KEY), &cancel(1_000, 1_000))
            .await;
        answer.refused(502, "PG_PROVIDER");
        assert!(answer.body["pgCode"].is_string());
    }
    let fresh = Some("\"cancel:another-key\"");
    play.portone_post(path, fresh, &cancel(1_000, 1_000))
        .await
        .ok();
}

#[tokio::test]
async fn while_the_first_is_at_work_the_others_are_told_to_wait() {
    let play = Play::new().await;
    play.portone_paid("p-1", 1_000).await;
    play.fault(
        Provider::PortOne,
        Step::Cancel,
        Fault::HangAfter { ms: 300 },
    )
    .await;
    let body = cancel(400, 1_000);
    let calls = (0..8).map(|_| play.portone_post("/payments/p-1/cancel", Some(KEY), &body));
    let answers = join_all(calls).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(409, "IDEMPOTENCY_OUTSTANDING_REQUEST");
    }
    canceled_once(&play, "p-1").await;
    play.portone_post("/payments/p-1/cancel", Some(KEY), &body)
        .await
        .ok();
    canceled_once(&play, "p-1").await;
}

#[tokio::test]
async fn parallel_cancels_never_give_back_more_than_was_taken() {
    let play = Play::new().await;
    play.portone_paid("p-1", 1_000).await;
    let body = json!({ "reason": "buyer", "amount": 300 });
    let calls = (0..8).map(|_| play.portone_post("/payments/p-1/cancel", None, &body));
    let answers = join_all(calls).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 3);
    assert_eq!(play.report(Provider::PortOne, "p-1").await.canceled, 900);
}

#[tokio::test]
async fn a_cancel_may_only_be_requested_or_fail_within_a_200() {
    let play = Play::new().await;
    play.portone_paid("p-1", 1_000).await;
    let path = "/payments/p-1/cancel";
    play.fault(Provider::PortOne, Step::Cancel, Fault::CancelFailedIn200)
        .await;
    let failed = play
        .portone_post(path, None, &cancel(1_000, 1_000))
        .await
        .ok();
    assert_eq!(failed["cancellation"]["status"], "FAILED");
    let ms = 600_000;
    play.fault(
        Provider::PortOne,
        Step::Cancel,
        Fault::CancelRequested { ms },
    )
    .await;
    let requested = play
        .portone_post(path, None, &cancel(1_000, 1_000))
        .await
        .ok();
    assert_eq!(requested["cancellation"]["status"], "REQUESTED");
    let twice = play
        .portone_post(path, None, &json!({ "reason": "again" }))
        .await;
    twice.refused(409, "PAYMENT_ALREADY_CANCELLED");
    let paid = play.portone("/payments/p-1").await.ok();
    assert_eq!(
        (&paid["status"], &paid["amount"]["cancelled"]),
        (&json!("PAID"), &json!(0))
    );
    play.advance_minutes(11).await;
    let canceled = async {
        while play.report(Provider::PortOne, "p-1").await.canceled != 1_000 {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(std::time::Duration::from_secs(5), canceled);
    in_time.await.unwrap();
    let canceled = play.portone("/payments/p-1").await.ok();
    assert_eq!(canceled["status"], "CANCELLED");
}

#[tokio::test]
async fn a_window_whose_time_is_over_leads_back_with_a_failure() {
    let play = Play::new().await;
    play.portone_open("p-1", 1_000).await;
    play.advance_minutes(31).await;
    assert_eq!(play.portone("/payments/p-1").await.ok()["status"], "READY");
    let back = play.press(Provider::PortOne, "p-1", Button::Approve).await;
    assert!(back.contains("code=FAILURE_TYPE_PG"), "{back}");
    assert_eq!(play.portone("/payments/p-1").await.ok()["status"], "FAILED");
    assert_eq!(play.report(Provider::PortOne, "p-1").await.paid, 0);
}

#[tokio::test]
async fn a_sandbox_can_pass_for_production() {
    let demo = settings();
    let play = Play::with(Settings {
        portone: sandbox::PortOneSettings {
            channel_type: ChannelType::Live,
            ..demo.portone.clone()
        },
        ..demo
    })
    .await;
    play.portone_paid("p-1", 1_000).await;
    let paid = play.portone("/payments/p-1").await.ok();
    assert_eq!(paid["channel"]["type"], "LIVE");
}
