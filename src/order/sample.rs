//! Orders for the tests of what decides over them.

use chrono::{DateTime, Utc};
use entity::{
    Won,
    id::{MemberId, OptionId, OrderId, OrderItemId, ProductId, StoreId},
    order::{self, OrderStatus},
    order_item,
};
use uuid::Uuid;

use super::{discount::shares, state::derived};

pub const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// An item of the first store.
pub fn item(number: u128, line_total: i64, status: OrderStatus) -> order_item::Model {
    item_of(0, number, line_total, status)
}

pub fn item_of(
    store: u128,
    number: u128,
    line_total: i64,
    status: OrderStatus,
) -> order_item::Model {
    order_item::Model {
        id: id(number),
        order_id: OrderId(Uuid::nil()),
        position: 0,
        option_id: OptionId(Uuid::nil()),
        product_id: ProductId(Uuid::nil()),
        store_id: StoreId(Uuid::from_u128(store)),
        product_name: format!("상품 {number}"),
        option_name: String::new(),
        unit_price: Won(line_total),
        quantity: 1,
        line_total: Won(line_total),
        discount: Won::ZERO,
        store_discount: Won::ZERO,
        status,
        cancel_reason: None,
        paid_at: Some(NOW),
        accept_by: (status == OrderStatus::Paid).then_some(NOW),
    }
}

/// An order of these items, among which the discount is shared.
pub fn order(items: &mut [order_item::Model], discount: i64) -> order::Model {
    let line_totals = items.iter().map(|item| item.line_total).collect::<Vec<_>>();
    for (item, share) in items.iter_mut().zip(shares(Won(discount), &line_totals)) {
        item.discount = share;
    }
    let items_total = Won::checked_sum(line_totals).unwrap();
    order::Model {
        id: OrderId(Uuid::nil()),
        order_key: String::new(),
        member_id: MemberId(Uuid::nil()),
        status: derived(items.iter().map(|item| item.status)),
        items_total,
        discount: Won(discount),
        coupon_id: None,
        points_used: Won(items_total.0 - discount),
        amount_due: Won::ZERO,
        refunded: Won::ZERO,
        idempotency_key: String::new(),
        request_hash: Vec::new(),
        placed_at: NOW,
        payment_expires_at: None,
        last_sequence: 1,
    }
}

pub fn id(number: u128) -> OrderItemId {
    OrderItemId(Uuid::from_u128(number))
}
