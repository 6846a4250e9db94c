use std::collections::HashMap;

use async_graphql::{Context, ID, Object, connection::Connection, dataloader::Loader};
use chrono::{DateTime, Utc};
use entity::{
    id::{OptionId, StockAdjustmentId},
    stock_adjustment,
};
use uuid::Uuid;

use crate::{
    catalog::graphql::ProductOption,
    fault::Fault,
    graphql::{
        ApiError, AppContext,
        connection::{PageArguments, TotalCount, connection},
        loader::{ListOf, Reader, asked_alike, keyed, listed, referred},
    },
    member::graphql::Member,
    paging::Window,
    stock::store,
};

/// A line of the stock ledger, which is only ever added to.
#[derive(Clone)]
pub struct StockAdjustment(pub stock_adjustment::Model);

pub type StockAdjustmentConnection = Connection<String, StockAdjustment, TotalCount>;

/// A line of the stock ledger, which is only ever added to: what came or went otherwise than by orders.
#[Object]
impl StockAdjustment {
    /// Begins with `stock_adjustment_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Pieces that came (positive) or went (negative).
    async fn delta(&self) -> i32 {
        self.0.delta
    }

    /// Pieces that there were after it.
    async fn quantity_after(&self) -> i32 {
        self.0.quantity_after
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Who did it.
    async fn member(&self, ctx: &Context<'_>) -> Result<Member, ApiError> {
        referred(ctx, self.0.member_id).await
    }

    /// Of what.
    async fn option(&self, ctx: &Context<'_>) -> Result<ProductOption, ApiError> {
        referred(ctx, self.0.option_id).await
    }

    /// When it was done.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// How an option's stock was adjusted, the newest first.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` unless the caller may run its store.
pub async fn adjustments_of(
    ctx: &Context<'_>,
    option: &ProductOption,
    arguments: PageArguments,
) -> Result<StockAdjustmentConnection, ApiError> {
    if !is_run_by_caller(ctx, option).await? {
        return Err(ApiError::Forbidden);
    }
    let window = arguments.window::<Uuid>()?;
    let key = ListOf {
        parent: option.0.id,
        asked: window.clone(),
    };
    let rows = ctx.loaders().load_one(key).await?.unwrap_or_default();
    let count = TotalCount::of_parent(AdjustmentCountOf(option.0.id));
    connection(&window, rows, count, |row| row.id.0, StockAdjustment)
}

/// The adjustment with this id, if the caller may run the store that it was made in.
pub async fn adjustment_node(
    ctx: &Context<'_>,
    id: StockAdjustmentId,
) -> Result<Option<StockAdjustment>, ApiError> {
    ctx.caller()?;
    let Some(adjustment): Option<StockAdjustment> = ctx.loaders().load_one(id).await? else {
        return Ok(None);
    };
    let option = referred(ctx, adjustment.0.option_id).await?;
    Ok(is_run_by_caller(ctx, &option).await?.then_some(adjustment))
}

async fn is_run_by_caller(ctx: &Context<'_>, option: &ProductOption) -> Result<bool, ApiError> {
    let caller = ctx.caller()?;
    let product = referred(ctx, option.0.product_id).await?;
    let store = referred(ctx, product.0.store_id).await?;
    Ok(caller.may_run(&store.0))
}

/// The loader key of how often an option's stock was adjusted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AdjustmentCountOf(pub OptionId);

impl Loader<AdjustmentCountOf> for Reader {
    type Value = i64;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[AdjustmentCountOf],
    ) -> Result<HashMap<AdjustmentCountOf, i64>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let counts = store::counts_of_adjustments(self.db.reader(), &ids).await?;
        Ok(keyed(
            counts,
            |(id, _)| AdjustmentCountOf(*id),
            |(_, count)| count,
        ))
    }
}

impl Loader<ListOf<OptionId, Window<Uuid>>> for Reader {
    type Value = Vec<stock_adjustment::Model>;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[ListOf<OptionId, Window<Uuid>>],
    ) -> Result<HashMap<ListOf<OptionId, Window<Uuid>>, Self::Value>, Fault> {
        let mut lists = HashMap::new();
        for (window, ids) in asked_alike(keys) {
            let rows = store::windows_of_adjustments(self.db.reader(), &ids, window).await?;
            lists.extend(listed(rows, |adjustment| adjustment.option_id, window));
        }
        Ok(lists)
    }
}

impl Loader<StockAdjustmentId> for Reader {
    type Value = StockAdjustment;
    type Error = Fault;

    async fn load(
        &self,
        ids: &[StockAdjustmentId],
    ) -> Result<HashMap<StockAdjustmentId, StockAdjustment>, Fault> {
        let rows = store::adjustments_by_ids(self.db.reader(), ids).await?;
        Ok(keyed(rows, |row| row.id, StockAdjustment))
    }
}
