//! PortOne's webhooks, of the version of 2024-04-25.

use entity::id::PaymentId;
use serde::Deserialize;

use super::Unreadable;

/// Something has happened to a payment of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortOneNotice {
    /// What, in PortOne's words: `Transaction.Paid`.
    pub kind: String,
    pub payment_id: PaymentId,
    pub store_id: String,
    /// The attempt it is about.
    pub transaction_id: Option<String>,
    /// The cancellation it is about, which may be one that nobody here asked for.
    pub cancellation_id: Option<String>,
}

/// The types that tell of a payment. `Transaction.Confirm` asks whether a payment may go on, and goes on unless it
/// is told otherwise; `BillingKey.…` are not of payments.
const KINDS: [&str; 10] = [
    "Transaction.Ready",
    "Transaction.Paid",
    "Transaction.VirtualAccountIssued",
    "Transaction.PartialCancelled",
    "Transaction.Cancelled",
    "Transaction.Failed",
    "Transaction.PayPending",
    "Transaction.CancelPending",
    "Transaction.DisputeCreated",
    "Transaction.DisputeResolved",
];

#[derive(Deserialize)]
struct Webhook<D> {
    r#type: String,
    data: D,
}

/// A body of which only the type is read: the rest may be anything.
#[derive(Deserialize)]
struct Type {
    r#type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are PortOne's")]
struct Data {
    payment_id: String,
    store_id: String,
    transaction_id: Option<String>,
    cancellation_id: Option<String>,
}

/// What a webhook tells; `None` where it is of a type or of a payment that is nothing to us.
///
/// # Errors
/// When it does not say what it must.
pub fn read(body: &[u8]) -> Result<Option<PortOneNotice>, Unreadable> {
    let Type { r#type: kind } = serde_json::from_slice(body)?;
    if !KINDS.contains(&kind.as_str()) {
        return Ok(None);
    }
    let Webhook { r#type: kind, data } = serde_json::from_slice::<Webhook<Data>>(body)?;
    // The store may have other payments, which are not of this shop's making.
    let Ok(payment_id) = data.payment_id.parse() else {
        return Ok(None);
    };
    Ok(Some(PortOneNotice {
        kind,
        payment_id,
        store_id: data.store_id,
        transaction_id: data.transaction_id,
        cancellation_id: data.cancellation_id,
    }))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ID: &str = "payment_00000000000000000000000000";

    fn body(kind: &str, data: &str) -> Vec<u8> {
        format!(r#"{{"type":"{kind}","timestamp":"2026-01-02T03:05:00.000Z","data":{data}}}"#)
            .into()
    }

    #[test]
    fn a_payment_is_told_of() {
        let data = format!(r#"{{"paymentId":"{ID}","storeId":"store-t","transactionId":"tx-1"}}"#);
        let notice = PortOneNotice {
            kind: "Transaction.Paid".into(),
            payment_id: PaymentId(Uuid::nil()),
            store_id: "store-t".into(),
            transaction_id: Some("tx-1".into()),
            cancellation_id: None,
        };
        assert_eq!(read(&body("Transaction.Paid", &data)), Ok(Some(notice)));
        for kind in KINDS {
            assert!(read(&body(kind, &data)).unwrap().is_some(), "{kind}");
        }
    }

    #[test]
    fn a_cancellation_is_told_of_with_its_id_and_whatever_is_new() {
        let data = format!(
            r#"{{"paymentId":"{ID}","storeId":"store-t","transactionId":"tx-1","cancellationId":"c-1","new":[1]}}"#
        );
        let notice = read(&body("Transaction.PartialCancelled", &data)).unwrap();
        assert_eq!(notice.unwrap().cancellation_id.as_deref(), Some("c-1"));
    }

    #[test]
    fn what_is_nothing_to_us_is_no_error() {
        for kind in [
            "Transaction.Confirm",
            "BillingKey.Issued",
            "Something.New",
            "",
        ] {
            for data in ["{}", "null", "[]"] {
                assert_eq!(read(&body(kind, data)), Ok(None), "{kind}");
            }
        }
        assert_eq!(read(br#"{"type":"Something.New"}"#), Ok(None));
        let strange = r#"{"paymentId":"ord-1001","storeId":"store-t"}"#;
        assert_eq!(read(&body("Transaction.Paid", strange)), Ok(None));
    }

    #[test]
    fn what_does_not_say_what_it_must_is_unreadable() {
        let legacy = format!(r#"{{"payment_id":"{ID}","tx_id":"tx-1","status":"Paid"}}"#);
        for text in [
            "",
            "null",
            "[]",
            "<html>",
            r#"{"type":"Transaction.Paid"}"#,
            &legacy,
        ] {
            assert_eq!(read(text.as_bytes()), Err(Unreadable), "{text}");
        }
        assert_eq!(read(&body("Transaction.Paid", "{}")), Err(Unreadable));
        assert_eq!(read(b"\xff"), Err(Unreadable));
    }
}
