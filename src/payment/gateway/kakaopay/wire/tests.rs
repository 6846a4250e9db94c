use serde_json::{Value, json};

use super::*;

const OURS: Ours<'_> = Ours {
    cid: "CT00000001",
    tid: "T1",
    partner_order_id: "payment_1",
    partner_user_id: "member_1",
    is_test: false,
};

/// A payment as `order` tells of it, with members changed; those that are null are left out.
fn payment(changes: &Value) -> Payment {
    let mut payment = json!({
        "tid": "T1", "cid": "CT00000001", "status": "SUCCESS_PAYMENT", "partner_order_id": "payment_1",
        "partner_user_id": "member_1", "payment_method_type": "MONEY",
        "amount": {"total": 2200, "tax_free": 0, "vat": 200, "point": 0, "discount": 0, "green_deposit": 0},
        "canceled_amount": {"total": 0, "tax_free": 0, "vat": 0, "point": 0, "discount": 0, "green_deposit": 0},
        "cancel_available_amount": {"total": 2200},
        "item_name": "Pen", "quantity": 1, "created_at": "2026-01-02T12:00:00",
        "approved_at": "2026-01-02T12:01:10", "payment_action_details": [{"aid": "A1"}], "something_new": [1],
    });
    for (name, value) in changes.as_object().unwrap() {
        payment[name] = value.clone();
    }
    payment
        .as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
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
            total: Won(2_200),
            canceled: Won::ZERO,
            currency: "KRW".into(),
            is_ours: true,
            is_test: false,
            reference: Some("T1".into()),
            paid_at: DateTime::from_timestamp_secs(1_767_322_870),
        })
    );
}

#[test]
fn each_status_is_a_state() {
    for status in [
        "READY",
        "SEND_TMS",
        "OPEN_PAYMENT",
        "SELECT_METHOD",
        "ARS_WAITING",
        "AUTH_PASSWORD",
    ] {
        let record = record(&json!({"status": status, "approved_at": null})).unwrap();
        assert_eq!(record.state, RecordState::Open, "{status}");
    }
    for status in ["SUCCESS_PAYMENT", "PART_CANCEL_PAYMENT", "CANCEL_PAYMENT"] {
        assert_eq!(
            record(&json!({ "status": status })).unwrap().state,
            RecordState::Paid
        );
    }
    for status in ["FAIL_AUTH_PASSWORD", "QUIT_PAYMENT", "FAIL_PAYMENT"] {
        let reason = Reason::new(status, "", ReasonKind::Payer);
        let record = record(&json!({ "status": status })).unwrap();
        assert_eq!(record.state, RecordState::Failed(reason));
    }
    for status in ["ISSUED_SID", "SOMETHING_NEW", ""] {
        let unknown = record(&json!({ "status": status }));
        assert_eq!(unknown, Err(NotApproved::unknown_status(status)));
    }
}

#[test]
fn what_was_canceled_is_told() {
    for (status, canceled) in [("PART_CANCEL_PAYMENT", 1_100), ("CANCEL_PAYMENT", 2_200)] {
        let changes = json!({"status": status, "canceled_amount": {"total": canceled}});
        let record = record(&changes).unwrap();
        assert_eq!((record.total, record.canceled), (Won(2_200), Won(canceled)));
    }
}

#[test]
fn a_payment_that_was_made_says_how_much_it_is() {
    for changes in [
        json!({"amount": null}),
        json!({"status": "PART_CANCEL_PAYMENT", "canceled_amount": null}),
    ] {
        let NotApproved::Unknown(reason) = record(&changes).unwrap_err() else {
            panic!("{changes} is certain");
        };
        assert_eq!(reason.code, "UNREADABLE");
    }
    let open = record(&json!({"status": "READY", "amount": null, "canceled_amount": null}));
    assert_eq!(open.unwrap().total, Won::ZERO);
}

#[test]
fn an_approval_needs_no_status() {
    let answer = json!({"status": null, "canceled_amount": null});
    assert!(record(&answer).is_err());
    let record = payment(&answer).approved().into_record(&OURS).unwrap();
    assert_eq!(
        (record.state, record.total),
        (RecordState::Paid, Won(2_200))
    );
    let open = payment(&json!({"status": "AUTH_PASSWORD"})).approved();
    assert_eq!(open.into_record(&OURS).unwrap().state, RecordState::Open);
}

#[test]
fn another_account_payment_order_or_member_is_not_ours() {
    for name in ["cid", "tid", "partner_order_id", "partner_user_id"] {
        assert!(!record(&json!({name: "other"})).unwrap().is_ours, "{name}");
    }
}

#[test]
fn times_are_of_korea() {
    let noon = moment("2026-01-02T12:00:00").unwrap();
    assert_eq!(noon.to_rfc3339(), "2026-01-02T03:00:00+00:00");
    assert_eq!(moment("2026-01-02"), None);
}

#[test]
fn an_error_tells_its_code_and_the_methods_word() {
    for (body, code, message) in [
        (json!({"error_code": -401}), "-401", ""),
        (
            json!({"error_code": -702, "error_message": "no"}),
            "-702",
            "no",
        ),
        (json!({"error_code": -780, "extras": "strange"}), "-780", ""),
        (
            json!({"error_code": -780, "error_message": "approval failure!", "extras":
                {"method_result_code": "LACK_BALANCE", "method_result_message": "잔액 부족"}}),
            "-780 LACK_BALANCE",
            "잔액 부족",
        ),
    ] {
        let error = serde_json::from_value::<Error>(body).unwrap();
        assert_eq!((error.code().as_str(), error.message()), (code, message));
    }
}

#[test]
fn an_error_means_what_its_code_and_the_method_do() {
    let body = json!({"error_code": -780, "extras": {"method_result_code": "LACK_BALANCE"}});
    let error = serde_json::from_value::<Error>(body).unwrap();
    let verdict = error.verdict(Asked::Approve);
    assert_eq!(verdict, Verdict::Unknown(ReasonKind::Payer));
}
