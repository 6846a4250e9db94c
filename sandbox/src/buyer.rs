//! The buyer's part, as far as it is the same at every gateway: three buttons, and the way back to the shop.

use std::sync::Arc;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    faults::{Fault, Step},
    kakaopay,
    ledger::{Failure, Provider},
    play::Delivered,
    portone, toss,
    world::World,
};

/// What a buyer can do with a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Button {
    Approve,
    /// As if the card were refused.
    Decline,
    Close,
}

/// What a browser script sends: what the shop's page gave to it, as JSON.
#[derive(Debug, Deserialize)]
pub struct FromSdk {
    pub request: String,
}

/// The answer where that is not to be understood.
pub fn unreadable() -> Response {
    let message = "requestPayment: a member is missing or of another type";
    (StatusCode::BAD_REQUEST, message).into_response()
}

/// What a press came to.
#[derive(Debug)]
pub struct Pressed {
    /// Where the buyer's browser goes.
    pub redirect: String,
    /// The webhooks that are to be delivered first.
    pub before: Vec<Delivered>,
}

/// There is no such window, or it has led to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOpen;

/// A window that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The gateway's name for the attempt.
    pub reference: String,
    /// The payment page.
    pub url: String,
}

/// Presses a button; gives where the buyer's browser goes, once it is to go there.
pub async fn press(
    world: &Arc<World>,
    provider: Provider,
    reference: &str,
    button: Button,
) -> Result<String, NotOpen> {
    let Pressed { redirect, before } = match provider {
        Provider::PortOne => portone::press(world, reference, button),
        Provider::Toss => toss::press(world, reference, button),
        Provider::KakaoPay => kakaopay::press(world, reference, button),
    }?;
    for delivered in before {
        // A webhook that is never delivered is dropped, which ends the wait as well.
        _ = delivered.await;
    }
    Ok(redirect)
}

/// Why the card is refused: the button says so, or a fault was ordered for whoever agrees.
pub fn decline(world: &World, provider: Provider, id: &str, button: Button) -> Option<Failure> {
    match button {
        Button::Close => None,
        Button::Decline => Some(Failure::new(
            "REJECT_CARD_COMPANY",
            "카드사에서 승인을 거절했습니다",
        )),
        Button::Approve => {
            let is_decline = |fault: &Fault| matches!(fault, Fault::Decline { .. });
            let fault = world
                .faults
                .meet_if(provider, Step::Window, Some(id), is_decline);
            fault.as_ref().and_then(Fault::failure)
        }
    }
}

/// More than anyone pays; sums of it stay far from the end of an `i64`.
pub const TOTAL_MAX: i64 = 1_000_000_000_000;

/// Whether a window can ask for this amount.
pub fn is_total(total: i64) -> bool {
    (1..=TOTAL_MAX).contains(&total)
}

/// Whether a browser can be sent there.
pub fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// The address with parameters added to those it has.
pub fn with_query(url: &str, pairs: &[(&str, &str)]) -> String {
    let Ok(mut url) = Url::parse(url) else {
        // Looked at when the window was opened.
        return url.to_owned();
    };
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_join_those_the_shop_has_put_there() {
        assert_eq!(
            with_query("http://127.0.0.1:8080/ok?o=1", &[("code", "한 글")]),
            "http://127.0.0.1:8080/ok?o=1&code=%ED%95%9C+%EA%B8%80"
        );
        assert_eq!(
            with_query("http://127.0.0.1/ok", &[]),
            "http://127.0.0.1/ok"
        );
    }

    #[test]
    fn a_browser_is_sent_to_web_addresses_alone() {
        assert!(is_web_address("https://localhost/ok"));
        for other in ["javascript:alert(1)", "/ok", "mailto:a@b", ""] {
            assert!(!is_web_address(other), "{other}");
        }
    }
}
