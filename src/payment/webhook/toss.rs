//! Toss Payments' webhooks. Nothing shows that they are from Toss.

use entity::id::PaymentId;
use serde::Deserialize;

use super::Unreadable;

/// Something is said to have happened to a payment of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TossNotice {
    /// What, in Toss's words: `PAYMENT_STATUS_CHANGED`, or `DEPOSIT_CALLBACK`.
    pub kind: &'static str,
    pub payment_id: PaymentId,
    /// Whoever sent it may have made it up: the key to ask with is the one that is stored.
    pub payment_key: Option<String>,
}

const PAYMENT_STATUS_CHANGED: &str = "PAYMENT_STATUS_CHANGED";
const DEPOSIT_CALLBACK: &str = "DEPOSIT_CALLBACK";

/// A body of which only the type is read. Of a deposit into a virtual account Toss tells without one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Type {
    event_type: Option<String>,
}

#[derive(Deserialize)]
struct StatusChanged {
    data: Payment,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payment {
    order_id: String,
    payment_key: Option<String>,
}

/// What a webhook tells; `None` where it is of a type or of a payment that is nothing to us.
///
/// # Errors
/// When it does not say what it must.
pub fn read(body: &[u8]) -> Result<Option<TossNotice>, Unreadable> {
    let Type { event_type } = serde_json::from_slice(body)?;
    let (kind, payment) = match event_type.as_deref() {
        Some(PAYMENT_STATUS_CHANGED) => {
            let StatusChanged { data } = serde_json::from_slice(body)?;
            (PAYMENT_STATUS_CHANGED, data)
        }
        None => (DEPOSIT_CALLBACK, serde_json::from_slice(body)?),
        Some(_) => return Ok(None),
    };
    // The account may have other payments, which are not of this shop's making.
    let Ok(payment_id) = payment.order_id.parse() else {
        return Ok(None);
    };
    Ok(Some(TossNotice {
        kind,
        payment_id,
        payment_key: payment.payment_key,
    }))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ID: &str = "payment_00000000000000000000000000";

    fn notice(kind: &'static str, payment_key: Option<&str>) -> TossNotice {
        TossNotice {
            kind,
            payment_id: PaymentId(Uuid::nil()),
            payment_key: payment_key.map(ToOwned::to_owned),
        }
    }

    #[test]
    fn a_payment_is_told_of() {
        let text = format!(
            r#"{{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":"2026-01-02T12:00:31.000000",
                "data":{{"orderId":"{ID}","paymentKey":"pk_1","status":"DONE","method":null}}}}"#
        );
        let told = notice("PAYMENT_STATUS_CHANGED", Some("pk_1"));
        assert_eq!(read(text.as_bytes()), Ok(Some(told)));
    }

    #[test]
    fn a_deposit_is_told_of_in_a_flat_body() {
        let text = format!(
            r#"{{"createdAt":"2026-01-02T12:00:31.000000","secret":"s","status":"DONE",
                "transactionKey":"t2","orderId":"{ID}"}}"#
        );
        let told = notice("DEPOSIT_CALLBACK", None);
        assert_eq!(read(text.as_bytes()), Ok(Some(told)));
    }

    #[test]
    fn what_is_nothing_to_us_is_no_error() {
        for text in [
            r#"{"eventType":"BILLING_DELETED","data":{"billingKey":"b"}}"#,
            r#"{"eventType":"CANCEL_STATUS_CHANGED"}"#,
            r#"{"eventType":"SOMETHING_NEW","data":null}"#,
            r#"{"eventType":"PAYMENT_STATUS_CHANGED","data":{"orderId":"ord_1001"}}"#,
            r#"{"orderId":"ord_1001","secret":"s"}"#,
        ] {
            assert_eq!(read(text.as_bytes()), Ok(None), "{text}");
        }
    }

    #[test]
    fn what_does_not_say_what_it_must_is_unreadable() {
        for text in [
            "",
            "null",
            "{}",
            "<html>",
            r#"{"eventType":"PAYMENT_STATUS_CHANGED"}"#,
            r#"{"eventType":"PAYMENT_STATUS_CHANGED","data":{}}"#,
            r#"{"eventType":7}"#,
        ] {
            assert_eq!(read(text.as_bytes()), Err(Unreadable), "{text}");
        }
    }
}
