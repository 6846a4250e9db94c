//! GraphQL over WebSocket: the graphql-transport-ws protocol.

use async_graphql::{Data, Error};
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::{
    extract::{
        Extension, State,
        ws::{
            CloseFrame, Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection,
        },
    },
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;

use super::{HttpState, graphql::refuse};
use crate::{
    graphql::{Identity, RequestId, ShopExecutor},
    member::Tokens,
};

const PROTOCOL: &str = "graphql-transport-ws";

/// A message is a GraphQL request: as large as a body may be by default.
const MESSAGE_BYTES_MAX: usize = 256 * 1024;

/// RFC 6455: the server restarts; come again.
const SERVICE_RESTART: u16 = 1012;

/// Opens a WebSocket; a GET that asks for none is told what to do, and executes nothing.
pub async fn serve(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    protocol: Result<GraphQLProtocol, StatusCode>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let message = "Send a POST with `content-type: application/json`, or open a WebSocket.";
        let refusal = refuse(StatusCode::METHOD_NOT_ALLOWED, message, &request_id);
        return ([(header::ALLOW, "POST")], refusal).into_response();
    };
    let upgrade = upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .protocols([PROTOCOL]);
    let Some(protocol) = protocol
        .ok()
        .filter(|_| upgrade.selected_protocol().is_some())
    else {
        let message = "The WebSocket must speak the protocol `graphql-transport-ws`.";
        return refuse(StatusCode::BAD_REQUEST, message, &request_id);
    };
    let connections = state.connections.clone();
    upgrade.on_upgrade(move |socket| {
        connections.track_future(converse(socket, protocol, state, request_id))
    })
}

/// Serves a connection until the client leaves or the server stops; then what was begun is still answered.
async fn converse(
    socket: WebSocket,
    protocol: GraphQLProtocol,
    state: HttpState,
    request_id: RequestId,
) {
    let (mut sink, stream) = socket.split();
    let executor = ShopExecutor::new(state.api, request_id);
    let unfinished = executor.unfinished().clone();
    let app = state.app;
    let conversation = GraphQLWebSocket::new_with_pair(&mut sink, stream, executor, protocol)
        .on_connection_init(move |payload| async move {
            let mut data = Data::default();
            data.insert(identity(&payload, &app.tokens)?);
            Ok(data)
        })
        .serve();
    let stopped = async {
        state.stopping.cancelled().await;
        unfinished.close();
        unfinished.wait().await;
    };
    let is_stopping = tokio::select! {
        () = conversation => false,
        () = stopped => true,
    };
    // Also where the client left: what it began is done before the server stops.
    unfinished.close();
    unfinished.wait().await;
    if is_stopping {
        let reason = "the server restarts: connect again and resume with `after`".into();
        let close = Message::Close(Some(CloseFrame {
            code: SERVICE_RESTART,
            reason,
        }));
        // The client may be gone already.
        _ = sink.send(close).await;
    }
}

/// Whom the payload of `connection_init` is from. A bad token is refused at once, rather than by each
/// subscription.
fn identity(payload: &Value, tokens: &Tokens) -> Result<Identity, Error> {
    let authorization = payload.as_object().and_then(|entries| {
        let mut entries = entries.iter();
        entries
            .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
            .map(|(_, value)| value)
    });
    let text = authorization.map(|value| value.as_str().unwrap_or_default());
    let identity = Identity::of(text, tokens);
    identity.optional_caller().map_err(Error::from)?;
    Ok(identity)
}
