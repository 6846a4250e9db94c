//! How much of an order somebody is shown: its member and admins all of it, a merchant their store's part.

use async_graphql::Context;
use entity::{Won, id::StoreId, order_item};

use super::{Order, OrderItem, loader::ItemsOf};
use crate::{
    graphql::{ApiError, AppContext, won::Won as ApiWon},
    order::fulfilment::Part,
    store::graphql::StoreOf,
};

/// How much of an order is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Whole,
    /// What is the store's, once it is paid.
    Part(StoreId),
}

impl Scope {
    /// Whether the item is shown.
    pub fn shows(self, item: &order_item::Model) -> bool {
        match self {
            Self::Whole => true,
            Self::Part(store_id) => Part::Of(store_id).has(item),
        }
    }
}

/// What the caller may see of the order; `None` if nothing.
///
/// # Errors
/// `UNAUTHENTICATED` without a caller; when a load fails.
pub async fn seen(ctx: &Context<'_>, order: Order) -> Result<Option<Order>, ApiError> {
    let caller = ctx.caller()?;
    if caller.may_see(order.row.member_id) {
        return Ok(Some(order));
    }
    let loaders = ctx.loaders();
    let Some(store) = loaders.load_one(StoreOf(caller.member_id)).await? else {
        return Ok(None);
    };
    let scope = Scope::Part(store.0.id);
    let items = loaders.load_one(ItemsOf(order.row.id)).await?;
    let is_shown = items
        .unwrap_or_default()
        .iter()
        .any(|item| scope.shows(&item.0));
    Ok(is_shown.then_some(Order { scope, ..order }))
}

/// What the items come to, which is no more than what their order does.
///
/// # Errors
/// When it is more than can be counted: a fault of ours.
pub fn total(
    items: &[OrderItem],
    amount: impl Fn(&order_item::Model) -> Won,
) -> Result<ApiWon, ApiError> {
    let amounts = items.iter().map(|item| amount(&item.0));
    let total = Won::checked_sum(amounts);
    let total = total.ok_or_else(|| ApiError::internal("an order's part is beyond counting"))?;
    Ok(total.into())
}
