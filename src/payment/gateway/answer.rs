//! What a gateway answers, and why not.

/// What a gateway answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    Approved(T),
    /// Certainly not, and nothing has happened.
    Declined(Reason),
    /// It may have happened or not: look up.
    Unknown(Reason),
}

/// Why not, or why it is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The gateway's own code, or ours: `TIMEOUT`, `UNREACHABLE`, `UNREADABLE`, `UNKNOWN_STATUS`, `HTTP_503`.
    pub code: String,
    /// The gateway's words, without secrets and card data.
    pub message: String,
    pub kind: ReasonKind,
}

/// What a reason asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasonKind {
    /// The member's card, balance or wish.
    Payer,
    /// Not now: the same may be asked again later.
    Later,
    /// The gateway has no such payment, or knows nothing of the proof.
    NotFound,
    /// Our keys or settings: somebody must look.
    Configuration,
    /// The gateway is not to be reached or not in order: what the circuit breaker counts.
    Gateway,
    /// Anything else.
    Other,
}

/// No answer came in time.
pub(super) const TIMEOUT: &str = "TIMEOUT";
/// There was no connection, or it broke.
pub(super) const UNREACHABLE: &str = "UNREACHABLE";
/// An answer came that makes no sense.
pub(super) const UNREADABLE: &str = "UNREADABLE";
/// A status that this version does not know.
pub(super) const UNKNOWN_STATUS: &str = "UNKNOWN_STATUS";
/// Before the status of an answer that does not say more.
pub(super) const HTTP: &str = "HTTP_";

/// How much of a code is kept, in characters: all of any that is known.
const CODE_CHARS_MAX: usize = 100;

/// How much of a gateway's message is kept, in characters.
const MESSAGE_CHARS_MAX: usize = 200;

impl Reason {
    /// A reason, cut to what is worth keeping.
    #[must_use]
    pub fn new(code: &str, message: &str, kind: ReasonKind) -> Self {
        Self {
            code: code.chars().take(CODE_CHARS_MAX).collect(),
            message: message.chars().take(MESSAGE_CHARS_MAX).collect(),
            kind,
        }
    }

    /// Whether the code is ours, because no word of the gateway's came.
    fn is_silence(&self) -> bool {
        matches!(
            self.code.as_str(),
            TIMEOUT | UNREACHABLE | UNREADABLE | UNKNOWN_STATUS
        ) || self.code.starts_with(HTTP)
    }
}

impl<T> Answer<T> {
    /// Whether the idempotency key it was asked under is used up, since the gateway keeps an error and repeats it
    /// whenever the key comes again. After silence, and while the first request is still under way, only the same
    /// key is safe; and a new one is safe only after a look-up that shows nothing happened.
    #[must_use]
    pub fn uses_up_key(&self) -> bool {
        match self {
            Self::Approved(_) | Self::Declined(_) => true,
            Self::Unknown(reason) => reason.kind != ReasonKind::Later && !reason.is_silence(),
        }
    }
}

/// What an error means: each gateway has a table of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is final, and nothing has happened.
    Declined(ReasonKind),
    /// It does not say for sure what has happened.
    Unknown(ReasonKind),
}

impl Verdict {
    /// The verdict with its reason.
    pub fn because(self, code: &str, message: &str) -> NotApproved {
        match self {
            Self::Declined(kind) => NotApproved::Declined(Reason::new(code, message, kind)),
            Self::Unknown(kind) => NotApproved::Unknown(Reason::new(code, message, kind)),
        }
    }
}

/// An [`Answer`] without its good case: what `?` hands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotApproved {
    Declined(Reason),
    Unknown(Reason),
}

impl NotApproved {
    /// A status that may be new at the gateway: whatever it means, it is not for us to guess.
    pub fn unknown_status(status: &str) -> Self {
        Verdict::Unknown(ReasonKind::Other).because(UNKNOWN_STATUS, status)
    }

    /// An answer that came and makes no sense.
    pub fn unreadable(why: &str) -> Self {
        Verdict::Unknown(ReasonKind::Gateway).because(UNREADABLE, why)
    }

    /// The same after something has happened, of which no record could be had.
    pub fn but_happened(self) -> Self {
        match self {
            Self::Declined(reason) | Self::Unknown(reason) => Self::Unknown(reason),
        }
    }
}

impl<T> From<Result<T, NotApproved>> for Answer<T> {
    fn from(result: Result<T, NotApproved>) -> Self {
        match result {
            Ok(approved) => Self::Approved(approved),
            Err(NotApproved::Declined(reason)) => Self::Declined(reason),
            Err(NotApproved::Unknown(reason)) => Self::Unknown(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_keeps_the_beginning_of_a_long_message() {
        let reason = Reason::new(&"C".repeat(1_000), &"가".repeat(1_000), ReasonKind::Other);
        assert_eq!(reason.code.len(), CODE_CHARS_MAX);
        assert_eq!(reason.message, "가".repeat(MESSAGE_CHARS_MAX));
    }

    #[test]
    fn a_key_is_used_up_by_words_and_not_by_silence() {
        use ReasonKind::{Gateway, Later, Other};
        for (code, kind, used_up) in [
            (TIMEOUT, Gateway, false),
            (UNREACHABLE, Gateway, false),
            (UNREADABLE, Gateway, false),
            (UNKNOWN_STATUS, Other, false),
            ("HTTP_502", Gateway, false),
            ("IDEMPOTENT_REQUEST_PROCESSING", Later, false),
            ("PROVIDER_ERROR", Gateway, true),
            ("ALREADY_PROCESSED_PAYMENT", Other, true),
        ] {
            let unknown = Answer::<()>::Unknown(Reason::new(code, "", kind));
            assert_eq!(unknown.uses_up_key(), used_up, "{code}");
        }
        assert!(Answer::Approved(()).uses_up_key());
        assert!(Answer::<()>::Declined(Reason::new("FAILED", "", Later)).uses_up_key());
    }

    #[test]
    fn after_something_happened_nothing_is_declined() {
        let reason = Reason::new("PAYMENT_NOT_FOUND", "", ReasonKind::NotFound);
        for no in [
            NotApproved::Declined(reason.clone()),
            NotApproved::Unknown(reason.clone()),
        ] {
            assert_eq!(no.but_happened(), NotApproved::Unknown(reason.clone()));
        }
    }

    #[test]
    fn a_verdict_becomes_the_answer_of_its_name() {
        let declined = Verdict::Declined(ReasonKind::Payer).because("NO", "");
        let unknown = Verdict::Unknown(ReasonKind::Gateway).because("MAYBE", "");
        assert!(
            matches!(Answer::<()>::from(Err(declined)), Answer::Declined(reason) if reason.code == "NO")
        );
        assert!(
            matches!(Answer::<()>::from(Err(unknown)), Answer::Unknown(reason) if reason.code == "MAYBE")
        );
        assert_eq!(Answer::from(Ok(7)), Answer::Approved(7));
    }
}
