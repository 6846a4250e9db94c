use async_graphql::{Context, Subscription};
use futures_util::{Stream, StreamExt};

use super::Gift;
use crate::{
    gift::GiftWatch,
    graphql::{ApiError, AppContext},
    text::message,
};

#[derive(Default)]
pub struct GiftSubscription;

#[Subscription]
impl GiftSubscription {
    /// What you are given from now on, each gift as you get it. What you were given before, or while you did not
    /// listen, stands in `me { gifts }`.
    async fn gift_received<'c>(
        &self,
        ctx: &Context<'c>,
    ) -> Result<impl Stream<Item = Result<Gift, ApiError>> + use<'c>, ApiError> {
        let member_id = ctx.caller()?.member_id;
        let app = ctx.app();
        // On the heap while it lasts: whoever listens keeps the room of all that is awaited here, and mostly waits.
        let watch = Box::pin(GiftWatch::begin(app.db.clone(), &app.bus, member_id)).await?;
        Ok(watch.gifts().map(|gift| match gift? {
            Some(gift) => Ok(Gift(gift)),
            None => Err(ApiError::bad_request(message!("gift-missed"))),
        }))
    }
}
