//! What the world outside is told of orders: the data of its events, for the outbox.

use chrono::{DateTime, Utc};
use entity::{Won, id::OutboxId, order, order_event, order_item, outbox};
use sea_orm::ActiveEnum;
use serde_json::{Value, json};

/// The topic of paid orders.
pub const ORDER_PAID: &str = "order.paid";

/// The topic of canceled orders, and of items of orders.
pub const ORDER_CANCELED: &str = "order.canceled";

/// Tells that an order was paid: who, what, how much. Amounts are whole won, ids are the API's.
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
    announcement(id, ORDER_PAID, order, items, data, at)
}

/// Tells that items of an order were canceled: which, what went back, and how the order stands now.
pub fn order_canceled(
    id: OutboxId,
    order: &order::Model,
    items: &[order_item::Model],
    refund: Won,
    event: &order_event::Model,
) -> outbox::Model {
    let data = json!({
        "status": order.status.to_value(),
        "sequence": event.sequence,
        "reason": event.reason.map(|reason| reason.to_value()),
        "note": event.note,
        "refund": refund,
        "refunded": order.refunded,
        "canceledAt": event.at,
    });
    announcement(id, ORDER_CANCELED, order, items, data, event.at)
}

fn announcement(
    id: OutboxId,
    topic: &str,
    order: &order::Model,
    items: &[order_item::Model],
    mut payload: Value,
    at: DateTime<Utc>,
) -> outbox::Model {
    payload["orderId"] = order.id.to_string().into();
    payload["orderKey"] = order.order_key.clone().into();
    payload["memberId"] = order.member_id.to_string().into();
    payload["currency"] = "KRW".into();
    payload["items"] = items.iter().map(item).collect();
    outbox::Model {
        id,
        topic: topic.into(),
        order_id: order.id,
        payload,
        created_at: at,
        delivered_at: None,
    }
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
    })
}
