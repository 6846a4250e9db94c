//! Attacks on the connections themselves.

use futures_util::future::join_all;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::tungstenite::Message;

use super::SHOP_WINDOW;
use crate::support::{PATIENCE, Received, Shop, Socket};

/// Connections that somebody opens and does nothing with.
const IDLE: usize = 100;

/// Sends bytes over a connection of its own, until the server does not take them any more; gives the first line of its
/// answer, which may be lost where the server hangs up on somebody who goes on speaking.
async fn first_line(shop: &Shop, head: &str, body: impl Iterator<Item = Vec<u8>>) -> String {
    let stream = TcpStream::connect(shop.address())
        .await
        .expect("a connection");
    let (mut reading, mut writing) = stream.into_split();
    let write = async {
        for chunk in std::iter::once(head.as_bytes().to_vec()).chain(body) {
            if writing.write_all(&chunk).await.is_err() {
                break;
            }
        }
        // The server alone ends it.
        std::future::pending::<()>().await;
    };
    let read = async {
        let mut answer = Vec::new();
        while !answer.contains(&b'\n') {
            match reading.read_u8().await {
                Ok(byte) => answer.push(byte),
                Err(_) => break,
            }
        }
        String::from_utf8_lossy(&answer).trim().to_owned()
    };
    let answer = async {
        tokio::select! {
            () = write => unreachable!("it does not end"),
            answer = read => answer,
        }
    };
    timeout(PATIENCE, answer).await.expect("the server ends it")
}

both! {
    async fn a_body_that_does_not_end_is_not_waited_for(shop: Shop) {
        let head = "POST /graphql HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        let chunks = std::iter::repeat_with(|| [&b"10000\r\n"[..], &vec![b' '; 0x10000], b"\r\n"].concat());
        let answer = first_line(&shop, head, chunks).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
        shop.anonymous().run(SHOP_WINDOW, json!({})).await;
    }

    async fn headers_without_end_are_not_kept(shop: Shop) {
        let head = "GET /graphql HTTP/1.1\r\nHost: shop\r\n";
        let many = std::iter::repeat_with(|| b"x-more: and more\r\n".repeat(1_000));
        let answer = first_line(&shop, head, many).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "many: {answer}");
        let long = std::iter::repeat_with(|| vec![b'a'; 64 * 1024]);
        let answer = first_line(&shop, "GET /graphql HTTP/1.1\r\nx: ", long).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "long: {answer}");
        let address = std::iter::repeat_with(|| vec![b'a'; 64 * 1024]);
        let answer = first_line(&shop, "GET /graphql?query=", address).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "address: {answer}");
        shop.anonymous().run(SHOP_WINDOW, json!({})).await;
    }

    async fn those_who_say_nothing_hold_up_nobody(shop: Shop) {
        let begun = ["", "POST /gra", "POST /graphql HTTP/1.1\r\nContent-Length: 100000\r\nContent-Type: application/json\r\n\r\n{"];
        let connections = (0..IDLE).map(async |number| {
            let mut stream = TcpStream::connect(shop.address()).await.expect("a connection");
            let begun = begun[number % begun.len()];
            stream.write_all(begun.as_bytes()).await.expect("it is taken");
            stream
        });
        let connections = join_all(connections).await;
        let answer = shop.anonymous().run(SHOP_WINDOW, json!({})).await;
        assert_eq!(answer["products"]["totalCount"], 0);
        drop(connections);
    }

    async fn a_message_without_end_closes_its_socket_and_no_other(shop: Shop) {
        let mina = shop.member().await;
        let mut quiet = Socket::open(shop.address()).await;
        quiet.enter(mina.token.as_deref()).await;
        let mut loud = Socket::open(shop.address()).await;
        loud.enter(mina.token.as_deref()).await;
        let said = loud.provoke(Message::text("a".repeat(8 * 1024 * 1024))).await;
        for said in said {
            assert!(matches!(said, Message::Close(_)), "{said:?}");
        }
        quiet.expect_silence().await;
    }

    async fn thousands_of_subscriptions_are_so_many_refusals(shop: Shop) {
        let mina = shop.member().await;
        let mut socket = Socket::open(shop.address()).await;
        socket.enter(mina.token.as_deref()).await;
        let most = shop.app().listeners.limits.operations_max;
        for number in 0..2_000 {
            socket.subscribe(&number.to_string(), "subscription { myOrderEvents { sequence } }", json!({})).await;
            if number >= most {
                let Received::Error(errors) = socket.receive().await else { panic!("a refusal was expected") };
                assert_eq!(errors[0]["extensions"]["code"], "TOO_MANY_LISTENERS", "{errors}");
            }
        }
        socket.expect_silence().await;
        mina.run(SHOP_WINDOW, json!({})).await;
    }
}
