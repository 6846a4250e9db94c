//! How the server's answers are counted.

use axum::http::StatusCode;
use prometheus_client::{
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

use crate::metrics::{Labels, family};

/// Answers, by what was asked and how it went. Clones are the same.
#[derive(Clone, Debug)]
pub struct Figures {
    responses: Family<Labels<2>, Counter>,
}

/// What is asked of the server. No more than that: a path may be anything.
const ROUTES: [(&str, &str); 9] = [
    ("/graphql", "graphql"),
    ("/graphiql", "graphiql"),
    ("/pictures", "pictures"),
    ("/payments", "payments"),
    ("/webhooks", "webhooks"),
    ("/healthz", "health"),
    ("/readyz", "health"),
    ("/metrics", "metrics"),
    ("", "other"),
];

const STATUSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

impl Figures {
    /// Counts an answer.
    pub fn count(&self, path: &str, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100);
        let status = STATUSES.get(class.saturating_sub(1)).copied();
        let labels = labels(route(path), status.unwrap_or("5xx"));
        self.responses.get_or_create(&labels).inc();
    }

    /// Registers them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "http_responses",
            "Answers over HTTP, by route and class of status; 1xx are WebSockets that were opened",
            self.responses.clone(),
        );
    }
}

impl Default for Figures {
    fn default() -> Self {
        let each = |status| ROUTES.map(|(_, route)| labels(route, status));
        Self {
            responses: family(Counter::default, STATUSES.into_iter().flat_map(each)),
        }
    }
}

fn labels(route: &'static str, status: &'static str) -> Labels<2> {
    [("route", route), ("status", status)]
}

fn route(path: &str) -> &'static str {
    let asked = |(begin, _): &&(&str, &str)| path.starts_with(begin);
    ROUTES
        .iter()
        .find(asked)
        .map_or("other", |(_, route)| route)
}
