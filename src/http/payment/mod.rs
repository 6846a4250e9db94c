//! Where gateways send browsers back to, the pages that they see here, and where gateways tell of payments by
//! themselves. Whoever comes, all of it ends in the one settlement of the payment.

mod page;
mod webhook;

use axum::{
    Router,
    extract::{FromRequestParts, Query, State},
    http::request::Parts,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use entity::{
    Won,
    id::PaymentId,
    payment::{self, PaymentProvider},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::HttpState;
use crate::{
    fault::{Failure, Outcome},
    payment::{
        PaymentFailure,
        confirmation::{self, Asker, Refusal},
        gateway::Proof,
        store,
    },
};

/// The routes of payments and webhooks.
pub fn routes() -> Router<HttpState> {
    Router::new()
        .route("/payments/window", get(page::window))
        .route("/payments/window.js", get(page::script))
        .route("/payments/page.css", get(page::style))
        .route("/payments/result", get(page::result))
        .route("/payments/toss/success", get(toss_success))
        .route("/payments/toss/fail", get(toss_fail))
        .route("/payments/kakaopay/approve", get(kakaopay_approve))
        .route("/payments/kakaopay/cancel", get(kakaopay_cancel))
        .route("/payments/kakaopay/fail", get(kakaopay_fail))
        .route("/payments/portone/return", get(portone_return))
        .route("/webhooks/portone", post(webhook::portone))
        .route("/webhooks/toss", post(webhook::toss))
}

// Who comes back from where.
const TOSS: Asker = Asker::Browser(PaymentProvider::Toss);
const KAKAOPAY: Asker = Asker::Browser(PaymentProvider::KakaoPay);
const PORTONE: Asker = Asker::Browser(PaymentProvider::PortOne);

/// What a browser brings back in its address. Who brings something else is sent on to the shop like everybody.
struct Brought<T>(T);

impl<T: DeserializeOwned + Send> FromRequestParts<HttpState> for Brought<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Response> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => {
                tracing::info!(%rejection, "a browser came back without what its gateway gives");
                Err(sent_on(state, None).await)
            }
        }
    }
}

/// Which payment a browser comes back from: in our own parameter.
#[derive(Deserialize)]
struct Of {
    payment: String,
}

#[derive(Deserialize)]
struct TossSuccess {
    payment: String,
    #[serde(rename = "paymentKey")]
    payment_key: String,
    #[serde(rename = "orderId")]
    order_id: String,
    amount: i64,
}

/// The member has agreed in Toss's window. What the query says is compared, never used.
async fn toss_success(
    State(state): State<HttpState>,
    Brought(query): Brought<TossSuccess>,
) -> Response {
    let Ok(id) = query.payment.parse::<PaymentId>() else {
        return sent_on(&state, None).await;
    };
    let is_meant = query.order_id == query.payment
        && expected(&state, id)
            .await
            .is_some_and(|payment| payment.amount == Won(query.amount));
    if is_meant {
        let proof = Proof::PaymentKey(query.payment_key);
        note(
            id,
            confirmation::confirm(&state.app, TOSS, id, &proof).await,
        );
    } else {
        tracing::warn!(payment = %id, "a browser came back with another order or amount than the payment's");
        let why = PaymentFailure::OtherAmountShown;
        note(id, confirmation::decline(&state.app, TOSS, id, why).await);
    }
    sent_on(&state, Some(id)).await
}

#[derive(Deserialize)]
struct TossFail {
    payment: String,
    code: Option<String>,
    message: Option<String>,
}

/// What Toss says when the member has closed the window.
const TOSS_CLOSED: [&str; 2] = ["PAY_PROCESS_CANCELED", "USER_CANCEL"];

async fn toss_fail(State(state): State<HttpState>, Brought(query): Brought<TossFail>) -> Response {
    let Ok(id) = query.payment.parse::<PaymentId>() else {
        return sent_on(&state, None).await;
    };
    let is_closed = query
        .code
        .is_none_or(|code| TOSS_CLOSED.contains(&code.as_str()));
    let outcome = if is_closed {
        confirmation::abandon(&state.app, TOSS, id).await
    } else {
        confirmation::decline(&state.app, TOSS, id, words(query.message)).await
    };
    note(id, outcome);
    sent_on(&state, Some(id)).await
}

#[derive(Deserialize)]
struct KakaoPayApprove {
    payment: String,
    pg_token: String,
}

async fn kakaopay_approve(
    State(state): State<HttpState>,
    Brought(query): Brought<KakaoPayApprove>,
) -> Response {
    let Ok(id) = query.payment.parse::<PaymentId>() else {
        return sent_on(&state, None).await;
    };
    let proof = Proof::PgToken(query.pg_token);
    note(
        id,
        confirmation::confirm(&state.app, KAKAOPAY, id, &proof).await,
    );
    sent_on(&state, Some(id)).await
}

async fn kakaopay_cancel(State(state): State<HttpState>, Brought(query): Brought<Of>) -> Response {
    let Ok(id) = query.payment.parse::<PaymentId>() else {
        return sent_on(&state, None).await;
    };
    note(id, confirmation::abandon(&state.app, KAKAOPAY, id).await);
    sent_on(&state, Some(id)).await
}

async fn kakaopay_fail(State(state): State<HttpState>, Brought(query): Brought<Of>) -> Response {
    let Ok(id) = query.payment.parse::<PaymentId>() else {
        return sent_on(&state, None).await;
    };
    note(
        id,
        confirmation::decline(&state.app, KAKAOPAY, id, words(None)).await,
    );
    sent_on(&state, Some(id)).await
}

#[derive(Deserialize)]
struct PortOneReturn {
    #[serde(rename = "paymentId")]
    payment_id: String,
    /// There when it failed.
    code: Option<String>,
    message: Option<String>,
}

async fn portone_return(
    State(state): State<HttpState>,
    Brought(query): Brought<PortOneReturn>,
) -> Response {
    let Ok(id) = query.payment_id.parse::<PaymentId>() else {
        return sent_on(&state, None).await;
    };
    let outcome = match query.code {
        None => confirmation::confirm(&state.app, PORTONE, id, &Proof::None).await,
        Some(_) => confirmation::decline(&state.app, PORTONE, id, words(query.message)).await,
    };
    note(id, outcome);
    sent_on(&state, Some(id)).await
}

/// The longest message of a gateway that is kept, in characters.
const WORDS_MAX: usize = 200;

/// A gateway's words for the member: whoever sent the browser wrote them.
fn words(message: Option<String>) -> PaymentFailure {
    let message = message.unwrap_or_default();
    let words = message.chars().filter(|letter| !letter.is_control());
    PaymentFailure::in_words(&words.take(WORDS_MAX).collect::<String>())
}

async fn expected(state: &HttpState, id: PaymentId) -> Option<payment::Model> {
    let payment = store::by_id(state.app.db.writer(), id).await.ok()??;
    (payment.provider == PaymentProvider::Toss).then_some(payment)
}

/// A refusal shows on the page that follows; a fault is for the log, and for the reconciler.
fn note(id: PaymentId, outcome: Outcome<payment::Model, Refusal>) {
    match outcome {
        Ok(_) => {}
        Err(Failure::Refused(refusal)) => {
            tracing::info!(payment = %id, ?refusal, "a payment was not confirmed");
        }
        Err(Failure::Fault(fault)) => {
            tracing::error!(payment = %id, %fault, "a payment could not be settled");
        }
    }
}

/// Sends the browser to the shop, with which payment it comes from and how that stands: an address without tokens.
async fn sent_on(state: &HttpState, id: Option<PaymentId>) -> Response {
    let payment = match id {
        Some(id) => store::by_id(state.app.db.writer(), id).await.ok().flatten(),
        None => None,
    };
    let url = state.app.payments.landing(payment.as_ref());
    Redirect::to(&url).into_response()
}
