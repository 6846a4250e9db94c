use std::collections::HashMap;

use async_graphql::{Context, ID, Object, connection::Connection, dataloader::Loader};
use entity::{
    id::{MemberId, StoreId},
    store as store_table,
};
use uuid::Uuid;

use super::store;
use crate::{
    catalog::graphql::{ProductConnection, page_of_store},
    fault::Fault,
    graphql::{
        ApiError, AppContext, IdArgument,
        connection::{PageArguments, TotalCount, connection, page_cost},
        loader::{Reader, keyed},
    },
};

/// A merchant's shop.
#[derive(Clone)]
pub struct Store(pub store_table::Model);

pub type StoreConnection = Connection<String, Store, TotalCount>;

#[derive(Default)]
pub struct StoreQuery;

#[Object]
impl StoreQuery {
    /// All stores, the oldest first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn stores(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The most nodes to return from the start, 0 to 100; 20 without `first` and `last`."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only nodes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The most nodes to return from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only nodes before this cursor.")] before: Option<String>,
    ) -> Result<StoreConnection, ApiError> {
        let window = PageArguments {
            first,
            after,
            last,
            before,
        }
        .window::<Uuid>()?;
        let rows = store::window(ctx.app().db.reader(), &window).await?;
        let count = TotalCount::of_root(async |db| store::count(db.reader()).await);
        connection(&window, rows, count, |row| row.id.0, Store)
    }

    /// The store with this id; null if there is none.
    async fn store(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Begins with `store_`.")] id: ID,
    ) -> Result<Option<Store>, ApiError> {
        Ok(ctx
            .loaders()
            .load_one(id.parse_argument::<StoreId>()?)
            .await?)
    }
}

/// A merchant's shop.
#[Object]
impl Store {
    /// Begins with `store_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether its products can be ordered at the moment.
    async fn is_open(&self) -> bool {
        self.0.is_open
    }

    /// Its products on sale, the newest first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The most nodes to return from the start, 0 to 100; 20 without `first` and `last`."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only nodes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The most nodes to return from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only nodes before this cursor.")] before: Option<String>,
    ) -> Result<ProductConnection, ApiError> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        page_of_store(ctx, self.0.id, arguments).await
    }
}

/// The loader key of a merchant's store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreOf(pub MemberId);

impl Loader<StoreId> for Reader {
    type Value = Store;
    type Error = Fault;

    async fn load(&self, ids: &[StoreId]) -> Result<HashMap<StoreId, Store>, Fault> {
        let stores = store::by_ids(self.db.reader(), ids).await?;
        Ok(keyed(stores, |store| store.id, Store))
    }
}

impl Loader<StoreOf> for Reader {
    type Value = Store;
    type Error = Fault;

    async fn load(&self, keys: &[StoreOf]) -> Result<HashMap<StoreOf, Store>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let stores = store::by_merchants(self.db.reader(), &ids).await?;
        Ok(keyed(stores, |store| StoreOf(store.merchant_id), Store))
    }
}
