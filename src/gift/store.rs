use chrono::{DateTime, Utc};
use entity::{
    gift::{self, GiftStatus},
    id::{CouponId, GiftId, MemberId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait, Order, QueryFilter,
    QueryOrder, QuerySelect, Select, Statement,
    sea_query::{Alias, Expr, LockType},
};
use uuid::Uuid;

use crate::{
    db::Transaction,
    event::Mark,
    paging::{Sorting, Window},
    rows::among,
};

/// Whose gifts are meant: what somebody was given, or what they gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    Received,
    Sent,
}

/// Where a gift stands in the list of the newest: what a cursor holds.
pub type Place = (DateTime<Utc>, Uuid);

impl Side {
    /// The member whose list a gift is in.
    pub fn member(self, gift: &gift::Model) -> MemberId {
        match self {
            Self::Received => gift.to_member_id,
            Self::Sent => gift.from_member_id,
        }
    }

    fn column(self) -> gift::Column {
        match self {
            Self::Received => gift::Column::ToMemberId,
            Self::Sent => gift::Column::FromMemberId,
        }
    }

    /// Those that were delivered.
    fn of(self, ids: &[MemberId]) -> Select<gift::Entity> {
        let delivered = gift::Entity::find().filter(gift::COLUMN.sent_at.is_not_null());
        match ids {
            // What an index can seek and sort by.
            [id] => delivered.filter(self.column().eq(*id)),
            ids => delivered.filter(self.column().is_in(ids.iter().copied())),
        }
    }
}

pub async fn by_ids(db: &impl ConnectionTrait, ids: &[GiftId]) -> Result<Vec<gift::Model>, DbErr> {
    gift::Entity::find()
        .filter(among(db, gift::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

pub async fn by_id(db: &impl ConnectionTrait, id: GiftId) -> Result<Option<gift::Model>, DbErr> {
    gift::Entity::find_by_id(id).one(db).await
}

/// The gift, if it was delivered since the mark; on SQLite, whose one server tells of each at once, whenever it was.
pub async fn sent_since(
    db: &impl ConnectionTrait,
    id: GiftId,
    mark: &Mark,
) -> Result<Option<gift::Model>, DbErr> {
    let backend = db.get_database_backend();
    if backend == DbBackend::Postgres {
        let sql = format!(
            "SELECT 1 AS found FROM gift WHERE {} AND gift.id = $2",
            Mark::after(backend, "gift")
        );
        let statement = Statement::from_sql_and_values(backend, sql, [mark.value(), id.into()]);
        if db.query_one_raw(statement).await?.is_none() {
            return Ok(None);
        }
    }
    by_id(db, id).await
}

/// The gift that a key of its sender's gave.
pub async fn by_key(
    db: &impl ConnectionTrait,
    from: MemberId,
    key: &str,
) -> Result<Option<gift::Model>, DbErr> {
    gift::Entity::find()
        .filter(gift::COLUMN.from_member_id.eq(from))
        .filter(gift::COLUMN.idempotency_key.eq(key))
        .one(db)
        .await
}

/// The gift, locked: but for its key, so that rows may be written that refer to it.
pub async fn lock(tx: &Transaction, id: GiftId) -> Result<Option<gift::Model>, DbErr> {
    gift::Entity::find_by_id(id)
        .lock(LockType::NoKeyUpdate)
        .one(tx)
        .await
}

/// The gift that a coupon is of, locked likewise; `None` for a coupon that is of none.
pub async fn lock_of_coupon(
    tx: &Transaction,
    coupon_id: CouponId,
) -> Result<Option<gift::Model>, DbErr> {
    gift::Entity::find()
        .filter(gift::COLUMN.coupon_id.eq(coupon_id))
        .lock(LockType::NoKeyUpdate)
        .one(tx)
        .await
}

/// Writes how far a gift has come, whose row is locked.
pub async fn set_progress(tx: &Transaction, gift: &gift::Model) -> Result<(), DbErr> {
    let mut update = gift::Entity::update_many();
    if tx.get_database_backend() == DbBackend::Postgres && gift.status == GiftStatus::Sent {
        // Other servers look for what was delivered, which may be long after it was begun.
        update = update.col_expr(Alias::new("written_in"), Expr::cust("pg_current_xact_id()"));
    }
    update
        .set(gift::ActiveModel {
            status: Set(gift.status),
            returned: Set(gift.returned),
            coupon_id: Set(gift.coupon_id),
            sent_at: Set(gift.sent_at),
            expires_at: Set(gift.expires_at),
            ..Default::default()
        })
        .filter(gift::COLUMN.id.eq(gift.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// The same window of each of the members' lists, the newest first.
pub async fn windows_of_members(
    db: &impl ConnectionTrait,
    side: Side,
    ids: &[MemberId],
    window: &Window<Place>,
) -> Result<Vec<gift::Model>, DbErr> {
    let sorting = Sorting {
        columns: vec![gift::Column::SentAt, gift::Column::Id],
        order: Order::Desc,
        values: |(sent_at, id): &Place| vec![(*sent_at).into(), (*id).into()],
    };
    let lists = ids.iter().map(|id| side.of(&[*id]));
    sorting.read(db, window, lists).await
}

/// How many gifts there are in those members' lists; a member who has none is missing.
pub async fn counts_of_members(
    db: &impl ConnectionTrait,
    side: Side,
    ids: &[MemberId],
) -> Result<Vec<(MemberId, i64)>, DbErr> {
    side.of(ids)
        .select_only()
        .column(side.column())
        .column_as(gift::Column::Id.count(), "count")
        .group_by(side.column())
        .into_tuple()
        .all(db)
        .await
}

/// When a gift ends, and which it is: where a look at what is due goes on.
pub type Due = (DateTime<Utc>, GiftId);

/// Gifts whose time is over and whose coupons no order uses or holds, the longest over first, after that one.
pub async fn due(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    after: Option<Due>,
    most: u64,
) -> Result<Vec<Due>, DbErr> {
    let place = || Expr::tuple([gift::Column::ExpiresAt, gift::Column::Id].map(Expr::col));
    let after = after.map(|(expires_at, id)| {
        let values = [Expr::val(expires_at), Expr::val(id)];
        place().gt(Expr::tuple(values))
    });
    let mut due = unused().filter(gift::COLUMN.expires_at.lte(now));
    if let Some(after) = after {
        due = due.filter(after);
    }
    due.select_only()
        .columns([gift::Column::ExpiresAt, gift::Column::Id])
        .order_by_asc(gift::Column::ExpiresAt)
        .order_by_asc(gift::Column::Id)
        .limit(most)
        .into_tuple()
        .all(db)
        .await
}

/// When the next gift ends that nobody uses, if any does after that time.
pub async fn next_due(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, DbErr> {
    unused()
        .filter(gift::COLUMN.expires_at.gt(now))
        .select_only()
        .column(gift::Column::ExpiresAt)
        .order_by_asc(gift::Column::ExpiresAt)
        .into_tuple()
        .one(db)
        .await
}

/// Those that were delivered, and whose coupons are free. Each is looked for by the index of when they end, whose statuses
/// the query names as it does, and its coupon then by its own key.
fn unused() -> Select<gift::Entity> {
    gift::Entity::find()
        .filter(Expr::cust("gift.status = 'SENT'"))
        .filter(Expr::cust(
            "(SELECT coupon.order_id FROM coupon WHERE coupon.id = gift.coupon_id) IS NULL",
        ))
}
