//! The two ways in which a use case does not do what was asked of it.
//!
//! A *refusal* is a rule's answer: data for the client, with the numbers it needs, typed by each use
//! case. A *fault* is ours: the client learns a code and the request's id, the log learns the rest.

use std::{fmt, time::Duration};

use sea_orm::DbErr;
use tokio::task::JoinError;

use crate::db::was_stopped;

/// When a client that found no connection free should come again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What a use case gives: its result, a refusal `R`, or a fault.
pub type Outcome<T, R> = Result<T, Failure<R>>;

/// Why a use case gave no result.
#[derive(Clone, Debug)]
pub enum Failure<R> {
    /// A rule said no. Nothing was changed.
    Refused(R),
    /// The server could not do it.
    Fault(Fault),
}

/// A failure that is not the caller's doing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    /// The database answered with an error. Nothing was changed.
    #[error("the database failed: {0}")]
    Database(DbErr),
    /// The connection broke during a commit: it may have happened or not. A retry with the same
    /// idempotency key is safe.
    #[error("the outcome of a commit is unknown: {0}")]
    OutcomeUnknown(DbErr),
    /// There is more work than the server takes on. Nothing was changed.
    #[error("overloaded")]
    Overloaded { retry_after: Duration },
    /// The work waited too long and was not tried. Nothing was changed.
    #[error("timed out before it was tried")]
    TimedOut,
    /// The work took too long and was stopped.
    #[error("it took too long")]
    TookTooLong,
    /// The work panicked: where, is in the log.
    #[error("it panicked")]
    Panicked,
    /// Something that cannot be, was.
    #[error("{0}")]
    Internal(String),
}

impl Fault {
    /// A fault of the server itself, told in words for the log.
    pub fn internal(what: impl fmt::Display) -> Self {
        Self::Internal(format!("{what}"))
    }
}

impl<R> Failure<R> {
    /// The same failure with its refusal put into another use case's words.
    pub fn map_refusal<S>(self, put: impl FnOnce(R) -> S) -> Failure<S> {
        match self {
            Self::Refused(refusal) => Failure::Refused(put(refusal)),
            Self::Fault(fault) => Failure::Fault(fault),
        }
    }
}

/// The refusal of what cannot be refused.
#[derive(Clone, Copy, Debug)]
pub enum Never {}

impl Failure<Never> {
    /// The fault that this can only be.
    pub fn into_fault(self) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            Self::Refused(never) => match never {},
        }
    }
}

impl From<DbErr> for Fault {
    fn from(error: DbErr) -> Self {
        match error {
            // No connection came free in time.
            DbErr::ConnectionAcquire(_) => Self::Overloaded {
                retry_after: RETRY_AFTER,
            },
            error if was_stopped(&error) => Self::TookTooLong,
            error => Self::Database(error),
        }
    }
}

/// Of a task that somebody waited for.
impl From<JoinError> for Fault {
    fn from(error: JoinError) -> Self {
        if error.is_panic() {
            Self::Panicked
        } else {
            Self::internal(error)
        }
    }
}

impl<R, F: Into<Fault>> From<F> for Failure<R> {
    fn from(fault: F) -> Self {
        Self::Fault(fault.into())
    }
}
