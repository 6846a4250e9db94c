//! Payments as one JSON document, in the API's names: ids as it shows them, amounts in won, times in RFC 3339.

use entity::{order, payment, payment_event, refund};
use sea_orm::ActiveEnum;
use serde_json::{Value, json};

use super::{Listed, Story, Worry};

/// An object of `payments`. What somebody should look at has `stuckRefunds`, and `inDoubt` with what the gateway
/// `said` last, else null.
#[must_use]
pub fn list(payments: &[Listed]) -> Value {
    let payments = payments.iter().map(|listed| {
        let mut object = payment(&listed.payment);
        object["orderKey"] = listed.order_key.clone().into();
        let refunds = listed.worries.iter().filter_map(|worry| match worry {
            Worry::Refund(stuck) => Some(refund(stuck)),
            Worry::InDoubt { .. } => None,
        });
        object["stuckRefunds"] = refunds.collect();
        let in_doubt = listed.worries.iter().find_map(|worry| match worry {
            Worry::InDoubt { said } => Some(json!({ "said": said })),
            Worry::Refund(_) => None,
        });
        object["inDoubt"] = in_doubt.into();
        object
    });
    json!({ "payments": payments.collect::<Value>() })
}

/// An object of `payment`, `order` (null where points are charged, or a gift is bought), `events`, `refunds` and `next`.
#[must_use]
pub fn story(story: &Story) -> Value {
    let next = story.next();
    let next = next
        .iter()
        .map(|step| json!({ "what": step.what, "at": step.at }));
    json!({
        "payment": payment(&story.payment),
        "order": story.order.as_ref().map(order),
        "events": story.events.iter().map(event).collect::<Value>(),
        "refunds": story.refunds.iter().map(refund).collect::<Value>(),
        "next": next.collect::<Value>(),
    })
}

fn payment(payment: &payment::Model) -> Value {
    json!({
        "id": payment.id.to_string(),
        "memberId": payment.member_id.to_string(),
        "orderId": payment.order_id.map(|id| id.to_string()),
        "giftId": payment.gift_id.map(|id| id.to_string()),
        "provider": payment.provider.to_value(),
        "status": payment.status.to_value(),
        "amount": payment.amount,
        "taken": payment.taken,
        "refunded": payment.refunded,
        "reference": payment.reference,
        "failure": payment.failure,
        "createdAt": payment.created_at,
        "expiresAt": payment.expires_at,
        "approvingSince": payment.approving_since,
        "paidAt": payment.paid_at,
        "checks": payment.checks,
        "nextCheckAt": payment.check_at,
    })
}

fn order(order: &order::Model) -> Value {
    json!({
        "id": order.id.to_string(),
        "orderKey": order.order_key,
        "status": order.status.to_value(),
        "pointsUsed": order.points_used,
        "amountDue": order.amount_due,
        "refunded": order.refunded,
        "placedAt": order.placed_at,
    })
}

fn event(event: &payment_event::Model) -> Value {
    json!({
        "sequence": event.sequence,
        "kind": event.kind.to_value(),
        "status": event.status.to_value(),
        "detail": event.detail,
        "at": event.at,
    })
}

fn refund(refund: &refund::Model) -> Value {
    json!({
        "id": refund.id.to_string(),
        "sequence": refund.sequence,
        "amount": refund.amount,
        "status": refund.status.to_value(),
        "reason": refund.reason,
        "attempts": refund.attempts,
        "failure": refund.failure,
        "createdAt": refund.created_at,
        "doneAt": refund.done_at,
        "nextTryAt": refund.check_at,
    })
}
