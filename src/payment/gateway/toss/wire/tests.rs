use serde_json::{Value, json};

use super::*;

const ORDER_ID: &str = "payment_00000000000000000000000000";

const OURS: Ours<'_> = Ours {
    order_id: ORDER_ID,
    payment_key: Some("pk_1"),
    merchant_id: Some("shop"),
    is_test: false,
};

/// A payment as Toss tells of it, with members changed.
fn payment(changes: &Value) -> Payment {
    let mut payment = json!({
        "version": "2022-11-16", "mId": "shop", "paymentKey": "pk_1", "type": "NORMAL", "orderId": ORDER_ID,
        "orderName": "Pen", "currency": "KRW", "method": "카드", "status": "DONE", "totalAmount": 15000,
        "balanceAmount": 15000, "suppliedAmount": 13636, "vat": 1364, "taxFreeAmount": 0, "taxExemptionAmount": 0,
        "requestedAt": "2026-01-02T12:00:00+09:00", "approvedAt": "2026-01-02T12:00:30+09:00",
        "lastTransactionKey": "t1", "isPartialCancelable": true, "useEscrow": false, "cultureExpense": false,
        "country": "KR", "failure": null, "secret": null, "cancels": null, "somethingNew": {"of": "any kind"},
    });
    for (name, value) in changes.as_object().unwrap() {
        payment[name] = value.clone();
    }
    serde_json::from_value(payment).unwrap()
}

fn record(changes: &Value) -> Result<Record, NotApproved> {
    payment(changes).into_record(&OURS)
}

#[test]
fn a_payment_becomes_a_record() {
    assert_eq!(
        record(&json!({})),
        Ok(Record {
            state: RecordState::Paid,
            total: Won(15_000),
            canceled: Won::ZERO,
            currency: "KRW".into(),
            is_ours: true,
            is_test: false,
            reference: Some("pk_1".into()),
            paid_at: moment("2026-01-02T03:00:30Z"),
        })
    );
}

#[test]
fn each_status_is_a_state() {
    for (status, state) in [
        ("READY", RecordState::Open),
        ("IN_PROGRESS", RecordState::Open),
        ("WAITING_FOR_DEPOSIT", RecordState::Open),
        ("DONE", RecordState::Paid),
        ("PARTIAL_CANCELED", RecordState::Paid),
        ("CANCELED", RecordState::Paid),
        ("EXPIRED", RecordState::Expired),
    ] {
        assert_eq!(record(&json!({ "status": status })).unwrap().state, state);
    }
    for status in ["", "SOMETHING_NEW", "done"] {
        let unknown = record(&json!({ "status": status }));
        assert_eq!(unknown, Err(NotApproved::unknown_status(status)));
    }
}

#[test]
fn what_was_canceled_is_what_is_no_longer_there() {
    for (status, balance, canceled) in [
        ("PARTIAL_CANCELED", 10_000, 5_000),
        ("CANCELED", 0, 15_000),
        ("DONE", 15_000, 0),
    ] {
        let record = record(&json!({"status": status, "balanceAmount": balance})).unwrap();
        assert_eq!(
            (record.total, record.canceled),
            (Won(15_000), Won(canceled))
        );
    }
}

#[test]
fn a_payment_that_was_made_says_how_much_it_is() {
    for changes in [
        json!({"totalAmount": null}),
        json!({"balanceAmount": null}),
        json!({"totalAmount": i64::MIN}),
    ] {
        let NotApproved::Unknown(reason) = record(&changes).unwrap_err() else {
            panic!("{changes} is certain");
        };
        assert_eq!(reason.code, "UNREADABLE");
    }
}

#[test]
fn an_expired_payment_may_say_next_to_nothing() {
    let nothing = json!({"status": "EXPIRED", "totalAmount": null, "balanceAmount": null, "currency": null,
        "approvedAt": null, "mId": null});
    let record = record(&nothing).unwrap();
    assert_eq!(record.state, RecordState::Expired);
    assert_eq!(
        (record.total, record.canceled, record.paid_at),
        (Won::ZERO, Won::ZERO, None)
    );
}

#[test]
fn what_was_never_approved_is_a_failure_with_its_reason() {
    for (changes, code, message) in [
        (
            json!({"status": "ABORTED", "failure": {"code": "REJECT_CARD_COMPANY", "message": "거절"}}),
            "REJECT_CARD_COMPANY",
            "거절",
        ),
        (json!({"status": "ABORTED"}), "ABORTED", ""),
        (
            json!({"status": "CANCELED", "approvedAt": null}),
            "CANCELED",
            "",
        ),
    ] {
        let reason = Reason::new(code, message, ReasonKind::Payer);
        assert_eq!(record(&changes).unwrap().state, RecordState::Failed(reason));
    }
}

#[test]
fn another_order_key_or_merchant_is_not_ours() {
    for changes in [
        json!({"orderId": "payment_x"}),
        json!({"paymentKey": "pk_2"}),
        json!({"mId": "other"}),
        json!({"mId": null}),
    ] {
        assert!(!record(&changes).unwrap().is_ours, "{changes}");
    }
}

#[test]
fn what_the_shop_does_not_know_is_not_compared() {
    let ours = Ours {
        payment_key: None,
        merchant_id: None,
        is_test: true,
        ..OURS
    };
    let record = payment(&json!({"mId": null})).into_record(&ours).unwrap();
    assert!(record.is_ours && record.is_test);
}

#[test]
fn an_error_tells_its_code_and_message() {
    let body = json!({"code": "INVALID_REQUEST", "message": "잘못된 요청"});
    let error = serde_json::from_value::<Error>(body).unwrap();
    assert_eq!(
        (error.code().as_str(), error.message()),
        ("INVALID_REQUEST", "잘못된 요청")
    );
    let error = serde_json::from_value::<Error>(json!({"code": "X"})).unwrap();
    assert_eq!(error.message(), "");
}

#[test]
fn an_error_means_what_its_code_does() {
    let error = serde_json::from_value::<Error>(json!({"code": "NOT_FOUND_PAYMENT"})).unwrap();
    let verdict = error.verdict(Asked::LookUp);
    assert_eq!(verdict, Verdict::Declined(ReasonKind::NotFound));
}
