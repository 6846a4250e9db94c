//! The data platform: what it takes, what it does not, and the page that shows it.

use reqwest::{Method, Response, header};
use sandbox::{
    WebhookSecret,
    control::{InboxReport, Mode},
};
use serde_json::{Value, json};

use crate::support::{Play, settings};

/// An event with this number.
fn event(number: u32) -> Value {
    json!({
        "specversion": "1.0", "id": format!("event-{number}"), "source": "/shop", "type": "order.paid",
        "subject": "order-1", "data": { "orderKey": "<b>20261120-7F3K9QX</b>" },
    })
}

/// Posts an event, signed for so many seconds ago, with what comes of the headers.
async fn post(
    play: &Play,
    event: &Value,
    age: i64,
    change: &[(&'static str, &str)],
) -> reqwest::Result<Response> {
    let secret = WebhookSecret::parse(&settings().platform.secrets[0]).unwrap();
    let id = event["id"].as_str().unwrap();
    let timestamp = play.sandbox.clock().now().timestamp() - age;
    let body = event.to_string();
    let mut headers = vec![
        (
            "content-type",
            "application/cloudevents+json; charset=utf-8".to_owned(),
        ),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp.to_string()),
        (
            "webhook-signature",
            format!("v1,AAAA {}", secret.sign(id, timestamp, &body)),
        ),
    ];
    for (name, value) in change {
        headers.retain(|(other, _)| other != name);
        headers.push((name, (*value).to_owned()));
    }
    let request = play.request(Method::POST, "/platform").body(body);
    let request = headers.into_iter().fold(request, |request, (name, value)| {
        request.header(name, value)
    });
    request.send().await
}

async fn report(play: &Play) -> InboxReport {
    let request = play.request(Method::GET, "/sandbox/events");
    request.send().await.unwrap().json().await.unwrap()
}

async fn set(play: &Play, mode: Mode) {
    let body = serde_json::to_value(&mode).unwrap();
    let told: Mode = play.control("/sandbox/events/mode", &body).await;
    assert_eq!(told, mode);
}

#[tokio::test]
async fn it_takes_what_is_signed_and_knows_what_comes_again() {
    let play = Play::new().await;
    for number in [1, 2, 1] {
        let answer = post(&play, &event(number), 10, &[]).await.unwrap();
        assert_eq!(answer.status(), 204);
    }
    let report = report(&play).await;
    let arrived = report.events.iter().map(|it| (it.id.as_str(), it.times));
    assert_eq!(
        arrived.collect::<Vec<_>>(),
        [("event-1", 2), ("event-2", 1)]
    );
    assert_eq!(report.events[0].event, event(1));
    assert_eq!(
        (
            report.duplicates,
            report.altered,
            report.refused,
            report.failed
        ),
        (1, 0, 0, 0)
    );
}

#[tokio::test]
async fn it_does_not_take_what_nobody_it_knows_has_signed() {
    let play = Play::new().await;
    let other = WebhookSecret::parse("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
    let now = play.sandbox.clock().now().timestamp();
    let forged = other.sign("event-1", now, &event(1).to_string());
    let changes: [&[(&'static str, &str)]; 5] = [
        &[("webhook-signature", &forged)],
        &[("webhook-timestamp", "1")],
        &[("webhook-timestamp", "soon")],
        &[("webhook-id", "event-2")],
        &[("content-type", "application/json")],
    ];
    for change in changes {
        let answer = post(&play, &event(1), 0, change).await.unwrap();
        assert_eq!(answer.status(), 401, "{change:?}");
    }
    for age in [301, -301] {
        assert_eq!(
            post(&play, &event(1), age, &[]).await.unwrap().status(),
            401
        );
    }
    let mut no_event = event(1);
    no_event["specversion"] = json!("0.3");
    assert_eq!(post(&play, &no_event, 0, &[]).await.unwrap().status(), 401);
    let report = report(&play).await;
    assert_eq!((report.events.len(), report.refused), (0, 8));
}

#[tokio::test]
async fn it_breaks_on_demand() {
    let play = Play::new().await;
    let too_many = Mode::Answer {
        status: 429,
        retry_after: Some("7".into()),
    };
    set(&play, too_many).await;
    let answer = post(&play, &event(1), 0, &[]).await.unwrap();
    assert_eq!(
        (
            answer.status().as_u16(),
            &answer.headers()[header::RETRY_AFTER]
        ),
        (429, &"7".parse().unwrap())
    );
    set(
        &play,
        Mode::Answer {
            status: 500,
            retry_after: None,
        },
    )
    .await;
    assert_eq!(post(&play, &event(1), 0, &[]).await.unwrap().status(), 500);
    set(&play, Mode::Drop).await;
    assert!(post(&play, &event(1), 0, &[]).await.is_err());
    set(&play, Mode::Hang).await;
    let (wait, event_1) = (std::time::Duration::from_millis(300), event(1));
    let hanging = tokio::time::timeout(wait, post(&play, &event_1, 0, &[]));
    assert!(hanging.await.is_err(), "nobody answers");
    assert_eq!(
        (report(&play).await.events.len(), report(&play).await.failed),
        (0, 4)
    );
    set(&play, Mode::Forget).await;
    assert!(post(&play, &event(1), 0, &[]).await.is_err());
    set(&play, Mode::Slow { ms: 1 }).await;
    assert_eq!(post(&play, &event(1), 0, &[]).await.unwrap().status(), 204);
    let report = report(&play).await;
    assert_eq!((report.events.len(), report.duplicates), (1, 1));
}

#[tokio::test]
async fn a_person_sees_what_arrived_and_breaks_it() {
    let play = Play::new().await;
    let page = async |language: &str| {
        let request = play.request(Method::GET, "/events");
        let request = request.header(header::ACCEPT_LANGUAGE, language);
        request.send().await.unwrap().text().await.unwrap()
    };
    assert!(page("en").await.contains("No events yet"));
    post(&play, &event(1), 0, &[]).await.unwrap();
    let english = page("en").await;
    for part in [
        "Data platform",
        "order.paid",
        "/events/event-1",
        "&lt;b&gt;20261120-7F3K9QX&lt;/b&gt;",
        "http-equiv=\"refresh\"",
        "value=\"take\" aria-pressed=\"true\"",
        "value=\"hang\" aria-pressed=\"false\"",
    ] {
        assert!(english.contains(part), "{part}: {english}");
    }
    assert!(page("ko").await.contains("데이터 플랫폼"));
    let one = play
        .request(Method::GET, "/events/event-1")
        .send()
        .await
        .unwrap();
    assert_eq!(one.json::<Value>().await.unwrap(), event(1));
    let none = play
        .request(Method::GET, "/events/event-9")
        .send()
        .await
        .unwrap();
    assert_eq!(none.status(), 404);

    let form = play
        .request(Method::POST, "/events?lang=en")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let pressed = form.body("mode=hang").send().await.unwrap();
    assert_eq!(pressed.status(), 303);
    assert_eq!(pressed.headers()[header::LOCATION], "/events?lang=en");
    assert!(
        page("en")
            .await
            .contains("value=\"hang\" aria-pressed=\"true\"")
    );
    let list = play
        .request(Method::GET, "/")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(list.contains("href=\"/events\""), "{list}");
}
