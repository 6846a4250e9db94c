//! Orders in the API: looking at them here, and each of the rest in a room of its own.

mod cancel_order;
mod fulfil_order;
mod items_argument;
mod loader;
mod place_order;
mod scope;
mod subscription;
mod types;

use async_graphql::{Context, ID, InputObject, Object, connection::Connection};
use chrono::{DateTime, Datelike, Utc};
use entity::{
    id::{MemberId, OrderId, OrderItemId, StoreId},
    order,
};
use uuid::Uuid;

use super::{
    key,
    store::{self, Filter, Place},
};
use crate::{
    graphql::{
        ApiError, AppContext, IdArgument,
        connection::{PageArguments, TotalCount, YEARS, connection},
        loader::ListOf,
    },
    text::message,
};

pub use cancel_order::CancelOrderMutation;
pub use fulfil_order::FulfilmentMutation;
pub use place_order::OrderMutation;
pub use scope::{Scope, seen};
pub use subscription::OrderSubscription;
pub use types::{Order, OrderEvent, OrderItem, OrderStatus};

/// Which orders are wanted; all conditions together.
#[derive(InputObject, Default)]
pub struct OrderFilter {
    /// Only orders in one of these statuses.
    status: Option<Vec<OrderStatus>>,
    /// Only orders placed at this time or later.
    placed_from: Option<DateTime<Utc>>,
    /// Only orders placed before this time.
    placed_to: Option<DateTime<Utc>>,
}

pub type OrderConnection = Connection<String, Order, TotalCount>;

#[derive(Default)]
pub struct OrderQuery;

#[Object]
impl OrderQuery {
    /// Your orders, the newest first. UNAUTHENTICATED without a sign-in.
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which orders are wanted.")] filter: Option<OrderFilter>,
        #[graphql(
            desc = "The most nodes to return from the start, 0 to 100; 20 without `first` and `last`."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only nodes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The most nodes to return from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only nodes before this cursor.")] before: Option<String>,
    ) -> Result<Option<OrderConnection>, ApiError> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        page(ctx, ctx.caller()?.member_id, filter, arguments)
            .await
            .map(Some)
    }

    /// One of your orders, or of your store's, by exactly one of its id and its key; null if there is none such.
    /// UNAUTHENTICATED without a sign-in.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Begins with `order_`.")] id: Option<ID>,
        #[graphql(desc = "As people write it: case, dashes and blanks do not matter.")]
        order_key: Option<String>,
    ) -> Result<Option<Order>, ApiError> {
        ctx.caller()?;
        let order = match (id, order_key) {
            (Some(id), None) => {
                ctx.loaders()
                    .load_one(id.parse_argument::<OrderId>()?)
                    .await?
            }
            (None, Some(text)) => {
                let key = key::read(&text)
                    .ok_or_else(|| ApiError::bad_request(message!("order-malformed-key")))?;
                let order = store::by_key(ctx.app().db.reader(), &key).await?;
                order.map(Order::whole)
            }
            _ => {
                return Err(ApiError::bad_request(message!("order-id-or-key")));
            }
        };
        match order {
            Some(order) => seen(ctx, order).await,
            None => Ok(None),
        }
    }
}

impl OrderFilter {
    /// What is wanted, if it can be compared.
    fn checked(self) -> Result<Filter, ApiError> {
        let filter = Filter {
            statuses: self
                .status
                .map(|all| all.into_iter().map(Into::into).collect()),
            placed_from: self.placed_from,
            placed_to: self.placed_to,
        };
        check_years([filter.placed_from, filter.placed_to].into_iter().flatten())?;
        Ok(filter)
    }
}

fn check_years(mut times: impl Iterator<Item = DateTime<Utc>>) -> Result<(), ApiError> {
    if times.all(|time| YEARS.contains(&time.year())) {
        Ok(())
    } else {
        Err(ApiError::bad_request(message!("order-year-out-of-range")))
    }
}

/// A page of a member's orders; `Member.orders` uses it too.
pub async fn page(
    ctx: &Context<'_>,
    member_id: MemberId,
    filter: Option<OrderFilter>,
    arguments: PageArguments,
) -> Result<OrderConnection, ApiError> {
    let filter = filter.unwrap_or_default().checked()?;
    let window = arguments.window::<Place>()?;
    check_years(window.bounds().map(|(placed_at, _)| *placed_at))?;
    let key = ListOf {
        parent: member_id,
        asked: (filter.clone(), window.clone()),
    };
    let rows = ctx.loaders().load_one(key).await?.unwrap_or_default();
    let count = TotalCount::of_parent(ListOf {
        parent: member_id,
        asked: filter,
    });
    let place = |row: &order::Model| (row.placed_at, row.id.0);
    connection(&window, rows, count, place, Order::whole)
}

/// A page of a store's orders: of its part of each of them.
pub async fn page_of_store(
    ctx: &Context<'_>,
    store_id: StoreId,
    filter: Option<OrderFilter>,
    arguments: PageArguments,
) -> Result<OrderConnection, ApiError> {
    let filter = filter.unwrap_or_default().checked()?;
    let window = arguments.window::<Uuid>()?;
    let key = ListOf {
        parent: store_id,
        asked: (filter.clone(), window.clone()),
    };
    let rows = ctx.loaders().load_one(key).await?.unwrap_or_default();
    let count = TotalCount::of_parent(ListOf {
        parent: store_id,
        asked: filter,
    });
    let scope = Scope::Part(store_id);
    let part = |row| Order { row, scope };
    connection(&window, rows, count, |row: &order::Model| row.id.0, part)
}

/// What the caller may see of the order with this id.
pub async fn node(ctx: &Context<'_>, id: OrderId) -> Result<Option<Order>, ApiError> {
    ctx.caller()?;
    match ctx.loaders().load_one(id).await? {
        Some(order) => seen(ctx, order).await,
        None => Ok(None),
    }
}

/// The order item with this id, if the caller may see it.
pub async fn item_node(ctx: &Context<'_>, id: OrderItemId) -> Result<Option<OrderItem>, ApiError> {
    ctx.caller()?;
    let Some(item): Option<OrderItem> = ctx.loaders().load_one(id).await? else {
        return Ok(None);
    };
    let order = node(ctx, item.0.order_id).await?;
    Ok(order
        .is_some_and(|order| order.scope.shows(&item.0))
        .then_some(item))
}
