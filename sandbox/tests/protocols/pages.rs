//! The pages and the browser scripts.

use reqwest::{Method, header};
use sandbox::{Provider, Status, control::Button};
use serde_json::{Value, json};

use crate::support::Play;

async fn text(play: &Play, path: &str, language: &str) -> String {
    let request = play.request(Method::GET, path);
    let request = request.header(header::ACCEPT_LANGUAGE, language);
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_person_sees_what_is_to_be_paid_in_their_language() {
    let play = Play::new().await;
    let mut window = Play::portone_window("p-1", 1_234_000);
    window["orderName"] = json!("<b>Pen</b> & 종이");
    let opened: Value = play.control("/sandbox/portone/window", &window).await;
    let url = opened["url"].as_str().unwrap();
    let path = url.strip_prefix(&play.sandbox.url("")).unwrap();
    let korean = text(&play, path, "ko-KR,en;q=0.5").await;
    for part in [
        "1,234,000원",
        "개발용 샌드박스",
        "결제하기",
        "거절하기",
        "닫기",
    ] {
        assert!(korean.contains(part), "{part}: {korean}");
    }
    assert!(
        korean.contains("&lt;b&gt;Pen&lt;/b&gt; &amp; 종이"),
        "{korean}"
    );
    let english = text(&play, &format!("{path}?lang=en"), "ko").await;
    for part in [
        "₩1,234,000",
        "No money moves",
        "PortOne",
        "Decline",
        "한국어",
    ] {
        assert!(english.contains(part), "{part}: {english}");
    }
    let list = text(&play, "/", "en").await;
    assert!(
        list.contains(url) && list.contains("Waiting for the buyer"),
        "{list}"
    );
}

#[tokio::test]
async fn the_policy_lets_no_script_run_and_the_form_lead_to_the_shop() {
    let play = Play::new().await;
    let opened = play.toss_open("order-1", 100).await;
    let page = play.http.get(&opened.url).send().await.unwrap();
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self';"),
        "{policy}"
    );
    assert!(
        policy.contains("form-action 'self' http://127.0.0.1:8080"),
        "{policy}"
    );
    assert!(
        !policy.contains("script-src") && !policy.contains("unsafe"),
        "{policy}"
    );
    let style = play
        .request(Method::GET, "/pay/style.css")
        .send()
        .await
        .unwrap();
    assert_eq!(
        style.headers()[header::CONTENT_TYPE],
        "text/css; charset=utf-8"
    );
}

#[tokio::test]
async fn a_button_on_the_page_leads_back_to_the_shop() {
    let play = Play::new().await;
    let opened = play.toss_open("order-1", 100).await;
    let press = async |button: &str| {
        let request = play.http.post(&opened.url).body(format!("button={button}"));
        let form = "application/x-www-form-urlencoded";
        let request = request.header(header::CONTENT_TYPE, form);
        request.send().await.unwrap()
    };
    let answer = press("approve").await;
    assert_eq!(answer.status().as_u16(), 303);
    let back = answer.headers()[header::LOCATION].to_str().unwrap();
    assert!(
        back.starts_with("http://127.0.0.1:8080/success?amount=100"),
        "{back}"
    );
    assert_eq!(press("decline").await.status().as_u16(), 303);
    let ended = press("approve").await;
    assert_eq!(ended.status().as_u16(), 409);
    let page = ended.text().await.unwrap();
    assert!(
        page.contains("결제 거절") && !page.contains("<button"),
        "{page}"
    );
    assert_eq!(press("other").await.status().as_u16(), 422);
}

#[tokio::test]
async fn a_page_whose_time_is_over_says_so_and_leads_to_the_fail_url() {
    let play = Play::new().await;
    play.kakaopay_ready("ord-1", 100).await;
    let url = play.report(Provider::KakaoPay, "ord-1").await.windows[0]
        .url
        .clone();
    play.advance_minutes(16).await;
    let page = play
        .http
        .get(&url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(page.contains("결제 시간이 지났습니다"), "{page}");
    assert_eq!(page.matches("<button").count(), 1);
    let back = play
        .press(Provider::KakaoPay, "ord-1", Button::Approve)
        .await;
    assert!(back.ends_with("/k/fail"), "{back}");
}

#[tokio::test]
async fn an_expired_payment_of_toss_still_leads_back() {
    let play = Play::new().await;
    let opened = play.toss_open("order-1", 100).await;
    play.advance_minutes(31).await;
    while play.report(Provider::Toss, "order-1").await.status != Some(Status::Expired) {
        tokio::task::yield_now().await;
    }
    let page = play
        .http
        .get(&opened.url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(page.contains("결제 시간이 지났습니다"), "{page}");
    assert_eq!(page.matches("<button").count(), 1);
}

#[tokio::test]
async fn there_is_a_page_for_a_payment_that_is_not() {
    let play = Play::new().await;
    let path = play.sandbox.url("/pay/toss/none");
    let answer = play.http.get(path).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 404);
}

#[tokio::test]
async fn the_browser_scripts_open_a_window_or_lead_back() {
    let play = Play::new().await;
    let scripts = [
        ("/portone/v2/browser-sdk.js", "globalThis.PortOne"),
        ("/toss/v2/standard", "globalThis.TossPayments"),
    ];
    for (path, name) in scripts {
        assert!(text(&play, path, "en").await.contains(name));
    }
    let go = async |path: &str, request: Value| {
        let mut url = url::Url::parse(&play.sandbox.url(path)).unwrap();
        url.query_pairs_mut()
            .append_pair("request", &request.to_string());
        let answer = play.http.get(url).send().await.unwrap();
        answer.headers()[header::LOCATION]
            .to_str()
            .unwrap()
            .to_owned()
    };
    let page = go("/portone/v2/window", Play::portone_window("p-1", 100)).await;
    assert!(
        page.starts_with(&play.sandbox.url("/pay/portone/")),
        "{page}"
    );
    let page = go("/toss/v2/window", Play::toss_window("order-1", 100)).await;
    assert!(page.starts_with(&play.sandbox.url("/pay/toss/")), "{page}");
    let registered = json!({ "totalAmount": 200 });
    play.portone_post("/payments/p-2/pre-register", None, &registered)
        .await
        .ok();
    let back = go("/portone/v2/window", Play::portone_window("p-2", 100)).await;
    assert!(
        back.starts_with("http://127.0.0.1:8080/return?o=1&paymentId=p-2"),
        "{back}"
    );
    assert!(back.contains("code=AmountNotEqualToPredefined"), "{back}");
    let back = go("/toss/v2/window", Play::toss_window("order 1", 100)).await;
    assert!(
        back.starts_with("http://127.0.0.1:8080/fail?code=INVALID_REQUEST"),
        "{back}"
    );
}
