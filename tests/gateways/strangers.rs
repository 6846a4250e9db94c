//! Answers that are nobody's: of proxies, of wrong addresses, of servers that break off.

use std::net::SocketAddr;

use jangteo::{
    clock::Clock,
    config::Secret,
    payment::gateway::{
        Answer, GatewaySettings, Gateways, Reason, ReasonKind, Record, portone::PortOneSettings,
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::play::*;

/// A server that answers every request with the same bytes, and hangs up.
async fn stranger(answer: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            if stream.read(&mut request).await.is_ok() {
                _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    address
}

/// What PortOne's client makes of such an answer.
async fn look_up(answer: String) -> Answer<Record> {
    let address = stranger(answer).await;
    let portone = PortOneSettings {
        base_url: format!("http://{address}").parse().expect("an address"),
        api_secret: Secret::new("secret"),
        store_id: "store".into(),
        channel_key: "channel".into(),
        public_url: public_url(),
        timeout: PATIENT,
    };
    let settings = GatewaySettings {
        portone: Some(portone),
        ..GatewaySettings::default()
    };
    let gateways = Gateways::new(settings, &Clock::system()).expect("gateways");
    gateways
        .get(PortOne)
        .expect("a gateway")
        .look_up(&bill())
        .await
}

fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

#[tokio::test]
async fn an_error_that_is_not_the_gateways_own_decides_nothing() {
    for (status, code, kind) in [
        ("400 Bad Request", "HTTP_400", ReasonKind::Gateway),
        ("401 Unauthorized", "HTTP_401", ReasonKind::Configuration),
        ("404 Not Found", "HTTP_404", ReasonKind::Configuration),
        ("429 Too Many Requests", "HTTP_429", ReasonKind::Later),
        ("502 Bad Gateway", "HTTP_502", ReasonKind::Gateway),
    ] {
        for body in ["", "<html></html>", r#"{"message":"no"}"#] {
            let Reason {
                code: met,
                kind: of,
                ..
            } = unknown(look_up(answer(status, body)).await);
            assert_eq!((met.as_str(), of), (code, kind));
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = stranger(answer("404 Not Found", r#"{"type":"PAYMENT_NOT_FOUND"}"#)).await;
    let redirect = format!(
        "HTTP/1.1 302 Found\r\nlocation: http://{elsewhere}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    assert_eq!(unknown(look_up(redirect).await).code, "HTTP_302");
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_it() {
    let endless = answer("200 OK", &"[".repeat(2 * 1024 * 1024));
    let reason = unknown(look_up(endless).await);
    assert_eq!(
        (reason.code.as_str(), reason.kind),
        ("UNREADABLE", ReasonKind::Gateway)
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_none() {
    let broken = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"status\":".to_owned();
    assert_eq!(unknown(look_up(broken).await).code, "UNREACHABLE");
}

#[tokio::test]
async fn what_is_not_http_is_no_answer() {
    let reason = unknown(look_up("SSH-2.0-OpenSSH_9.6\r\n".to_owned()).await);
    assert_eq!(
        (reason.code.as_str(), reason.kind),
        ("UNREACHABLE", ReasonKind::Gateway)
    );
}
