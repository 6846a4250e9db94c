//! Webhooks: what they say, how they are signed, when they come again, and how they go wrong.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sandbox::{
    Fault, Provider, Settings, Step,
    control::{Button, Delivery},
};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    inbox::{Inbox, Received},
    support::{Play, settings},
};

async fn play(inbox: &Inbox) -> Play {
    scaled(inbox, 1.0).await
}

/// A sandbox whose minutes are so many times shorter.
async fn scaled(inbox: &Inbox, time_scale: f64) -> Play {
    let mut settings = Settings {
        time_scale,
        ..settings()
    };
    settings.portone.webhook_url = Some(inbox.url.clone());
    settings.toss.webhook_url = Some(inbox.url.clone());
    Play::with(settings).await
}

/// As a receiver verifies, written anew from the specification.
fn is_signed(message: &Received) -> bool {
    let secret = settings().portone.webhook_secret;
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let signature = message.header("webhook-signature").strip_prefix("v1,");
    let signature = STANDARD.decode(signature.unwrap()).unwrap();
    let (id, at) = (
        message.header("webhook-id"),
        message.header("webhook-timestamp"),
    );
    let mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.chain_update(format!("{id}.{at}.{}", message.body))
        .verify_slice(&signature)
        .is_ok()
}

fn timestamp(message: &Received) -> i64 {
    message.header("webhook-timestamp").parse().unwrap()
}

fn types(received: &[Received]) -> Vec<String> {
    let types = received.iter().map(|message| message.json()["type"].take());
    types
        .map(|kind| kind.as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn portone_tells_of_every_step_and_signs_it() {
    let inbox = Inbox::start(&[]).await;
    let play = play(&inbox).await;
    play.portone_open("p-1", 1_000).await;
    inbox.wait(1).await;
    play.press(Provider::PortOne, "p-1", Button::Approve).await;
    inbox.wait(2).await;
    let part = json!({ "reason": "buyer", "amount": 400 });
    play.portone_post("/payments/p-1/cancel", None, &part)
        .await
        .ok();
    inbox.wait(3).await;
    let quiet = json!({ "reason": "buyer", "amount": 100, "skipWebhook": true });
    play.portone_post("/payments/p-1/cancel", None, &quiet)
        .await
        .ok();
    let refund: Value = play
        .control("/sandbox/payments/portone/p-1/console-refund", &json!({}))
        .await;
    assert_eq!(refund["canceled"], 1_000);
    assert_eq!(refund["cancels"][2]["by"], "console");
    let received = inbox.wait(4).await;
    let expected = [
        "Transaction.Ready",
        "Transaction.Paid",
        "Transaction.PartialCancelled",
        "Transaction.Cancelled",
    ];
    assert_eq!(types(&received), expected);
    assert!(received.iter().all(is_signed));
    let payment = play.portone("/payments/p-1").await.ok();
    let last = received[3].json();
    assert_eq!(last["data"]["paymentId"], "p-1");
    assert_eq!(last["data"]["storeId"], "store-sandbox");
    assert_eq!(last["data"]["transactionId"], payment["transactionId"]);
    assert_eq!(
        last["data"]["cancellationId"],
        payment["cancellations"][2]["id"]
    );
    assert_eq!(payment["cancellations"][2]["trigger"], "CONSOLE");
    assert!(received[1].json()["data"].get("cancellationId").is_none());
    assert!(last["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn a_refused_webhook_comes_again_the_same_and_signed_anew() {
    let inbox = Inbox::start(&[500, 302, 404]).await;
    // A minute is two seconds: retries after 2, 8 and 32 of them, were it not for the clock.
    let play = scaled(&inbox, 30.0).await;
    play.portone_open("p-1", 1_000).await;
    for count in 1..4 {
        inbox.wait(count).await;
        play.advance_minutes(1).await;
    }
    let received = inbox.wait(4).await;
    let ids: Vec<_> = received
        .iter()
        .map(|one| one.header("webhook-id"))
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert!(received.iter().all(|one| one.body == received[0].body));
    assert!(received.iter().all(is_signed));
    assert!(timestamp(&received[3]) > timestamp(&received[0]));
    let deliveries: Vec<Delivery> = play.look("/sandbox/webhooks").await;
    let seen: Vec<_> = deliveries
        .iter()
        .map(|one| (one.retry, one.status))
        .collect();
    let expected = [
        (0, Some(500)),
        (1, Some(302)),
        (2, Some(404)),
        (3, Some(200)),
    ];
    assert_eq!(seen, expected);
    play.advance_minutes(600).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(inbox.received().len(), 4);
}

#[tokio::test]
async fn portone_gives_up_after_five_retries_and_toss_after_seven() {
    let inbox = Inbox::start(&[500; 100]).await;
    let play = scaled(&inbox, 1_000_000.0).await;
    play.portone_open("p-1", 1_000).await;
    inbox.wait(6).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(inbox.received().len(), 6);
    play.control::<Value>("/sandbox/clock", &json!({ "scale": 1.0 }))
        .await;
    let confirm = play.toss_agreed("order-1", 100).await;
    play.control::<Value>("/sandbox/clock", &json!({ "scale": 1_000_000.0 }))
        .await;
    play.toss_post("/confirm", None, &confirm).await.ok();
    let received = inbox.wait(14).await;
    let counts = received[6..]
        .iter()
        .map(|one| one.header("tosspayments-webhook-transmission-retried-count"));
    let expected = ["0", "1", "2", "3", "4", "5", "6", "7"];
    assert_eq!(counts.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn toss_tells_of_done_aborted_canceled_and_expired_without_a_signature() {
    let inbox = Inbox::start(&[]).await;
    let play = play(&inbox).await;
    let key = play.toss_paid("order-1", 100).await;
    inbox.wait(1).await;
    let part = json!({ "cancelReason": "buyer", "cancelAmount": 40 });
    play.toss_post(&format!("/{key}/cancel"), None, &part)
        .await
        .ok();
    inbox.wait(2).await;
    play.control::<Value>("/sandbox/payments/toss/order-1/console-refund", &json!({}))
        .await;
    inbox.wait(3).await;
    play.toss_open("order-2", 100).await;
    play.press(Provider::Toss, "order-2", Button::Decline).await;
    inbox.wait(4).await;
    play.toss_open("order-3", 100).await;
    play.advance_minutes(31).await;
    let received = inbox.wait(5).await;
    let statuses: Vec<_> = received
        .iter()
        .map(|one| one.json()["data"]["status"].take())
        .collect();
    let expected = ["DONE", "PARTIAL_CANCELED", "CANCELED", "ABORTED", "EXPIRED"];
    assert_eq!(statuses, expected);
    let done = &received[0];
    assert_eq!(done.json()["eventType"], "PAYMENT_STATUS_CHANGED");
    assert_eq!(done.json()["data"]["paymentKey"], key.as_str());
    let created_at = done.json()["createdAt"].as_str().unwrap().to_owned();
    assert_eq!(created_at.len(), "2026-01-02T12:00:31.000000".len());
    assert!(
        !done
            .header("tosspayments-webhook-transmission-id")
            .is_empty()
    );
    assert!(!done.headers.contains_key("webhook-signature"));
    assert!(!done.headers.contains_key("tosspayments-webhook-signature"));
}

#[tokio::test]
async fn an_early_webhook_is_there_before_the_answer() {
    let inbox = Inbox::start(&[]).await;
    let play = play(&inbox).await;
    play.portone_open("p-1", 100).await;
    inbox.wait(1).await;
    play.fault(Provider::PortOne, Step::Webhook, Fault::Early)
        .await;
    play.press(Provider::PortOne, "p-1", Button::Approve).await;
    assert_eq!(inbox.received().len(), 2);
    let confirm = play.toss_agreed("order-1", 100).await;
    play.fault(Provider::Toss, Step::Webhook, Fault::Early)
        .await;
    play.toss_post("/confirm", None, &confirm).await.ok();
    assert_eq!(inbox.received().len(), 3);
}

#[tokio::test]
async fn a_webhook_can_be_late_or_never_come() {
    let inbox = Inbox::start(&[]).await;
    let play = play(&inbox).await;
    play.fault(Provider::PortOne, Step::Webhook, Fault::Never)
        .await;
    play.portone_open("p-1", 100).await;
    play.fault(Provider::PortOne, Step::Webhook, Fault::Late { ms: 150 })
        .await;
    play.press(Provider::PortOne, "p-1", Button::Approve).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(inbox.received().is_empty());
    let received = inbox.wait(1).await;
    assert_eq!(types(&received), ["Transaction.Paid"]);
}

#[tokio::test]
async fn copies_of_a_webhook_come_at_once_under_one_id() {
    let inbox = Inbox::start(&[]).await;
    let play = play(&inbox).await;
    play.fault(Provider::PortOne, Step::Webhook, Fault::Duplicate { n: 9 })
        .await;
    play.portone_open("p-1", 100).await;
    let received = inbox.wait(10).await;
    let id = received[0].header("webhook-id");
    assert!(received.iter().all(|one| one.header("webhook-id") == id));
    assert!(received.iter().all(is_signed));
}

#[tokio::test]
async fn a_foul_webhook_gives_itself_away_and_comes_once() {
    let inbox = Inbox::start(&[401; 3]).await;
    let play = play(&inbox).await;
    for (count, fault) in [(1, Fault::Forged), (2, Fault::Tampered), (3, Fault::Stale)] {
        play.fault(Provider::PortOne, Step::Webhook, fault).await;
        play.portone_open("p-1", 100).await;
        inbox.wait(count).await;
        play.advance_minutes(2).await;
    }
    play.fault(Provider::PortOne, Step::Webhook, Fault::UnknownType)
        .await;
    play.portone_open("p-1", 100).await;
    let received = inbox.wait(4).await;
    let signed: Vec<_> = received.iter().map(is_signed).collect();
    assert_eq!(signed, [false, false, true, true]);
    let age = |one: &Received| {
        let sent = chrono::DateTime::from_timestamp(timestamp(one), 0).unwrap();
        play.sandbox.clock().now() - sent
    };
    assert!(age(&received[2]) > chrono::TimeDelta::minutes(5));
    assert!(age(&received[3]) < chrono::TimeDelta::minutes(5));
    assert_eq!(types(&received[3..]), ["Transaction.SandboxUnheardOf"]);
}

#[tokio::test]
async fn a_forged_webhook_of_toss_claims_what_is_not_so() {
    let inbox = Inbox::start(&[]).await;
    let play = play(&inbox).await;
    play.toss_open("order-1", 100).await;
    play.fault(Provider::Toss, Step::Webhook, Fault::Forged)
        .await;
    play.press(Provider::Toss, "order-1", Button::Decline).await;
    let received = inbox.wait(1).await;
    assert_eq!(received[0].json()["data"]["status"], "DONE");
    assert_eq!(play.toss("/orders/order-1").await.ok()["status"], "ABORTED");
}

#[tokio::test]
async fn a_webhook_can_be_sent_once_more() {
    let inbox = Inbox::start(&[]).await;
    let play = play(&inbox).await;
    play.portone_paid("p-1", 100).await;
    play.toss_paid("order-1", 100).await;
    inbox.wait(3).await;
    let orders = [
        json!({ "provider": "portone", "id": "p-1" }),
        json!({ "provider": "portone", "id": "p-1", "kind": "Transaction.Cancelled" }),
        json!({ "provider": "toss", "id": "order-1" }),
        json!({ "provider": "toss", "id": "order-1", "kind": "DEPOSIT_CALLBACK" }),
    ];
    for (count, order) in orders.iter().enumerate() {
        let answer = play.control_answer("/sandbox/send-webhook", order).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        inbox.wait(4 + count).await;
    }
    play.portone_post("/payments/p-1/resend-webhook", None, &json!({}))
        .await
        .ok();
    let received = inbox.wait(8).await;
    assert_eq!(
        types(&received[3..5]),
        ["Transaction.Paid", "Transaction.Cancelled"]
    );
    assert_eq!(received[5].json()["data"]["status"], "DONE");
    let deposit = received[6].json();
    assert_eq!(deposit["orderId"], "order-1");
    assert!(deposit.get("eventType").is_none());
    let none = json!({ "provider": "kakaopay", "id": "ord-1" });
    let answer = play.control_answer("/sandbox/send-webhook", &none).await;
    answer.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn webhooks_go_where_the_window_or_the_shop_says() {
    let inbox = Inbox::start(&[]).await;
    let play = Play::new().await;
    let mut window = Play::portone_window("p-1", 100);
    window["noticeUrls"] = json!([inbox.url]);
    play.control::<Value>("/sandbox/portone/window", &window)
        .await;
    inbox.wait(1).await;
    window["noticeUrls"] = json!(["http://elsewhere.example/hook"]);
    let answer = play
        .control_answer("/sandbox/portone/window", &window)
        .await;
    answer.refused(400, "InvalidRequest");
    play.sandbox.send_webhooks_to(Some(inbox.url.clone()), None);
    play.portone_open("p-2", 100).await;
    inbox.wait(2).await;
}
