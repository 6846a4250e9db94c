use chrono::{DateTime, Utc};
use entity::{
    Won, coupon, coupon_issue, gift,
    id::{CouponId, CouponIssueId, MemberId, OptionId, OrderId, StoreId},
    member, product, product_option,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait, Order, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select, Statement,
    sea_query::{Expr, LockType, Query, SimpleExpr},
};
use uuid::Uuid;

use super::rules::Status;
use crate::{
    db::Transaction,
    paging::{Sorting, Window},
    rows::{Kind, Rows, among},
};

/// Which of a member's coupons are wanted: those of a status, at a moment in whole seconds.
pub type Filter = Option<(Status, DateTime<Utc>)>;

/// Where a coupon stands in the list of those registered last: what a cursor holds.
pub type Place = (DateTime<Utc>, Uuid);

pub async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[CouponId],
) -> Result<Vec<coupon::Model>, DbErr> {
    coupon::Entity::find()
        .filter(among(db, coupon::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

pub async fn issues_by_ids(
    db: &impl ConnectionTrait,
    ids: &[CouponIssueId],
) -> Result<Vec<coupon_issue::Model>, DbErr> {
    coupon_issue::Entity::find()
        .filter(among(db, coupon_issue::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

/// The publication that this key made.
pub async fn issue_by_key(
    db: &impl ConnectionTrait,
    published_by: MemberId,
    key: &str,
) -> Result<Option<coupon_issue::Model>, DbErr> {
    coupon_issue::Entity::find()
        .filter(coupon_issue::COLUMN.published_by.eq(published_by))
        .filter(coupon_issue::COLUMN.idempotency_key.eq(key))
        .one(db)
        .await
}

/// A publication's codes, in the order of its coupons' ids.
pub async fn codes(db: &impl ConnectionTrait, id: CouponIssueId) -> Result<Vec<String>, DbErr> {
    coupon::Entity::find()
        .filter(coupon::COLUMN.issue_id.eq(id))
        .order_by_asc(coupon::COLUMN.id)
        .select_only()
        .column(coupon::Column::Code)
        .into_tuple()
        .all(db)
        .await
}

/// The store that sells the option; `None` where it is not for sale.
pub async fn seller(
    db: &impl ConnectionTrait,
    option_id: OptionId,
) -> Result<Option<StoreId>, DbErr> {
    let found = product_option::Entity::find_by_id(option_id)
        .filter(product_option::COLUMN.deleted_at.is_null())
        .find_also_related(product::Entity)
        .one(db)
        .await?;
    let product = found.and_then(|(_, product)| product);
    let on_sale = product.filter(|product| product.deleted_at.is_none());
    Ok(on_sale.map(|product| product.store_id))
}

/// The id of the coupon with this code, in normal form.
pub async fn id_by_code(db: &impl ConnectionTrait, code: &str) -> Result<Option<CouponId>, DbErr> {
    let coupon = coupon::Entity::find()
        .filter(coupon::COLUMN.code.eq(code))
        .one(db)
        .await?;
    Ok(coupon.map(|coupon| coupon.id))
}

/// Locks who registers, so that their registrations count each other. What refers to a member does not wait for it.
pub async fn lock_holder(tx: &Transaction, id: MemberId) -> Result<(), DbErr> {
    member::Entity::find_by_id(id)
        .lock(LockType::NoKeyUpdate)
        .one(tx)
        .await?;
    Ok(())
}

/// The coupons, locked in the order of their ids.
pub async fn lock(tx: &Transaction, ids: &[CouponId]) -> Result<Vec<coupon::Model>, DbErr> {
    coupon::Entity::find()
        .filter(among(tx, coupon::Column::Id, ids.iter().copied()))
        .order_by_asc(coupon::COLUMN.id)
        .lock_exclusive()
        .all(tx)
        .await
}

/// Takes a coupon back, whose row is locked.
pub async fn withdraw(tx: &Transaction, id: CouponId, now: DateTime<Utc>) -> Result<(), DbErr> {
    coupon::Entity::update_many()
        .set(coupon::ActiveModel {
            withdrawn_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(coupon::COLUMN.id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// How many of the publication's coupons a member has registered.
pub async fn count_held(
    tx: &Transaction,
    issue_id: CouponIssueId,
    member_id: MemberId,
) -> Result<u64, DbErr> {
    coupon::Entity::find()
        .filter(coupon::COLUMN.issue_id.eq(issue_id))
        .filter(coupon::COLUMN.member_id.eq(member_id))
        .count(tx)
        .await
}

/// Writes that a coupon, whose row is locked, is a member's.
pub async fn set_holder(
    tx: &Transaction,
    id: CouponId,
    member_id: MemberId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    coupon::Entity::update_many()
        .set(coupon::ActiveModel {
            member_id: Set(Some(member_id)),
            registered_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(coupon::COLUMN.id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Writes that an order has the coupon, whose row is locked.
pub async fn set_used(tx: &Transaction, id: CouponId, order_id: OrderId) -> Result<(), DbErr> {
    coupon::Entity::update_many()
        .set(coupon::ActiveModel {
            order_id: Set(Some(order_id)),
            ..Default::default()
        })
        .filter(coupon::COLUMN.id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// The statement that writes of many coupons, whose rows are locked, which order has each.
pub fn uses(backend: DbBackend, coupons: &[(CouponId, OrderId)]) -> Statement {
    let used = Rows::new(
        backend,
        "used",
        [("id", Kind::Uuid), ("order_id", Kind::Uuid)],
        coupons
            .iter()
            .map(|(id, order_id)| [(*id).into(), (*order_id).into()]),
    );
    let sql =
        format!("UPDATE coupon SET order_id = used.order_id FROM {used} WHERE coupon.id = used.id");
    used.statement(&sql)
}

/// What those who gave the coupons as gifts paid for each piece; coupons that are no gifts are missing.
pub async fn gift_prices(
    tx: &Transaction,
    ids: &[CouponId],
) -> Result<Vec<(CouponId, Won)>, DbErr> {
    let gifts = gift::Entity::find()
        .filter(among(tx, gift::Column::CouponId, ids.iter().copied()))
        .all(tx)
        .await?;
    let gifts = gifts.into_iter();
    Ok(gifts
        .filter_map(|gift| Some((gift.coupon_id?, gift.unit_price)))
        .collect())
}

/// Takes the coupon from the order, if the order has it.
pub async fn set_free(tx: &Transaction, id: CouponId, order_id: OrderId) -> Result<(), DbErr> {
    coupon::Entity::update_many()
        .set(coupon::ActiveModel {
            order_id: Set(None),
            ..Default::default()
        })
        .filter(coupon::COLUMN.id.eq(id))
        .filter(coupon::COLUMN.order_id.eq(order_id))
        .exec(tx)
        .await?;
    Ok(())
}

/// The same window of each of the members' coupons that pass the filter, those registered last first.
pub async fn windows_of_members(
    db: &impl ConnectionTrait,
    ids: &[MemberId],
    filter: &Filter,
    window: &Window<Place>,
) -> Result<Vec<coupon::Model>, DbErr> {
    let sorting = Sorting {
        columns: vec![coupon::Column::RegisteredAt, coupon::Column::Id],
        order: Order::Desc,
        values: |(registered_at, id): &Place| vec![(*registered_at).into(), (*id).into()],
    };
    let lists = ids
        .iter()
        .map(|id| passing(filter).filter(coupon::COLUMN.member_id.eq(*id)));
    sorting.read(db, window, lists).await
}

/// How many coupons of those members pass the filter; a member who has none is missing.
pub async fn counts_of_members(
    db: &impl ConnectionTrait,
    ids: &[MemberId],
    filter: &Filter,
) -> Result<Vec<(MemberId, i64)>, DbErr> {
    passing(filter)
        .filter(among(db, coupon::Column::MemberId, ids.iter().copied()))
        .select_only()
        .column(coupon::Column::MemberId)
        .column_as(coupon::Column::Id.count(), "count")
        .group_by(coupon::Column::MemberId)
        .into_tuple()
        .all(db)
        .await
}

fn passing(filter: &Filter) -> Select<coupon::Entity> {
    let coupons = coupon::Entity::find();
    match *filter {
        None => coupons,
        Some((Status::Issued, now)) => coupons
            .filter(coupon::COLUMN.member_id.is_null())
            .filter(is_over(now).not()),
        Some((Status::Used, _)) => coupons.filter(coupon::COLUMN.order_id.is_not_null()),
        Some((Status::Registered, now)) => coupons
            .filter(coupon::COLUMN.order_id.is_null())
            .filter(is_over(now).not()),
        Some((Status::Expired, now)) => coupons
            .filter(coupon::COLUMN.order_id.is_null())
            .filter(is_over(now)),
    }
}

/// Whether nobody can use a coupon any more.
fn is_over(now: DateTime<Utc>) -> SimpleExpr {
    use coupon_issue::{Column, Entity};
    let expired = Query::select()
        .expr(Expr::val(1))
        .from(Entity)
        .and_where(
            Expr::col((Entity, Column::Id)).equals((coupon::Entity, coupon::Column::IssueId)),
        )
        .and_where(Expr::col((Entity, Column::ExpiresAt)).lte(now))
        .take();
    let withdrawn = Expr::col((coupon::Entity, coupon::Column::WithdrawnAt)).is_not_null();
    withdrawn.or(Expr::exists(expired))
}
