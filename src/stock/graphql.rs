mod adjust_stock;
mod adjustment;

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, ID, Subscription, dataloader::Loader};
use entity::id::{OptionId, ProductId};
use futures_util::{Stream, StreamExt, stream::iter};

use super::store;
use crate::{
    catalog::graphql::{OptionsOf, Product, ProductOption},
    event::{Heard, StockLevel},
    fault::Fault,
    graphql::{
        ApiError, AppContext, IdArgument, Loaders,
        loader::{Reader, keyed},
    },
    text::message,
};

pub use adjust_stock::StockMutation;
pub use adjustment::{StockAdjustment, StockAdjustmentConnection, adjustment_node, adjustments_of};

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
    /// Tells each time the stock of one of the product's options changed; its `stockQuantity` is what was left then. Anyone
    /// may listen.
    async fn stock_changed<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(desc = "Begins with `product_`.")] product_id: ID,
    ) -> Result<impl Stream<Item = Result<ProductOption, ApiError>> + use<'c>, ApiError> {
        let product_id: ProductId = product_id.parse_argument()?;
        let changes = ctx.app().bus.listen_to_stock(product_id).into_stream();
        // On the heap while it lasts: whoever listens keeps the room of all that is awaited here, and mostly waits.
        let product: Option<Product> = Box::pin(ctx.loaders().load_one(product_id)).await?;
        if product.is_none() {
            return Err(ApiError::bad_request(message!("stock-product-not-found")));
        }
        let loaders = ctx.loaders();
        Ok(changes
            .then(move |change| told(loaders, product_id, change))
            .flat_map(iter))
    }
}

/// The options that a change is about. What was read once for all who listen is told as it was read; a listener too slow for
/// every step may have missed the last of any option, and is told how all of them are now.
async fn told(
    loaders: &Loaders,
    product_id: ProductId,
    change: Heard<Arc<StockLevel>>,
) -> Vec<Result<ProductOption, ApiError>> {
    match change {
        Heard::Word(level) => vec![Ok(ProductOption::from(level.as_ref()))],
        Heard::TooMuch => match Box::pin(loaders.load_one(OptionsOf(product_id))).await {
            Ok(options) => options.into_iter().flatten().map(Ok).collect(),
            Err(fault) => vec![Err(fault.into())],
        },
    }
}
