//! KakaoPay's rules.

use futures_util::future::join_all;
use reqwest::Method;
use sandbox::{Fault, Provider, Status, Step, control::Button};
use serde_json::{Value, json};

use crate::support::Play;

#[tokio::test]
async fn only_who_has_the_key_is_let_in() {
    let play = Play::new().await;
    for (header, status, code) in [(None, 400, -400), (Some("KakaoAK x"), 401, -401)] {
        let mut request = play.request(Method::POST, "/kakaopay/online/v1/payment/order");
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error_code"], code);
    }
}

#[tokio::test]
async fn a_payment_is_taken_when_the_shop_approves_with_the_token() {
    let play = Play::new().await;
    let tid = play.kakaopay_ready("ord-1", 2_200).await;
    assert_eq!(tid.len(), 20);
    assert_eq!(play.kakaopay_order(&tid).await["status"], "READY");
    let report = play.report(Provider::KakaoPay, "ord-1").await;
    play.http.get(&report.windows[0].url).send().await.unwrap();
    assert_eq!(play.kakaopay_order(&tid).await["status"], "OPEN_PAYMENT");
    let back = play
        .press(Provider::KakaoPay, "ord-1", Button::Approve)
        .await;
    let (before, token) = back.split_once("pg_token=").unwrap();
    assert_eq!(before, "http://127.0.0.1:8080/k/ok?o=1&");
    assert_eq!(play.kakaopay_order(&tid).await["status"], "AUTH_PASSWORD");
    let approve = json!({
        "cid": "TC0ONETIME", "tid": tid, "partner_order_id": "ord-1",
        "partner_user_id": "u-77", "pg_token": token,
    });
    let approved = play.kakaopay("approve", &approve).await.ok();
    assert!(approved.get("status").is_none());
    let amount = json!({
        "total": 2_200, "tax_free": 0, "vat": 200, "point": 0, "discount": 0, "green_deposit": 0,
    });
    assert_eq!(approved["amount"], amount);
    assert_eq!(approved["payment_method_type"], "MONEY");
    assert_eq!(
        approved["approved_at"].as_str().unwrap().len(),
        "2026-01-02T12:01:10".len()
    );
    let order = play.kakaopay_order(&tid).await;
    assert_eq!(order["status"], "SUCCESS_PAYMENT");
    assert_eq!(order["cancel_available_amount"]["total"], 2_200);
    assert_eq!(
        order["payment_action_details"][0]["payment_action_type"],
        "PAYMENT"
    );
    play.kakaopay("approve", &approve).await.refused(400, -702);
    assert_eq!(play.report(Provider::KakaoPay, "ord-1").await.approvals, 1);
}

#[tokio::test]
async fn an_approval_must_be_of_what_was_made_ready() {
    let play = Play::new().await;
    let tid = play.kakaopay_ready("ord-1", 100).await;
    let early = json!({
        "cid": "TC0ONETIME", "tid": tid, "partner_order_id": "ord-1",
        "partner_user_id": "u-77", "pg_token": "x",
    });
    play.kakaopay("approve", &early).await.refused(400, -701);
    let sound = play.kakaopay_agreed("ord-2", 100).await;
    let wrong = [
        ("cid", json!("TC0OTHER00"), -731),
        ("tid", json!("T0000000000000000000"), -721),
        ("partner_order_id", json!("ord-9"), -706),
        ("partner_user_id", json!("u-9"), -707),
        ("pg_token", json!("forged"), -708),
        ("total_amount", json!(99), -704),
    ];
    for (member, value, code) in wrong {
        let mut body = sound.clone();
        body[member] = value;
        play.kakaopay("approve", &body).await.refused(400, code);
    }
    play.kakaopay("approve", &json!({}))
        .await
        .refused(400, -400);
    assert_eq!(play.report(Provider::KakaoPay, "ord-2").await.paid, 0);
    play.kakaopay("approve", &sound).await.ok();
}

#[tokio::test]
async fn a_ready_is_checked() {
    let play = Play::new().await;
    let wrong = [
        ("approval_url", json!("https://elsewhere.example/ok"), -799),
        ("fail_url", json!("no address"), -400),
        ("total_amount", json!(0), -400),
        ("item_name", json!("가".repeat(101)), -400),
        ("cid", json!("TC0OTHER00"), -731),
    ];
    for (member, value, code) in wrong {
        let mut body = Play::kakaopay_ready_body("ord-1", 100);
        body[member] = value;
        play.kakaopay("ready", &body).await.refused(400, code);
    }
    let mut incomplete = Play::kakaopay_ready_body("ord-1", 100);
    incomplete
        .as_object_mut()
        .unwrap()
        .remove("tax_free_amount");
    play.kakaopay("ready", &incomplete).await.refused(400, -400);
}

#[tokio::test]
async fn a_window_lives_for_fifteen_minutes() {
    let play = Play::new().await;
    let approve = play.kakaopay_agreed("ord-1", 100).await;
    let tid = play.kakaopay_ready("ord-2", 100).await;
    play.advance_minutes(16).await;
    play.kakaopay("approve", &approve).await.refused(400, -723);
    let back = play
        .press(Provider::KakaoPay, "ord-2", Button::Approve)
        .await;
    assert_eq!(back, "http://127.0.0.1:8080/k/fail");
    assert_eq!(play.kakaopay_order(&tid).await["status"], "READY");
}

#[tokio::test]
async fn a_buyer_who_quits_or_is_declined_comes_back_another_way() {
    let play = Play::new().await;
    let tid = play.kakaopay_ready("ord-1", 100).await;
    let back = play.press(Provider::KakaoPay, "ord-1", Button::Close).await;
    assert_eq!(back, "http://127.0.0.1:8080/k/cancel");
    assert_eq!(play.kakaopay_order(&tid).await["status"], "QUIT_PAYMENT");
    let tid = play.kakaopay_ready("ord-2", 100).await;
    let back = play
        .press(Provider::KakaoPay, "ord-2", Button::Decline)
        .await;
    assert_eq!(back, "http://127.0.0.1:8080/k/fail");
    assert_eq!(play.kakaopay_order(&tid).await["status"], "FAIL_PAYMENT");
}

#[tokio::test]
async fn two_windows_of_one_order_are_two_payments() {
    let play = Play::new().await;
    let first = play.kakaopay_agreed("ord-1", 100).await;
    let second = play.kakaopay_agreed("ord-1", 100).await;
    play.kakaopay("approve", &first).await.ok();
    play.kakaopay("approve", &second).await.ok();
    let report = play.report(Provider::KakaoPay, "ord-1").await;
    assert_eq!((report.approvals, report.paid), (2, 200));
}

#[tokio::test]
async fn a_decline_is_final_or_not_as_its_reason_says() {
    let play = Play::new().await;
    for (reason, status) in [
        ("LACK_BALANCE", Status::Declined),
        ("USER_LOCKED", Status::Authenticated),
    ] {
        let approve = play.kakaopay_agreed(reason, 100).await;
        let code = reason.to_owned();
        let message = None;
        play.fault(
            Provider::KakaoPay,
            Step::Approve,
            Fault::Decline { code, message },
        )
        .await;
        let answer = play.kakaopay("approve", &approve).await;
        answer.refused(400, -780);
        assert_eq!(answer.body["extras"]["method_result_code"], reason);
        let report = play.report(Provider::KakaoPay, reason).await;
        assert_eq!((report.status, report.paid), (Some(status), 0));
    }
}

#[tokio::test]
async fn parts_are_canceled_until_nothing_is_left() {
    let play = Play::new().await;
    let unpaid = play.kakaopay_ready("ord-0", 100).await;
    play.kakaopay_cancel(&unpaid, 100, None)
        .await
        .refused(400, -784);
    let tid = play.kakaopay_paid("ord-1", 2_200).await;
    let part = play.kakaopay_cancel(&tid, 1_100, Some(2_200)).await.ok();
    assert_eq!(part["status"], "PART_CANCEL_PAYMENT");
    assert_eq!(part["approved_cancel_amount"]["total"], 1_100);
    assert_eq!(part["approved_cancel_amount"]["vat"], 100);
    assert_eq!(part["canceled_amount"]["total"], 1_100);
    assert_eq!(part["cancel_available_amount"]["total"], 1_100);
    play.kakaopay_cancel(&tid, 100, Some(2_200))
        .await
        .refused(400, -722);
    play.kakaopay_cancel(&tid, 1_101, Some(1_100))
        .await
        .refused(400, -710);
    let rest = play.kakaopay_cancel(&tid, 1_100, Some(1_100)).await.ok();
    assert_eq!(rest["status"], "CANCEL_PAYMENT");
    play.kakaopay_cancel(&tid, 1, None).await.refused(400, -784);
    let order = play.kakaopay_order(&tid).await;
    assert_eq!(order["payment_action_details"].as_array().unwrap().len(), 3);
    play.kakaopay_cancel("none", 1, None)
        .await
        .refused(400, -721);
}

#[tokio::test]
async fn a_payment_is_approved_by_one_call_at_a_time() {
    let play = Play::new().await;
    let approve = play.kakaopay_agreed("ord-1", 100).await;
    play.fault(
        Provider::KakaoPay,
        Step::Approve,
        Fault::HangAfter { ms: 300 },
    )
    .await;
    let answers = join_all((0..4).map(|_| play.kakaopay("approve", &approve))).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(400, -785);
    }
    play.kakaopay("approve", &approve).await.refused(400, -702);
}

#[tokio::test]
async fn a_bank_that_was_not_sure_turns_out_to_have_paid() {
    let play = Play::new().await;
    let approve = play.kakaopay_agreed("ord-1", 100).await;
    let unsure = Fault::ErrorAfter {
        status: 400,
        code: "BANK_FIRM_UNKNOWN".to_owned(),
    };
    play.fault(Provider::KakaoPay, Step::Approve, unsure).await;
    let answer = play.kakaopay("approve", &approve).await;
    answer.refused(400, -780);
    assert_eq!(
        answer.body["extras"]["method_result_code"],
        "BANK_FIRM_UNKNOWN"
    );
    let tid = approve["tid"].as_str().unwrap();
    assert_eq!(play.kakaopay_order(tid).await["status"], "SUCCESS_PAYMENT");
}
