//! Each fault, at each gateway that can have it.

use std::time::{Duration, Instant};

use sandbox::{Fault, Provider, Step, control::Button};
use serde_json::{Value, json};

use crate::support::Play;

fn error(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn an_error_before_changes_nothing_and_one_after_does() {
    let play = Play::new().await;
    let confirm = play.toss_agreed("order-1", 100).await;
    let (status, code) = error(500, "FAILED_INTERNAL_SYSTEM_PROCESSING");
    play.fault(
        Provider::Toss,
        Step::Approve,
        Fault::ErrorBefore { status, code },
    )
    .await;
    let before = play.toss_post("/confirm", None, &confirm).await;
    before.refused(500, "FAILED_INTERNAL_SYSTEM_PROCESSING");
    assert_eq!(play.report(Provider::Toss, "order-1").await.paid, 0);
    let (status, code) = error(500, "UNKNOWN_PAYMENT_ERROR");
    play.fault(
        Provider::Toss,
        Step::Approve,
        Fault::ErrorAfter { status, code },
    )
    .await;
    let after = play.toss_post("/confirm", None, &confirm).await;
    after.refused(500, "UNKNOWN_PAYMENT_ERROR");
    assert_eq!(play.report(Provider::Toss, "order-1").await.paid, 100);

    let approve = play.kakaopay_agreed("ord-1", 100).await;
    let (status, code) = error(500, "-500");
    play.fault(
        Provider::KakaoPay,
        Step::Approve,
        Fault::ErrorBefore { status, code },
    )
    .await;
    play.kakaopay("approve", &approve).await.refused(500, -500);
    assert_eq!(play.report(Provider::KakaoPay, "ord-1").await.paid, 0);
}

#[tokio::test]
async fn a_cut_connection_leaves_no_answer() {
    let play = Play::new().await;
    play.portone_paid("p-1", 100).await;
    let cancel = json!({ "reason": "buyer" });
    let confirm = play.toss_agreed("order-1", 100).await;
    let approve = play.kakaopay_agreed("ord-1", 100).await;
    for (fault, happened) in [(Fault::DropBefore, 0), (Fault::DropAfter, 100)] {
        play.fault(Provider::PortOne, Step::Cancel, fault.clone())
            .await;
        play.fault(Provider::Toss, Step::Approve, fault.clone())
            .await;
        play.fault(Provider::KakaoPay, Step::Approve, fault).await;
        let requests = [
            play.portone_keyed("/payments/p-1/cancel", None, &cancel),
            play.toss_keyed("/confirm", None, &confirm),
            play.kakaopay_request("approve", &approve),
        ];
        for request in requests {
            request.send().await.unwrap_err();
        }
        let canceled = play.report(Provider::PortOne, "p-1").await.canceled;
        let toss = play.report(Provider::Toss, "order-1").await.paid;
        let kakaopay = play.report(Provider::KakaoPay, "ord-1").await.paid;
        assert_eq!((canceled, toss, kakaopay), (happened, happened, happened));
    }
}

#[tokio::test]
async fn who_hangs_up_on_a_hang_before_has_changed_nothing() {
    let play = Play::new().await;
    let confirm = play.toss_agreed("order-1", 100).await;
    let short = Duration::from_millis(100);
    play.fault(Provider::Toss, Step::Approve, Fault::HangBefore { ms: 400 })
        .await;
    let request = play.toss_keyed("/confirm", Some("k"), &confirm);
    assert!(
        request
            .timeout(short)
            .send()
            .await
            .unwrap_err()
            .is_timeout()
    );
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(play.report(Provider::Toss, "order-1").await.paid, 0);
    // The key is as it was.
    play.toss_post("/confirm", Some("k"), &confirm).await.ok();
}

#[tokio::test]
async fn who_hangs_up_on_a_hang_after_finds_it_done() {
    let play = Play::new().await;
    let confirm = play.toss_agreed("order-1", 100).await;
    let short = Duration::from_millis(100);
    play.fault(
        Provider::Toss,
        Step::Approve,
        Fault::HangAfter { ms: 60_000 },
    )
    .await;
    let request = play.toss_keyed("/confirm", Some("k"), &confirm);
    assert!(
        request
            .timeout(short)
            .send()
            .await
            .unwrap_err()
            .is_timeout()
    );
    assert_eq!(play.report(Provider::Toss, "order-1").await.paid, 100);
    let repeated = async {
        loop {
            let answer = play.toss_post("/confirm", Some("k"), &confirm).await;
            if answer.status == 200 {
                return answer.body;
            }
            answer.refused(409, "IDEMPOTENT_REQUEST_PROCESSING");
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(5), repeated);
    assert_eq!(in_time.await.unwrap()["status"], "DONE");
}

#[tokio::test]
async fn a_patient_caller_gets_the_answer_of_a_hang() {
    let play = Play::new().await;
    for (id, fault) in [
        ("p-1", Fault::HangBefore { ms: 50 }),
        ("p-2", Fault::HangAfter { ms: 50 }),
    ] {
        play.portone_paid(id, 100).await;
        play.fault(Provider::PortOne, Step::LookUp, fault).await;
        let began = Instant::now();
        play.portone(&format!("/payments/{id}")).await.ok();
        assert!(began.elapsed() >= Duration::from_millis(50));
    }
}

#[tokio::test]
async fn garbage_is_200_and_no_json() {
    let play = Play::new().await;
    let confirm = play.toss_agreed("order-1", 100).await;
    play.fault(Provider::Toss, Step::Approve, Fault::Garbage)
        .await;
    let answer = play.toss_post("/confirm", None, &confirm).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.is_string(), "{answer:?}");
    assert_eq!(play.report(Provider::Toss, "order-1").await.paid, 100);
}

#[tokio::test]
async fn an_answer_can_be_about_another_total_currency_shop_or_status() {
    let play = Play::new().await;
    play.portone_paid("p-1", 100).await;
    let key = play.toss_paid("order-1", 100).await;
    let tid = play.kakaopay_paid("ord-1", 100).await;
    let look = async |provider, fault| {
        play.fault(provider, Step::LookUp, fault).await;
        match provider {
            Provider::PortOne => play.portone("/payments/p-1").await.ok(),
            Provider::Toss => play.toss(&format!("/{key}")).await.ok(),
            Provider::KakaoPay => play.kakaopay_order(&tid).await,
        }
    };
    let by = Fault::TamperAmount { by: -1 };
    assert_eq!(
        look(Provider::PortOne, by.clone()).await["amount"]["total"],
        99
    );
    assert_eq!(look(Provider::Toss, by.clone()).await["totalAmount"], 99);
    assert_eq!(look(Provider::KakaoPay, by).await["amount"]["total"], 99);
    assert_eq!(
        look(Provider::PortOne, Fault::TamperCurrency).await["currency"],
        "USD"
    );
    assert_eq!(
        look(Provider::Toss, Fault::TamperCurrency).await["currency"],
        "USD"
    );
    let other = Fault::OtherMerchant;
    assert_ne!(
        look(Provider::PortOne, other.clone()).await["storeId"],
        "store-sandbox"
    );
    assert_ne!(
        look(Provider::Toss, other.clone()).await["orderId"],
        "order-1"
    );
    assert_ne!(look(Provider::KakaoPay, other).await["cid"], "TC0ONETIME");
    for provider in Provider::ALL {
        let status = look(provider, Fault::UnknownStatus).await["status"].take();
        assert_eq!(status, "SANDBOX_UNHEARD_OF");
    }
    assert_eq!(
        play.portone("/payments/p-1").await.ok()["amount"]["total"],
        100
    );
}

#[tokio::test]
async fn a_window_can_be_opened_for_another_amount_than_the_shop_said() {
    let play = Play::new().await;
    let by = Fault::TamperAmount { by: -40 };
    play.fault(Provider::PortOne, Step::Window, by.clone())
        .await;
    play.portone_paid("p-1", 100).await;
    assert_eq!(
        play.portone("/payments/p-1").await.ok()["amount"]["total"],
        60
    );
    play.fault(Provider::Toss, Step::Window, by.clone()).await;
    play.toss_open("order-1", 100).await;
    let back = play.press(Provider::Toss, "order-1", Button::Approve).await;
    assert!(back.contains("amount=60"), "{back}");
    play.fault(Provider::KakaoPay, Step::Prepare, by).await;
    let tid = play.kakaopay_ready("ord-1", 100).await;
    assert_eq!(play.kakaopay_order(&tid).await["amount"]["total"], 60);
}

#[tokio::test]
async fn who_agrees_can_be_declined() {
    let play = Play::new().await;
    play.portone_open("p-1", 100).await;
    play.toss_open("order-1", 100).await;
    play.kakaopay_ready("ord-1", 100).await;
    let ends = [
        (Provider::PortOne, "p-1", "pgCode=EXCEED_LIMIT"),
        (Provider::Toss, "order-1", "code=EXCEED_LIMIT"),
        (Provider::KakaoPay, "ord-1", "/k/fail"),
    ];
    for (provider, id, end) in ends {
        let decline = Fault::Decline {
            code: "EXCEED_LIMIT".to_owned(),
            message: Some("한도 초과".to_owned()),
        };
        play.fault(provider, Step::Window, decline).await;
        let back = play.press(provider, id, Button::Approve).await;
        assert!(back.contains(end), "{back}");
        assert_eq!(play.report(provider, id).await.paid, 0);
    }
}

#[tokio::test]
async fn what_was_taken_cannot_always_be_given_back_yet() {
    let play = Play::new().await;
    play.portone_paid("p-1", 100).await;
    let key = play.toss_paid("order-1", 100).await;
    let tid = play.kakaopay_paid("ord-1", 100).await;
    for provider in Provider::ALL {
        play.fault(provider, Step::Cancel, Fault::NotCancelableYet)
            .await;
    }
    let portone = "/payments/p-1/cancel";
    let toss = format!("/{key}/cancel");
    let reason = json!({ "reason": "buyer", "cancelReason": "buyer" });
    play.portone_post(portone, None, &reason)
        .await
        .refused(502, "PG_PROVIDER");
    play.toss_post(&toss, None, &reason)
        .await
        .refused(403, "NOT_CANCELABLE_PAYMENT");
    play.kakaopay_cancel(&tid, 100, None)
        .await
        .refused(400, -784);
    play.portone_post(portone, None, &reason).await.ok();
    play.toss_post(&toss, None, &reason).await.ok();
    play.kakaopay_cancel(&tid, 100, None).await.ok();
}

#[tokio::test]
async fn faults_wait_for_their_payment_and_can_be_called_off() {
    let play = Play::new().await;
    play.portone_paid("p-1", 100).await;
    play.portone_paid("p-2", 100).await;
    let order = json!({
        "provider": "portone", "on": "look_up", "id": "p-2", "times": 2,
        "fault": { "kind": "error_before", "status": 503, "code": "DOWN" },
    });
    let echoed: Value = play.control("/sandbox/faults", &order).await;
    assert_eq!(echoed, order);
    play.portone("/payments/p-1").await.ok();
    play.portone("/payments/p-2").await.refused(503, "DOWN");
    let waiting: Vec<Value> = play.look("/sandbox/faults").await;
    assert_eq!(waiting[0]["times"], 1);
    let request = play.request(reqwest::Method::DELETE, "/sandbox/faults");
    assert_eq!(request.send().await.unwrap().status().as_u16(), 204);
    play.portone("/payments/p-2").await.ok();
    let never = json!({ "provider": "kakaopay", "on": "webhook", "fault": { "kind": "never" } });
    let refused = play.control_answer("/sandbox/faults", &never).await;
    refused.refused(400, "FAULT_CANNOT_BE_MET");
}
