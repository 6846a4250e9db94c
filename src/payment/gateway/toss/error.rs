//! What Toss Payments' errors mean. Its codes count, not the status of HTTP beside them.

use crate::payment::gateway::{
    ReasonKind::{Configuration, Gateway, Later, NotFound, Other, Payer},
    answer::Verdict::{self, Declined, Unknown},
    http::Asked,
};

/// The table of error codes. One that is not in it says nothing for sure.
pub fn verdict(asked: Asked, code: &str) -> Verdict {
    match asked {
        // Nothing is asked to prepare a payment; what is said of one could only be found by a look-up.
        Asked::Prepare | Asked::LookUp => look_up(code),
        Asked::Approve => confirm(code),
        Asked::Cancel => cancel(code),
    }
}

fn confirm(code: &str) -> Verdict {
    match code {
        "REJECT_CARD_PAYMENT"
        | "REJECT_CARD_COMPANY"
        | "REJECT_ACCOUNT_PAYMENT"
        | "INVALID_PASSWORD"
        | "EXCEED_MAX_AUTH_COUNT"
        | "EXCEED_MAX_ONE_DAY_AMOUNT"
        | "FDS_ERROR"
        | "INVALID_CARD_EXPIRATION"
        | "INVALID_STOPPED_CARD"
        | "INVALID_REJECT_CARD"
        | "INVALID_CARD_NUMBER"
        | "INVALID_CARD_LOST_OR_STOLEN"
        | "EXCEED_MAX_AMOUNT"
        | "EXCEED_MAX_DAILY_PAYMENT_COUNT"
        | "EXCEED_MAX_PAYMENT_AMOUNT"
        | "EXCEED_MAX_CARD_INSTALLMENT_PLAN" => Declined(Payer),
        "BELOW_MINIMUM_AMOUNT" | "INVALID_REQUEST" => Declined(Other),
        "NOT_FOUND_PAYMENT" | "NOT_FOUND_PAYMENT_SESSION" => Declined(NotFound),
        "UNAUTHORIZED_KEY"
        | "INVALID_API_KEY"
        | "NOT_FOUND_TERMINAL_ID"
        | "FORBIDDEN_REQUEST"
        | "INCORRECT_BASIC_AUTH_FORMAT" => Unknown(Configuration),
        "IDEMPOTENT_REQUEST_PROCESSING" | "ALREADY_PROCESSING_REQUEST" => Unknown(Later),
        "PROVIDER_ERROR"
        | "FAILED_INTERNAL_SYSTEM_PROCESSING"
        | "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING"
        | "UNKNOWN_PAYMENT_ERROR" => Unknown(Gateway),
        // ALREADY_PROCESSED_PAYMENT, CARD_PROCESSING_ERROR and UNAPPROVED_ORDER_ID among them, and a bank's closing
        // hours (NOT_AVAILABLE_BANK, NOT_AVAILABLE_PAYMENT), which are not the gateway's.
        _ => Unknown(Other),
    }
}

fn cancel(code: &str) -> Verdict {
    match code {
        "NOT_CANCELABLE_PAYMENT"
        | "NOT_CANCELABLE_AMOUNT"
        | "EXCEED_MAX_REFUND_DUE"
        | "NOT_ALLOWED_PARTIAL_REFUND"
        | "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT"
        | "EXCEED_CANCEL_LIMIT"
        | "REFUND_REJECTED"
        | "INVALID_REQUEST"
        | "INVALID_BANK"
        | "INVALID_REFUND_ACCOUNT_INFO"
        | "INVALID_REFUND_ACCOUNT_NUMBER" => Declined(Other),
        "NOT_FOUND_PAYMENT" => Declined(NotFound),
        "UNAUTHORIZED_KEY"
        | "INVALID_API_KEY"
        | "FORBIDDEN_REQUEST"
        | "INCORRECT_BASIC_AUTH_FORMAT" => Unknown(Configuration),
        "IDEMPOTENT_REQUEST_PROCESSING" => Unknown(Later),
        "PROVIDER_ERROR"
        | "FAILED_REFUND_PROCESS"
        | "FAILED_METHOD_HANDLING_CANCEL"
        | "COMMON_ERROR"
        | "FAILED_INTERNAL_SYSTEM_PROCESSING" => Unknown(Gateway),
        // ALREADY_CANCELED_PAYMENT, ALREADY_REFUND_PAYMENT, NOT_MATCHES_REFUNDABLE_AMOUNT and FAILED_PARTIAL_REFUND
        // among them. FORBIDDEN_CONSECUTIVE_REQUEST and NOT_AVAILABLE_BANK pass, but stay stored under the key.
        _ => Unknown(Other),
    }
}

fn look_up(code: &str) -> Verdict {
    match code {
        "NOT_FOUND_PAYMENT" | "NOT_FOUND" => Declined(NotFound),
        "FORBIDDEN_CONSECUTIVE_REQUEST" => Unknown(Later),
        "UNAUTHORIZED_KEY"
        | "INVALID_API_KEY"
        | "FORBIDDEN_REQUEST"
        | "INCORRECT_BASIC_AUTH_FORMAT" => Unknown(Configuration),
        _ => Unknown(Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_means_what_the_table_says() {
        use Asked::{Approve, Cancel, LookUp};
        for (asked, codes, meant) in [
            (
                Approve,
                "REJECT_CARD_PAYMENT REJECT_CARD_COMPANY REJECT_ACCOUNT_PAYMENT INVALID_PASSWORD \
                 EXCEED_MAX_AUTH_COUNT EXCEED_MAX_ONE_DAY_AMOUNT FDS_ERROR INVALID_CARD_EXPIRATION \
                 INVALID_STOPPED_CARD INVALID_REJECT_CARD INVALID_CARD_NUMBER \
                 INVALID_CARD_LOST_OR_STOLEN EXCEED_MAX_AMOUNT EXCEED_MAX_DAILY_PAYMENT_COUNT \
                 EXCEED_MAX_PAYMENT_AMOUNT EXCEED_MAX_CARD_INSTALLMENT_PLAN",
                Declined(Payer),
            ),
            (
                Approve,
                "BELOW_MINIMUM_AMOUNT INVALID_REQUEST",
                Declined(Other),
            ),
            (
                Approve,
                "NOT_FOUND_PAYMENT NOT_FOUND_PAYMENT_SESSION",
                Declined(NotFound),
            ),
            (
                Approve,
                "UNAUTHORIZED_KEY INVALID_API_KEY NOT_FOUND_TERMINAL_ID FORBIDDEN_REQUEST \
                 INCORRECT_BASIC_AUTH_FORMAT",
                Unknown(Configuration),
            ),
            (
                Approve,
                "IDEMPOTENT_REQUEST_PROCESSING ALREADY_PROCESSING_REQUEST",
                Unknown(Later),
            ),
            (
                Approve,
                "PROVIDER_ERROR FAILED_INTERNAL_SYSTEM_PROCESSING \
                 FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING UNKNOWN_PAYMENT_ERROR",
                Unknown(Gateway),
            ),
            (
                Approve,
                "NOT_AVAILABLE_PAYMENT NOT_AVAILABLE_BANK ALREADY_PROCESSED_PAYMENT \
                 CARD_PROCESSING_ERROR UNAPPROVED_ORDER_ID SOMETHING_NEW",
                Unknown(Other),
            ),
            (
                Cancel,
                "NOT_CANCELABLE_PAYMENT NOT_CANCELABLE_AMOUNT EXCEED_MAX_REFUND_DUE \
                 NOT_ALLOWED_PARTIAL_REFUND NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT \
                 EXCEED_CANCEL_LIMIT REFUND_REJECTED INVALID_REQUEST INVALID_BANK \
                 INVALID_REFUND_ACCOUNT_INFO INVALID_REFUND_ACCOUNT_NUMBER",
                Declined(Other),
            ),
            (Cancel, "NOT_FOUND_PAYMENT", Declined(NotFound)),
            (
                Cancel,
                "UNAUTHORIZED_KEY INVALID_API_KEY FORBIDDEN_REQUEST INCORRECT_BASIC_AUTH_FORMAT",
                Unknown(Configuration),
            ),
            (Cancel, "IDEMPOTENT_REQUEST_PROCESSING", Unknown(Later)),
            (
                Cancel,
                "PROVIDER_ERROR FAILED_REFUND_PROCESS FAILED_METHOD_HANDLING_CANCEL COMMON_ERROR \
                 FAILED_INTERNAL_SYSTEM_PROCESSING",
                Unknown(Gateway),
            ),
            (
                Cancel,
                "ALREADY_CANCELED_PAYMENT ALREADY_REFUND_PAYMENT NOT_MATCHES_REFUNDABLE_AMOUNT \
                 FAILED_PARTIAL_REFUND FORBIDDEN_CONSECUTIVE_REQUEST NOT_AVAILABLE_BANK SOMETHING_NEW",
                Unknown(Other),
            ),
            (LookUp, "NOT_FOUND_PAYMENT NOT_FOUND", Declined(NotFound)),
            (LookUp, "FORBIDDEN_CONSECUTIVE_REQUEST", Unknown(Later)),
            (
                LookUp,
                "UNAUTHORIZED_KEY INVALID_API_KEY FORBIDDEN_REQUEST INCORRECT_BASIC_AUTH_FORMAT",
                Unknown(Configuration),
            ),
            (LookUp, "NOT_FOUND_MERCHANT SOMETHING_NEW", Unknown(Other)),
        ] {
            for code in codes.split_whitespace() {
                assert_eq!(verdict(asked, code), meant, "{asked:?} {code}");
            }
        }
    }
}
