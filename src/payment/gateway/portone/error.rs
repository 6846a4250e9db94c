//! What PortOne's errors mean.

use crate::payment::gateway::{
    ReasonKind::{Configuration, Gateway, Later, NotFound, Other},
    answer::Verdict::{self, Declined, Unknown},
    http::Asked,
};

/// The table of error types. One that is not in it says nothing for sure.
pub fn verdict(asked: Asked, error: &str) -> Verdict {
    match asked {
        Asked::Prepare => prepare(error),
        // The window takes the money: what is asked is what there is.
        Asked::Approve | Asked::LookUp => look_up(error),
        Asked::Cancel => cancel(error),
    }
}

/// Telling PortOne of an amount moves nothing: refused, it has not happened. A payment that is paid already is
/// for a look-up.
fn prepare(error: &str) -> Verdict {
    match error {
        "INVALID_REQUEST" => Declined(Other),
        "UNAUTHORIZED" | "FORBIDDEN" => Declined(Configuration),
        _ => Unknown(Other),
    }
}

fn look_up(error: &str) -> Verdict {
    match error {
        "PAYMENT_NOT_FOUND" => Declined(NotFound),
        "UNAUTHORIZED" | "FORBIDDEN" => Unknown(Configuration),
        _ => Unknown(Other),
    }
}

fn cancel(error: &str) -> Verdict {
    match error {
        "INVALID_REQUEST"
        | "NEGATIVE_PROMOTION_ADJUSTED_CANCEL_AMOUNT"
        | "PROMOTION_DISCOUNT_RETAIN_OPTION_SHOULD_NOT_BE_CHANGED"
        | "PAYMENT_NOT_PAID"
        | "MAX_CANCEL_COUNT_REACHED"
        | "SUM_OF_PARTS_EXCEEDS_CANCEL_AMOUNT"
        | "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT"
        | "CANCEL_TAX_FREE_AMOUNT_EXCEEDS_CANCELLABLE_TAX_FREE_AMOUNT"
        | "CANCEL_TAX_AMOUNT_EXCEEDS_CANCELLABLE_TAX_AMOUNT" => Declined(Other),
        "UNAUTHORIZED" | "FORBIDDEN" => Declined(Configuration),
        "PAYMENT_NOT_FOUND" => Declined(NotFound),
        "IDEMPOTENCY_OUTSTANDING_REQUEST" => Unknown(Later),
        "PG_PROVIDER" => Unknown(Gateway),
        // PAYMENT_ALREADY_CANCELLED and CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN among them: somebody else was first.
        _ => Unknown(Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_means_what_the_table_says() {
        use Asked::{Approve, Cancel, LookUp, Prepare};
        for (asked, errors, meant) in [
            (Prepare, "INVALID_REQUEST", Declined(Other)),
            (Prepare, "UNAUTHORIZED FORBIDDEN", Declined(Configuration)),
            (Prepare, "ALREADY_PAID SOMETHING_NEW", Unknown(Other)),
            (LookUp, "PAYMENT_NOT_FOUND", Declined(NotFound)),
            (LookUp, "UNAUTHORIZED FORBIDDEN", Unknown(Configuration)),
            (LookUp, "INVALID_REQUEST SOMETHING_NEW", Unknown(Other)),
            (Approve, "PAYMENT_NOT_FOUND", Declined(NotFound)),
            (Approve, "INVALID_REQUEST SOMETHING_NEW", Unknown(Other)),
            (
                Cancel,
                "INVALID_REQUEST NEGATIVE_PROMOTION_ADJUSTED_CANCEL_AMOUNT \
                 PROMOTION_DISCOUNT_RETAIN_OPTION_SHOULD_NOT_BE_CHANGED PAYMENT_NOT_PAID \
                 MAX_CANCEL_COUNT_REACHED SUM_OF_PARTS_EXCEEDS_CANCEL_AMOUNT \
                 CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT \
                 CANCEL_TAX_FREE_AMOUNT_EXCEEDS_CANCELLABLE_TAX_FREE_AMOUNT \
                 CANCEL_TAX_AMOUNT_EXCEEDS_CANCELLABLE_TAX_AMOUNT",
                Declined(Other),
            ),
            (Cancel, "UNAUTHORIZED FORBIDDEN", Declined(Configuration)),
            (Cancel, "PAYMENT_NOT_FOUND", Declined(NotFound)),
            (
                Cancel,
                "PAYMENT_ALREADY_CANCELLED CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN SOMETHING_NEW",
                Unknown(Other),
            ),
            (Cancel, "IDEMPOTENCY_OUTSTANDING_REQUEST", Unknown(Later)),
            (Cancel, "PG_PROVIDER", Unknown(Gateway)),
        ] {
            for error in errors.split_whitespace() {
                assert_eq!(verdict(asked, error), meant, "{asked:?} {error}");
            }
        }
    }
}
