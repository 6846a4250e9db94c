//! Which other sites' pages may ask this server: none unless they are named (CORS). Tokens travel in a header, never in a
//! cookie, so a page that is let in can do what whoever holds a token can do anyway.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::rate::{RATE_LIMIT, RATE_LIMIT_POLICY};

/// How long a browser need not ask again whether it may ask.
const MAX_AGE: Duration = Duration::from_hours(1);

/// The sites whose pages may ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    #[default]
    Own,
    These(Vec<HeaderValue>),
    Any,
}

impl Origins {
    /// Reads a list of origins, or `*`.
    ///
    /// # Errors
    /// What is wrong, naming the setting.
    pub fn read(texts: &[String]) -> Result<Self, String> {
        match texts {
            [] => Ok(Self::Own),
            [any] if any == "*" => Ok(Self::Any),
            texts => texts
                .iter()
                .map(|text| origin(text))
                .collect::<Result<_, _>>()
                .map(Self::These),
        }
    }

    /// What lets them in.
    pub fn layer(&self) -> CorsLayer {
        let origins = match self {
            Self::Own => return CorsLayer::new(),
            Self::These(origins) => AllowOrigin::list(origins.iter().cloned()),
            Self::Any => AllowOrigin::any(),
        };
        CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([Method::GET, Method::POST, Method::PUT])
            .allow_headers([
                header::ACCEPT_LANGUAGE,
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                REQUEST_ID,
            ])
            .expose_headers([
                header::RETRY_AFTER,
                RATE_LIMIT,
                RATE_LIMIT_POLICY,
                REQUEST_ID,
            ])
            .max_age(MAX_AGE)
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An origin as browsers write it: a scheme, a host, a port that is not the scheme's, and nothing behind it.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let wrong =
        || format!("CORS_ORIGINS: {text:?} is no origin; write it as in https://shop.example");
    let host = ["https://", "http://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let is_host = |host: &str| {
        !host.is_empty()
            && host
                .chars()
                .all(|c| c.is_ascii_graphic() && !c.is_ascii_uppercase() && !"/?#*@".contains(c))
    };
    match host {
        Some(host) if is_host(host) => HeaderValue::from_str(text).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str]) -> Result<Origins, String> {
        let texts = texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>();
        Origins::read(&texts)
    }

    #[test]
    fn sites_are_named_as_browsers_name_them() {
        assert_eq!(read(&[]), Ok(Origins::Own));
        assert_eq!(read(&["*"]), Ok(Origins::Any));
        let named = ["https://shop.example", "http://localhost:5173"];
        assert_eq!(
            read(&named),
            Ok(Origins::These(named.map(HeaderValue::from_static).to_vec()))
        );
        for wrong in [
            "shop.example",
            "https://shop.example/",
            "https://*.shop.example",
            "https://Shop.example",
            "ftp://shop.example",
            "https://",
            "",
        ] {
            let refused = read(&["https://shop.example", wrong]);
            assert!(
                refused.is_err_and(|why| why.starts_with("CORS_ORIGINS")),
                "{wrong}"
            );
        }
        assert!(
            read(&["*", "https://shop.example"]).is_err(),
            "all, and some"
        );
    }
}
