//! Who a listener is, until when that is believed, and which language it speaks.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::{
    clock::Clock,
    graphql::{ApiError, Identity},
    member::Tokens,
    text::Language,
};

/// Who has introduced themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Introduced {
    pub identity: Identity,
    /// Until when that is believed.
    pub until: Option<DateTime<Utc>>,
    pub language: Language,
}

impl Introduced {
    /// Reads the payload of `connection_init`; `language` is that of the request by which the connection was opened.
    ///
    /// # Errors
    /// Why in words, for a bad token, which is refused at once, rather than by each operation.
    pub fn by(
        payload: &Map<String, Value>,
        tokens: &Tokens,
        language: Language,
    ) -> Result<Self, String> {
        let language = entry(payload, "accept-language").map_or(language, Language::accepted);
        let (identity, until) = Identity::until(entry(payload, "authorization"), tokens);
        let refused = |error: ApiError| error.message().in_language(language);
        identity.optional_caller().map_err(refused)?;
        Ok(Self {
            identity,
            until,
            language,
        })
    }

    /// Whether it is not believed any more.
    pub fn is_expired(&self, clock: &Clock) -> bool {
        self.until.is_some_and(|until| until <= clock.now())
    }

    /// When to look again, if the shop's clock goes as the machine's does.
    pub fn expires_at(&self, clock: &Clock) -> Option<Instant> {
        let left = (self.until? - clock.now()).to_std().unwrap_or_default();
        Some(Instant::now() + left.max(NOT_YET))
    }
}

/// After which the clock is asked again that said that it is not over yet.
const NOT_YET: Duration = Duration::from_millis(1);

/// What the payload says under this name, as a header would. What is not text says nothing sensible.
fn entry<'p>(payload: &'p Map<String, Value>, name: &str) -> Option<&'p str> {
    let mut entries = payload.iter();
    let (_, value) = entries.find(|(entry, _)| entry.eq_ignore_ascii_case(name))?;
    Some(value.as_str().unwrap_or_default())
}
