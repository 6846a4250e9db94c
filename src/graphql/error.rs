use std::time::Duration;

use async_graphql::{Error, ErrorExtensionValues, Pos, Response, ServerError};
use sea_orm::DbErr;

use crate::{
    fault::Fault,
    text::{Language, Message, message},
};

/// When whoever has too many requests under way may send the next: by then some are answered.
const A_MOMENT: Duration = Duration::from_secs(1);

/// The id that a request has in the log, in its answer's `x-request-id` and in every error.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// An error at the top level of an answer: what no typed user error says. Its code stands in
/// `extensions.code`.
#[derive(Clone, Debug)]
pub enum ApiError {
    /// UNAUTHENTICATED: there is no good access token.
    Unauthenticated(Message),
    /// FORBIDDEN: this is for somebody else, whose existence is no secret.
    Forbidden,
    /// BAD_REQUEST: an argument makes no sense.
    BadRequest(Message),
    /// INTROSPECTION_DISABLED: what the schema is, is not told here.
    IntrospectionOff,
    /// PERSISTED_QUERY_NOT_FOUND: no document is known by that name; Apollo's clients send its text then.
    PersistedQueryNotFound,
    /// DOCUMENT_NOT_TRUSTED: the document is none of those that are executed.
    UntrustedDocument,
    /// QUERY_TOO_COMPLEX: the query asks for too much at once.
    TooComplex(Message),
    /// TOO_MANY_LISTENERS: the member, or the connection, listens to as much as one may already.
    TooManyListeners(Message),
    /// RATE_LIMITED: whoever asks has asked too often of late.
    RateLimited { retry_after: Duration },
    /// RATE_LIMITED: whoever asks has as many requests under way as one may.
    TooManyAtOnce { max: u32 },
    /// OVERLOADED, TIMEOUT, OUTCOME_UNKNOWN or INTERNAL: the server could not, or does not know.
    Fault(Fault),
}

impl ApiError {
    pub fn bad_request(message: Message) -> Self {
        Self::BadRequest(message)
    }

    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Fault(Fault::internal(what))
    }

    pub fn fault(fault: impl Into<Fault>) -> Self {
        Self::Fault(fault.into())
    }

    /// The error of a whole answer, which is of no place in the document.
    pub fn at_the_root(self) -> ServerError {
        self.at(None)
    }

    /// The error of a place in the document.
    pub fn at(self, place: Option<Pos>) -> ServerError {
        let mut error = Error::from(self).into_server_error(Pos::default());
        error.locations = place.into_iter().collect();
        error
    }

    /// What is wrong, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::BadRequest(_) => "BAD_REQUEST",
            Self::IntrospectionOff => "INTROSPECTION_DISABLED",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::UntrustedDocument => "DOCUMENT_NOT_TRUSTED",
            Self::TooComplex(_) => "QUERY_TOO_COMPLEX",
            Self::TooManyListeners(_) => "TOO_MANY_LISTENERS",
            Self::RateLimited { .. } | Self::TooManyAtOnce { .. } => "RATE_LIMITED",
            Self::Fault(Fault::Overloaded { .. }) => "OVERLOADED",
            Self::Fault(Fault::TimedOut | Fault::TookTooLong) => "TIMEOUT",
            Self::Fault(Fault::OutcomeUnknown(_)) => "OUTCOME_UNKNOWN",
            Self::Fault(Fault::Database(_) | Fault::Panicked | Fault::Internal(_)) => "INTERNAL",
        }
    }

    /// When it may be tried again.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Fault(Fault::Overloaded { retry_after }) => {
                Some(*retry_after)
            }
            Self::TooManyAtOnce { .. } => Some(A_MOMENT),
            _ => None,
        }
    }

    /// The message for the client, which never tells how the server is made.
    pub fn message(&self) -> Message {
        match self {
            Self::Unauthenticated(message)
            | Self::BadRequest(message)
            | Self::TooComplex(message)
            | Self::TooManyListeners(message) => message.clone(),
            Self::Forbidden => message!("graphql-forbidden"),
            Self::IntrospectionOff => message!("graphql-introspection-off"),
            Self::PersistedQueryNotFound => message!("graphql-persisted-query-not-found"),
            Self::UntrustedDocument => message!("graphql-untrusted-document"),
            Self::RateLimited { .. } => message!("graphql-rate-limited"),
            Self::TooManyAtOnce { max } => {
                message!("graphql-too-many-at-once", max = i64::from(*max))
            }
            Self::Fault(Fault::Overloaded { .. }) => message!("graphql-overloaded"),
            Self::Fault(Fault::TimedOut) => message!("graphql-timed-out"),
            Self::Fault(Fault::TookTooLong) => message!("graphql-took-too-long"),
            Self::Fault(Fault::OutcomeUnknown(_)) => message!("graphql-outcome-unknown"),
            Self::Fault(Fault::Database(_) | Fault::Panicked | Fault::Internal(_)) => {
                message!("graphql-internal")
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
        if let Some(retry_after) = api.retry_after() {
            let millis = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
            extensions.set("retryAfterMs", millis);
        }
        let mut error = Self::new(api.message().in_language(Language::default()));
        error.extensions = Some(extensions);
        // For the edge, which puts it into the language of whoever asked, and for the log, which alone
        // learns what really happened.
        error.source = Some(std::sync::Arc::new(api));
        error
    }
}

/// Completes an answer's errors at the edge: each has a code and the request's id, what is ours is in the
/// language of whoever asked, and our faults are logged, once.
pub fn complete(mut response: Response, request_id: &RequestId, language: Language) -> Response {
    for error in &mut response.errors {
        if let Some(api) = error.source::<ApiError>() {
            error.message = api.message().in_language(language);
        }
        complete_error(error, request_id);
    }
    response
}

fn complete_error(error: &mut ServerError, RequestId(request_id): &RequestId) {
    if let Some(ApiError::Fault(fault)) = error.source::<ApiError>() {
        match fault {
            Fault::Overloaded { .. } | Fault::TimedOut | Fault::TookTooLong => {
                tracing::warn!(%request_id, %fault, path = ?error.path, "request turned away");
            }
            fault => tracing::error!(%request_id, %fault, path = ?error.path, "request failed"),
        }
    }
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        // The framework's own errors, and validation's.
        extensions.set("code", "BAD_REQUEST");
    }
    extensions.set("requestId", request_id.clone());
}
