//! A server that is written by hand, to be compared with: a handler and one statement for each question, no more
//! columns than are answered with, rows read by position, and JSON written from structs. It does what nobody may leave
//! out (it checks access tokens, and looks up stock when it is asked) and nothing else: no other question, no check of
//! what comes in, no errors that say anything, no log, no metrics.

mod answer;
mod question;
mod rows;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::get,
    serve::ListenerExt,
};
use entity::id::{MemberId, ProductId};
use jangteo::{
    clock::Clock,
    config::Secret,
    member::{Keys, Tokens},
};
use tokio::{net::TcpListener, runtime, sync::RwLock};

use crate::{Error, Result, server::JWT_SECRET};

use rows::Database;

struct Server {
    database: Database,
    tokens: Tokens,
    /// What is always said.
    constant: RwLock<Bytes>,
}

/// Serves until it is killed, on as many threads as Jangteo.
#[expect(
    clippy::print_stdout,
    reason = "whoever started it reads where it listens"
)]
pub fn serve(url: &str) -> Result<()> {
    runtime::Runtime::new()?.block_on(async {
        let server = Arc::new(Server {
            database: Database::connect(url).await?,
            tokens: Tokens::new(
                Keys::new(&Secret::new(JWT_SECRET), None)?,
                Clock::system(),
                Duration::MAX,
            ),
            constant: RwLock::default(),
        });
        let router = Router::new()
            .route("/products", get(products))
            .route("/products/{id}", get(product))
            .route("/orders", get(orders))
            .route("/popular", get(popular))
            .route("/cart", get(cart))
            .route("/constant", get(constant).put(set_constant))
            .with_state(server);
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        println!("http://{}", listener.local_addr()?);
        let listener = listener.tap_io(|stream| {
            // Where it fails, answers come a little later.
            _ = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, router).await?)
    })
}

type Shared = State<Arc<Server>>;

async fn products(State(server): Shared) -> Answered {
    json(&question::products(&server.database).await?)
}

async fn product(State(server): Shared, Path(id): Path<String>) -> Answered {
    let id = id.parse::<ProductId>().map_err(|error| error.to_string())?;
    json(&question::product(&server.database, id).await?)
}

async fn orders(State(server): Shared, member: Member) -> Answered {
    json(&question::orders(&server.database, member.0).await?)
}

async fn popular(State(server): Shared) -> Answered {
    json(&question::popular(&server.database).await?)
}

async fn cart(State(server): Shared, member: Member) -> Answered {
    json(&question::cart(&server.database, member.0).await?)
}

async fn constant(State(server): Shared) -> Response {
    in_json(server.constant.read().await.clone())
}

async fn set_constant(State(server): Shared, words: Bytes) {
    *server.constant.write().await = words;
}

type Answered = std::result::Result<Response, Failed>;

fn json(answer: &impl serde::Serialize) -> Answered {
    Ok(in_json(serde_json::to_vec(answer)?.into()))
}

fn in_json(bytes: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], bytes).into_response()
}

/// Who asks.
struct Member(MemberId);

impl FromRequestParts<Arc<Server>> for Member {
    type Rejection = StatusCode;

    async fn from_request_parts(
        parts: &mut Parts,
        server: &Arc<Server>,
    ) -> std::result::Result<Self, StatusCode> {
        let header = parts.headers.get(header::AUTHORIZATION);
        let access = header
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
            .and_then(|token| server.tokens.read(token).ok());
        let access = access.ok_or(StatusCode::UNAUTHORIZED)?;
        Ok(Self(access.member_id))
    }
}

/// A question that was not answered.
struct Failed(Error);

impl<E: Into<Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0.to_string()).into_response()
    }
}
