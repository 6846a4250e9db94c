//! Toss's rules.

use futures_util::future::join_all;
use reqwest::Method;
use sandbox::{Fault, Provider, Status, Step, control::Button};
use serde_json::{Value, json};

use crate::support::Play;

#[tokio::test]
async fn only_who_has_the_secret_key_is_let_in() {
    let play = Play::new().await;
    let get = || play.request(Method::GET, "/toss/v1/payments/k");
    let refused = [
        (get(), 401, "UNAUTHORIZED_KEY"),
        (
            get().basic_auth("test_gsk_other", Some("")),
            401,
            "UNAUTHORIZED_KEY",
        ),
        (
            get().bearer_auth("test_gsk_sandbox"),
            403,
            "INCORRECT_BASIC_AUTH_FORMAT",
        ),
        // Without the colon.
        (
            get().header("authorization", "Basic dGVzdF9nc2tfc2FuZGJveA=="),
            403,
            "INCORRECT_BASIC_AUTH_FORMAT",
        ),
    ];
    for (request, status, code) in refused {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["code"], code);
        assert!(body["message"].is_string());
    }
}

#[tokio::test]
async fn a_payment_is_taken_when_the_shop_confirms() {
    let play = Play::new().await;
    let confirm = play.toss_agreed("order-1", 15_000).await;
    let key = confirm["paymentKey"].as_str().unwrap();
    let agreed = play.toss(&format!("/{key}")).await.ok();
    assert_eq!(agreed["status"], "IN_PROGRESS");
    assert_eq!(play.report(Provider::Toss, "order-1").await.paid, 0);
    let done = play.toss_post("/confirm", None, &confirm).await.ok();
    assert_eq!(done["status"], "DONE");
    assert_eq!(done["method"], "카드");
    assert_eq!(done["totalAmount"], 15_000);
    assert_eq!(done["balanceAmount"], 15_000);
    assert_eq!(done["suppliedAmount"], 13_636);
    assert!(done["approvedAt"].as_str().unwrap().ends_with("+09:00"));
    assert!(done["cancels"].is_null());
    assert_eq!(play.toss("/orders/order-1").await.ok(), done);
    let again = play.toss_post("/confirm", Some("fresh"), &confirm).await;
    again.refused(400, "ALREADY_PROCESSED_PAYMENT");
    assert_eq!(play.report(Provider::Toss, "order-1").await.approvals, 1);
    play.toss("/none").await.refused(404, "NOT_FOUND_PAYMENT");
    play.toss("/orders/none")
        .await
        .refused(404, "NOT_FOUND_PAYMENT");
}

#[tokio::test]
async fn the_way_back_tells_what_the_shop_has_to_check() {
    let play = Play::new().await;
    let key = play.toss_open("order-1", 15_000).await.reference;
    let back = play.press(Provider::Toss, "order-1", Button::Approve).await;
    let query = format!("amount=15000&orderId=order-1&paymentKey={key}");
    assert_eq!(back, format!("http://127.0.0.1:8080/success?{query}"));
    let again = play.press(Provider::Toss, "order-1", Button::Approve).await;
    assert_eq!(again, back);
    let mut widget = Play::toss_window("order-2", 100);
    widget["widget"] = json!(true);
    let _: Value = play.control("/sandbox/toss/window", &widget).await;
    let back = play.press(Provider::Toss, "order-2", Button::Approve).await;
    assert!(back.contains("?paymentType=NORMAL&amount=100&"), "{back}");
    play.toss_open("order-3", 100).await;
    let back = play.press(Provider::Toss, "order-3", Button::Close).await;
    assert!(
        back.contains("/fail?code=PAY_PROCESS_CANCELED&message="),
        "{back}"
    );
    assert!(!back.contains("orderId"), "{back}");
    assert_eq!(play.toss("/orders/order-3").await.ok()["status"], "READY");
    let back = play.press(Provider::Toss, "order-3", Button::Decline).await;
    assert!(back.contains("code=REJECT_CARD_COMPANY"), "{back}");
    assert!(back.ends_with("orderId=order-3"), "{back}");
    let aborted = play.toss("/orders/order-3").await.ok();
    assert_eq!(aborted["status"], "ABORTED");
    assert_eq!(aborted["failure"]["code"], "REJECT_CARD_COMPANY");
}

#[tokio::test]
async fn what_the_buyer_did_not_agree_to_is_not_taken() {
    let play = Play::new().await;
    let confirm = play.toss_agreed("order-1", 15_000).await;
    let mut amount = confirm.clone();
    amount["amount"] = json!(100);
    let mut order = confirm.clone();
    order["orderId"] = json!("order-2");
    for tampered in [amount, order] {
        let answer = play.toss_post("/confirm", None, &tampered).await;
        answer.refused(403, "FORBIDDEN_REQUEST");
    }
    let mut unknown = confirm.clone();
    unknown["paymentKey"] = json!("none");
    play.toss_post("/confirm", None, &unknown)
        .await
        .refused(404, "NOT_FOUND_PAYMENT");
    let incomplete = json!({ "paymentKey": confirm["paymentKey"] });
    play.toss_post("/confirm", None, &incomplete)
        .await
        .refused(400, "INVALID_REQUEST");
    let key = play.toss_open("order-9", 100).await.reference;
    let unagreed = json!({ "paymentKey": key, "orderId": "order-9", "amount": 100 });
    let answer = play.toss_post("/confirm", None, &unagreed).await;
    answer.refused(404, "NOT_FOUND_PAYMENT_SESSION");
    assert_eq!(play.report(Provider::Toss, "order-1").await.paid, 0);
}

#[tokio::test]
async fn an_order_is_paid_once_whichever_window() {
    let play = Play::new().await;
    let first = play.toss_agreed("order-1", 100).await;
    let second = play.toss_agreed("order-1", 100).await;
    play.toss_post("/confirm", None, &second).await.ok();
    let answer = play.toss_post("/confirm", None, &first).await;
    answer.refused(400, "ALREADY_PROCESSED_PAYMENT");
    assert_eq!(play.report(Provider::Toss, "order-1").await.paid, 100);
    play.control_answer("/sandbox/toss/window", &Play::toss_window("order-1", 100))
        .await
        .refused(400, "ALREADY_PROCESSED_PAYMENT");
}

#[tokio::test]
async fn the_shop_has_ten_minutes_and_the_buyer_thirty() {
    let play = Play::new().await;
    let confirm = play.toss_agreed("order-1", 100).await;
    play.toss_open("order-2", 100).await;
    play.advance_minutes(11).await;
    let answer = play.toss_post("/confirm", None, &confirm).await;
    answer.refused(404, "NOT_FOUND_PAYMENT_SESSION");
    let expired = play.toss("/orders/order-1").await.ok();
    assert_eq!(expired["status"], "EXPIRED");
    assert!(expired["method"].is_null() && expired["useEscrow"].is_null());
    assert_eq!(play.toss("/orders/order-2").await.ok()["status"], "READY");
    play.advance_minutes(20).await;
    assert_eq!(play.toss("/orders/order-2").await.ok()["status"], "EXPIRED");
    let back = play.press(Provider::Toss, "order-2", Button::Approve).await;
    assert!(back.contains("/fail?code=PAY_PROCESS_ABORTED"), "{back}");
}

#[tokio::test]
async fn a_declined_confirm_is_final() {
    let play = Play::new().await;
    let confirm = play.toss_agreed("order-1", 100).await;
    let code = "REJECT_CARD_PAYMENT".to_owned();
    let message = None;
    play.fault(
        Provider::Toss,
        Step::Approve,
        Fault::Decline { code, message },
    )
    .await;
    let answer = play.toss_post("/confirm", Some("a"), &confirm).await;
    answer.refused(403, "REJECT_CARD_PAYMENT");
    let again = play.toss_post("/confirm", Some("b"), &confirm).await;
    again.refused(400, "ALREADY_PROCESSED_PAYMENT");
    let report = play.report(Provider::Toss, "order-1").await;
    assert_eq!((report.status, report.paid), (Some(Status::Declined), 0));
}

#[tokio::test]
async fn parts_are_canceled_until_nothing_is_left() {
    let play = Play::new().await;
    let key = play.toss_paid("order-1", 15_000).await;
    let path = format!("/{key}/cancel");
    let cancel = |amount: i64, left: i64| json!({ "cancelReason": "buyer", "cancelAmount": amount, "refundableAmount": left });
    let part = play
        .toss_post(&path, None, &cancel(5_000, 15_000))
        .await
        .ok();
    assert_eq!(part["status"], "PARTIAL_CANCELED");
    assert_eq!(
        (&part["totalAmount"], &part["balanceAmount"]),
        (&json!(15_000), &json!(10_000))
    );
    assert_eq!(
        (&part["suppliedAmount"], &part["vat"]),
        (&json!(9_091), &json!(909))
    );
    assert_eq!(part["cancels"][0]["cancelAmount"], 5_000);
    assert_eq!(part["cancels"][0]["refundableAmount"], 10_000);
    assert_eq!(part["cancels"][0]["cancelStatus"], "DONE");
    let differs = play.toss_post(&path, None, &cancel(1, 15_000)).await;
    differs.refused(400, "NOT_MATCHES_REFUNDABLE_AMOUNT");
    let over = play.toss_post(&path, None, &cancel(10_001, 10_000)).await;
    over.refused(403, "NOT_CANCELABLE_AMOUNT");
    let unreasoned = play
        .toss_post(&path, None, &json!({ "cancelAmount": 1 }))
        .await;
    unreasoned.refused(400, "INVALID_REQUEST");
    let rest = json!({ "cancelReason": "the rest" });
    let canceled = play.toss_post(&path, None, &rest).await.ok();
    assert_eq!(canceled["status"], "CANCELED");
    assert_eq!(canceled["balanceAmount"], 0);
    let again = play.toss_post(&path, None, &rest).await;
    again.refused(400, "ALREADY_CANCELED_PAYMENT");
    let unpaid = play.toss_open("order-2", 100).await.reference;
    let unpaid = play
        .toss_post(&format!("/{unpaid}/cancel"), None, &rest)
        .await;
    unpaid.refused(403, "NOT_CANCELABLE_PAYMENT");
    let unknown = play.toss_post("/none/cancel", None, &rest).await;
    unknown.refused(404, "NOT_FOUND_PAYMENT");
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_for_fifteen_days() {
    let play = Play::new().await;
    let confirm = play.toss_agreed("order-1", 100).await;
    let mut wrong = confirm.clone();
    wrong["amount"] = json!(1);
    let refused = play.toss_post("/confirm", Some("k"), &wrong).await;
    let repeated = play.toss_post("/confirm", Some("k"), &confirm).await;
    assert_eq!(
        (repeated.status, repeated.body),
        (refused.status, refused.body)
    );
    let done = play.toss_post("/confirm", Some("k2"), &confirm).await.ok();
    assert_eq!(
        play.toss_post("/confirm", Some("k2"), &confirm).await.ok(),
        done
    );
    play.advance_minutes(15 * 24 * 60 + 1).await;
    let late = play.toss_post("/confirm", Some("k2"), &confirm).await;
    late.refused(400, "ALREADY_PROCESSED_PAYMENT");
    let long = "k".repeat(301);
    let answer = play.toss_post("/confirm", Some(&long), &confirm).await;
    answer.refused(400, "INVALID_IDEMPOTENCY_KEY");
}

#[tokio::test]
async fn while_the_first_is_at_work_the_others_are_told_to_wait() {
    let play = Play::new().await;
    let confirm = play.toss_agreed("order-1", 100).await;
    play.fault(Provider::Toss, Step::Approve, Fault::HangAfter { ms: 300 })
        .await;
    let calls = (0..8).map(|_| play.toss_post("/confirm", Some("k"), &confirm));
    let answers = join_all(calls).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(409, "IDEMPOTENT_REQUEST_PROCESSING");
    }
    assert_eq!(play.report(Provider::Toss, "order-1").await.approvals, 1);
}

#[tokio::test]
async fn a_test_code_forces_its_error() {
    let play = Play::new().await;
    let confirm = play.toss_agreed("order-1", 100).await;
    let codes = [
        ("REJECT_CARD_PAYMENT", 403),
        ("PROVIDER_ERROR", 400),
        ("NOT_FOUND_PAYMENT_SESSION", 404),
        ("FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", 500),
    ];
    for (code, status) in codes {
        let request = play.toss_keyed("/confirm", None, &confirm);
        let request = request.header("TossPayments-Test-Code", code);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["code"], code);
    }
    play.toss_post("/confirm", None, &confirm).await.ok();
}

#[tokio::test]
async fn a_window_needs_the_client_key_and_a_sound_order_id() {
    let play = Play::new().await;
    let with = |member: &str, value: Value| {
        let mut window = Play::toss_window("order-1", 100);
        window[member] = value;
        window
    };
    let refused = [
        (
            with("clientKey", json!("test_gck_other")),
            "UNAUTHORIZED_KEY",
        ),
        (with("orderId", json!("short")), "INVALID_REQUEST"),
        (with("orderId", json!("order 1")), "INVALID_REQUEST"),
        (
            with("amount", json!({ "currency": "KRW", "value": 0 })),
            "INVALID_REQUEST",
        ),
        (with("successUrl", json!("/ok")), "INVALID_REQUEST"),
    ];
    for (window, code) in refused {
        let answer = play.control_answer("/sandbox/toss/window", &window).await;
        answer.refused(400, code);
    }
}
