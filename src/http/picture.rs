//! The demo shop's pictures, drawn on the spot.

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::demo::picture;

/// A day: pictures change only with the program.
const CACHE: &str = "public, max-age=86400";

/// The picture of a demo product, `SLUG.svg`.
pub async fn serve(Path(file): Path<String>) -> Response {
    match file.strip_suffix(".svg").and_then(picture::svg) {
        Some(svg) => {
            let headers = [
                (header::CONTENT_TYPE, "image/svg+xml"),
                (header::CACHE_CONTROL, CACHE),
                // A picture opened by itself must not run anything either.
                (
                    header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; style-src 'unsafe-inline'",
                ),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, svg).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
