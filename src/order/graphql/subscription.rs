use async_graphql::{Context, ID, Subscription};
use entity::id::OrderId;
use futures_util::{Stream, StreamExt, TryStreamExt};
use tokio_stream::wrappers::BroadcastStream;

use super::{Order, OrderEvent};
use crate::{
    graphql::{ApiError, AppContext, IdArgument},
    order::OrderWatch,
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
        let order: Option<Order> = ctx.loaders().load_one(order_id).await?;
        if order.is_none_or(|order| order.0.member_id != caller.member_id) {
            return Err(ApiError::bad_request("You have no order with this id."));
        }
        let app = ctx.app();
        let after = after.unwrap_or_default();
        let watch = OrderWatch::begin(app.db.clone(), &app.bus, order_id, after).await?;
        Ok(watch.events().map_ok(OrderEvent).map_err(ApiError::from))
    }

    /// Everything that happens to any of your orders from now on.
    async fn my_order_events<'c>(
        &self,
        ctx: &Context<'c>,
    ) -> Result<impl Stream<Item = Result<OrderEvent, ApiError>> + use<'c>, ApiError> {
        let member_id = ctx.caller()?.member_id;
        let events = BroadcastStream::new(ctx.app().bus.members.subscribe(member_id));
        Ok(events.map(|event| match event {
            Ok(event) => Ok(OrderEvent(event.as_ref().clone())),
            Err(_) => Err(ApiError::bad_request(
                "You listen too slowly and missed events: look at `orders`.",
            )),
        }))
    }
}
