//! What it takes to begin is on the heap while it lasts: whoever listens keeps the room of all that is awaited here, and mostly
//! waits.

use async_graphql::{Context, ID, Subscription};
use entity::id::{OrderId, StoreId};
use futures_util::{Stream, TryStreamExt};

use super::{Order, OrderEvent};
use crate::{
    graphql::{ApiError, AppContext, IdArgument},
    order::{MemberWatch, OrderWatch, part::StoreWatch},
    store::graphql::Store,
    text::message,
};

#[derive(Default)]
pub struct OrderSubscription;

#[Subscription]
impl OrderSubscription {
    /// One of your orders as it happens. First comes its history past the sequence `after`, the whole of it
    /// without `after`; then each new event; no gap, no duplicate. So after a lost connection, subscribe
    /// again with the last sequence you saw. Ends when the order is completed or canceled.
    async fn order_status_changed<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(desc = "Begins with `order_`.")] order_id: ID,
        #[graphql(desc = "The sequence of the last event that you have seen.")] after: Option<i32>,
    ) -> Result<impl Stream<Item = Result<OrderEvent, ApiError>> + use<'c>, ApiError> {
        let caller = ctx.caller()?;
        let order_id: OrderId = order_id.parse_argument()?;
        let order: Option<Order> = Box::pin(ctx.loaders().load_one(order_id)).await?;
        if order.is_none_or(|order| order.row.member_id != caller.member_id) {
            return Err(ApiError::bad_request(message!("order-not-found")));
        }
        let app = ctx.app();
        let after = after.unwrap_or_default();
        let of = (caller.member_id, order_id);
        let watch = OrderWatch::begin(app.db.clone(), &app.bus, of, after);
        Ok(Box::pin(watch)
            .await?
            .events()
            .map_ok(OrderEvent::whole)
            .map_err(ApiError::from))
    }

    /// Everything that happens to any of your orders from now on.
    async fn my_order_events<'c>(
        &self,
        ctx: &Context<'c>,
    ) -> Result<impl Stream<Item = Result<OrderEvent, ApiError>> + use<'c>, ApiError> {
        let member_id = ctx.caller()?.member_id;
        let app = ctx.app();
        let watch = MemberWatch::begin(app.db.clone(), &app.bus, member_id);
        Ok(Box::pin(watch)
            .await?
            .events()
            .map_ok(OrderEvent::whole)
            .map_err(ApiError::from))
    }

    /// What happens to a store's orders: FORBIDDEN to all but its merchant and admins, who are shown the store's part. First
    /// comes what it heard past the number `after`, all of it without `after`; then each new event; no gap, no duplicate. So
    /// after a lost connection, subscribe again with the last `storeSequence` you saw. Does not end.
    async fn store_order_events<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(desc = "Begins with `store_`.")] store_id: ID,
        #[graphql(desc = "The `storeSequence` of the last event that you have seen.")]
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<OrderEvent, ApiError>> + use<'c>, ApiError> {
        let caller = ctx.caller()?;
        let store_id: StoreId = store_id.parse_argument()?;
        let store: Option<Store> = Box::pin(ctx.loaders().load_one(store_id)).await?;
        let store =
            store.ok_or_else(|| ApiError::bad_request(message!("order-store-not-found")))?;
        if !caller.may_run(&store.0) {
            return Err(ApiError::Forbidden);
        }
        let app = ctx.app();
        let after = after.unwrap_or_default();
        let watch = StoreWatch::begin(app.db.clone(), &app.bus, store_id, after);
        Ok(watch
            .events()
            .map_ok(OrderEvent::heard)
            .map_err(ApiError::from))
    }
}
