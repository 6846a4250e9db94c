use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use entity::{order, order_event, order_item, store_event};
use futures_util::try_join;

use super::{
    loader::{EventsOf, ItemsOf, StoreEventsOf},
    scope::{Scope, total},
};
use crate::{
    catalog::graphql::ProductOption,
    coupon::graphql::Coupon,
    graphql::{ApiError, AppContext, loader::referred, won::Won},
    member::graphql::Member,
    order::{paid_for, part::Heard, state},
    payment::graphql::{Payment, PaymentsOf},
    store::graphql::Store,
};

/// An order, or a store's part of it.
#[derive(Clone)]
pub struct Order {
    pub row: order::Model,
    pub scope: Scope,
}

/// A line of an order, with names and prices as they were.
#[derive(Clone)]
pub struct OrderItem(pub order_item::Model);

/// Something that happened to an order, or to a store's part of it.
#[derive(Clone)]
pub struct OrderEvent {
    pub row: order_event::Model,
    /// What a store heard of it, where it is told of its part.
    pub part: Option<store_event::Model>,
}

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

impl Order {
    /// All of it.
    pub const fn whole(row: order::Model) -> Self {
        let scope = Scope::Whole;
        Self { row, scope }
    }

    /// The items that it shows.
    async fn own_items(&self, ctx: &Context<'_>) -> Result<Vec<OrderItem>, ApiError> {
        let items = ctx.loaders().load_one(ItemsOf(self.row.id)).await?;
        let mut items = items.unwrap_or_default();
        items.retain(|item| self.scope.shows(&item.0));
        Ok(items)
    }

    /// Fails where this is for the member and admins alone: how the whole order is paid.
    fn check_whole(&self, ctx: &Context<'_>) -> Result<(), ApiError> {
        if self.scope == Scope::Whole || ctx.caller()?.may_see(self.row.member_id) {
            Ok(())
        } else {
            Err(ApiError::Forbidden)
        }
    }
}

/// An order. A merchant is shown their store's part of it, and that only once it is paid: its own items, where they
/// stand, and what they cost.
#[Object]
impl Order {
    /// Begins with `order_`.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// What people read over the phone, for instance `20261120-7F3K9QX`: the date in Korea, six random
    /// characters without I, L, O and U, and a check character.
    async fn order_key(&self) -> &str {
        &self.row.order_key
    }

    /// Who ordered.
    async fn member(&self, ctx: &Context<'_>) -> Result<Member, ApiError> {
        referred(ctx, self.row.member_id).await
    }

    /// Where it stands: CANCELED if all its items are, else the status of the least advanced of the rest. Of a store's
    /// part likewise, by its own items.
    async fn status(&self, ctx: &Context<'_>) -> Result<OrderStatus, ApiError> {
        if self.scope == Scope::Whole {
            return Ok(self.row.status.into());
        }
        let items = self.own_items(ctx).await?;
        Ok(state::derived(items.iter().map(|item| item.0.status)).into())
    }

    /// Its lines; of a store's part, the store's own.
    async fn items(&self, ctx: &Context<'_>) -> Result<Vec<OrderItem>, ApiError> {
        self.own_items(ctx).await
    }

    /// What its items cost together.
    async fn items_total(&self, ctx: &Context<'_>) -> Result<Won, ApiError> {
        if self.scope == Scope::Whole {
            return Ok(self.row.items_total.into());
        }
        total(&self.own_items(ctx).await?, |item| item.line_total)
    }

    /// What was taken off the items' total.
    async fn discount(&self, ctx: &Context<'_>) -> Result<Won, ApiError> {
        if self.scope == Scope::Whole {
            return Ok(self.row.discount.into());
        }
        total(&self.own_items(ctx).await?, |item| item.discount)
    }

    /// The coupon that it was discounted by; null if by none. Once it has come back, another order may use it.
    /// FORBIDDEN to a merchant.
    async fn coupon(&self, ctx: &Context<'_>) -> Result<Option<Coupon>, ApiError> {
        self.check_whole(ctx)?;
        match self.row.coupon_id {
            Some(coupon_id) => referred(ctx, coupon_id).await.map(Some),
            None => Ok(None),
        }
    }

    /// What was paid in points. FORBIDDEN to a merchant.
    async fn points_used(&self, ctx: &Context<'_>) -> Result<Won, ApiError> {
        self.check_whole(ctx)?;
        Ok(self.row.points_used.into())
    }

    /// What a payment gateway must take, or took. FORBIDDEN to a merchant.
    async fn amount_due(&self, ctx: &Context<'_>) -> Result<Won, ApiError> {
        self.check_whole(ctx)?;
        Ok(self.row.amount_due.into())
    }

    /// What was given back.
    async fn refunded(&self, ctx: &Context<'_>) -> Result<Won, ApiError> {
        if self.scope == Scope::Whole {
            return Ok(self.row.refunded.into());
        }
        let mut items = self.own_items(ctx).await?;
        items.retain(|item| item.0.status == order::OrderStatus::Canceled);
        total(&items, paid_for)
    }

    /// How it is paid at gateways; empty if with points alone. FORBIDDEN to a merchant.
    async fn payments(&self, ctx: &Context<'_>) -> Result<Vec<Payment>, ApiError> {
        self.check_whole(ctx)?;
        Ok(ctx
            .loaders()
            .load_one(PaymentsOf(self.row.id))
            .await?
            .unwrap_or_default())
    }

    /// Everything that happened to it, in sequence; of a store's part, what happened to the store's own items.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, ApiError> {
        let (id, loaders) = (self.row.id, ctx.loaders());
        let Scope::Part(store_id) = self.scope else {
            let rows = loaders.load_one(EventsOf(id)).await?.unwrap_or_default();
            return Ok(rows.into_iter().map(OrderEvent::whole).collect());
        };
        let (rows, heard) = try_join!(
            loaders.load_one(EventsOf(id)),
            loaders.load_one(StoreEventsOf(id)),
        )?;
        let mut heard = heard.unwrap_or_default();
        heard.retain(|event| event.store_id == store_id);
        let rows = rows.unwrap_or_default();
        let part = |row: order_event::Model| {
            let part = heard
                .iter()
                .find(|event| event.order_sequence == row.sequence)?;
            let part = Some(part.clone());
            Some(OrderEvent { row, part })
        };
        Ok(rows.into_iter().filter_map(part).collect())
    }

    /// Whether the member may still cancel all that is left of it: only before a store accepts.
    async fn is_cancelable(&self, ctx: &Context<'_>) -> Result<bool, ApiError> {
        if self.scope != Scope::Whole {
            return Ok(false);
        }
        let items = self.own_items(ctx).await?;
        Ok(state::is_wholly_cancelable(
            items.iter().map(|item| item.0.status),
        ))
    }

    /// When it was placed.
    async fn placed_at(&self) -> DateTime<Utc> {
        self.row.placed_at
    }

    /// When it is canceled unless it is paid before; null where nothing waits for a payment.
    async fn payment_expires_at(&self) -> Option<DateTime<Utc>> {
        self.row.payment_expires_at
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

    /// What the line cost, before any discount.
    async fn line_total(&self) -> Won {
        self.0.line_total.into()
    }

    /// Its share of the order's discount: canceled, it gives back what it cost less this.
    async fn discount(&self) -> Won {
        self.0.discount.into()
    }

    /// Where it stands.
    async fn status(&self) -> OrderStatus {
        self.0.status.into()
    }

    /// Why it was canceled; null unless it was.
    async fn cancel_reason(&self) -> Option<CancelReason> {
        self.0.cancel_reason.map(Into::into)
    }

    /// When it is canceled unless its store accepts it before; null where no time is running, as while the store is
    /// closed.
    async fn accept_by(&self) -> Option<DateTime<Utc>> {
        self.0.accept_by
    }

    /// Who sells it.
    async fn store(&self, ctx: &Context<'_>) -> Result<Store, ApiError> {
        referred(ctx, self.0.store_id).await
    }
}

impl OrderEvent {
    /// All of it.
    pub const fn whole(row: order_event::Model) -> Self {
        Self { row, part: None }
    }

    /// A store's part of it.
    pub fn heard((row, part): Heard) -> Self {
        let part = Some(part);
        Self { row, part }
    }

    fn scope(&self) -> Scope {
        match &self.part {
            None => Scope::Whole,
            Some(part) => Scope::Part(part.store_id),
        }
    }
}

/// Something that happened to an order. A merchant is told of what happened to their store's part.
#[Object]
impl OrderEvent {
    /// Its number in the order's history, from 1 without gaps; a store's part does not have those that are about
    /// others' items.
    async fn sequence(&self) -> i32 {
        self.row.sequence
    }

    /// Its number in the store's feed, from 1 without gaps: what `storeOrderEvents` takes as `after`; null elsewhere.
    async fn store_sequence(&self) -> Option<i64> {
        self.part.as_ref().and_then(|part| part.sequence)
    }

    /// The order it happened to, as it is now.
    async fn order(&self, ctx: &Context<'_>) -> Result<Order, ApiError> {
        let order: Order = referred(ctx, self.row.order_id).await?;
        Ok(Order {
            scope: self.scope(),
            ..order
        })
    }

    /// The order's status after it, or that of the store's part.
    async fn status(&self) -> OrderStatus {
        let part = self.part.as_ref();
        part.map_or(self.row.status, |part| part.status).into()
    }

    /// The items that moved, as they are now.
    async fn items(&self, ctx: &Context<'_>) -> Result<Vec<OrderItem>, ApiError> {
        let ids = &self.row.item_ids;
        let mut items = ctx.loaders().load_many(ids.iter()).await?;
        items.retain(|_, item| self.scope().shows(&item.0));
        Ok(ids.iter().filter_map(|id| items.remove(&id)).collect())
    }

    /// Why items were canceled; null unless they were.
    async fn reason(&self) -> Option<CancelReason> {
        self.row.reason.map(Into::into)
    }

    /// What the member said when they canceled, or the store when it refused; null if they said nothing.
    async fn note(&self) -> Option<&str> {
        self.row.note.as_deref()
    }

    /// When it happened.
    async fn at(&self) -> DateTime<Utc> {
        self.row.at
    }
}
