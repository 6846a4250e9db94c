//! One member's connection: HTTP/1.1, kept alive, a request at a time.
//!
//! The load generator shares the machine with what it measures, so the requests are written once and only ids and
//! keys change in them, and of an answer no more is read than what became of the order.

use std::{io, net::SocketAddr, sync::Arc};

use entity::{id::SessionId, member::Role};
use jangteo::member::{Access, Tokens};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use uuid::Uuid;

use crate::{Result, shop};

const PLACE_ORDER: &str = "mutation($input:PlaceOrderInput!){placeOrder(input:$input){order{id orderKey status}userErrors{code}}}";

/// The length of an option's id: `option_` and 26 characters.
const OPTION_LENGTH: usize = 33;

/// The digits of a key.
const KEY_LENGTH: usize = 16;

/// Headers that an answer may have.
const HEADERS_MAX: usize = 32;

/// What became of an order, or of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was placed, or what was asked was answered.
    Done,
    /// The code of the refusal or error, or what else it was.
    Refused(String),
    /// There was no answer, and will be none to whatever is sent next.
    Broken(io::ErrorKind),
}

#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// A member who orders two lines at a time, over a connection of their own.
#[derive(Debug)]
pub struct Buyer {
    connection: Connection,
    request: OrderRequest,
    next_key: u64,
}

/// An answer's status and body.
type Answer<'c> = (u16, &'c [u8]);

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(4096),
        })
    }

    /// Sends a request and waits for its answer.
    pub async fn send(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.received.clear();
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some((status, from, to)) = parse(&self.received)? {
                return Ok((status, &self.received[from..to]));
            }
        }
    }
}

/// The status of an answer and where its body lies; `None` while it has not come whole.
fn parse(received: &[u8]) -> io::Result<Option<(u16, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(from) = head.parse(received).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let length = head
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .and_then(|header| str::from_utf8(header.value).ok()?.parse::<usize>().ok())
        .ok_or_else(|| io::Error::other("an answer without a length"))?;
    let to = from + length;
    Ok((received.len() >= to).then_some((head.code.unwrap_or_default(), from, to)))
}

impl Buyer {
    /// Connects. Keys begin anywhere: the member may have ordered before.
    pub async fn connect(address: SocketAddr, request: OrderRequest) -> Result<Self> {
        Ok(Self {
            connection: Connection::open(address).await?,
            request,
            next_key: rand::random(),
        })
    }

    /// Orders a piece of each option, with a new key.
    pub async fn order(&mut self, options: [&OptionText; 2]) -> Outcome {
        self.request.fill(options, self.next_key);
        self.next_key = self.next_key.wrapping_add(1);
        match self.connection.send(&self.request.bytes).await {
            Ok((status, body)) => outcome(status, body),
            Err(error) => Outcome::Broken(error.kind()),
        }
    }
}

fn outcome(status: u16, body: &[u8]) -> Outcome {
    if status == 200 && find(body, br#""status":"PAID""#).is_some() {
        return Outcome::Done;
    }
    let code = after(body, br#""code":""#).and_then(|rest| rest.split(|byte| *byte == b'"').next());
    Outcome::Refused(code.map_or_else(
        || format!("HTTP {status}"),
        |code| String::from_utf8_lossy(code).into_owned(),
    ))
}

/// Where the part begins.
pub fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn after<'t>(text: &'t [u8], part: &[u8]) -> Option<&'t [u8]> {
    find(text, part).map(|at| &text[at + part.len()..])
}

/// An option's id as it stands in a request.
pub type OptionText = [u8; OPTION_LENGTH];

/// The ids of all options, by their number.
pub fn option_texts() -> Result<Vec<OptionText>> {
    let text = |number| {
        let text = shop::option(number).to_string();
        text.as_bytes()
            .try_into()
            .map_err(|_| format!("{text} is not {OPTION_LENGTH} characters long").into())
    };
    (0..shop::OPTIONS).map(text).collect()
}

/// An HTTP request that places an order, but for the options and the key.
#[derive(Clone, Debug)]
pub struct OrderRequest {
    bytes: Vec<u8>,
    options_at: [usize; 2],
    key_at: usize,
}

impl OrderRequest {
    /// A request of the member with that number.
    pub fn of(tokens: &Tokens, member: u32) -> Result<Self> {
        let option = "o".repeat(OPTION_LENGTH);
        let key = "k".repeat(KEY_LENGTH);
        let line = format!(r#"{{"optionId":"{option}","quantity":1}}"#);
        let body = format!(
            r#"{{"query":"{PLACE_ORDER}","variables":{{"input":{{"lines":[{line},{line}],"idempotencyKey":"{key}"}}}}}}"#
        );
        let bytes = post(Some(&token(tokens, member)?), &body);
        let first = find(&bytes, option.as_bytes()).ok_or("no place for an option")?;
        let second = first + line.len() + 1;
        let key_at = find(&bytes, key.as_bytes()).ok_or("no place for a key")?;
        Ok(Self {
            bytes,
            options_at: [first, second],
            key_at,
        })
    }

    fn fill(&mut self, options: [&OptionText; 2], key: u64) {
        for (at, option) in self.options_at.into_iter().zip(options) {
            self.bytes[at..at + OPTION_LENGTH].copy_from_slice(option);
        }
        let key = format!("{key:0KEY_LENGTH$x}");
        self.bytes[self.key_at..self.key_at + KEY_LENGTH].copy_from_slice(key.as_bytes());
    }
}

/// The access token of the member with that number.
pub fn token(tokens: &Tokens, member: u32) -> Result<String> {
    let (token, _) = tokens.issue(&Access {
        member_id: shop::member(member),
        session_id: SessionId(Uuid::nil()),
        role: Role::Member,
    })?;
    Ok(token)
}

/// Requests that a client chooses among.
pub type Requests = Arc<[Vec<u8>]>;

/// A GraphQL request in HTTP, of a member or of anybody.
pub fn post(token: Option<&str>, body: &str) -> Vec<u8> {
    request("POST /graphql", token, body.as_bytes())
}

/// A request that asks for a path.
pub fn get(path: &str, token: Option<&str>) -> Vec<u8> {
    request(&format!("GET {path}"), token, &[])
}

/// A request that puts something there.
pub fn put(path: &str, body: &[u8]) -> Vec<u8> {
    request(&format!("PUT {path}"), None, body)
}

fn request(what: &str, token: Option<&str>, body: &[u8]) -> Vec<u8> {
    let bearer = token.map(|token| format!("authorization: Bearer {token}\r\n"));
    let head = format!(
        "{what} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n{}content-length: {}\r\n\r\n",
        bearer.unwrap_or_default(),
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jangteo::{clock::Clock, config::Secret, member::Keys};

    use super::*;

    #[test]
    fn a_request_is_filled_where_its_options_and_key_belong() {
        let secret = Secret::new("0123456789abcdef0123456789abcdef");
        let keys = Keys::new(&secret, None).unwrap();
        let tokens = Tokens::new(keys, Clock::system(), Duration::from_mins(1));
        let options = option_texts().unwrap();
        let mut request = OrderRequest::of(&tokens, 7).unwrap();
        request.fill([&options[1], &options[2]], 255);
        let (head, body) = {
            let text = std::str::from_utf8(&request.bytes).unwrap();
            text.split_once("\r\n\r\n").unwrap()
        };
        assert!(head.contains(&format!("content-length: {}", body.len())));
        let body = serde_json::from_str::<serde_json::Value>(body).unwrap();
        let input = &body["variables"]["input"];
        assert_eq!(input["lines"][0]["optionId"], shop::option(1).to_string());
        assert_eq!(input["lines"][1]["optionId"], shop::option(2).to_string());
        assert_eq!(input["idempotencyKey"], "00000000000000ff");
    }

    #[test]
    fn an_answer_is_read_when_it_has_come_whole() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
        for end in 0..answer.len() {
            assert_eq!(parse(&answer[..end]).unwrap(), None);
        }
        assert_eq!(parse(answer).unwrap(), Some((200, 38, 42)));
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(parse(b"what?").is_err());
    }

    #[test]
    fn an_order_is_paid_or_has_a_reason() {
        let refused = |reason: &str| Outcome::Refused(reason.into());
        assert_eq!(
            outcome(200, br#"{"order":{"status":"PAID"}}"#),
            Outcome::Done
        );
        assert_eq!(
            outcome(
                200,
                br#"{"order":null,"userErrors":[{"code":"INSUFFICIENT_STOCK"}]}"#
            ),
            refused("INSUFFICIENT_STOCK")
        );
        assert_eq!(outcome(503, b"busy"), refused("HTTP 503"));
    }
}
