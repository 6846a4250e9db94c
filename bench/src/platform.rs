//! A data platform to tell: one that takes everything at once, and one that never answers.

use std::{fmt, net::SocketAddr, thread};

use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime,
};

use crate::Result;

/// How a platform is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mood {
    Quick,
    Hanging,
}

impl Mood {
    pub const ALL: [Self; 2] = [Self::Quick, Self::Hanging];
}

impl fmt::Display for Mood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Quick => "Jangteo, a quick platform",
            Self::Hanging => "Jangteo, a hanging platform",
        })
    }
}

const TAKEN: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// The longest head of a request.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Opens a platform, in a thread of its own, for as long as the benchmark runs.
pub fn open(mood: Mood) -> Result<SocketAddr> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    thread::spawn(move || runtime.block_on(serve(mood, listener)));
    Ok(address)
}

async fn serve(mood: Mood, listener: std::net::TcpListener) -> Option<()> {
    let listener = TcpListener::from_std(listener).ok()?;
    loop {
        let (stream, _) = listener.accept().await.ok()?;
        tokio::spawn(answer(mood, stream));
    }
}

/// Answers one request after the other, until the connection ends.
async fn answer(mood: Mood, mut stream: TcpStream) -> Option<()> {
    let mut bytes = Vec::new();
    loop {
        let Some(length) = request_length(&bytes) else {
            if bytes.len() > HEAD_BYTES_MAX || stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
            continue;
        };
        while bytes.len() < length {
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
        bytes.drain(..length);
        if mood == Mood::Quick {
            stream.write_all(TAKEN).await.ok()?;
        }
    }
}

/// How long a request is with its body, once its head is there.
fn request_length(bytes: &[u8]) -> Option<usize> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = request.parse(bytes).ok()? else {
        return None;
    };
    let mut headers = request.headers.iter();
    let length = headers.find(|header| header.name.eq_ignore_ascii_case("content-length"))?;
    let body = std::str::from_utf8(length.value)
        .ok()?
        .parse::<usize>()
        .ok()?;
    Some(head + body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_as_long_as_its_head_and_body() {
        let head = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n";
        assert_eq!(request_length(&head[..20]), None);
        assert_eq!(request_length(head), Some(head.len() + 3));
    }
}
