use std::collections::HashMap;

use async_graphql::{Context, ID, Subscription, dataloader::Loader};
use entity::id::{OptionId, ProductId};
use futures_util::{Stream, StreamExt};
use tokio_stream::wrappers::BroadcastStream;

use super::store;
use crate::{
    catalog::graphql::{Product, ProductOption},
    fault::Fault,
    graphql::{
        ApiError, AppContext, IdArgument,
        loader::{Reader, keyed},
    },
};

/// The loader key of an option's quantity in stock.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StockOf(pub OptionId);

impl Loader<StockOf> for Reader {
    type Value = i32;
    type Error = Fault;

    async fn load(&self, keys: &[StockOf]) -> Result<HashMap<StockOf, i32>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let stocks = store::by_options(self.db.reader(), &ids).await?;
        Ok(keyed(
            stocks,
            |stock| StockOf(stock.option_id),
            |stock| stock.quantity,
        ))
    }
}

#[derive(Default)]
pub struct StockSubscription;

#[Subscription]
impl StockSubscription {
    /// Tells each time the stock of one of the product's options changed; its `stockQuantity` is read as
    /// the event is delivered. Anyone may listen.
    async fn stock_changed<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(desc = "Begins with `product_`.")] product_id: ID,
    ) -> Result<impl Stream<Item = Result<ProductOption, ApiError>> + use<'c>, ApiError> {
        let product_id: ProductId = product_id.parse_argument()?;
        let changes = BroadcastStream::new(ctx.app().bus.stock.subscribe(product_id));
        let product: Option<Product> = ctx.loaders().load_one(product_id).await?;
        if product.is_none() {
            return Err(ApiError::bad_request("There is no product with this id."));
        }
        let loaders = ctx.loaders();
        // A listener too slow for every step has missed only steps: the next event tells how it is now.
        Ok(changes
            .filter_map(async |change| change.ok())
            .then(async move |option_id: OptionId| {
                let option = loaders.load_one(option_id).await?;
                option.ok_or_else(|| ApiError::internal(format!("{option_id} is not there")))
            }))
    }
}
