//! What gateways send by themselves. It says where to look and never what is there: whatever a webhook tells, the
//! gateway is asked.
//!
//! PortOne signs its webhooks ([`signature`](crate::signature)). Toss Payments signs none of payments, so that anybody may have sent
//! one. KakaoPay sends none.

pub mod portone;
pub mod toss;

/// The body of a webhook that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

impl From<serde_json::Error> for Unreadable {
    fn from(_: serde_json::Error) -> Self {
        Self
    }
}
