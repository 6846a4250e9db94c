//! The events of one response. The connection asks for the next when it has room, so nothing is queued here either; of who
//! never has room, the connection itself gets rid (`http/stall.rs`).

use std::{convert::Infallible, future::ready, time::Instant};

use async_graphql::Response;
use futures_util::{
    FutureExt, Stream, StreamExt,
    stream::{self, BoxStream},
};
use tokio::{select, time::sleep_until};

use crate::{
    graphql::{ApiError, Begun, RequestId, Written, error::complete},
    http::{HttpState, Introduced},
    listener::{ClosedBy, Place, Subscribes},
    text::message,
};

/// What begins a stream, keeps it alive, and means nothing: some browsers and proxies pass on headers only when there is
/// something behind them.
const COMMENT: &str = ":\n\n";

/// An operation that is told.
pub struct Telling {
    responses: BoxStream<'static, Response>,
    subscribes: Option<Subscribes>,
    place: Place,
    state: HttpState,
    request_id: RequestId,
    who: Introduced,
    comment_at: Instant,
    /// When it is this stream's turn to be ended, once the server stops.
    leaves_at: Option<Instant>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Begun,
    Told,
    /// The last event comes next.
    Done,
    Over,
}

/// What is next.
#[expect(clippy::large_enum_variant, reason = "it is looked at at once")]
enum Next {
    Response(Option<Response>),
    Stopping,
    Time,
}

impl Telling {
    pub fn new(
        begun: Begun,
        place: Place,
        state: HttpState,
        request_id: RequestId,
        who: Introduced,
    ) -> Self {
        let (responses, subscribes) = match begun {
            Begun::Refused(response) => (stream::once(ready(*response)).boxed(), None),
            Begun::Answer(response) => (response.into_stream().boxed(), None),
            Begun::Events(responses) => (responses, Some(place.subscribes())),
        };
        Self {
            responses,
            subscribes,
            comment_at: Instant::now() + place.listeners().limits.ping_every,
            place,
            state,
            request_id,
            who,
            leaves_at: None,
            stage: Stage::Begun,
        }
    }

    /// The events as they are written.
    pub fn events(self) -> impl Stream<Item = Result<String, Infallible>> + Send {
        let events = stream::unfold(Box::new(self), async |mut telling| {
            let event = telling.next().await?;
            Some((Ok(event), telling))
        });
        events.boxed()
    }

    async fn next(&mut self) -> Option<String> {
        match self.stage {
            Stage::Begun => {
                self.stage = Stage::Told;
                return Some(COMMENT.to_owned());
            }
            Stage::Told => {}
            Stage::Done => return Some(self.completed()),
            Stage::Over => return None,
        }
        loop {
            if self.is_expired() {
                return Some(self.expired());
            }
            if self.leaves_at.is_some_and(|at| at <= Instant::now()) {
                // Without `complete`, so that the client knows that there is more, and comes again.
                return self.over(ClosedBy::Server(RESTART));
            }
            let wake_at = self.wake_at();
            let stopping = self.state.stopping.clone();
            // What has an end of its own has it before the server stops.
            let may_leave = self.subscribes.is_some() && self.leaves_at.is_none();
            let next = select! {
                biased;
                () = stopping.cancelled(), if may_leave => Next::Stopping,
                response = self.responses.next() => Next::Response(response),
                () = sleep_until(wake_at.into()) => Next::Time,
            };
            match next {
                Next::Response(None) => return Some(self.completed()),
                // Too late: the next round tells why.
                Next::Response(Some(_)) if self.is_expired() => {}
                Next::Response(Some(response)) => return Some(told(&response)),
                Next::Stopping => {
                    let after = rand::random();
                    let listeners = self.place.listeners();
                    let after = listeners.leave_after(after, self.state.stop_within);
                    self.leaves_at = Some(Instant::now() + after);
                }
                Next::Time if self.comment_at <= Instant::now() => {
                    self.comment_at += self.place.listeners().limits.ping_every;
                    return Some(COMMENT.to_owned());
                }
                Next::Time => {}
            }
        }
    }

    fn wake_at(&self) -> Instant {
        let expires_at = self.who.expires_at(&self.state.app.clock);
        let expires_at = expires_at.filter(|_| self.subscribes.is_some());
        let others = [expires_at, self.leaves_at].into_iter().flatten();
        others.fold(self.comment_at, Instant::min)
    }

    /// A query or mutation is answered whose token was good when it began; a subscription ends with its token.
    fn is_expired(&self) -> bool {
        self.subscribes.is_some() && self.who.is_expired(&self.state.app.clock)
    }

    fn expired(&mut self) -> String {
        self.stage = Stage::Done;
        // Nobody hears of it any more.
        self.responses = stream::empty().boxed();
        self.subscribes = None;
        let expired = ApiError::Unauthenticated(message!("http-token-expired"));
        let expired = Response::from_errors(vec![expired.at_the_root()]);
        self.place.closed(ClosedBy::Server(FORBIDDEN));
        told(&complete(expired, &self.request_id, self.who.language))
    }

    fn completed(&mut self) -> String {
        if self.stage != Stage::Done {
            self.place.closed(ClosedBy::Server(NORMAL));
        }
        self.stage = Stage::Over;
        COMPLETE.to_owned()
    }

    fn over(&mut self, by: ClosedBy) -> Option<String> {
        self.place.closed(by);
        self.stage = Stage::Over;
        None
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        if matches!(self.stage, Stage::Begun | Stage::Told) {
            self.place.closed(ClosedBy::Client);
        }
    }
}

/// The codes with which a WebSocket would be closed, for the figures.
const NORMAL: u16 = 1000;
const RESTART: u16 = 1012;
const FORBIDDEN: u16 = 4403;

/// It has a `data`, though an empty one: who has none is not told of.
const COMPLETE: &str = "event: complete\ndata: \n\n";

fn told(response: &Response) -> String {
    // JSON has no line break that is not within a string, where it is escaped.
    match serde_json::to_string(&Written(response)) {
        Ok(json) => format!("event: next\ndata: {json}\n\n"),
        Err(error) => {
            tracing::error!(%error, "a response cannot be written");
            COMPLETE.to_owned()
        }
    }
}
