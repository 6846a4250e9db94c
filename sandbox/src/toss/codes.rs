//! Which HTTP status an error code of Toss comes with.

const UNAUTHORIZED: &[&str] = &["UNAUTHORIZED_KEY"];

const FORBIDDEN: &[&str] = &[
    "EXCEED_CANCEL_LIMIT",
    "EXCEED_MAX_AUTH_COUNT",
    "EXCEED_MAX_ONE_DAY_AMOUNT",
    "EXCEED_MAX_REFUND_DUE",
    "FDS_ERROR",
    "FORBIDDEN_CONSECUTIVE_REQUEST",
    "FORBIDDEN_REQUEST",
    "INCORRECT_BASIC_AUTH_FORMAT",
    "INVALID_PASSWORD",
    "NOT_ALLOWED_PARTIAL_REFUND",
    "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT",
    "NOT_AVAILABLE_BANK",
    "NOT_CANCELABLE_AMOUNT",
    "NOT_CANCELABLE_PAYMENT",
    "REJECT_ACCOUNT_PAYMENT",
    "REJECT_CARD_COMPANY",
    "REJECT_CARD_PAYMENT",
];

const NOT_FOUND: &[&str] = &[
    "NOT_FOUND",
    "NOT_FOUND_PAYMENT",
    "NOT_FOUND_PAYMENT_SESSION",
];

const CONFLICT: &[&str] = &["IDEMPOTENT_REQUEST_PROCESSING"];

const FAILED: &[&str] = &[
    "COMMON_ERROR",
    "FAILED_INTERNAL_SYSTEM_PROCESSING",
    "FAILED_METHOD_HANDLING_CANCEL",
    "FAILED_PARTIAL_REFUND",
    "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING",
    "FAILED_REFUND_PROCESS",
    "UNKNOWN_PAYMENT_ERROR",
];

/// The status; 400 for every code that is not listed, as most are.
pub fn status(code: &str) -> u16 {
    let tables = [
        (401, UNAUTHORIZED),
        (403, FORBIDDEN),
        (404, NOT_FOUND),
        (409, CONFLICT),
        (500, FAILED),
    ];
    let table = tables.iter().find(|(_, codes)| codes.contains(&code));
    table.map_or(400, |(status, _)| *status)
}
