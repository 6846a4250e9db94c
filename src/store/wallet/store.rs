use entity::{
    Won,
    id::{StoreId, StoreWalletId, WalletEntryId},
    store_wallet, wallet_entry,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Order,
    QueryFilter, QueryOrder, QuerySelect,
};

use crate::{
    db::Transaction,
    paging::{Sorting, Window},
    rows::{Kind, Rows, among},
};

pub async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[StoreWalletId],
) -> Result<Vec<store_wallet::Model>, DbErr> {
    store_wallet::Entity::find()
        .filter(among(db, store_wallet::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

pub async fn by_stores(
    db: &impl ConnectionTrait,
    ids: &[StoreId],
) -> Result<Vec<store_wallet::Model>, DbErr> {
    store_wallet::Entity::find()
        .filter(among(
            db,
            store_wallet::Column::StoreId,
            ids.iter().copied(),
        ))
        .all(db)
        .await
}

/// The stores' wallets, locked in the order of their ids.
pub async fn lock_by_stores(
    tx: &Transaction,
    ids: &[StoreId],
) -> Result<Vec<store_wallet::Model>, DbErr> {
    store_wallet::Entity::find()
        .filter(among(
            tx,
            store_wallet::Column::StoreId,
            ids.iter().copied(),
        ))
        .order_by_asc(store_wallet::COLUMN.id)
        .lock_exclusive()
        .all(tx)
        .await
}

/// Writes the balance of a wallet, whose row is locked, and how many entries it has.
pub async fn set_balance(tx: &Transaction, wallet: &store_wallet::Model) -> Result<(), DbErr> {
    store_wallet::Entity::update_many()
        .set(store_wallet::ActiveModel {
            balance: Set(wallet.balance),
            last_sequence: Set(wallet.last_sequence),
            ..Default::default()
        })
        .filter(store_wallet::COLUMN.id.eq(wallet.id))
        .exec(tx)
        .await?;
    Ok(())
}

pub async fn entries_by_ids(
    db: &impl ConnectionTrait,
    ids: &[WalletEntryId],
) -> Result<Vec<wallet_entry::Model>, DbErr> {
    wallet_entry::Entity::find()
        .filter(among(db, wallet_entry::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

/// The same window of each of the ledgers, the newest first.
pub async fn windows_of_entries(
    db: &impl ConnectionTrait,
    ids: &[StoreWalletId],
    window: &Window<i64>,
) -> Result<Vec<wallet_entry::Model>, DbErr> {
    let sorting = Sorting {
        columns: vec![wallet_entry::Column::Sequence],
        order: Order::Desc,
        values: |sequence: &i64| vec![(*sequence).into()],
    };
    let of_wallet = |id: &StoreWalletId| {
        wallet_entry::Entity::find().filter(wallet_entry::COLUMN.store_wallet_id.eq(*id))
    };
    sorting.read(db, window, ids.iter().map(of_wallet)).await
}

/// What a store has sold and not handed over.
#[derive(FromQueryResult)]
pub struct Pending {
    pub store_id: StoreId,
    pub amount: Won,
}

/// What each of the stores will earn with what it has sold and not handed over; one that has nothing is missing.
pub async fn pending_of(db: &impl ConnectionTrait, ids: &[StoreId]) -> Result<Vec<Pending>, DbErr> {
    let wanted = Rows::new(
        db.get_database_backend(),
        "wanted",
        [("store_id", Kind::Uuid)],
        ids.iter().map(|id| [(*id).into()]),
    );
    // The statuses in the words of the index of open items.
    let sql = format!(
        "SELECT wanted.store_id, CAST(SUM(line_total - store_discount) AS BIGINT) AS amount \
         FROM {wanted} JOIN order_item ON order_item.store_id = wanted.store_id \
         AND status IN ('PAID', 'ACCEPTED', 'READY') GROUP BY wanted.store_id"
    );
    Pending::find_by_statement(wanted.statement(&sql))
        .all(db)
        .await
}
