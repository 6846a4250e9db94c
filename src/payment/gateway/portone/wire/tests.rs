use serde_json::{Value, json};

use super::*;

const ID: &str = "payment_00000000000000000000000000";

/// A payment as PortOne tells of it, with members changed.
fn payment(changes: &Value) -> Value {
    let mut payment = json!({
        "status": "PAID", "id": ID, "transactionId": "tx-1", "merchantId": "m-1", "storeId": "store-t",
        "version": "V2",
        "channel": {"type": "LIVE", "pgProvider": "TOSSPAYMENTS", "pgMerchantId": "mid"},
        "requestedAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-01-02T03:05:00Z",
        "statusChangedAt": "2026-01-02T03:05:00Z", "orderName": "Pen",
        "amount": {"total": 12000, "taxFree": 0, "vat": 1091, "supply": 10909, "discount": 0, "paid": 12000,
            "cancelled": 0, "cancelledTaxFree": 0},
        "currency": "KRW", "customer": {"id": "u-1"},
        "origin": {"platformType": "PC", "ipAddress": "127.0.0.1"},
        "customData": "{\"cart\":\"c1\"}", "paidAt": "2026-01-02T03:05:00Z", "disputes": [],
        "somethingNew": [{"of": "any kind"}],
    });
    for (name, value) in changes.as_object().unwrap() {
        payment[name] = value.clone();
    }
    payment
}

fn record(changes: &Value) -> Result<Record, NotApproved> {
    serde_json::from_value::<Payment>(payment(changes))
        .unwrap()
        .into_record(ID, "store-t")
}

#[test]
fn a_payment_becomes_a_record() {
    assert_eq!(
        record(&json!({})),
        Ok(Record {
            state: RecordState::Paid,
            total: Won(12_000),
            canceled: Won::ZERO,
            currency: "KRW".into(),
            is_ours: true,
            is_test: false,
            reference: Some("tx-1".into()),
            paid_at: moment("2026-01-02T03:05:00Z"),
        })
    );
}

#[test]
fn each_status_is_a_state() {
    for (status, state) in [
        ("READY", RecordState::Open),
        ("PAY_PENDING", RecordState::Open),
        ("VIRTUAL_ACCOUNT_ISSUED", RecordState::Open),
        ("PAID", RecordState::Paid),
        ("PARTIAL_CANCELLED", RecordState::Paid),
    ] {
        assert_eq!(record(&json!({ "status": status })).unwrap().state, state);
    }
    for status in ["", "SOMETHING_NEW", "paid"] {
        let unknown = record(&json!({ "status": status }));
        assert_eq!(unknown, Err(NotApproved::unknown_status(status)));
    }
}

#[test]
fn what_was_canceled_is_told() {
    for (status, canceled) in [("PARTIAL_CANCELLED", 5_000), ("CANCELLED", 12_000)] {
        let amount = json!({"total": 12000, "cancelled": canceled, "paid": 12000});
        let record = record(&json!({"status": status, "amount": amount})).unwrap();
        assert_eq!(record.state, RecordState::Paid);
        assert_eq!(
            (record.total, record.canceled),
            (Won(12_000), Won(canceled))
        );
    }
}

#[test]
fn an_account_canceled_before_anybody_paid_is_a_failure() {
    let record = record(&json!({"status": "CANCELLED", "paidAt": null})).unwrap();
    assert!(matches!(record.state, RecordState::Failed(reason) if reason.code == "CANCELLED"));
}

#[test]
fn a_failure_has_the_words_of_whoever_declined() {
    for (failure, code, message) in [
        (
            json!({"reason": "한도 초과", "pgCode": "P1", "pgMessage": "limit"}),
            "P1",
            "한도 초과",
        ),
        (json!({"pgCode": "P1", "pgMessage": "limit"}), "P1", "limit"),
        (json!({}), "FAILED", ""),
        (json!(null), "FAILED", ""),
    ] {
        let record = record(&json!({"status": "FAILED", "failure": failure})).unwrap();
        let reason = Reason::new(code, message, ReasonKind::Payer);
        assert_eq!(record.state, RecordState::Failed(reason));
    }
}

#[test]
fn another_store_or_payment_is_not_ours() {
    for changes in [json!({"storeId": "store-x"}), json!({"id": "payment_x"})] {
        assert!(!record(&changes).unwrap().is_ours, "{changes}");
    }
}

#[test]
fn whatever_does_not_say_that_it_is_live_is_a_test() {
    for channel in [json!({"type": "TEST"}), json!({"type": "NEW"}), json!(null)] {
        assert!(record(&json!({ "channel": channel })).unwrap().is_test);
    }
}

#[test]
fn what_hangs_on_nothing_may_be_missing_or_strange() {
    let record = record(&json!({"paidAt": "yesterday", "transactionId": null})).unwrap();
    assert_eq!((record.paid_at, record.reference), (None, None));
}

#[test]
fn a_cancellation_may_not_have_succeeded_in_an_answer_that_did() {
    let check = |status: &str| {
        let answer = json!({"cancellation": {"status": status, "id": "c-1", "totalAmount": 5000}});
        serde_json::from_value::<Canceled>(answer).unwrap().check()
    };
    assert_eq!(check("SUCCEEDED"), Ok(()));
    assert!(
        matches!(check("REQUESTED"), Err(NotApproved::Unknown(reason)) if reason.kind == ReasonKind::Later)
    );
    assert!(
        matches!(check("FAILED"), Err(NotApproved::Declined(reason)) if reason.kind == ReasonKind::Later)
    );
    assert_eq!(check("NEW"), Err(NotApproved::unknown_status("NEW")));
}

#[test]
fn an_error_tells_its_type_and_the_companys_word() {
    for (body, code, message) in [
        (json!({"type": "FORBIDDEN"}), "FORBIDDEN", ""),
        (
            json!({"type": "FORBIDDEN", "message": "no"}),
            "FORBIDDEN",
            "no",
        ),
        (
            json!({"type": "PG_PROVIDER", "message": "no", "pgCode": "P1", "pgMessage": "잔액 부족"}),
            "PG_PROVIDER P1",
            "잔액 부족",
        ),
    ] {
        let error = serde_json::from_value::<Error>(body).unwrap();
        assert_eq!((error.code().as_str(), error.message()), (code, message));
    }
}

#[test]
fn an_error_means_what_its_type_does() {
    let error = serde_json::from_value::<Error>(json!({"type": "PAYMENT_NOT_FOUND"})).unwrap();
    let verdict = error.verdict(Asked::LookUp);
    assert_eq!(verdict, Verdict::Declined(ReasonKind::NotFound));
}
