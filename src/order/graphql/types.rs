use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use entity::{order, order_event, order_item};

use super::loader::{EventsOf, ItemsOf};
use crate::{
    catalog::graphql::ProductOption,
    graphql::{ApiError, AppContext, loader::referred, won::Won},
    member::graphql::Member,
    order::state,
    payment::graphql::{Payment, PaymentsOf},
    store::graphql::Store,
};

/// An order.
#[derive(Clone)]
pub struct Order(pub order::Model);

/// A line of an order, with names and prices as they were.
#[derive(Clone)]
pub struct OrderItem(pub order_item::Model);

/// Something that happened to an order.
#[derive(Clone)]
pub struct OrderEvent(pub order_event::Model);

/// Where an order, or an item of it, stands.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "order::OrderStatus")]
pub enum OrderStatus {
    /// Stock is held; a payment gateway must still take the rest.
    PendingPayment,
    /// Paid; the store has not answered yet.
    Paid,
    /// The store prepares it.
    Accepted,
    /// Ready to be handed over.
    Ready,
    /// Handed over. Nothing more happens.
    Completed,
    /// Canceled and refunded. Nothing more happens.
    Canceled,
}

/// Why an item was canceled.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "order::CancelReason")]
pub enum CancelReason {
    /// The member canceled.
    Customer,
    /// The store refused.
    StoreRefused,
    /// The store did not answer in time.
    NotAcceptedInTime,
    /// The gateway declined the payment.
    PaymentFailed,
    /// The member closed the payment window.
    PaymentAbandoned,
    /// The payment was not made in time.
    PaymentExpired,
    /// The pieces were gone when a late payment arrived.
    OutOfStock,
}

/// An order.
#[Object]
impl Order {
    /// Begins with `order_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What people read over the phone, for instance `20261120-7F3K9QX`: the date in Korea, six random
    /// characters without I, L, O and U, and a check character.
    async fn order_key(&self) -> &str {
        &self.0.order_key
    }

    /// Who ordered.
    async fn member(&self, ctx: &Context<'_>) -> Result<Member, ApiError> {
        referred(ctx, self.0.member_id).await
    }

    /// Where it stands: CANCELED if all its items are, else the status of the least advanced of the rest.
    async fn status(&self) -> OrderStatus {
        self.0.status.into()
    }

    /// Its lines.
    async fn items(&self, ctx: &Context<'_>) -> Result<Vec<OrderItem>, ApiError> {
        Ok(ctx
            .loaders()
            .load_one(ItemsOf(self.0.id))
            .await?
            .unwrap_or_default())
    }

    /// What its items cost together.
    async fn items_total(&self) -> Won {
        self.0.items_total.into()
    }

    /// What was taken off the items' total.
    async fn discount(&self) -> Won {
        self.0.discount.into()
    }

    /// What was paid in points.
    async fn points_used(&self) -> Won {
        self.0.points_used.into()
    }

    /// What a payment gateway must take, or took.
    async fn amount_due(&self) -> Won {
        self.0.amount_due.into()
    }

    /// What was given back.
    async fn refunded(&self) -> Won {
        self.0.refunded.into()
    }

    /// How it is paid at gateways; empty if with points alone.
    async fn payments(&self, ctx: &Context<'_>) -> Result<Vec<Payment>, ApiError> {
        Ok(ctx
            .loaders()
            .load_one(PaymentsOf(self.0.id))
            .await?
            .unwrap_or_default())
    }

    /// Everything that happened to it, in sequence.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, ApiError> {
        Ok(ctx
            .loaders()
            .load_one(EventsOf(self.0.id))
            .await?
            .unwrap_or_default())
    }

    /// Whether the member may still cancel all that is left of it: only before a store accepts.
    async fn is_cancelable(&self, ctx: &Context<'_>) -> Result<bool, ApiError> {
        let items = ctx.loaders().load_one(ItemsOf(self.0.id)).await?;
        let items = items.unwrap_or_default();
        Ok(state::is_wholly_cancelable(
            items.iter().map(|item| item.0.status),
        ))
    }

    /// When it was placed.
    async fn placed_at(&self) -> DateTime<Utc> {
        self.0.placed_at
    }

    /// When it is canceled unless it is paid before; null where nothing waits for a payment.
    async fn payment_expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.payment_expires_at
    }
}

/// A line of an order, with names and prices as they were.
#[Object]
impl OrderItem {
    /// Begins with `order_item_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The option that was ordered, as it is today.
    async fn option(&self, ctx: &Context<'_>) -> Result<ProductOption, ApiError> {
        referred(ctx, self.0.option_id).await
    }

    /// The product's name as it was when ordered.
    async fn product_name(&self) -> &str {
        &self.0.product_name
    }

    /// The option's name as it was when ordered.
    async fn option_name(&self) -> &str {
        &self.0.option_name
    }

    /// What one piece cost when ordered.
    async fn unit_price(&self) -> Won {
        self.0.unit_price.into()
    }

    /// How many pieces.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// What the line cost.
    async fn line_total(&self) -> Won {
        self.0.line_total.into()
    }

    /// Where it stands.
    async fn status(&self) -> OrderStatus {
        self.0.status.into()
    }

    /// Why it was canceled; null unless it was.
    async fn cancel_reason(&self) -> Option<CancelReason> {
        self.0.cancel_reason.map(Into::into)
    }

    /// Who sells it.
    async fn store(&self, ctx: &Context<'_>) -> Result<Store, ApiError> {
        referred(ctx, self.0.store_id).await
    }
}

/// Something that happened to an order.
#[Object]
impl OrderEvent {
    /// Its number in the order's history, from 1 without gaps.
    async fn sequence(&self) -> i32 {
        self.0.sequence
    }

    /// The order it happened to, as it is now.
    async fn order(&self, ctx: &Context<'_>) -> Result<Order, ApiError> {
        referred(ctx, self.0.order_id).await
    }

    /// The order's status after it.
    async fn status(&self) -> OrderStatus {
        self.0.status.into()
    }

    /// The items that moved, as they are now.
    async fn items(&self, ctx: &Context<'_>) -> Result<Vec<OrderItem>, ApiError> {
        let mut items = ctx.loaders().load_many(self.0.item_ids.iter()).await?;
        Ok(self
            .0
            .item_ids
            .iter()
            .filter_map(|id| items.remove(&id))
            .collect())
    }

    /// Why items were canceled; null unless they were.
    async fn reason(&self) -> Option<CancelReason> {
        self.0.reason.map(Into::into)
    }

    /// What the member said when they canceled; null if they said nothing.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// When it happened.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }
}
