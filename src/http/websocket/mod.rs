//! GraphQL over WebSocket: the graphql-transport-ws protocol, as <https://github.com/enisdenjo/graphql-ws> has it.

mod closing;
mod conversation;
mod message;
mod operation;
mod protocol;
mod timetable;

use std::time::Duration;

use axum::{
    extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    response::Response,
};
use tokio::time::timeout;

use self::{closing::Closing, conversation::Conversation};
use super::HttpState;
use crate::{
    graphql::RequestId,
    listener::{ClosedBy, Transport},
    rate::Source,
    text::Language,
};

const PROTOCOL: &str = "graphql-transport-ws";

/// A message is a GraphQL request: as large as a body may be by default.
const MESSAGE_BYTES_MAX: usize = 256 * 1024;

/// Every connection has a buffer of this size for as long as it lives: enough for nearly all that clients send, and one
/// that is larger has room made for it.
const READ_BUFFER_BYTES: usize = 1024;

/// How long a client may take to answer a close frame, before the line is cut.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// Opens a WebSocket.
pub fn serve(
    state: HttpState,
    request_id: RequestId,
    language: Language,
    source: Source,
    upgrade: WebSocketUpgrade,
) -> Response {
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .protocols([PROTOCOL]);
    let speaks = upgrade.selected_protocol().is_some();
    upgrade.on_upgrade(async move |socket| {
        // In a task of its own: what it took to get here is large, and not needed any more.
        let connections = state.connections.clone();
        if !speaks {
            connections.spawn(turn_away(socket, state, Closing::OTHER_PROTOCOL));
            return;
        }
        let Some(place) = state.app.listeners.admit(Transport::WebSocket) else {
            connections.spawn(turn_away(socket, state, Closing::FULL));
            return;
        };
        let conversation = Conversation::new(socket, place, state, (request_id, source), language);
        // On the heap, where it is not moved about: each move would have room of its own in the task.
        let mut conversation = Box::new(conversation);
        connections.spawn(async move { conversation.hold().await });
    })
}

/// Closes a connection that is not to be held; it has no place.
async fn turn_away(mut socket: WebSocket, state: HttpState, closing: Closing) {
    let listeners = &state.app.listeners;
    listeners.turned_away(Transport::WebSocket, closing.counted());
    close(&mut socket, &closing).await;
}

/// Says why, and waits for the client to have heard it: a line that is cut at once may lose what was said last.
async fn close(socket: &mut WebSocket, closing: &Closing) {
    let frame = CloseFrame {
        code: closing.code,
        reason: closing.reason.as_ref().into(),
    };
    let farewell = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            drain(socket).await;
        }
    };
    // The client may be gone already, or not listen.
    _ = timeout(CLOSE_WITHIN, farewell).await;
}

/// Hears the client out, until the line is closed from both sides. Pings are not answered any more.
async fn drain(socket: &mut WebSocket) {
    while let Some(Ok(_)) = socket.recv().await {}
}

impl Closing {
    fn counted(&self) -> ClosedBy {
        ClosedBy::Server(self.code)
    }
}
