use std::collections::HashMap;

use async_graphql::{Context, Enum, ID, Object, connection::Connection, dataloader::Loader};
use chrono::{DateTime, Utc};
use entity::{
    Won as Amount,
    id::{StoreId, StoreWalletId, WalletEntryId},
    store_wallet, wallet_entry,
};

use super::store;
use crate::{
    fault::Fault,
    graphql::{
        ApiError, AppContext,
        connection::{PageArguments, TotalCount, connection},
        loader::{ListOf, Reader, asked_alike, keyed, listed, referred},
        won::Won,
    },
    order::graphql::{Order, Scope},
    paging::Window,
    store::graphql::Store,
};

/// What a store has earned.
#[derive(Clone)]
pub struct StoreWallet(pub store_wallet::Model);

/// A line of a store wallet's ledger, which is only ever added to.
#[derive(Clone)]
pub struct WalletEntry(pub wallet_entry::Model);

/// Why a store's balance moved.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "wallet_entry::WalletAction")]
pub enum WalletAction {
    /// Items were handed over.
    Sale,
    /// What had been earned was paid out.
    Payout,
}

pub type WalletEntryConnection = Connection<String, WalletEntry, TotalCount>;

/// What a store has earned.
#[Object]
impl StoreWallet {
    /// Begins with `wallet_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What was earned with what was handed over, and not paid out yet.
    async fn balance(&self) -> Won {
        self.0.balance.into()
    }

    /// What will be earned with what is sold and not handed over yet.
    async fn pending(&self, ctx: &Context<'_>) -> Result<Won, ApiError> {
        let pending = ctx.loaders().load_one(PendingOf(self.0.store_id)).await?;
        Ok(pending.unwrap_or_default().into())
    }

    /// How the balance came about, the newest first.
    async fn entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The most nodes to return from the start, 0 to 100; 20 without `first` and `last`."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only nodes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The most nodes to return from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only nodes before this cursor.")] before: Option<String>,
    ) -> Result<WalletEntryConnection, ApiError> {
        let window = PageArguments {
            first,
            after,
            last,
            before,
        }
        .window::<i64>()?;
        let key = ListOf {
            parent: self.0.id,
            asked: window.clone(),
        };
        let rows = ctx.loaders().load_one(key).await?.unwrap_or_default();
        let count = TotalCount::of_parent(WalletEntryCountOf(self.0.id));
        connection(&window, rows, count, |row| row.sequence, WalletEntry)
    }
}

/// A line of a store wallet's ledger, which is only ever added to.
#[Object]
impl WalletEntry {
    /// Begins with `wallet_entry_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Why the balance moved.
    async fn action(&self) -> WalletAction {
        self.0.action.into()
    }

    /// By how much, signed: what is paid out is negative.
    async fn amount(&self) -> Won {
        self.0.amount.into()
    }

    /// The balance after it: the balance of the entry before plus the amount.
    async fn balance_after(&self) -> Won {
        self.0.balance_after.into()
    }

    /// The order that earned it: the store's part; null for what was paid out.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>, ApiError> {
        let Some(order_id) = self.0.order_id else {
            return Ok(None);
        };
        let wallet = referred(ctx, self.0.store_wallet_id).await?;
        let order: Order = referred(ctx, order_id).await?;
        let scope = Scope::Part(wallet.0.store_id);
        Ok(Some(Order { scope, ..order }))
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// The loader key of a store's wallet.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WalletOf(pub StoreId);

/// The loader key of what a store will earn with what it has sold.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PendingOf(pub StoreId);

/// The loader key of how many entries a wallet's ledger has.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WalletEntryCountOf(pub StoreWalletId);

impl Loader<WalletOf> for Reader {
    type Value = StoreWallet;
    type Error = Fault;

    async fn load(&self, keys: &[WalletOf]) -> Result<HashMap<WalletOf, StoreWallet>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let wallets = store::by_stores(self.db.reader(), &ids).await?;
        Ok(keyed(wallets, |row| WalletOf(row.store_id), StoreWallet))
    }
}

impl Loader<StoreWalletId> for Reader {
    type Value = StoreWallet;
    type Error = Fault;

    async fn load(
        &self,
        ids: &[StoreWalletId],
    ) -> Result<HashMap<StoreWalletId, StoreWallet>, Fault> {
        let wallets = store::by_ids(self.db.reader(), ids).await?;
        Ok(keyed(wallets, |row| row.id, StoreWallet))
    }
}

impl Loader<PendingOf> for Reader {
    type Value = Amount;
    type Error = Fault;

    async fn load(&self, keys: &[PendingOf]) -> Result<HashMap<PendingOf, Amount>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let rows = store::pending_of(self.db.reader(), &ids).await?;
        Ok(keyed(rows, |row| PendingOf(row.store_id), |row| row.amount))
    }
}

impl Loader<WalletEntryCountOf> for Reader {
    type Value = i64;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[WalletEntryCountOf],
    ) -> Result<HashMap<WalletEntryCountOf, i64>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let wallets = store::by_ids(self.db.reader(), &ids).await?;
        // Entries are numbered from 1 without gaps.
        Ok(keyed(
            wallets,
            |row| WalletEntryCountOf(row.id),
            |row| row.last_sequence,
        ))
    }
}

impl Loader<ListOf<StoreWalletId, Window<i64>>> for Reader {
    type Value = Vec<wallet_entry::Model>;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[ListOf<StoreWalletId, Window<i64>>],
    ) -> Result<HashMap<ListOf<StoreWalletId, Window<i64>>, Self::Value>, Fault> {
        let mut lists = HashMap::new();
        for (window, ids) in asked_alike(keys) {
            let rows = store::windows_of_entries(self.db.reader(), &ids, window).await?;
            lists.extend(listed(rows, |entry| entry.store_wallet_id, window));
        }
        Ok(lists)
    }
}

impl Loader<WalletEntryId> for Reader {
    type Value = WalletEntry;
    type Error = Fault;

    async fn load(
        &self,
        ids: &[WalletEntryId],
    ) -> Result<HashMap<WalletEntryId, WalletEntry>, Fault> {
        let rows = store::entries_by_ids(self.db.reader(), ids).await?;
        Ok(keyed(rows, |row| row.id, WalletEntry))
    }
}

/// The wallet with this id, if the caller runs its store.
pub async fn node(ctx: &Context<'_>, id: StoreWalletId) -> Result<Option<StoreWallet>, ApiError> {
    let caller = ctx.caller()?;
    let Some(wallet): Option<StoreWallet> = ctx.loaders().load_one(id).await? else {
        return Ok(None);
    };
    let store: Store = referred(ctx, wallet.0.store_id).await?;
    Ok(caller.may_run(&store.0).then_some(wallet))
}

/// The ledger entry with this id, if the caller runs its store.
pub async fn entry_node(
    ctx: &Context<'_>,
    id: WalletEntryId,
) -> Result<Option<WalletEntry>, ApiError> {
    ctx.caller()?;
    let Some(entry): Option<WalletEntry> = ctx.loaders().load_one(id).await? else {
        return Ok(None);
    };
    let wallet = node(ctx, entry.0.store_wallet_id).await?;
    Ok(wallet.map(|_| entry))
}
