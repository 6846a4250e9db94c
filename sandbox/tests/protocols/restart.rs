//! What survives a restart, and what cannot be started.

use sandbox::{Fault, Provider, Sandbox, SandboxError, Settings, Status, Step};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Play, settings};

#[tokio::test]
async fn payments_keys_and_deadlines_survive_a_restart() {
    let place = TempDir::new().unwrap();
    let kept = || Settings {
        state: Some(place.path().join("sandbox.json")),
        ..settings()
    };
    let play = Play::with(kept()).await;
    play.portone_paid("p-1", 1_000).await;
    let cancel = json!({ "reason": "buyer", "amount": 400 });
    let key = Some("\"cancel:0123456789\"");
    let path = "/payments/p-1/cancel";
    let answered = play.portone_post(path, key, &cancel).await.ok();
    let ms = 600_000;
    play.fault(
        Provider::PortOne,
        Step::Cancel,
        Fault::CancelRequested { ms },
    )
    .await;
    play.portone_post(path, None, &json!({ "reason": "rest" }))
        .await
        .ok();
    play.toss_open("order-1", 100).await;
    let approve = play.kakaopay_agreed("ord-1", 100).await;
    play.sandbox.stop().await.unwrap();

    let play = Play::with(kept()).await;
    assert_eq!(play.portone_post(path, key, &cancel).await.ok(), answered);
    let report = play.report(Provider::PortOne, "p-1").await;
    assert_eq!(
        (report.paid, report.canceled, report.cancels.len()),
        (1_000, 400, 2)
    );
    play.kakaopay("approve", &approve).await.ok();
    play.advance_minutes(31).await;
    let fell_due = async {
        while play.report(Provider::PortOne, "p-1").await.canceled != 1_000
            || play.report(Provider::Toss, "order-1").await.status != Some(Status::Expired)
        {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(std::time::Duration::from_secs(5), fell_due);
    in_time.await.unwrap();
}

#[tokio::test]
async fn a_stop_does_not_wait_for_who_hangs() {
    let play = Play::new().await;
    let confirm = play.toss_agreed("order-1", 100).await;
    play.fault(
        Provider::Toss,
        Step::Approve,
        Fault::HangAfter { ms: 60_000 },
    )
    .await;
    let request = play.toss_keyed("/confirm", None, &confirm);
    let hanging = tokio::spawn(request.send());
    while play.report(Provider::Toss, "order-1").await.paid == 0 {
        tokio::task::yield_now().await;
    }
    let began = std::time::Instant::now();
    play.sandbox.stop().await.unwrap();
    assert!(began.elapsed() < std::time::Duration::from_secs(2));
    assert_eq!(hanging.await.unwrap().unwrap().status().as_u16(), 200);
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_told_at_the_start() {
    let mut secretless = settings();
    secretless.portone.webhook_secret = "whsec_".to_owned();
    let refused = Sandbox::start(secretless).await.unwrap_err();
    assert!(matches!(refused, SandboxError::Secret(_)), "{refused}");
    let timeless = Settings {
        time_scale: 0.0,
        ..settings()
    };
    let refused = Sandbox::start(timeless).await.unwrap_err();
    assert!(matches!(refused, SandboxError::TimeScale), "{refused}");
    let place = TempDir::new().unwrap();
    let file = place.path().join("sandbox.json");
    std::fs::write(&file, "no JSON").unwrap();
    let unreadable = Settings {
        state: Some(file),
        ..settings()
    };
    let refused = Sandbox::start(unreadable).await.unwrap_err();
    assert!(matches!(refused, SandboxError::State { .. }), "{refused}");
}
