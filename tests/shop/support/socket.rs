use std::{collections::VecDeque, net::SocketAddr};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        self, Message,
        client::IntoClientRequest,
        http::HeaderMap,
        protocol::{CloseFrame, Role},
    },
};

use super::PATIENCE;

/// Any sixteen bytes are a key.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// A subscription on a WebSocket of its own, spoken by the protocol's text.
pub struct Subscription {
    socket: Socket,
    /// What came while waiting for something else.
    early: VecDeque<Value>,
}

/// A graphql-transport-ws connection.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What comes out of a subscription.
#[derive(Debug)]
pub enum Received {
    /// The data of an event, or its errors.
    Next(Value),
    /// The server ended the subscription in order.
    Complete,
    /// The server refused the subscription.
    Error(Value),
    /// The server closed the connection.
    Closed(Option<CloseFrame>),
}

/// A connection with little room for what is not read.
pub async fn narrow(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    let few = socket.set_recv_buffer_size(8 * 1024);
    few.expect("a size that can be had");
    socket.connect(address).await.expect("a connection")
}

impl Subscription {
    pub async fn begin(
        address: SocketAddr,
        token: Option<&str>,
        query: &str,
        variables: Value,
    ) -> Self {
        let mut socket = Socket::open(address).await;
        let authorization = token.map(|token| format!("Bearer {token}"));
        socket.introduce(authorization.as_deref()).await;
        assert_eq!(socket.message().await["type"], "connection_ack");
        let payload = json!({ "query": query, "variables": variables });
        socket
            .send(json!({ "id": "1", "type": "subscribe", "payload": payload }))
            .await;
        let mut subscription = Self {
            socket,
            early: VecDeque::new(),
        };
        // The server polls its subscriptions between two messages: after the second answer it listens to
        // what the test is about to do.
        subscription.ping().await;
        subscription.ping().await;
        subscription
    }

    /// The next event's data.
    pub async fn next(&mut self) -> Value {
        match self.receive().await {
            Received::Next(payload) if payload.get("errors").is_none() => payload["data"].clone(),
            other => panic!("expected an event, got {other:?}"),
        }
    }

    /// Whatever comes next.
    pub async fn receive(&mut self) -> Received {
        match self.early.pop_front() {
            Some(message) => Received::of(&message),
            None => self.socket.receive().await,
        }
    }

    /// What has come already, if anything has.
    pub fn early(&mut self) -> Option<Received> {
        self.early.pop_front().as_ref().map(Received::of)
    }

    /// Asserts that the server ends the subscription in order.
    pub async fn expect_complete(&mut self) {
        let received = self.receive().await;
        assert!(
            matches!(received, Received::Complete),
            "expected the end, got {received:?}"
        );
    }

    /// Asserts that nothing has come that was not received.
    pub async fn expect_silence(&mut self) {
        self.ping().await;
        self.ping().await;
        assert!(
            self.early.is_empty(),
            "expected silence, got {:#?}",
            self.early
        );
    }

    /// Waits for the answer to a ping; keeps what comes before it.
    async fn ping(&mut self) {
        self.socket.send(json!({ "type": "ping" })).await;
        loop {
            let message = self.socket.message().await;
            if message["type"] == "pong" {
                return;
            }
            self.early.push_back(message);
        }
    }
}

impl Received {
    fn of(message: &Value) -> Self {
        match message["type"].as_str() {
            Some("next") => Self::Next(message["payload"].clone()),
            Some("complete") => Self::Complete,
            Some("error") => Self::Error(message["payload"].clone()),
            _ => panic!("unexpected message: {message:#}"),
        }
    }
}

impl Socket {
    pub async fn open(address: SocketAddr) -> Self {
        Self::open_as(address, "graphql-transport-ws")
            .await
            .expect("the server upgrades")
    }

    /// Opens a connection that speaks another protocol, if the server does.
    pub async fn open_as(address: SocketAddr, protocol: &str) -> tungstenite::Result<Self> {
        Self::open_with(address, protocol, &HeaderMap::new()).await
    }

    /// Opens a connection with these headers besides.
    pub async fn open_with(
        address: SocketAddr,
        protocol: &str,
        headers: &HeaderMap,
    ) -> tungstenite::Result<Self> {
        let mut request = format!("ws://{address}/graphql")
            .into_client_request()
            .expect("a URL");
        let header = protocol.parse().expect("a header");
        request.headers_mut().extend(headers.clone());
        request
            .headers_mut()
            .insert("sec-websocket-protocol", header);
        let (socket, response) = connect_async(request).await?;
        assert_eq!(response.headers()["sec-websocket-protocol"], protocol);
        Ok(Self(socket))
    }

    /// Introduces itself, with that `Authorization` if any.
    pub async fn introduce(&mut self, authorization: Option<&str>) {
        let payload = authorization.map_or_else(
            || json!({}),
            |authorization| json!({ "Authorization": authorization }),
        );
        self.send(json!({ "type": "connection_init", "payload": payload }))
            .await;
    }

    /// Sends so many ping frames, and reads nothing; tells how many the server took.
    pub async fn ping_deaf(&mut self, most: usize) -> usize {
        let ping = Message::Ping(vec![0; 125].into());
        for taken in 0..most {
            if self.0.send(ping.clone()).await.is_err() {
                return taken;
            }
        }
        most
    }

    pub async fn send(&mut self, message: Value) {
        self.0
            .send(Message::text(message.to_string()))
            .await
            .expect("the message is sent");
    }

    /// The next message, which is one of the protocol.
    pub async fn message(&mut self) -> Value {
        match self.frame().await {
            Message::Text(text) => serde_json::from_str(&text).expect("messages are JSON"),
            other => panic!("expected a message, got {other:?}"),
        }
    }

    pub async fn receive(&mut self) -> Received {
        match self.frame().await {
            Message::Close(frame) => Received::Closed(frame),
            Message::Text(text) => Received::of(&serde_json::from_str(&text).expect("JSON")),
            other => panic!("unexpected frame: {other:?}"),
        }
    }

    /// Sends a frame, whatever is in it.
    pub async fn send_frame(&mut self, frame: Message) {
        self.0.send(frame).await.expect("the frame is sent");
    }

    /// Sends a frame, whatever is in it, and asks twice whether somebody is there: the server looks at its subscriptions
    /// between two messages. Gives all that comes before the second answer, or before the end.
    pub async fn provoke(&mut self, frame: Message) -> Vec<Message> {
        let ping = |number| {
            let ping = json!({ "type": "ping", "payload": { "number": number } });
            Message::text(ping.to_string())
        };
        let last = json!({ "type": "pong", "payload": { "number": 2 } });
        let is_last = |frame: &Message| match frame {
            Message::Text(text) => serde_json::from_str(text).is_ok_and(|it: Value| it == last),
            _ => false,
        };
        for frame in [frame, ping(1), ping(2)] {
            // The server may have hung up: what it said before tells why.
            if self.0.send(frame).await.is_err() {
                break;
            }
        }
        let mut said = Vec::new();
        loop {
            let frame = timeout(PATIENCE, self.0.next()).await;
            match frame.expect("something comes in time") {
                Some(Ok(frame)) if is_last(&frame) => return said,
                Some(Ok(frame)) => said.push(frame),
                Some(Err(_)) | None => return said,
            }
        }
    }

    /// Introduces itself, and is let in.
    pub async fn enter(&mut self, token: Option<&str>) {
        let authorization = token.map(|token| format!("Bearer {token}"));
        self.introduce(authorization.as_deref()).await;
        assert_eq!(self.message().await, json!({ "type": "connection_ack" }));
    }

    /// Asks for an operation.
    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.send(json!({ "id": id, "type": "subscribe", "payload": payload }))
            .await;
    }

    /// The code and the reason with which the server closes; nothing else comes before.
    pub async fn expect_close(&mut self) -> (u16, String) {
        match self.frame().await {
            Message::Close(Some(frame)) => (frame.code.into(), frame.reason.to_string()),
            other => panic!("expected a close frame with a code, got {other:?}"),
        }
    }

    /// The code with which the server closes, whatever comes before; `None` if the line is cut.
    pub async fn closed_at_last(&mut self) -> Option<u16> {
        loop {
            let frame = timeout(PATIENCE, self.0.next()).await;
            match frame.expect("something comes in time") {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// Asserts that nothing has come that was not received: what is asked now is answered first.
    pub async fn expect_silence(&mut self) {
        for payload in [json!({ "silence": 1 }), json!({ "silence": 2 })] {
            self.send(json!({ "type": "ping", "payload": payload }))
                .await;
            let pong = json!({ "type": "pong", "payload": payload });
            assert_eq!(self.message().await, pong);
        }
    }

    /// Opens a connection that offers these protocols, or none, whatever the server makes of it; gives the one that it
    /// chose.
    pub async fn open_raw(address: SocketAddr, offered: Option<&str>) -> (Self, Option<String>) {
        let stream = TcpStream::connect(address).await.expect("a connection");
        Self::open_over(stream, address, offered).await
    }

    /// The same over a connection that is there.
    pub async fn open_over(
        mut stream: TcpStream,
        address: SocketAddr,
        offered: Option<&str>,
    ) -> (Self, Option<String>) {
        let offered = offered.map(|offered| format!("Sec-WebSocket-Protocol: {offered}\r\n"));
        let request = format!(
            "GET /graphql HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{}\r\n",
            offered.unwrap_or_default()
        );
        stream
            .write_all(request.as_bytes())
            .await
            .expect("the request is sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let byte = timeout(PATIENCE, stream.read_u8()).await;
            head.push(byte.expect("an answer in time").expect("an answer"));
        }
        let head = String::from_utf8(head).expect("a head");
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        let chosen = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            let is_meant = name.eq_ignore_ascii_case("sec-websocket-protocol");
            is_meant.then(|| value.to_owned())
        });
        let stream = MaybeTlsStream::Plain(stream);
        let socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
        (Self(socket), chosen)
    }

    /// The next frame, whatever it is.
    pub async fn any_frame(&mut self) -> Message {
        let frame = timeout(PATIENCE, self.0.next()).await;
        let frame = frame.expect("something comes in time");
        frame.expect("the line is open").expect("a frame")
    }

    /// Waits for a ping of the server's, which the client answers.
    pub async fn wait_for_ping(&mut self) {
        let frame = self.any_frame().await;
        assert!(matches!(frame, Message::Ping(_)), "{frame:?}");
        self.0.flush().await.expect("the pong is sent");
    }

    async fn frame(&mut self) -> Message {
        loop {
            let frame = timeout(PATIENCE, self.0.next())
                .await
                .expect("something comes in time");
            match frame {
                // The WebSocket's own pings, and those of the protocol.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Text(text))) if text.contains(r#""type":"ping""#) => {
                    self.send(json!({ "type": "pong" })).await;
                }
                Some(Ok(message)) => return message,
                Some(Err(error)) => panic!("the connection broke: {error}"),
                None => return Message::Close(None),
            }
        }
    }
}
