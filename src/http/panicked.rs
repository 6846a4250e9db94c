//! What is answered where a panic has ended a request outside of an operation, which answers for itself.

use axum::{
    extract::{Extension, Request},
    http::StatusCode,
    middleware::Next,
    response::Response,
};

use super::graphql::refuse_with;
use crate::{graphql::RequestId, panics, text::Language};

/// Answers with INTERNAL and the id under which the log tells of it. The connection goes on.
pub async fn answer(
    Extension(request_id): Extension<RequestId>,
    language: Language,
    request: Request,
    next: Next,
) -> Response {
    let answered = panics::caught(next.run(request)).await;
    answered.unwrap_or_else(|panicked| {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        refuse_with(status, panicked.into(), &request_id, language)
    })
}
