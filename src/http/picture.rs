//! Pictures: those that were uploaded, those of the demo shop, which are drawn on the spot, and the door through which
//! they come in.

use std::time::Duration;

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Extension, Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use entity::id::ProductId;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;
use tracing::Instrument;

use super::HttpState;
use crate::{
    demo,
    fault::{Failure, Fault, Outcome},
    graphql::{ApiError, RequestId},
    picture::{self, UploadRefusal, address::PictureFile, storage::CACHE_CONTROL},
    text::{Language, Message},
};

/// A day: the demo's pictures change only with the program.
const DEMO_CACHE_CONTROL: &str = "public, max-age=86400";

/// How long an upload may take, on whatever line a phone has.
const UPLOADED_WITHIN: Duration = Duration::from_mins(1);

/// When who found no room for an upload should come again, in seconds.
const RETRY_AFTER_SECONDS: u32 = 2;

/// How much of what is too large is read all the same, in pictures of the largest size, and let go: who is still
/// speaking does not hear an answer.
const UNWANTED_PICTURES_MAX: usize = 4;

/// What stands behind the question mark of an address to upload to.
#[derive(Deserialize)]
pub struct Permission {
    expires: i64,
    signature: String,
}

/// A picture: `SLUG.svg` is a demo product's, every other is one that was uploaded.
pub async fn serve(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    language: Language,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Some(svg) = name.strip_suffix(".svg").and_then(demo::picture::svg) {
        return drawn(svg);
    }
    let Ok(file) = name.parse::<PictureFile>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{file}\"");
    let kept = [
        (header::CACHE_CONTROL, CACHE_CONTROL),
        (header::ETAG, tag.as_str()),
        (header::CONTENT_TYPE, file.kind().content_type()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    if is_known(&headers, &tag) {
        // Whatever it has under this name is what is in it.
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    match state.app.pictures.get(file).await {
        Ok(Some(found)) => {
            let length = [(header::CONTENT_LENGTH, HeaderValue::from(found.meta.size))];
            (kept, length, Body::from_stream(found.into_stream())).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(fault) => failed(fault, &request_id, language),
    }
}

fn drawn(svg: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, DEMO_CACHE_CONTROL),
        // A picture opened by itself must not run anything either.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, svg).into_response()
}

/// Whether the browser has it already.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let known = known.filter_map(|value| value.to_str().ok());
    known
        .flat_map(|value| value.split(','))
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == tag)
}

/// Takes a product's picture from whoever has an address that permits it.
pub async fn upload(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    language: Language,
    Path(product_id): Path<String>,
    permission: Result<Query<Permission>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let (Ok(product_id), Ok(Query(permission))) = (product_id.parse::<ProductId>(), permission)
    else {
        return refused(UploadRefusal::Forged, &request_id, language);
    };
    match take(state, product_id, &permission, &headers, body).await {
        Ok(url) => Json(json!({ "imageUrl": url })).into_response(),
        Err(Failure::Refused(refusal)) => refused(refusal, &request_id, language),
        Err(Failure::Fault(fault)) => failed(fault, &request_id, language),
    }
}

async fn take(
    state: HttpState,
    product_id: ProductId,
    permission: &Permission,
    headers: &HeaderMap,
    body: Body,
) -> Outcome<String, UploadRefusal> {
    let Permission { expires, signature } = permission;
    let room = picture::expect(&state.app, product_id, *expires, signature).await?;
    let received = receive(headers, body, state.app.pictures.bytes_max);
    let bytes = match timeout(UPLOADED_WITHIN, received).await {
        Ok(received) => received.map_err(Failure::Refused)?,
        Err(_) => return Err(Failure::Refused(UploadRefusal::Incomplete)),
    };
    // In a task of its own, which the server waits for when it stops: a client that hangs up cancels nothing half-way.
    let app = state.app.clone();
    let uploading = async move {
        let url = picture::upload(&app, product_id, bytes).await;
        drop(room);
        url
    };
    let uploaded = state.connections.spawn(uploading.in_current_span());
    uploaded.await?
}

/// The whole body, if it is not too large.
async fn receive(
    headers: &HeaderMap,
    body: Body,
    bytes_max: i32,
) -> Result<Vec<u8>, UploadRefusal> {
    let max = usize::try_from(bytes_max).unwrap_or_default();
    let too_large = UploadRefusal::TooLarge { bytes_max };
    let mut chunks = body.into_data_stream();
    let mut next = async || chunks.next().await.transpose();
    let announced = headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let waits = headers.contains_key(header::EXPECT);
    if waits && announced.is_some_and(|length| length > max) {
        // It asked first, and has sent nothing yet.
        return Err(too_large);
    }
    let mut received = Vec::with_capacity(announced.unwrap_or_default().min(max));
    let mut unwanted = 0_usize;
    while let Some(chunk) = next().await.map_err(|_| UploadRefusal::Incomplete)? {
        let chunk: Bytes = chunk;
        if unwanted > 0 || received.len() + chunk.len() > max {
            received = Vec::new();
            unwanted = unwanted.saturating_add(chunk.len());
            if unwanted > max.saturating_mul(UNWANTED_PICTURES_MAX) {
                break;
            }
        } else {
            received.extend_from_slice(&chunk);
        }
    }
    if unwanted > 0 {
        Err(too_large)
    } else {
        Ok(received)
    }
}

fn refused(refusal: UploadRefusal, request_id: &RequestId, language: Language) -> Response {
    let status = match refusal {
        UploadRefusal::Forged | UploadRefusal::Expired => StatusCode::FORBIDDEN,
        UploadRefusal::NoSuchProduct => StatusCode::NOT_FOUND,
        UploadRefusal::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        UploadRefusal::Incomplete => StatusCode::BAD_REQUEST,
        UploadRefusal::Format => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        UploadRefusal::Broken | UploadRefusal::TooManyPixels => StatusCode::UNPROCESSABLE_ENTITY,
        UploadRefusal::Busy => StatusCode::SERVICE_UNAVAILABLE,
    };
    told(
        status,
        refusal.code(),
        &refusal.message(),
        request_id,
        language,
    )
}

fn failed(fault: Fault, request_id: &RequestId, language: Language) -> Response {
    let status = match &fault {
        Fault::Overloaded { .. } | Fault::TimedOut | Fault::TookTooLong => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    tracing::error!(request_id = request_id.0, %fault, "a picture failed");
    let error = ApiError::from(fault);
    told(status, error.code(), &error.message(), request_id, language)
}

fn told(
    status: StatusCode,
    code: &str,
    message: &Message,
    RequestId(request_id): &RequestId,
    language: Language,
) -> Response {
    let message = message.in_language(language);
    let body = Json(json!({ "code": code, "message": message, "requestId": request_id }));
    let mut response = (status, language, body).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let after = HeaderValue::from(RETRY_AFTER_SECONDS);
        response.headers_mut().insert(header::RETRY_AFTER, after);
    }
    response
}
