//! 9: what a row refers to is there.

use std::fmt::Write;

use entity::id::{
    CouponId, CouponIssueId, GiftId, MemberId, OptionId, OrderId, OrderItemId, OutboxId, PaymentId,
    PointEntryId, ProductId, RefundId, SettlementId, StockAdjustmentId, StoreWalletId, UserPointId,
    WalletEntryId,
};

use super::check::{Check, HOUR, KEY, Key, SEQUENCE, equal, id};

/// What is referred to, in the plural; its table, whose key is `id`; the column that refers to it.
type Parent = (&'static str, &'static str, &'static str);

const ORDER: Parent = ("orders", r#""order""#, "order_id");
const OPTION: Parent = ("options", "product_option", "option_id");
const PRODUCT: Parent = ("products", "product", "product_id");
const STORE: Parent = ("stores", "store", "store_id");
const PURSE: Parent = ("purses", "user_point", "user_point_id");
const MEMBER: Parent = ("members", "member", "member_id");
const WALLET: Parent = ("wallets", "store_wallet", "store_wallet_id");
const SETTLEMENT: Parent = ("settlements", "settlement", "settlement_id");
const COUPON: Parent = ("coupons", "coupon", "coupon_id");
const ISSUE: Parent = ("publications", "coupon_issue", "issue_id");
const PUBLISHER: Parent = ("publishers", "member", "published_by");
const FREE_OPTION: Parent = ("options", "product_option", "free_option_id");
const PAYMENT: Parent = ("payments", "payment", "payment_id");
const GIFT: Parent = ("gifts", "gift", "gift_id");
const SENDER: Parent = ("senders", "member", "from_member_id");
const RECEIVER: Parent = ("receivers", "member", "to_member_id");

/// 9: what a row refers to is there. Foreign keys see to it, but SQLite's only for whoever turns them on: its own
/// shell does not.
pub fn parents() -> Vec<Check> {
    [of_orders(), of_money()].concat()
}

fn of_orders() -> Vec<Check> {
    let [order, of_order] = ["id", "order_id"].map(|column| id::<OrderId>("orderId", column));
    let [purse, of_purse] =
        ["id", "user_point_id"].map(|column| id::<UserPointId>("userPointId", column));
    let member = id::<MemberId>("memberId", "member_id");
    let option = id::<OptionId>("optionId", "option_id");
    let product = id::<ProductId>("productId", "product_id");
    let adjustment = id::<StockAdjustmentId>("stockAdjustmentId", "id");
    let entry = id::<PointEntryId>("entryId", "id");
    let item = id::<OrderItemId>("orderItemId", "id");
    let message = id::<OutboxId>("outboxId", "id");
    vec![
        children("stock", "stock", vec![option], &[OPTION]),
        children(
            "stock adjustments",
            "stock_adjustment",
            vec![adjustment, option],
            &[OPTION, MEMBER],
        ),
        children("purses", "user_point", vec![purse, member], &[MEMBER]),
        children(
            "point entries",
            "point_entry",
            vec![entry, of_purse],
            &[PURSE, ORDER, PAYMENT, GIFT],
        ),
        children(
            "orders",
            r#""order""#,
            vec![order, member],
            &[MEMBER, COUPON],
        ),
        children(
            "further keys",
            "order_alias",
            vec![member, KEY, of_order],
            &[ORDER],
        ),
        children(
            "order items",
            "order_item",
            vec![item, of_order],
            &[ORDER, OPTION, PRODUCT, STORE],
        ),
        children(
            "order events",
            "order_event",
            vec![of_order, SEQUENCE],
            &[ORDER],
        ),
        children(
            "hours of products",
            "product_sales",
            vec![HOUR, product],
            &[PRODUCT],
        ),
        children(
            "outbox messages",
            "outbox",
            vec![message, of_order],
            &[ORDER],
        ),
        children("purged messages", "outbox_purged", vec![of_order], &[ORDER]),
    ]
}

fn of_money() -> Vec<Check> {
    let [payment, of_payment] =
        ["id", "payment_id"].map(|column| id::<PaymentId>("paymentId", column));
    let refund = id::<RefundId>("refundId", "id");
    let wallet = id::<StoreWalletId>("walletId", "id");
    let wallet_entry = id::<WalletEntryId>("entryId", "id");
    let settlement = id::<SettlementId>("settlementId", "id");
    let coupon = id::<CouponId>("couponId", "id");
    let issue = id::<CouponIssueId>("couponIssueId", "id");
    vec![
        children("payments", "payment", vec![payment], &[MEMBER, ORDER, GIFT]),
        children(
            "payments' events",
            "payment_event",
            vec![of_payment, SEQUENCE],
            &[PAYMENT],
        ),
        children("refunds", "refund", vec![refund, of_payment], &[PAYMENT]),
        children(
            "gifts",
            "gift",
            vec![id::<GiftId>("giftId", "id")],
            &[SENDER, RECEIVER, OPTION, COUPON],
        ),
        children("wallets", "store_wallet", vec![wallet], &[STORE]),
        children(
            "wallet entries",
            "wallet_entry",
            vec![wallet_entry],
            &[WALLET, ORDER, SETTLEMENT],
        ),
        children("settlements", "settlement", vec![settlement], &[WALLET]),
        children(
            "publications",
            "coupon_issue",
            vec![issue],
            &[STORE, FREE_OPTION, PUBLISHER],
        ),
        children("coupons", "coupon", vec![coupon], &[ISSUE, MEMBER, ORDER]),
    ]
}

/// Each row's parents, counted: one, or none.
fn children(rows: &'static str, table: &'static str, key: Vec<Key>, parents: &[Parent]) -> Check {
    let (mut columns, mut joins) = (Vec::new(), String::new());
    for key in &key {
        columns.push(format!("child.{}", key.column));
    }
    for (what, parent, column) in parents {
        columns.push(format!(
            "CASE WHEN child.{column} IS NOT NULL AND {what}.id IS NULL THEN 0 ELSE 1 END AS {what}"
        ));
        // Writing to a string does not fail.
        _ = write!(
            joins,
            "\nLEFT JOIN {parent} AS {what} ON {what}.id = child.{column}"
        );
    }
    let columns = columns.join(", ");
    let rules = parents.iter().map(|(what, ..)| equal(what, "1", what));
    Check {
        invariant: 9,
        name: "parents",
        rows,
        counted: table,
        select: format!("SELECT {columns} FROM {table} AS child{joins}"),
        key,
        rules: rules.collect(),
    }
}
