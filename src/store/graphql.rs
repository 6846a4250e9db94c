mod mutation;

use std::collections::HashMap;

use async_graphql::{Context, ID, Object, connection::Connection, dataloader::Loader};
use entity::{
    id::{MemberId, StoreId},
    store as store_table,
};
use uuid::Uuid;

use super::{
    store,
    wallet::graphql::{StoreWallet, WalletOf},
};
use crate::{
    catalog::graphql::{ProductConnection, page_of_store},
    fault::Fault,
    graphql::{
        ApiError, AppContext, IdArgument,
        connection::{PageArguments, TotalCount, connection},
        loader::{Reader, keyed},
    },
    order::{
        self,
        graphql::{OrderConnection, OrderFilter},
    },
};

pub use mutation::StoreMutation;

/// A merchant's shop.
#[derive(Clone)]
pub struct Store(pub store_table::Model);

pub type StoreConnection = Connection<String, Store, TotalCount>;

#[derive(Default)]
pub struct StoreQuery;

#[Object]
impl StoreQuery {
    /// All stores, the oldest first.
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
        let page = &window;
        let rows = ctx
            .shelf()
            .read(|db| async move { store::window(&db, page).await })
            .await?;
        let count = TotalCount::of_root(|db| async move { store::count(&db).await });
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

impl Store {
    /// Fails where this is for its merchant and admins alone.
    ///
    /// # Errors
    /// `FORBIDDEN`, or `UNAUTHENTICATED` without a caller.
    fn check_run(&self, ctx: &Context<'_>) -> Result<(), ApiError> {
        if ctx.caller()?.may_run(&self.0) {
            Ok(())
        } else {
            Err(ApiError::Forbidden)
        }
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

    /// How many minutes it has to accept an order, which is canceled by itself if it does not.
    async fn accept_minutes(&self) -> i32 {
        self.0.accept_minutes
    }

    /// Its products on sale, the newest first.
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

    /// What it has earned. FORBIDDEN to all but its merchant and admins.
    async fn wallet(&self, ctx: &Context<'_>) -> Result<StoreWallet, ApiError> {
        self.check_run(ctx)?;
        let wallet = ctx.loaders().load_one(WalletOf(self.0.id)).await?;
        wallet.ok_or_else(|| ApiError::internal("a store without a wallet"))
    }

    /// Its part of the orders that it has heard of, the newest first; statuses are those of its part. FORBIDDEN to all
    /// but its merchant and admins.
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
    ) -> Result<OrderConnection, ApiError> {
        self.check_run(ctx)?;
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        order::graphql::page_of_store(ctx, self.0.id, filter, arguments).await
    }
}

/// The loader key of a merchant's store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreOf(pub MemberId);

impl Loader<StoreId> for Reader {
    type Value = Store;
    type Error = Fault;

    async fn load(&self, ids: &[StoreId]) -> Result<HashMap<StoreId, Store>, Fault> {
        let stores = self
            .shelf
            .find(ids.len(), |db| async move { store::by_ids(&db, ids).await })
            .await?;
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
