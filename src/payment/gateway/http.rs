//! What the clients share: the way to a gateway and back, and what it means when something fails on the way.

use std::{error::Error, time::Duration};

use reqwest::{
    Client, RequestBuilder, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
    redirect::Policy,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::Instant;
use tracing::{Instrument, field::Empty};

use super::{
    ReasonKind,
    address::BaseUrl,
    answer::{HTTP, NotApproved, TIMEOUT, UNREACHABLE, Verdict},
    figures::{Calls, outcome},
    guarded::Health,
};
use crate::trace;

/// How long a connection may take to come about; a gateway that is up takes a fraction of it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The largest answer that is read, in bytes: a payment with a hundred cancellations takes about 64 KiB.
const REPLY_BYTES_MAX: usize = 1024 * 1024;

/// A setting that no client can be made with.
#[derive(Debug, thiserror::Error)]
pub enum WrongSetting {
    #[error("{0} is empty or has characters that HTTP cannot carry")]
    Key(&'static str),
    #[error("no HTTP client can be made: {0}")]
    Client(reqwest::Error),
}

/// The client for all gateways. It follows no redirect: an answer comes from whom it was asked, or not at all.
///
/// # Errors
/// When the machine has no certificates to know gateways by.
pub fn client() -> Result<Client, WrongSetting> {
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(Policy::none())
        .user_agent(concat!("jangteo/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(WrongSetting::Client)
}

/// What a gateway knows the shop by.
pub struct Credentials<'a> {
    /// What an error calls them.
    pub name: &'static str,
    pub scheme: &'static str,
    pub key: &'a [u8],
}

impl Credentials<'_> {
    fn header(&self) -> Result<HeaderValue, WrongSetting> {
        let wrong = WrongSetting::Key(self.name);
        if self.key.is_empty() {
            return Err(wrong);
        }
        let bytes = [self.scheme.as_bytes(), b" ", self.key].concat();
        let mut header = HeaderValue::from_bytes(&bytes).map_err(|_| wrong)?;
        header.set_sensitive(true);
        Ok(header)
    }
}

/// Who calls a gateway, and who hears how it went.
#[derive(Clone, Debug)]
pub struct Caller {
    pub client: Client,
    pub health: Health,
    pub calls: Calls,
}

/// One gateway's door, and the key to it.
#[derive(Debug)]
pub struct Connection {
    caller: Caller,
    base: BaseUrl,
    headers: HeaderMap,
    /// For a whole call, from the connection to the last byte.
    timeout: Duration,
}

impl Connection {
    /// A connection that tells who is calling.
    pub fn new(
        caller: Caller,
        base: BaseUrl,
        credentials: &Credentials<'_>,
        timeout: Duration,
    ) -> Result<Self, WrongSetting> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, credentials.header()?);
        // KakaoPay refuses Korean names where the encoding is left out, as the standard would have it.
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        Ok(Self {
            caller,
            base,
            headers,
            timeout,
        })
    }

    pub fn get(&self, path: &[&str]) -> RequestBuilder {
        self.finished(self.caller.client.get(self.base.below(path)))
    }

    pub fn post(&self, path: &[&str], body: &impl Serialize) -> RequestBuilder {
        self.finished(self.caller.client.post(self.base.below(path)))
            .json(body)
    }

    fn finished(&self, request: RequestBuilder) -> RequestBuilder {
        request.headers(self.headers.clone()).timeout(self.timeout)
    }

    /// Sends a request, and gives the body of a success; else what the gateway's table `E` says of its error, or
    /// what it means that none came.
    pub async fn ask<T: DeserializeOwned, E: ErrorBody>(
        &self,
        asked: Asked,
        request: RequestBuilder,
    ) -> Result<T, NotApproved> {
        let begun = Instant::now();
        let (provider, call) = (self.caller.calls.provider, asked.name());
        let span = tracing::trace_span!(
            target: trace::TARGET,
            "gateway",
            otel.kind = "client",
            otel.name = format!("{provider} {call}"),
            provider,
            call,
            http.response.status_code = Empty,
            outcome = Empty,
        );
        let answer = match send(request).instrument(span.clone()).await {
            Ok(reply) => {
                span.record("http.response.status_code", reply.status.as_u16());
                reply.read::<T, E>(asked)
            }
            Err(lost) => Err(lost),
        };
        span.record("outcome", outcome(&answer));
        self.caller.health.count(&answer);
        self.caller.calls.count(asked, &answer, begun);
        answer
    }
}

/// Sends a request and reads the answer. What gets lost on the way may have happened all the same.
async fn send(request: RequestBuilder) -> Result<Reply, NotApproved> {
    let mut response = request.send().await.map_err(lost)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > REPLY_BYTES_MAX {
            return Err(NotApproved::unreadable("The answer is too long."));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, body })
}

/// What was asked: the same code may mean different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Prepare,
    Approve,
    LookUp,
    Cancel,
}

impl Asked {
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Approve => "approve",
            Self::LookUp => "look_up",
            Self::Cancel => "cancel",
        }
    }
}

/// A gateway's error body, and its table of what each code means.
pub trait ErrorBody: DeserializeOwned {
    fn code(&self) -> String;
    fn message(&self) -> &str;
    fn verdict(&self, asked: Asked) -> Verdict;
}

/// An answer's status and body.
struct Reply {
    status: StatusCode,
    body: Vec<u8>,
}

impl Reply {
    /// The body of a success; else what the gateway's table says of its error.
    fn read<T: DeserializeOwned, E: ErrorBody>(&self, asked: Asked) -> Result<T, NotApproved> {
        if self.status.is_success() {
            return serde_json::from_slice(&self.body).map_err(|error| {
                // No more than the place: the error's own words may repeat what is there.
                let (line, column) = (error.line(), error.column());
                NotApproved::unreadable(&format!(
                    "It makes no sense at line {line}, column {column}."
                ))
            });
        }
        Err(match serde_json::from_slice::<E>(&self.body) {
            Ok(error) => self
                .tempered(error.verdict(asked))
                .because(&error.code(), error.message()),
            Err(_) => self.wordless(),
        })
    }

    /// Whatever code comes with it, a 5xx is never certain, and after a 429 the same may be asked again.
    fn tempered(&self, verdict: Verdict) -> Verdict {
        if self.status.is_server_error() {
            Verdict::Unknown(ReasonKind::Gateway)
        } else if self.status == StatusCode::TOO_MANY_REQUESTS {
            Verdict::Unknown(ReasonKind::Later)
        } else {
            verdict
        }
    }

    /// An error that is not in the gateway's own format may be from anybody between here and there: it says
    /// nothing of the payment.
    fn wordless(&self) -> NotApproved {
        let verdict = match self.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
                Verdict::Unknown(ReasonKind::Configuration)
            }
            _ => self.tempered(Verdict::Unknown(ReasonKind::Gateway)),
        };
        verdict.because(
            &format!("{HTTP}{}", self.status.as_u16()),
            "The gateway answers with an error that is not its own.",
        )
    }
}

/// What it means that no answer came.
fn lost(error: reqwest::Error) -> NotApproved {
    let verdict = Verdict::Unknown(ReasonKind::Gateway);
    let error = error.without_url();
    if error.is_timeout() && !error.is_connect() {
        return verdict.because(TIMEOUT, "No answer came in time.");
    }
    // The innermost cause says most.
    let mut cause: &dyn Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    verdict.because(UNREACHABLE, &cause.to_string())
}

#[cfg(test)]
mod tests {
    use entity::payment::PaymentProvider;
    use serde::Deserialize;

    use super::*;
    use crate::{
        clock::Clock,
        payment::gateway::{answer::UNREADABLE, figures::Figures},
    };

    /// An error whose table declines everything.
    #[derive(Deserialize)]
    struct No {
        code: String,
    }

    impl ErrorBody for No {
        fn code(&self) -> String {
            self.code.clone()
        }

        fn message(&self) -> &'static str {
            "no"
        }

        fn verdict(&self, _: Asked) -> Verdict {
            Verdict::Declined(ReasonKind::Other)
        }
    }

    fn read(status: u16, body: &str) -> Result<Vec<i64>, NotApproved> {
        let reply = Reply {
            status: StatusCode::from_u16(status).unwrap(),
            body: body.as_bytes().to_vec(),
        };
        reply.read::<_, No>(Asked::Approve)
    }

    #[test]
    fn a_success_is_read_and_an_error_judged_by_its_code() {
        assert_eq!(read(200, "[1, 2]"), Ok(vec![1, 2]));
        for status in [400, 401, 403, 404, 409] {
            assert_eq!(
                read(status, r#"{"code":"NO"}"#),
                Err(Verdict::Declined(ReasonKind::Other).because("NO", "no"))
            );
        }
    }

    #[test]
    fn no_5xx_is_certain_and_a_429_can_be_asked_again() {
        for (status, kind) in [
            (500, ReasonKind::Gateway),
            (502, ReasonKind::Gateway),
            (429, ReasonKind::Later),
        ] {
            assert_eq!(
                read(status, r#"{"code":"NO"}"#),
                Err(Verdict::Unknown(kind).because("NO", "no"))
            );
        }
    }

    #[test]
    fn an_error_in_a_strange_format_says_nothing_of_the_payment() {
        for (status, kind) in [
            (302, ReasonKind::Gateway),
            (400, ReasonKind::Gateway),
            (401, ReasonKind::Configuration),
            (403, ReasonKind::Configuration),
            (404, ReasonKind::Configuration),
            (429, ReasonKind::Later),
            (503, ReasonKind::Gateway),
        ] {
            for body in ["", "<html>", "{}", "null"] {
                let NotApproved::Unknown(reason) = read(status, body).unwrap_err() else {
                    panic!("{status} {body} is certain");
                };
                assert_eq!((reason.code, reason.kind), (format!("HTTP_{status}"), kind));
            }
        }
    }

    #[test]
    fn a_body_that_makes_no_sense_is_not_repeated() {
        for body in ["", "<html>", "{}", r#"["4330-1234-1234-1234"]"#] {
            let NotApproved::Unknown(reason) = read(200, body).unwrap_err() else {
                panic!("{body} is certain");
            };
            assert_eq!(
                (reason.code.as_str(), reason.kind),
                (UNREADABLE, ReasonKind::Gateway)
            );
            assert!(!reason.message.contains("4330"));
        }
    }

    #[test]
    fn a_key_that_http_cannot_carry_is_refused_by_name_and_never_shown() {
        let base = "http://127.0.0.1".parse::<BaseUrl>().unwrap();
        let connection = |key: &str| {
            let credentials = Credentials {
                name: "the key",
                scheme: "Basic",
                key: key.as_bytes(),
            };
            let caller = Caller {
                client: Client::new(),
                health: Health::new(Clock::system()),
                calls: Figures::default().of(PaymentProvider::Toss),
            };
            Connection::new(caller, base.clone(), &credentials, CONNECT_TIMEOUT)
        };
        for key in ["", "a\nb"] {
            let refusal = connection(key).unwrap_err().to_string();
            assert!(refusal.starts_with("the key is empty"), "{refusal}");
        }
        let connection = connection("open-sesame").unwrap();
        assert!(!format!("{connection:?}").contains("sesame"));
    }
}
