//! What the world outside is told of orders: the data of its events, for the outbox.

use entity::{id::OutboxId, order, order_item, outbox};
use serde_json::json;

/// The topic of paid orders.
pub const ORDER_PAID: &str = "order.paid";

/// Tells that an order was paid: who, what, how much. Amounts are whole won, ids are the API's.
pub fn order_paid(
    id: OutboxId,
    order: &order::Model,
    items: &[order_item::Model],
) -> outbox::Model {
    let item = |item: &order_item::Model| {
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
    };
    outbox::Model {
        id,
        topic: ORDER_PAID.into(),
        order_id: order.id,
        payload: json!({
            "orderId": order.id.to_string(),
            "orderKey": order.order_key,
            "memberId": order.member_id.to_string(),
            "currency": "KRW",
            "itemsTotal": order.items_total,
            "discount": order.discount,
            "pointsUsed": order.points_used,
            "amountDue": order.amount_due,
            "placedAt": order.placed_at,
            "items": items.iter().map(item).collect::<Vec<_>>(),
        }),
        created_at: order.placed_at,
        delivered_at: None,
    }
}
