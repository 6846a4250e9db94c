//! GraphQL over Server-Sent Events: the distinct connections mode of
//! <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>. A response is an operation's, and over when it is.

mod telling;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use self::telling::Telling;
use super::{
    HttpState, Introduced,
    graphql::{headers_of, refuse_with},
};
use crate::{
    fault::Fault,
    graphql::{ApiError, Begun, RequestId, ShopExecutor},
    listener::{Listeners, Place, Transport},
    text::message,
};

/// Begins the operation, and tells its responses as events.
pub fn serve(
    state: HttpState,
    request_id: RequestId,
    who: Introduced,
    request: async_graphql::Request,
) -> Response {
    let place = match take_place(&state.app.listeners, who) {
        Ok(place) => place,
        Err((status, error)) => {
            let refusal = refuse_with(status, error, &request_id, who.language);
            let again = HeaderValue::from(RETRY_AFTER.as_secs());
            return ([(header::RETRY_AFTER, again)], refusal).into_response();
        }
    };
    let executor = ShopExecutor::new(state.api.clone(), request_id.clone());
    let mut begun = executor.begin(request, &state.connections);
    let said = match &mut begun {
        Begun::Refused(response) => headers_of(response),
        Begun::Answer(_) | Begun::Events(_) => HeaderMap::new(),
    };
    let telling = Telling::new(begun, place, state, request_id, who);
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream; charset=utf-8"),
        ),
        // An answer that grows is not one to keep, and for proxies no reason to wait for its end.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    let events = Body::from_stream(telling.events());
    (who.language, said, headers, events).into_response()
}

const X_ACCEL_BUFFERING: header::HeaderName = header::HeaderName::from_static("x-accel-buffering");

/// When a client that found no place should come again.
const RETRY_AFTER: std::time::Duration = std::time::Duration::from_secs(5);

fn take_place(
    listeners: &std::sync::Arc<Listeners>,
    who: Introduced,
) -> Result<Place, (StatusCode, ApiError)> {
    let Some(mut place) = listeners.admit(Transport::EventStream) else {
        let retry_after = RETRY_AFTER;
        let full = ApiError::Fault(Fault::Overloaded { retry_after });
        return Err((StatusCode::SERVICE_UNAVAILABLE, full));
    };
    if let Ok(Some(caller)) = who.identity.optional_caller() {
        place.is_of(caller.member_id).map_err(|_| {
            let max = listeners.limits.per_member_max;
            let error = ApiError::TooManyListeners(message!("http-too-many-listeners", max));
            (StatusCode::TOO_MANY_REQUESTS, error)
        })?;
    }
    Ok(place)
}
