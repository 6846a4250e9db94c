//! GraphiQL, from the binary: no CDN, no network, and a policy that lets the page load and run nothing else.

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use sha2::{Digest, Sha256};

use super::HttpState;

const POLICY: &str = include_str!("graphiql/content-security-policy.txt");

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// One file of the page, in the binary.
#[derive(Clone, Copy)]
struct Asset {
    path: &'static str,
    content_type: &'static str,
    text: &'static str,
}

macro_rules! assets {
    ($($file:literal as $content_type:expr),+ $(,)?) => {
        &[$(Asset {
            path: concat!("/graphiql/", $file),
            content_type: $content_type,
            text: include_str!(concat!("graphiql/", $file)),
        }),+]
    };
}

const PAGE: Asset = Asset {
    path: "/graphiql",
    content_type: HTML,
    text: include_str!("graphiql/index.html"),
};

const ASSETS: &[Asset] = assets![
    "graphiql.js" as SCRIPT,
    "session.js" as SCRIPT,
    "ready-tabs.js" as SCRIPT,
    "graphiql.css" as STYLE,
    "icon.svg" as SVG,
    "vendor/react.production.min.js" as SCRIPT,
    "vendor/react-dom.production.min.js" as SCRIPT,
    "vendor/graphiql.min.js" as SCRIPT,
    "vendor/graphiql.min.css" as STYLE,
    "vendor/LICENSES.txt" as TEXT,
];

/// The page and its files.
pub fn routes() -> Router<HttpState> {
    let slashed = Asset {
        path: "/graphiql/",
        ..PAGE
    };
    let assets = [PAGE, slashed].into_iter().chain(ASSETS.iter().copied());
    assets.fold(Router::new(), |router, asset| {
        // The files belong together, so none may outlive an upgrade in a cache: asking whether it is still
        // the same costs a hash that is computed once.
        let tag = format!(
            "\"{:x}\"",
            Sha256::digest(asset.text)
                .iter()
                .take(8)
                .fold(0_u64, |tag, byte| tag << 8 | u64::from(*byte))
        );
        router.route(
            asset.path,
            get(async move |headers: HeaderMap| asset.answer(&tag, &headers)),
        )
    })
}

impl Asset {
    fn answer(self, tag: &str, request: &HeaderMap) -> Response {
        let headers = [
            (header::CONTENT_TYPE, self.content_type),
            (header::CACHE_CONTROL, "no-cache"),
            (header::ETAG, tag),
            (header::CONTENT_SECURITY_POLICY, POLICY.trim()),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
        ];
        if request
            .get(header::IF_NONE_MATCH)
            .is_some_and(|known| known == tag)
        {
            (StatusCode::NOT_MODIFIED, headers).into_response()
        } else {
            (headers, self.text).into_response()
        }
    }
}
