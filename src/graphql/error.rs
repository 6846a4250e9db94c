use async_graphql::{Error, ErrorExtensionValues, Pos, Response, ServerError};
use sea_orm::DbErr;

use crate::fault::Fault;

/// The id that a request has in the log, in its answer's `x-request-id` and in every error.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// An error at the top level of an answer: what no typed user error says. Its code stands in
/// `extensions.code`.
#[derive(Clone, Debug)]
pub enum ApiError {
    /// UNAUTHENTICATED: there is no good access token.
    Unauthenticated(&'static str),
    /// BAD_REQUEST: an argument makes no sense.
    BadRequest(String),
    /// QUERY_TOO_COMPLEX: the query asks for too much at once.
    TooComplex(String),
    /// OVERLOADED, TIMEOUT, OUTCOME_UNKNOWN or INTERNAL: the server could not, or does not know.
    Fault(Fault),
}

impl ApiError {
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::BadRequest(message.into())
    }

    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Fault(Fault::internal(what))
    }

    pub fn fault(fault: impl Into<Fault>) -> Self {
        Self::Fault(fault.into())
    }

    /// The error of a whole answer.
    pub fn at_the_root(self) -> ServerError {
        Error::from(self).into_server_error(Pos::default())
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::BadRequest(_) => "BAD_REQUEST",
            Self::TooComplex(_) => "QUERY_TOO_COMPLEX",
            Self::Fault(Fault::Overloaded { .. }) => "OVERLOADED",
            Self::Fault(Fault::TimedOut) => "TIMEOUT",
            Self::Fault(Fault::OutcomeUnknown(_)) => "OUTCOME_UNKNOWN",
            Self::Fault(Fault::Database(_) | Fault::Internal(_)) => "INTERNAL",
        }
    }

    /// The message for the client, which never tells how the server is made.
    fn message(&self) -> String {
        match self {
            Self::Unauthenticated(message) => (*message).to_owned(),
            Self::BadRequest(message) | Self::TooComplex(message) => message.clone(),
            Self::Fault(Fault::Overloaded { .. }) => {
                "The shop is very busy. Nothing was changed: try again after `retryAfterMs`.".into()
            }
            Self::Fault(Fault::TimedOut) => {
                "This waited too long and was not tried. Nothing was changed: try again.".into()
            }
            Self::Fault(Fault::OutcomeUnknown(_)) => {
                "The connection to the database broke at the last moment, so it may have happened or \
                 not. Send it again just as it was, with its key: it does not happen twice."
                    .into()
            }
            Self::Fault(Fault::Database(_) | Fault::Internal(_)) => {
                "The server failed, and has logged why under this request id.".into()
            }
        }
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<DbErr> for ApiError {
    fn from(error: DbErr) -> Self {
        Self::Fault(error.into())
    }
}

impl From<ApiError> for Error {
    fn from(api: ApiError) -> Self {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", api.code());
        if let ApiError::Fault(Fault::Overloaded { retry_after }) = &api {
            let millis = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
            extensions.set("retryAfterMs", millis);
        }
        let mut error = Self::new(api.message());
        error.extensions = Some(extensions);
        // For the log, which alone learns what really happened.
        error.source = Some(std::sync::Arc::new(api));
        error
    }
}

/// Completes an answer's errors at the edge: each has a code and the request's id, and what is ours is
/// logged, once.
pub fn complete(mut response: Response, request_id: &RequestId) -> Response {
    for error in &mut response.errors {
        complete_error(error, request_id);
    }
    response
}

fn complete_error(error: &mut ServerError, RequestId(request_id): &RequestId) {
    if let Some(ApiError::Fault(fault)) = error.source::<ApiError>() {
        match fault {
            Fault::Overloaded { .. } | Fault::TimedOut => {
                tracing::warn!(%request_id, %fault, path = ?error.path, "request turned away");
            }
            fault => tracing::error!(%request_id, %fault, path = ?error.path, "request failed"),
        }
    }
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        // The framework's own errors: syntax, validation, limits.
        let too_complex =
            error.message.contains("too deep") || error.message.contains("too complex");
        extensions.set(
            "code",
            if too_complex {
                "QUERY_TOO_COMPLEX"
            } else {
                "BAD_REQUEST"
            },
        );
    }
    extensions.set("requestId", request_id.clone());
}
