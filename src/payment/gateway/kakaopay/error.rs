//! What KakaoPay's errors mean.
//!
//! An error of `approve` or `cancel` is never final, whatever it says: a look-up tells. What the error says of its
//! cause is still worth keeping, for when the look-up shows that nothing was taken.

use crate::payment::gateway::{
    ReasonKind::{self, Configuration, Gateway, Later, NotFound, Other, Payer},
    answer::Verdict::{self, Declined, Unknown},
    http::Asked,
};

/// The table of error codes. One that is not in it says nothing for sure.
pub fn verdict(asked: Asked, code: i64, method: Option<&str>) -> Verdict {
    let kind = kind(code, method);
    match (asked, code) {
        // Nothing is taken before a payment is there.
        (
            Asked::Prepare,
            -400 | -401 | -403 | -404 | -722 | -726..=-724 | -733..=-730 | -799..=-797,
        )
        | (Asked::LookUp, -721) => Declined(kind),
        _ => Unknown(kind),
    }
}

fn kind(code: i64, method: Option<&str>) -> ReasonKind {
    match (code, method) {
        (-780, Some(method)) => approval_kind(method),
        (-781, Some(method)) => method_kind(method),
        (-797, _) => Payer,
        // The window did not agree to it, or did not give this token.
        (-701 | -708 | -721, _) => NotFound,
        (-429, _) => Later,
        (-500 | -503, _) => Gateway,
        (-400 | -401 | -403 | -404 | -706 | -707 | -733..=-730 | -798 | -799, _) => Configuration,
        _ => Other,
    }
}

/// Cards say no with codes of four characters.
fn approval_kind(method: &str) -> ReasonKind {
    match method_kind(method) {
        Other if method.len() == 4 => Payer,
        kind => kind,
    }
}

/// What the payment method says.
fn method_kind(method: &str) -> ReasonKind {
    match method {
        "LACK_BALANCE"
        | "NOT_ENOUGH_BALANCE"
        | "LIMIT_ONE_TIME"
        | "LIMIT_USE_PER_DAY"
        | "BANK_ACCOUNT_NOT_FOUND" => Payer,
        // Another payment is under way, or the bank does not say, or is closed for the night.
        "USER_LOCKED" | "BANK_FIRM_UNKNOWN" | "BANK_FIRM_API_FAIL" | "BANK_FIRM_UNAVAILABLE" => {
            Later
        }
        "UNDER_CONSTRUCTION" | "INTERNAL_ERROR" => Gateway,
        _ => Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Asked; 4] = [Asked::Prepare, Asked::Approve, Asked::LookUp, Asked::Cancel];

    #[test]
    fn approval_and_cancellation_are_never_declined_for_sure() {
        for code in -1_000..0 {
            for method in [
                None,
                Some("LACK_BALANCE"),
                Some("8373"),
                Some("SOMETHING_NEW"),
            ] {
                for asked in [Asked::Approve, Asked::Cancel] {
                    assert!(matches!(verdict(asked, code, method), Unknown(_)), "{code}");
                }
            }
        }
    }

    #[test]
    fn every_error_has_the_kind_that_the_table_says() {
        for (codes, kind) in [
            (&[-702, -703, -704, -705, -710, -711][..], Other),
            (&[-722, -723, -724, -725, -726, -783, -784, -785], Other),
            (&[-780, -781, -999, 0, 1], Other),
            (
                &[-706, -707, -730, -731, -732, -733, -798, -799],
                Configuration,
            ),
            (&[-400, -401, -403, -404], Configuration),
            (&[-429], Later),
            (&[-500, -503], Gateway),
            (&[-701, -708, -721], NotFound),
            (&[-797], Payer),
        ] {
            for code in codes {
                for asked in ALL {
                    let (Declined(found) | Unknown(found)) = verdict(asked, *code, None);
                    assert_eq!(found, kind, "{asked:?} {code}");
                }
            }
        }
    }

    #[test]
    fn what_the_method_says_tells_whose_cause_it_is() {
        use Asked::{Approve, Cancel};
        for (methods, kind) in [
            (
                "LACK_BALANCE NOT_ENOUGH_BALANCE LIMIT_ONE_TIME LIMIT_USE_PER_DAY \
                 BANK_ACCOUNT_NOT_FOUND",
                Payer,
            ),
            (
                "USER_LOCKED BANK_FIRM_UNKNOWN BANK_FIRM_API_FAIL BANK_FIRM_UNAVAILABLE",
                Later,
            ),
            ("UNDER_CONSTRUCTION INTERNAL_ERROR", Gateway),
            (
                "INVALID_CANCEL_AMOUNT INVALID_CANCEL_STATUS SOMETHING_NEW",
                Other,
            ),
        ] {
            for method in methods.split_whitespace() {
                assert_eq!(
                    verdict(Approve, -780, Some(method)),
                    Unknown(kind),
                    "{method}"
                );
                assert_eq!(
                    verdict(Cancel, -781, Some(method)),
                    Unknown(kind),
                    "{method}"
                );
            }
        }
        assert_eq!(verdict(Approve, -780, Some("8373")), Unknown(Payer));
        assert_eq!(verdict(Cancel, -781, Some("8373")), Unknown(Other));
    }

    #[test]
    fn only_an_unknown_payment_and_a_refused_beginning_are_certain() {
        use Asked::{LookUp, Prepare};
        for code in -1_000..0 {
            let is_certain = |asked| matches!(verdict(asked, code, None), Declined(_));
            assert_eq!(is_certain(LookUp), code == -721, "{code}");
            let refused = matches!(
                code,
                -400 | -401 | -403 | -404 | -722 | -724 | -725 | -726 | -733..=-730 | -799..=-797
            );
            assert_eq!(is_certain(Prepare), refused, "{code}");
        }
    }
}
