//! How the server ends a connection: the protocol's own codes, and those of this server.

use std::borrow::Cow;

/// A close frame's code, and its reason in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    pub code: u16,
    pub reason: Cow<'static, str>,
}

/// A control frame carries 125 bytes, of which the code takes two (RFC 6455).
const REASON_BYTES_MAX: usize = 123;

/// The codes that the server closes with. 44xx are the protocol's, or were free there.
impl Closing {
    /// Nothing was asked for in a long time.
    pub const IDLE: Self = Self::new(1000, "Nothing is asked for: connect again when there is");
    pub const MALFORMED: Self = Self::new(1002, "Not as WebSockets are spoken");
    pub const NO_TEXT: Self = Self::new(1007, "The message is not UTF-8");
    pub const TOO_LARGE: Self = Self::new(1009, "The message is too large");
    pub const RESTART: Self = Self::new(
        1012,
        "The server restarts: connect again and resume with `after`",
    );
    pub const FULL: Self = Self::new(1013, "Too many listeners: try again later");
    pub const UNAUTHORIZED: Self = Self::new(4401, "Unauthorized");
    /// The same code as a bad token's, because the same helps: a new one.
    pub const EXPIRED: Self = Self::new(
        4403,
        "Forbidden: the access token expired: refresh the session and connect again",
    );
    pub const OTHER_PROTOCOL: Self = Self::new(4406, "Subprotocol not acceptable");
    pub const INIT_TIMEOUT: Self = Self::new(4408, "Connection initialisation timeout");
    pub const OF_MEMBER: Self = Self::new(4413, "Too many connections of this member");
    pub const STALLED: Self = Self::new(4414, "Too slow: connect again and resume with `after`");
    pub const SILENT: Self = Self::new(4415, "No answer to a ping");
    pub const SECOND_INIT: Self = Self::new(4429, "Too many initialisation requests");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self {
            code,
            reason: Cow::Borrowed(reason),
        }
    }

    /// What was said is not a message of the protocol.
    pub fn bad_message(why: &'static str) -> Self {
        Self::new(4400, why)
    }

    /// Who introduced themselves is not let in.
    pub fn forbidden(why: &str) -> Self {
        Self::told(4403, format!("Forbidden: {why}"))
    }

    /// There is an operation of that id.
    pub fn duplicate(id: &str) -> Self {
        Self::told(4409, format!("Subscriber for {id} already exists"))
    }

    fn told(code: u16, mut reason: String) -> Self {
        reason.truncate(reason.floor_char_boundary(REASON_BYTES_MAX));
        Self {
            code,
            reason: reason.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_fits_into_a_close_frame() {
        for closing in [
            Closing::IDLE,
            Closing::MALFORMED,
            Closing::NO_TEXT,
            Closing::TOO_LARGE,
            Closing::RESTART,
            Closing::FULL,
            Closing::UNAUTHORIZED,
            Closing::EXPIRED,
            Closing::OTHER_PROTOCOL,
            Closing::INIT_TIMEOUT,
            Closing::OF_MEMBER,
            Closing::STALLED,
            Closing::SILENT,
            Closing::SECOND_INIT,
            Closing::bad_message("No such type of message"),
            Closing::forbidden(&"토큰".repeat(100)),
            Closing::duplicate(&"x".repeat(1_000)),
        ] {
            assert!(!closing.reason.is_empty());
            assert!(closing.reason.len() <= REASON_BYTES_MAX, "{closing:?}");
        }
    }

    #[test]
    fn a_reason_is_cut_between_letters() {
        // 11 bytes, then three for each: the limit is in the midst of one.
        let closing = Closing::forbidden(&"가".repeat(100));
        assert_eq!(
            closing.reason,
            format!("Forbidden: {}", "가".repeat((123 - 11) / 3))
        );
        assert_eq!(
            Closing::duplicate("a").reason,
            "Subscriber for a already exists"
        );
    }
}
