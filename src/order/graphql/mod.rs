//! Orders in the API: looking at them here, and each of the rest in a room of its own.

mod cancel_order;
mod loader;
mod place_order;
mod subscription;
mod types;

use std::ops::RangeInclusive;

use async_graphql::{Context, ID, InputObject, Object, connection::Connection};
use chrono::{DateTime, Datelike, Utc};
use entity::id::{MemberId, OrderId, OrderItemId};

use super::{
    key,
    store::{self, Filter, Place},
};
use crate::graphql::{
    ApiError, AppContext, IdArgument,
    connection::{PageArguments, TotalCount, connection, page_cost},
    loader::ListOf,
};

pub use cancel_order::CancelOrderMutation;
pub use place_order::OrderMutation;
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

/// The years that every database can compare.
const YEARS: RangeInclusive<i32> = 1..=9999;

pub type OrderConnection = Connection<String, Order, TotalCount>;

#[derive(Default)]
pub struct OrderQuery;

#[Object]
impl OrderQuery {
    /// Your orders, the newest first. UNAUTHENTICATED without a sign-in.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
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

    /// One of your orders, by exactly one of its id and its key; null if you have none such.
    /// UNAUTHENTICATED without a sign-in.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Begins with `order_`.")] id: Option<ID>,
        #[graphql(desc = "As people write it: case, dashes and blanks do not matter.")]
        order_key: Option<String>,
    ) -> Result<Option<Order>, ApiError> {
        let caller = ctx.caller()?;
        let order = match (id, order_key) {
            (Some(id), None) => {
                ctx.loaders()
                    .load_one(id.parse_argument::<OrderId>()?)
                    .await?
            }
            (None, Some(text)) => {
                let key = key::read(&text).ok_or_else(|| {
                    ApiError::bad_request("This is not an order key: compare it with the original.")
                })?;
                store::by_key(ctx.app().db.reader(), &key).await?.map(Order)
            }
            _ => {
                return Err(ApiError::bad_request(
                    "Give exactly one of `id` and `orderKey`.",
                ));
            }
        };
        Ok(order.filter(|order| caller.may_see(order.0.member_id)))
    }
}

/// A page of a member's orders; `Member.orders` uses it too.
pub async fn page(
    ctx: &Context<'_>,
    member_id: MemberId,
    filter: Option<OrderFilter>,
    arguments: PageArguments,
) -> Result<OrderConnection, ApiError> {
    let filter = filter.unwrap_or_default();
    let filter = Filter {
        statuses: filter
            .status
            .map(|all| all.into_iter().map(Into::into).collect()),
        placed_from: filter.placed_from,
        placed_to: filter.placed_to,
    };
    let window = arguments.window::<Place>()?;
    let times = [filter.placed_from, filter.placed_to].into_iter().flatten();
    let mut times = times.chain(window.bounds().map(|(placed_at, _)| *placed_at));
    if !times.all(|time| YEARS.contains(&time.year())) {
        return Err(ApiError::bad_request("Times are of the years 1 to 9999."));
    }
    let key = ListOf {
        parent: member_id,
        asked: (filter.clone(), window.clone()),
    };
    let rows = ctx.loaders().load_one(key).await?.unwrap_or_default();
    let count = TotalCount::of_parent(ListOf {
        parent: member_id,
        asked: filter,
    });
    connection(&window, rows, count, |row| (row.placed_at, row.id.0), Order)
}

/// The order with this id, if the caller may see it.
pub async fn node(ctx: &Context<'_>, id: OrderId) -> Result<Option<Order>, ApiError> {
    let caller = ctx.caller()?;
    let order: Option<Order> = ctx.loaders().load_one(id).await?;
    Ok(order.filter(|order| caller.may_see(order.0.member_id)))
}

/// The order item with this id, if the caller may see its order.
pub async fn item_node(ctx: &Context<'_>, id: OrderItemId) -> Result<Option<OrderItem>, ApiError> {
    let item: Option<OrderItem> = ctx.loaders().load_one(id).await?;
    match item {
        Some(item) if node(ctx, item.0.order_id).await?.is_some() => Ok(Some(item)),
        _ => {
            ctx.caller()?;
            Ok(None)
        }
    }
}
