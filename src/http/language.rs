use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponseParts, ResponseParts},
};

use crate::text::Language;

/// The language that the request asks for.
impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let headers = parts.headers.get_all(header::ACCEPT_LANGUAGE);
        let texts = headers.iter().filter_map(|value| value.to_str().ok());
        Ok(Self::accepted(&texts.collect::<Vec<_>>().join(",")))
    }
}

/// The headers of an answer in this language.
impl IntoResponseParts for Language {
    type Error = Infallible;

    fn into_response_parts(self, mut answer: ResponseParts) -> Result<ResponseParts, Infallible> {
        let headers = answer.headers_mut();
        headers.insert(
            header::CONTENT_LANGUAGE,
            HeaderValue::from_static(self.tag()),
        );
        headers.append(header::VARY, HeaderValue::from_static("accept-language"));
        Ok(answer)
    }
}
