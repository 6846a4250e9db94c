use async_graphql::{Context, Object, SimpleObject};

use super::{rules::last_days, store};
use crate::{
    catalog::graphql::Product,
    config::PAGE_MAX,
    graphql::{ApiError, AppContext},
    text::message,
};

/// A product among those that sold most.
#[derive(SimpleObject)]
pub struct PopularProduct {
    /// Its place, from 1.
    rank: i32,
    /// The product.
    product: Product,
    /// Pieces sold in the window and not canceled since.
    quantity_sold: i64,
}

/// How many days and products unless the client says otherwise.
const DAYS: i32 = 3;
const FIRST: i32 = 5;

/// The longest window, in days.
const DAYS_MAX: i32 = 365;

#[derive(Default)]
pub struct PopularityQuery;

#[Object]
impl PopularityQuery {
    /// The products on sale that sold most in the last days, by pieces, exact to the second.
    async fn popular_products(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many days to look back from now, 1 to 365.",
            default_with = "Some(DAYS)"
        )]
        days: Option<i32>,
        #[graphql(desc = "How many products, 1 to 100.", default_with = "Some(FIRST)")]
        first: Option<i32>,
    ) -> Result<Vec<PopularProduct>, ApiError> {
        let (days, first) = (days.unwrap_or(DAYS), first.unwrap_or(FIRST));
        if !(1..=DAYS_MAX).contains(&days) {
            let message = message!("popularity-days-out-of-range", max = DAYS_MAX);
            return Err(ApiError::bad_request(message));
        }
        let first = usize::try_from(first)
            .ok()
            .filter(|first| (1..=PAGE_MAX).contains(first))
            .ok_or_else(|| {
                let message = message!("popularity-first-out-of-range", max = PAGE_MAX);
                ApiError::bad_request(message)
            })?;
        let window = last_days(ctx.app().clock.now(), days);
        let looked_at = &window;
        let best = ctx
            .shelf()
            .read(|db| async move { store::best(&db, looked_at, first as u64).await })
            .await?;
        let products = ctx
            .loaders()
            .load_many(best.iter().map(|sold| sold.product_id))
            .await?;
        let ranked = (1..).zip(&best).filter_map(|(rank, sold)| {
            let product = products.get(&sold.product_id)?.clone();
            Some(PopularProduct {
                rank,
                product,
                quantity_sold: sold.quantity,
            })
        });
        Ok(ranked.collect())
    }
}
