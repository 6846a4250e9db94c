use chrono::{DateTime, Utc};
use entity::{
    Won,
    id::StoreWalletId,
    order,
    order_event::{self, ItemIds},
    settlement, store, store_wallet,
    wallet_entry::{self, WalletAction},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QueryOrder, QuerySelect, RelationDef, RelationTrait,
    sea_query::{Alias, ExprTrait},
};

use super::rules::Entries;
use crate::db::Transaction;

/// Sales of a wallet, counted and added up.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct Sales {
    pub count: i64,
    pub amount: Won,
}

/// An entry of a wallet by which items of an order were sold.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Sale {
    pub sequence: i64,
    pub created_at: DateTime<Utc>,
    pub order_key: String,
    pub item_ids: ItemIds,
}

/// The wallets behind an id, with the names of their stores, in the order of their ids.
pub async fn wallets_after(
    db: &impl ConnectionTrait,
    after: Option<StoreWalletId>,
    size: u64,
) -> Result<Vec<(store_wallet::Model, String)>, DbErr> {
    let mut wallets = store_wallet::Entity::find()
        .find_also_related(store::Entity)
        .order_by_asc(store_wallet::COLUMN.id)
        .limit(size);
    if let Some(after) = after {
        wallets = wallets.filter(store_wallet::COLUMN.id.gt(after));
    }
    let named = |(wallet, store): (store_wallet::Model, Option<store::Model>)| {
        (wallet, store.map(|store| store.name).unwrap_or_default())
    };
    Ok(wallets.all(db).await?.into_iter().map(named).collect())
}

/// The settlement of a wallet's period that ends at that time.
pub async fn settlement(
    tx: &Transaction,
    wallet_id: StoreWalletId,
    period_end: DateTime<Utc>,
) -> Result<Option<settlement::Model>, DbErr> {
    settlement::Entity::find()
        .filter(settlement::COLUMN.store_wallet_id.eq(wallet_id))
        .filter(settlement::COLUMN.period_end.eq(period_end))
        .one(tx)
        .await
}

/// Whether a period that ends at that time was closed.
pub async fn is_settled(
    db: &impl ConnectionTrait,
    period_end: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let one = settlement::Entity::find()
        .filter(settlement::COLUMN.period_end.eq(period_end))
        .one(db)
        .await?;
    Ok(one.is_some())
}

pub async fn last_settlement(
    tx: &Transaction,
    wallet_id: StoreWalletId,
) -> Result<Option<settlement::Model>, DbErr> {
    settlement::Entity::find()
        .filter(settlement::COLUMN.store_wallet_id.eq(wallet_id))
        .order_by_desc(settlement::COLUMN.period_end)
        .one(tx)
        .await
}

/// The end of the last period that was settled, if it is later than that time.
pub async fn settled_after(
    db: &impl ConnectionTrait,
    time: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, DbErr> {
    let last = settlement::Entity::find()
        .filter(settlement::COLUMN.period_end.gt(time))
        .order_by_desc(settlement::COLUMN.period_end)
        .one(db)
        .await?;
    Ok(last.map(|settlement| settlement.period_end))
}

/// The first entry behind a sequence that was written at a time or later.
pub async fn first_at_or_after(
    tx: &Transaction,
    wallet_id: StoreWalletId,
    sequence: i64,
    time: DateTime<Utc>,
) -> Result<Option<i64>, DbErr> {
    wallet_entry::Entity::find()
        .select_only()
        .column(wallet_entry::Column::Sequence)
        .filter(wallet_entry::COLUMN.store_wallet_id.eq(wallet_id))
        .filter(wallet_entry::COLUMN.sequence.gt(sequence))
        .filter(wallet_entry::COLUMN.created_at.gte(time))
        .order_by_asc(wallet_entry::COLUMN.sequence)
        .into_tuple()
        .one(tx)
        .await
}

/// The sales among those entries of a wallet.
pub async fn sales(
    tx: &Transaction,
    wallet_id: StoreWalletId,
    entries: Entries,
) -> Result<Sales, DbErr> {
    let amount = wallet_entry::Column::Amount
        .sum()
        .cast_as(Alias::new("bigint"))
        .if_null(0_i64);
    let sums = wallet_entry::Entity::find()
        .select_only()
        .column_as(wallet_entry::Column::Id.count(), "count")
        .column_as(amount, "amount")
        .filter(wallet_entry::COLUMN.store_wallet_id.eq(wallet_id))
        .filter(wallet_entry::COLUMN.sequence.gte(entries.first))
        .filter(wallet_entry::COLUMN.sequence.lte(entries.last))
        .filter(wallet_entry::COLUMN.action.eq(WalletAction::Sale))
        .into_model::<Sales>()
        .one(tx)
        .await?;
    Ok(sums.unwrap_or(Sales {
        count: 0,
        amount: Won::ZERO,
    }))
}

/// What a settlement pays out behind a sequence, in sequence: each sale with its order and the event that tells which
/// items were handed over.
pub async fn sales_after(
    db: &impl ConnectionTrait,
    settlement: &settlement::Model,
    sequence: i64,
    size: u64,
) -> Result<Vec<Sale>, DbErr> {
    wallet_entry::Entity::find()
        .join(JoinType::InnerJoin, wallet_entry::Relation::Order.def())
        .join(JoinType::InnerJoin, told_by())
        .select_only()
        .column(wallet_entry::Column::Sequence)
        .column(wallet_entry::Column::CreatedAt)
        .column(order::Column::OrderKey)
        .column(order_event::Column::ItemIds)
        .filter(
            wallet_entry::COLUMN
                .store_wallet_id
                .eq(settlement.store_wallet_id),
        )
        .filter(wallet_entry::COLUMN.sequence.gt(sequence))
        .filter(wallet_entry::COLUMN.sequence.lte(settlement.last_sequence))
        .filter(wallet_entry::COLUMN.action.eq(WalletAction::Sale))
        .order_by_asc(wallet_entry::COLUMN.sequence)
        .limit(size)
        .into_model::<Sale>()
        .all(db)
        .await
}

fn told_by() -> RelationDef {
    wallet_entry::Entity::belongs_to(order_event::Entity)
        .from((
            wallet_entry::Column::OrderId,
            wallet_entry::Column::OrderSequence,
        ))
        .to((order_event::Column::OrderId, order_event::Column::Sequence))
        .into()
}
