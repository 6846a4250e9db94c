//! The loop over a connection: what comes in, what operations tell, and what time does. Nothing is queued here: a response
//! is asked for when the one before it was received, so whoever is slow holds up nobody and keeps nothing but what the bus
//! keeps for everybody.

use std::time::Instant;

use async_graphql::Response;
use axum::extract::ws::{Message, WebSocket};
use futures_util::{FutureExt, SinkExt, StreamExt};
use serde_json::{Map, Value};
use tokio::{
    pin, select,
    time::{error::Elapsed, sleep_until, timeout},
};
use tungstenite::error::ProtocolError;

use super::{
    close,
    closing::Closing,
    drain,
    message::ServerMessage,
    operation::Operation,
    protocol::{Protocol, Step},
    timetable::{Due, Timetable},
};
use crate::{
    fault::Never,
    graphql::{ApiError, RequestId, ShopExecutor, error::complete},
    http::{HttpState, Introduced},
    listener::{ClosedBy, Place},
    rate::Source,
    text::{Language, message},
};

/// A connection that is held.
pub struct Conversation {
    socket: WebSocket,
    protocol: Protocol<Operation>,
    timetable: Timetable,
    introduced: Introduced,
    place: Place,
    state: HttpState,
    request_id: RequestId,
    source: Source,
    /// When it is this connection's turn to be sent away, once the server stops.
    leaves_at: Option<Instant>,
    /// How it will be closed as soon as what was begun is answered.
    farewell: Option<Closing>,
}

/// How a conversation ends.
enum End {
    /// The server ends it.
    Close(Closing),
    /// The client does.
    Left,
    /// The line does.
    Broken,
}

impl End {
    /// What a frame that cannot be read means.
    fn of(error: axum::Error) -> Self {
        match error.into_inner().downcast_ref::<tungstenite::Error>() {
            Some(tungstenite::Error::Capacity(_)) => Self::Close(Closing::TOO_LARGE),
            Some(tungstenite::Error::Utf8(_)) => Self::Close(Closing::NO_TEXT),
            Some(tungstenite::Error::Protocol(
                ProtocolError::ResetWithoutClosingHandshake | ProtocolError::SendAfterClosing,
            )) => Self::Broken,
            Some(tungstenite::Error::Protocol(_)) => Self::Close(Closing::MALFORMED),
            _ => Self::Broken,
        }
    }
}

/// What happened on a connection.
enum Event {
    Stopping,
    Told(Box<str>, Option<Response>),
    Heard(Option<Result<Message, axum::Error>>),
    Time,
}

impl Conversation {
    pub fn new(
        socket: WebSocket,
        place: Place,
        state: HttpState,
        (request_id, source): (RequestId, Source),
        language: Language,
    ) -> Self {
        Self {
            socket,
            protocol: Protocol::new(),
            timetable: Timetable::new(Instant::now(), &place.listeners().limits),
            introduced: Introduced {
                language,
                ..Introduced::default()
            },
            place,
            state,
            request_id,
            source,
            leaves_at: None,
            farewell: None,
        }
    }

    /// Holds the conversation to its end.
    pub async fn hold(&mut self) {
        let Err(end) = self.converse().await;
        Box::pin(self.part(&end)).await;
    }

    /// Takes leave of the client.
    async fn part(&mut self, end: &End) {
        // Nobody hears of them any more.
        self.protocol.end_all(|_| true);
        match end {
            End::Close(closing) => {
                if *closing == Closing::STALLED {
                    self.place.listeners().figures.stalled();
                }
                self.place.closed(closing.counted());
                close(&mut self.socket, closing).await;
            }
            End::Left => {
                self.place.closed(ClosedBy::Client);
                // The close frame is answered on the way to the end.
                _ = timeout(super::CLOSE_WITHIN, drain(&mut self.socket)).await;
            }
            End::Broken => self.place.closed(ClosedBy::Client),
        }
    }

    async fn converse(&mut self) -> Result<Never, End> {
        let stopping = self.state.stopping.clone();
        let stopping = stopping.cancelled();
        pin!(stopping);
        let mut is_stopping = false;
        loop {
            let wake_at = self.wake_at();
            // Operations first: when a client's next message is read, what it asked for before has begun to listen.
            let event = select! {
                biased;
                () = &mut stopping, if !is_stopping => Event::Stopping,
                Some((id, told)) = self.protocol.operations().next() => Event::Told(id, told),
                heard = self.socket.recv() => Event::Heard(heard),
                () = sleep_until(wake_at.into()) => Event::Time,
            };
            is_stopping |= matches!(event, Event::Stopping);
            // On the heap while it lasts: nearly all connections wait, and need not have the room for it.
            Box::pin(self.take(event)).await?;
        }
    }

    /// Does what an event is about, and what is due by then.
    async fn take(&mut self, event: Event) -> Result<(), End> {
        match event {
            Event::Stopping => self.leaves_at = Some(self.turn()),
            Event::Told(id, told) => {
                self.tell(&id, told).await?;
                // However much there is to tell, the client is heard as well.
                if let Some(heard) = self.socket.recv().now_or_never() {
                    self.hear(heard).await?;
                }
            }
            Event::Heard(heard) => self.hear(heard).await?,
            Event::Time => {}
        }
        self.keep_time().await
    }

    /// When it leaves, now that the server stops: not with all others at once.
    fn turn(&self) -> Instant {
        let listeners = self.place.listeners();
        Instant::now() + listeners.leave_after(rand::random(), self.state.stop_within)
    }

    fn wake_at(&self) -> Instant {
        let expires_at = self.introduced.expires_at(&self.state.app.clock);
        let expires_at = expires_at.filter(|_| self.farewell.is_none());
        let others = [expires_at, self.leaves_at].into_iter().flatten();
        others.fold(self.timetable.wake_at(), Instant::min)
    }

    async fn keep_time(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if self.farewell.is_none() {
            if self.leaves_at.is_some_and(|at| at <= now) {
                self.bid_farewell(Closing::RESTART);
            } else if self.is_expired() {
                self.bid_farewell(Closing::EXPIRED);
            }
        }
        self.timetable.waits_for(self.protocol.busy_with(), now);
        if let Some(closing) = &self.farewell
            && self.protocol.busy_with() == 0
        {
            return Err(End::Close(closing.clone()));
        }
        match self.timetable.due(now) {
            Due::Nothing => Ok(()),
            Due::Ping => self.send(Message::Ping(Vec::new().into())).await,
            Due::Close(closing) => Err(End::Close(closing)),
        }
    }

    /// Ends subscriptions, and closes when all else is answered.
    fn bid_farewell(&mut self, closing: Closing) {
        self.farewell = Some(closing);
        self.leaves_at = None;
        self.protocol.end_all(Operation::is_subscription);
    }

    fn is_expired(&self) -> bool {
        self.introduced.is_expired(&self.state.app.clock)
    }

    async fn hear(&mut self, heard: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        self.timetable.heard();
        match heard {
            Some(Ok(Message::Text(text))) => self.receive(text.as_str()).await,
            Some(Ok(Message::Binary(_))) => Err(End::Close(Protocol::<Operation>::receive_bytes())),
            // The library has answered it: no more is read until that is on its way, or whoever asks and does not listen
            // would have all answers kept.
            Some(Ok(Message::Ping(_))) => self.flush().await,
            Some(Ok(Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Close(_))) => Err(End::Left),
            Some(Err(error)) => Err(End::of(error)),
            None => Err(End::Broken),
        }
    }

    async fn receive(&mut self, text: &str) -> Result<(), End> {
        match self.protocol.receive(text).map_err(End::Close)? {
            Step::Nothing => Ok(()),
            Step::Introduce(payload) => self.introduce(&payload).await,
            Step::Pong(payload) => self.say(&ServerMessage::Pong { payload }).await,
            // Whoever is about to be sent away asks again where it comes to next.
            Step::Begin { .. } if self.farewell.is_some() => Ok(()),
            Step::Begin { id, request } => self.begin(id, *request).await,
        }
    }

    async fn introduce(&mut self, payload: &Map<String, Value>) -> Result<(), End> {
        let (tokens, language) = (&self.state.app.tokens, self.introduced.language);
        self.introduced = Introduced::by(payload, tokens, language)
            .map_err(|why| End::Close(Closing::forbidden(&why)))?;
        if let Ok(Some(caller)) = self.introduced.identity.optional_caller() {
            let taken = self.place.is_of(caller.member_id);
            taken.map_err(|_| End::Close(Closing::OF_MEMBER))?;
        }
        self.timetable.introduced();
        self.say(&ServerMessage::ConnectionAck).await
    }

    async fn begin(&mut self, id: String, request: async_graphql::Request) -> Result<(), End> {
        let max = self.place.listeners().limits.operations_max;
        if self.protocol.busy_with() >= max {
            let refused = ApiError::TooManyListeners(message!("http-too-many-operations", max));
            let refused = Response::from_errors(vec![refused.at_the_root()]);
            let refused = complete(refused, &self.request_id, self.introduced.language);
            return self.say(&ServerMessage::of(&id, &refused)).await;
        }
        let request = request
            .data(self.introduced.identity)
            .data(self.introduced.language)
            .data(self.source);
        let executor = ShopExecutor::new(self.state.api.clone(), self.request_id.clone());
        let begun = executor.begin(request, &self.state.connections);
        self.protocol.begin(id, Operation::new(begun, &self.place));
        Ok(())
    }

    /// Tells a response of an operation, or its end.
    async fn tell(&mut self, id: &str, told: Option<Response>) -> Result<(), End> {
        let Some(response) = told else {
            self.protocol.end(id);
            return self.say(&ServerMessage::Complete { id }).await;
        };
        if self.is_expired() && self.farewell.is_none() {
            // It was good when a query or mutation began, and that is answered; an event comes too late.
            self.bid_farewell(Closing::EXPIRED);
            if !self.protocol.operations().contains_key(id) {
                return Ok(());
            }
        }
        let message = ServerMessage::of(id, &response);
        if message.is_error() {
            self.protocol.end(id);
        }
        self.say(&message).await
    }

    async fn say(&mut self, message: &ServerMessage<'_>) -> Result<(), End> {
        let text = serde_json::to_string(message).map_err(|error| {
            tracing::error!(%error, "a message cannot be written");
            End::Broken
        })?;
        self.send(Message::Text(text.into())).await
    }

    /// Sends, and waits until it is on its way.
    async fn send(&mut self, message: Message) -> Result<(), End> {
        let within = self.place.listeners().limits.stall_within;
        sent(timeout(within, self.socket.send(message)).await)
    }

    /// Waits until everything is on its way.
    async fn flush(&mut self) -> Result<(), End> {
        let within = self.place.listeners().limits.stall_within;
        sent(timeout(within, self.socket.flush()).await)
    }
}

/// What it means whether something went on its way in time.
fn sent(sent: Result<Result<(), axum::Error>, Elapsed>) -> Result<(), End> {
    match sent {
        Ok(sent) => sent.map_err(|_| End::Broken),
        Err(_) => Err(End::Close(Closing::STALLED)),
    }
}
