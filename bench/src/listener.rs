//! One listener: a WebSocket, spoken as far as it must be, so that fifteen thousand of them leave the machine to the server.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::Result;

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// The first bit of a frame that is not in pieces.
const WHOLE: u8 = 0x80;

/// The bit that says that bytes are masked, as a client's must be; the mask may be of zeros, which changes nothing.
const MASKED: u8 = 0x80;
const MASK: [u8; 4] = [0; 4];

/// What stands for the length where that follows in two bytes.
const TWO_BYTES_OF_LENGTH: u8 = 0x7e;

#[derive(Debug)]
pub struct Listener {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Listener {
    /// Connects from that address of this machine's: each has ports of its own.
    pub async fn connect(server: SocketAddr, from: SocketAddr, token: &str) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(from)?;
        let mut listener = Self {
            stream: socket.connect(server).await?,
            received: Vec::new(),
        };
        listener.stream.set_nodelay(true)?;
        let request = format!(
            "GET /graphql HTTP/1.1\r\nhost: {server}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
        );
        listener.stream.write_all(request.as_bytes()).await?;
        let head = loop {
            if let Some(end) = end_of_head(&listener.received) {
                break listener.received.drain(..end).collect::<Vec<_>>();
            }
            listener.receive().await?;
        };
        if !head.starts_with(b"HTTP/1.1 101 ") {
            return Err(String::from_utf8_lossy(&head).into());
        }
        let init = format!(
            r#"{{"type":"connection_init","payload":{{"authorization":"Bearer {token}"}}}}"#
        );
        listener.say(&init).await?;
        let acknowledged = listener.hear().await?;
        if acknowledged == r#"{"type":"connection_ack"}"# {
            Ok(listener)
        } else {
            Err(acknowledged.into())
        }
    }

    /// Subscribes; the server listens for it as soon as it has answered what is said next, a ping.
    pub async fn subscribe(&mut self, id: &str, query: &str) -> Result<()> {
        let payload = serde_json::json!({ "query": query });
        let subscribe = serde_json::json!({ "type": "subscribe", "id": id, "payload": payload });
        self.say(&subscribe.to_string()).await?;
        self.say(r#"{"type":"ping"}"#).await?;
        Ok(())
    }

    /// The next message. What was begun to be read is kept, whatever becomes of the wait.
    pub async fn hear(&mut self) -> Result<String> {
        loop {
            let Some((kind, from, to)) = frame(&self.received) else {
                self.receive().await?;
                continue;
            };
            let payload = self.received[from..to].to_vec();
            self.received.drain(..to);
            if self.received.is_empty() {
                // Listeners are many, and rarely told anything.
                self.received = Vec::new();
            }
            match kind {
                TEXT => return Ok(String::from_utf8(payload)?),
                PING => self.send(PONG, &payload).await?,
                PONG => {}
                CLOSE => {
                    return Err(format!("closed: {}", String::from_utf8_lossy(&payload)).into());
                }
                other => return Err(format!("a frame of kind {other}").into()),
            }
        }
    }

    async fn receive(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.send(TEXT, text.as_bytes()).await
    }

    async fn send(&mut self, kind: u8, payload: &[u8]) -> io::Result<()> {
        let mut bytes = vec![WHOLE | kind];
        match u8::try_from(payload.len()) {
            Ok(length) if length < 126 => bytes.push(MASKED | length),
            _ => {
                let length = u16::try_from(payload.len()).map_err(io::Error::other)?;
                bytes.push(MASKED | TWO_BYTES_OF_LENGTH);
                bytes.extend(length.to_be_bytes());
            }
        }
        bytes.extend(MASK);
        bytes.extend(payload);
        self.stream.write_all(&bytes).await
    }
}

fn end_of_head(received: &[u8]) -> Option<usize> {
    let at = received.windows(4).position(|part| part == b"\r\n\r\n")?;
    Some(at + 4)
}

/// The kind of the first frame, and where its payload lies; `None` while it has not come whole.
fn frame(received: &[u8]) -> Option<(u8, usize, usize)> {
    let (kind, length) = (received.first()? & 0x0f, received.get(1)? & 0x7f);
    let (from, length) = match length {
        126 => (
            4,
            usize::from(u16::from_be_bytes(received.get(2..4)?.try_into().ok()?)),
        ),
        127 => {
            let length = u64::from_be_bytes(received.get(2..10)?.try_into().ok()?);
            (10, usize::try_from(length).ok()?)
        }
        short => (2, usize::from(short)),
    };
    (received.len() >= from + length).then_some((kind, from, from + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_when_it_has_come_whole() {
        let short = [0x81, 2, b'h', b'i', 0x89];
        for end in 0..4 {
            assert_eq!(frame(&short[..end]), None);
        }
        assert_eq!(frame(&short), Some((TEXT, 2, 4)));
        let mut long = vec![0x81, 126, 1, 0];
        long.extend([b'x'; 256]);
        assert_eq!(frame(&long[..259]), None);
        assert_eq!(frame(&long), Some((TEXT, 4, 260)));
        let mut longer = vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0];
        longer.extend(vec![b'x'; 65_536]);
        assert_eq!(frame(&longer), Some((TEXT, 10, 65_546)));
    }
}
