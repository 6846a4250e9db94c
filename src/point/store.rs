use chrono::{DateTime, Utc};
use entity::{
    Won,
    id::{MemberId, PointEntryId, UserPointId},
    point_entry, user_point,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, Order, QueryFilter, QueryOrder,
    QuerySelect, Statement, sea_query::OnConflict,
};

use crate::{
    clock::new_id,
    db::Transaction,
    paging::{Sorting, Window},
    rows::{Kind, Rows, among},
};

pub async fn by_member(
    db: &impl ConnectionTrait,
    member_id: MemberId,
) -> Result<Option<user_point::Model>, DbErr> {
    user_point::Entity::find()
        .filter(user_point::COLUMN.member_id.eq(member_id))
        .one(db)
        .await
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[UserPointId],
) -> Result<Vec<user_point::Model>, DbErr> {
    user_point::Entity::find()
        .filter(among(db, user_point::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

pub async fn by_members(
    db: &impl ConnectionTrait,
    member_ids: &[MemberId],
) -> Result<Vec<user_point::Model>, DbErr> {
    user_point::Entity::find()
        .filter(among(
            db,
            user_point::Column::MemberId,
            member_ids.iter().copied(),
        ))
        .all(db)
        .await
}

/// Makes empty purses for those of the members who have none.
pub async fn insert_empty(
    db: &impl ConnectionTrait,
    member_ids: &[MemberId],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let purses = member_ids.iter().map(|member_id| {
        user_point::ActiveModel::from(user_point::Model {
            id: new_id(now, &mut rand::rng()),
            member_id: *member_id,
            balance: Won::ZERO,
            last_sequence: 0,
        })
    });
    user_point::Entity::insert_many(purses)
        .on_conflict(
            OnConflict::column(user_point::Column::MemberId)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub async fn lock_by_member(
    tx: &Transaction,
    member_id: MemberId,
) -> Result<Option<user_point::Model>, DbErr> {
    user_point::Entity::find()
        .filter(user_point::COLUMN.member_id.eq(member_id))
        .lock_exclusive()
        .one(tx)
        .await
}

/// The members' purses, locked in the order of their ids; who has none is missing.
pub async fn lock_by_members(
    tx: &Transaction,
    member_ids: &[MemberId],
) -> Result<Vec<user_point::Model>, DbErr> {
    user_point::Entity::find()
        .filter(among(
            tx,
            user_point::Column::MemberId,
            member_ids.iter().copied(),
        ))
        .order_by_asc(user_point::COLUMN.id)
        .lock_exclusive()
        .all(tx)
        .await
}

/// Writes the purses' balances and sequences, all in one statement; their rows are locked.
pub async fn set_balances(tx: &Transaction, purses: &[user_point::Model]) -> Result<(), DbErr> {
    tx.execute_raw(balances(tx.get_database_backend(), purses))
        .await?;
    Ok(())
}

/// The statement of [`set_balances`].
pub fn balances(backend: DbBackend, purses: &[user_point::Model]) -> Statement {
    let changed = Rows::new(
        backend,
        "changed",
        [
            ("id", Kind::Uuid),
            ("balance", Kind::BigInteger),
            ("last_sequence", Kind::BigInteger),
        ],
        purses.iter().map(|purse| {
            let user_point::Model {
                id,
                balance,
                last_sequence,
                ..
            } = *purse;
            [id.into(), balance.into(), last_sequence.into()]
        }),
    );
    let sql = format!(
        "UPDATE user_point SET balance = changed.balance, last_sequence = changed.last_sequence \
         FROM {changed} WHERE user_point.id = changed.id"
    );
    changed.statement(&sql)
}

/// The entry that a charge with that key made.
pub async fn entry_by_key(
    tx: &Transaction,
    user_point_id: UserPointId,
    key: &str,
) -> Result<Option<point_entry::Model>, DbErr> {
    point_entry::Entity::find()
        .filter(point_entry::COLUMN.user_point_id.eq(user_point_id))
        .filter(point_entry::COLUMN.idempotency_key.eq(key))
        .one(tx)
        .await
}

pub async fn entries_by_ids(
    db: &impl ConnectionTrait,
    ids: &[PointEntryId],
) -> Result<Vec<point_entry::Model>, DbErr> {
    point_entry::Entity::find()
        .filter(among(db, point_entry::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

/// The same window of each of the ledgers, the newest first.
pub async fn windows_of_entries(
    db: &impl ConnectionTrait,
    ids: &[UserPointId],
    window: &Window<i64>,
) -> Result<Vec<point_entry::Model>, DbErr> {
    let sorting = Sorting {
        columns: vec![point_entry::Column::Sequence],
        order: Order::Desc,
        values: |sequence: &i64| vec![(*sequence).into()],
    };
    let of_purse = |id: &UserPointId| {
        point_entry::Entity::find().filter(point_entry::COLUMN.user_point_id.eq(*id))
    };
    let lists = ids.iter().map(of_purse);
    sorting.read(db, window, lists).await
}
