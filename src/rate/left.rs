//! What a client is told of how much more it may ask for:
//! <https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>.

use axum::http::{HeaderName, HeaderValue};

pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What is left after something was counted, or was too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// What is counted.
    pub name: &'static str,
    /// How many there may be in a minute.
    pub of: u32,
    /// How many more there may be at once.
    pub now: u32,
}

/// What is left of everything that was counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Lefts(Vec<Left>);

impl Lefts {
    pub fn note(&mut self, left: Left) {
        self.0.push(left);
    }

    pub fn iter(&self) -> impl Iterator<Item = &Left> {
        self.0.iter()
    }

    /// The headers; none where nothing was counted.
    pub fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let list =
            |entry: fn(&Left) -> String| self.0.iter().map(entry).collect::<Vec<_>>().join(", ");
        let left = list(|Left { name, now, .. }| format!("\"{name}\";r={now}"));
        let policy = list(|Left { name, of, .. }| format!("\"{name}\";q={of};w=60"));
        let headers = [(RATE_LIMIT, left), (RATE_LIMIT_POLICY, policy)];
        let told = headers.into_iter().filter(|(_, list)| !list.is_empty());
        told.filter_map(|(name, list)| Some((name, list.parse().ok()?)))
    }
}
