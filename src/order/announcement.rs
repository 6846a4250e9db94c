//! What the world outside is told of orders: the data of its events, for the outbox. `docs/events/` has a schema of
//! each; a change that its readers could stumble over is a new version, with a topic and a schema of its own.

use chrono::{DateTime, Utc};
use entity::{Won, id::OutboxId, order, order_item, outbox, payment};
use sea_orm::ActiveEnum;
use serde_json::{Value, json};

use super::movement::Movement;
use crate::outbox::message;

/// The topic of paid orders.
pub const ORDER_PAID: &str = "order.paid.v1";

/// The topic of canceled orders, and of items of orders.
pub const ORDER_CANCELED: &str = "order.canceled.v1";

/// The topic of items of orders that were handed over.
pub const ORDER_COMPLETED: &str = "order.completed.v1";

/// The topic of money that has gone back.
pub const ORDER_REFUNDED: &str = "order.refunded.v1";

/// Tells that an order was paid: who, what, how much. Amounts are whole won, ids are the API's. Nothing is told of an
/// order before this.
pub fn order_paid(
    id: OutboxId,
    order: &order::Model,
    items: &[order_item::Model],
) -> outbox::Model {
    let data = json!({
        "itemsTotal": order.items_total,
        "discount": order.discount,
        "pointsUsed": order.points_used,
        "amountDue": order.amount_due,
        "placedAt": order.placed_at,
    });
    // A gateway may take the money a while after the order was placed.
    let paid_at = items.iter().find_map(|item| item.paid_at);
    let at = paid_at.unwrap_or(order.placed_at);
    of_items(id, ORDER_PAID, order, items, data, at)
}

/// Tells that items of an order were canceled: which, what goes back, and how the order stands now.
pub fn order_canceled(id: OutboxId, movement: &Movement) -> outbox::Model {
    let Movement {
        order,
        items,
        event,
        refund,
        ..
    } = movement;
    let data = json!({
        "status": order.status.to_value(),
        "sequence": event.sequence,
        "reason": event.reason.map(|reason| reason.to_value()),
        "note": event.note,
        "refund": refund,
        "refunded": order.refunded,
        "canceledAt": event.at,
    });
    of_items(id, ORDER_CANCELED, order, items, data, event.at)
}

/// Tells that items of an order were handed over: which, and how the order stands now.
pub fn order_completed(id: OutboxId, movement: &Movement) -> outbox::Model {
    let Movement {
        order,
        items,
        event,
        ..
    } = movement;
    let data = json!({
        "status": order.status.to_value(),
        "sequence": event.sequence,
        "completedAt": event.at,
    });
    of_items(id, ORDER_COMPLETED, order, items, data, event.at)
}

/// Tells that points of an order are in its member's purse again.
pub fn points_refunded(
    id: OutboxId,
    order: &order::Model,
    amount: Won,
    at: DateTime<Utc>,
) -> outbox::Model {
    let data = json!({ "method": "POINTS", "paymentId": null, "provider": null });
    refunded(id, order, amount, data, at)
}

/// Tells that a gateway has given money of an order back: so much more than it had before.
pub fn payment_refunded(
    id: OutboxId,
    order: &order::Model,
    payment: &payment::Model,
    amount: Won,
    at: DateTime<Utc>,
) -> outbox::Model {
    let data = json!({
        "method": "GATEWAY",
        "paymentId": payment.id.to_string(),
        "provider": payment.provider.to_value(),
    });
    refunded(id, order, amount, data, at)
}

fn refunded(
    id: OutboxId,
    order: &order::Model,
    amount: Won,
    mut data: Value,
    at: DateTime<Utc>,
) -> outbox::Model {
    data["amount"] = amount.0.into();
    data["refundedAt"] = json!(at);
    announcement(id, ORDER_REFUNDED, order, data, at)
}

fn of_items(
    id: OutboxId,
    topic: &str,
    order: &order::Model,
    items: &[order_item::Model],
    mut data: Value,
    at: DateTime<Utc>,
) -> outbox::Model {
    data["items"] = items.iter().map(item).collect();
    announcement(id, topic, order, data, at)
}

fn announcement(
    id: OutboxId,
    topic: &str,
    order: &order::Model,
    mut data: Value,
    at: DateTime<Utc>,
) -> outbox::Model {
    data["orderId"] = order.id.to_string().into();
    data["orderKey"] = order.order_key.clone().into();
    data["memberId"] = order.member_id.to_string().into();
    data["currency"] = "KRW".into();
    message(id, topic, order.id, data, at)
}

fn item(item: &order_item::Model) -> Value {
    json!({
        "id": item.id.to_string(),
        "storeId": item.store_id.to_string(),
        "productId": item.product_id.to_string(),
        "optionId": item.option_id.to_string(),
        "productName": item.product_name,
        "optionName": item.option_name,
        "unitPrice": item.unit_price,
        "quantity": item.quantity,
        "lineTotal": item.line_total,
        "discount": item.discount,
    })
}
