//! How operations are counted: by kind, never by the names that clients give them, of which there is no end.

use std::time::Duration;

use async_graphql::{Response, ServerError, Value};
use prometheus_client::{
    metrics::{counter::Counter, family::Family},
    registry::{Registry, Unit},
};

use crate::metrics::{Histogram, Labels, family};

/// Operations by kind and outcome, their time, and errors by code. Clones are the same.
#[derive(Clone, Debug)]
pub struct Figures {
    operations: Family<Labels<2>, Counter>,
    durations: Family<Labels<1>, Histogram>,
    errors: Family<Labels<1>, Counter>,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Query,
    Mutation,
    Subscription,
    /// What could not be read, or was too large to be looked at.
    Unread,
}

/// How it went. A rule's refusal is data, and so is no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Ok,
    /// There are errors, all of them the client's.
    Refused,
    /// There are errors, and at least one is the server's.
    Failed,
    /// Nobody waited for the answer to the query.
    Abandoned,
}

/// The codes of errors: first those that are the server's doing.
const CODES: [&str; 14] = [
    "INTERNAL",
    "OUTCOME_UNKNOWN",
    "OVERLOADED",
    "TIMEOUT",
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "BAD_REQUEST",
    "QUERY_TOO_COMPLEX",
    "INTROSPECTION_DISABLED",
    "PERSISTED_QUERY_NOT_FOUND",
    "DOCUMENT_NOT_TRUSTED",
    "TOO_MANY_LISTENERS",
    "RATE_LIMITED",
    OTHER,
];

/// How many of the codes are the server's doing.
const OURS: usize = 4;

/// What a code that is not known here is counted as.
const OTHER: &str = "OTHER";

impl Figures {
    /// Counts an answer to an operation, and the time from its coming to the answer. Of a subscription, which gives
    /// many, only the errors.
    pub fn answered(&self, kind: Kind, response: &Response, time: Duration) {
        let outcome = self.count_errors(&response.errors);
        if kind != Kind::Subscription {
            self.count(kind, outcome);
        }
        if matches!(kind, Kind::Query | Kind::Mutation) {
            let durations = self.durations.get_or_create(&[("kind", kind.name())]);
            durations.observe(time);
        }
    }

    /// Counts an answer to what could not be read.
    pub fn refused_unread(&self, response: &Response) {
        let outcome = self.count_errors(&response.errors);
        self.count(Kind::Unread, outcome);
    }

    /// Counts the errors of an operation that died.
    pub fn failed(&self, response: &Response) {
        self.count_errors(&response.errors);
    }

    /// Counts a query that whoever asked has hung up on.
    pub fn abandoned(&self) {
        self.count(Kind::Query, Outcome::Abandoned);
    }

    /// Counts a subscription.
    pub fn subscription_begins(&self) {
        self.count(Kind::Subscription, Outcome::Ok);
    }

    fn count(&self, kind: Kind, outcome: Outcome) {
        self.operations.get_or_create(&labels(kind, outcome)).inc();
    }

    fn count_errors(&self, errors: &[ServerError]) -> Outcome {
        let mut outcome = Outcome::Ok;
        for error in errors {
            let code = code(error);
            self.errors.get_or_create(&[("code", code)]).inc();
            if CODES[..OURS].contains(&code) {
                outcome = Outcome::Failed;
            } else if outcome == Outcome::Ok {
                outcome = Outcome::Refused;
            }
        }
        outcome
    }

    /// Registers them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "graphql_operations",
            "Operations by kind and outcome: ok, also where a rule refuses; refused for errors of the client; failed \
             for those of the server; abandoned, where the client hung up on a query. Subscriptions count when they \
             begin; unread is what could not be read, or is not valid",
            self.operations.clone(),
        );
        registry.register_with_unit(
            "graphql_operation_duration",
            "Time from the coming of a query or mutation to its answer",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register(
            "graphql_errors",
            "Errors in answers, by code; INTERNAL, OUTCOME_UNKNOWN, OVERLOADED and TIMEOUT are the server's",
            self.errors.clone(),
        );
    }
}

impl Default for Figures {
    fn default() -> Self {
        use Kind::{Mutation, Query, Subscription, Unread};
        let outcomes = [Outcome::Ok, Outcome::Refused, Outcome::Failed];
        let of_kind = |kind| outcomes.map(|outcome| labels(kind, outcome));
        let kinds = [Query, Mutation].into_iter().flat_map(of_kind);
        let others = [
            labels(Query, Outcome::Abandoned),
            labels(Subscription, Outcome::Ok),
            labels(Unread, Outcome::Refused),
        ];
        Self {
            operations: family(Counter::default, kinds.chain(others)),
            durations: family(
                Histogram::of_work,
                [Query, Mutation].map(|kind| [("kind", kind.name())]),
            ),
            errors: family(Counter::default, CODES.map(|code| [("code", code)])),
        }
    }
}

fn labels(kind: Kind, outcome: Outcome) -> Labels<2> {
    [("kind", kind.name()), ("outcome", outcome.name())]
}

/// The error's code, if it is one that is known.
fn code(error: &ServerError) -> &'static str {
    let extensions = error.extensions.as_ref();
    match extensions.and_then(|extensions| extensions.get("code")) {
        Some(Value::String(code)) => CODES.into_iter().find(|known| known == code),
        _ => None,
    }
    .unwrap_or(OTHER)
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
            Self::Unread => "unread",
        }
    }
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }
}
