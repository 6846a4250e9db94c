//! Webhooks as they come over the wire: believed by their signature, read for what they are about.

use axum::{Router, body::Bytes, http::HeaderMap, routing::post};
use chrono::TimeDelta;
use jangteo::{
    clock::Clock,
    config::Secret,
    payment::webhook::{
        portone::{self, PortOneNotice},
        toss,
    },
    signature::{Rejection, Verifier},
};
use sandbox::{Fault, Settings, Step};
use serde_json::json;
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

use crate::play::*;

/// What came.
struct Delivery {
    headers: HeaderMap,
    body: Bytes,
}

type Inbox = mpsc::UnboundedReceiver<Delivery>;

/// A sandbox that sends its webhooks here.
async fn play() -> (Play, Inbox) {
    let (received, inbox) = mpsc::unbounded_channel();
    let take_in = async move |headers, body| {
        _ = received.send(Delivery { headers, body });
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let router = Router::new().route("/", post(take_in));
    tokio::spawn(axum::serve(listener, router).into_future());
    let mut settings = sandbox_settings();
    settings.portone.webhook_url = Some(url.clone());
    settings.toss.webhook_url = Some(url);
    (Play::with(settings, |_| ()).await, inbox)
}

async fn next(inbox: &mut Inbox) -> Delivery {
    let delivery = timeout(PATIENT, inbox.recv()).await;
    delivery.expect("in time").expect("a delivery")
}

fn verifier() -> Verifier {
    let Settings { portone, .. } = sandbox_settings();
    Verifier::new([&Secret::new(portone.webhook_secret)]).expect("a secret")
}

fn verify(delivery: &Delivery) -> Result<&str, Rejection> {
    let now = Clock::system().now();
    verifier().verify(&delivery.headers, &delivery.body, now)
}

fn read(delivery: &Delivery) -> Option<PortOneNotice> {
    portone::read(&delivery.body).expect("a webhook")
}

#[tokio::test]
async fn portone_tells_of_a_payment_from_its_window_to_its_refund() {
    let (play, mut inbox) = play().await;
    let bill = play.paid(PortOne).await;
    let record = play
        .gateway(PortOne)
        .cancel(&bill, &cancellation(AMOUNT))
        .await;
    let reference = approved(record).reference;
    let mut told = Vec::new();
    for _ in 0..3 {
        let delivery = next(&mut inbox).await;
        assert!(verify(&delivery).is_ok());
        let notice = read(&delivery).expect("of a payment");
        assert_eq!(notice.payment_id, bill.payment_id);
        assert_eq!(notice.store_id, "store-sandbox");
        assert_eq!(notice.transaction_id, reference);
        let is_cancel = notice.kind == "Transaction.Cancelled";
        assert_eq!(notice.cancellation_id.is_some(), is_cancel);
        told.push(notice.kind);
    }
    // In which order is not promised.
    told.sort();
    assert_eq!(
        told,
        [
            "Transaction.Cancelled",
            "Transaction.Paid",
            "Transaction.Ready"
        ]
    );
}

#[tokio::test]
async fn a_webhook_is_the_same_however_often_it_comes() {
    let (play, mut inbox) = play().await;
    play.fault_of_next(PortOne, Step::Webhook, Fault::Duplicate { n: 2 })
        .await;
    play.opened(PortOne).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let delivery = next(&mut inbox).await;
        ids.push(verify(&delivery).expect("a signature").to_owned());
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test]
async fn what_is_forged_old_or_changed_is_not_believed() {
    let (play, mut inbox) = play().await;
    for (fault, rejection) in [
        (Fault::Forged, Rejection::Signature),
        (Fault::Stale, Rejection::TooOld),
        (Fault::Tampered, Rejection::Signature),
    ] {
        play.fault_of_next(PortOne, Step::Webhook, fault).await;
        play.opened(PortOne).await;
        assert_eq!(verify(&next(&mut inbox).await), Err(rejection));
    }
}

#[tokio::test]
async fn what_was_right_once_is_not_believed_forever() {
    let (play, mut inbox) = play().await;
    play.opened(PortOne).await;
    let Delivery { headers, body } = next(&mut inbox).await;
    let later = Clock::system().now() + TimeDelta::minutes(6);
    assert_eq!(
        verifier().verify(&headers, &body, later),
        Err(Rejection::TooOld)
    );
}

#[tokio::test]
async fn a_type_nobody_has_heard_of_is_believed_and_nothing_to_us() {
    let (play, mut inbox) = play().await;
    play.fault_of_next(PortOne, Step::Webhook, Fault::UnknownType)
        .await;
    play.opened(PortOne).await;
    let delivery = next(&mut inbox).await;
    assert!(verify(&delivery).is_ok());
    assert_eq!(read(&delivery), None);
}

#[tokio::test]
async fn toss_tells_of_a_payment_and_of_a_deposit() {
    let (play, mut inbox) = play().await;
    let bill = play.paid(Toss).await;
    let notice = toss::read(&next(&mut inbox).await.body).expect("a webhook");
    let notice = notice.expect("of a payment");
    assert_eq!(notice.kind, "PAYMENT_STATUS_CHANGED");
    assert_eq!(
        (notice.payment_id, notice.payment_key),
        (bill.payment_id, bill.reference.clone())
    );

    let deposit = json!({
        "provider": "toss", "id": bill.payment_id.to_string(), "kind": "DEPOSIT_CALLBACK",
    });
    play.order("/sandbox/send-webhook", &deposit).await;
    let notice = toss::read(&next(&mut inbox).await.body).expect("a webhook");
    let notice = notice.expect("of a payment");
    assert_eq!(
        (notice.kind, notice.payment_id),
        ("DEPOSIT_CALLBACK", bill.payment_id)
    );
}
