//! Loading: what a batch touches, in a fixed number of statements, in the shop's one order of locks:
//! coupons by id, cart lines, purses by id, stock by option. Keys are looked up under their members' locks, so a key that
//! another instance is just using is seen.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use entity::{
    Won,
    coupon_issue::{self, CouponFunding},
    id::{CouponId, MemberId, OptionId, ProductId, StoreId},
    order::{self, OrderStatus},
    product, product_option, stock, store,
};
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationTrait, prelude::DateTimeUtc, sea_query::LockType,
};

use super::{
    Command,
    coupon::Voucher,
    decide::{Offer, Snapshot},
    request::Selection,
};
use crate::{
    cart, coupon,
    db::Transaction,
    point,
    rows::{Kind, Rows, among},
};

/// Whether stock is locked before it is decided over, or taken as it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stock {
    Seen,
    Locked,
}

/// The snapshot that the commands are decided over.
pub async fn load(
    tx: &Transaction,
    commands: &[Command],
    stock: Stock,
    now: DateTimeUtc,
) -> Result<Snapshot, DbErr> {
    let mut snapshot = Snapshot::default();
    load_coupons(tx, commands, &mut snapshot).await?;
    load_carts(tx, commands, &mut snapshot).await?;
    load_purses(tx, commands, now, &mut snapshot).await?;
    for (key, order) in placed(tx, commands).await? {
        if order.status == OrderStatus::PendingPayment {
            snapshot.pending.insert(order.member_id, order.clone());
        }
        if let Some(key) = key {
            snapshot.placed.insert((order.member_id, key), order);
        }
    }
    let options = options(commands, &snapshot);
    if !options.is_empty() {
        load_offers(tx, &options, stock, &mut snapshot).await?;
    }
    Ok(snapshot)
}

/// Locks the coupons that the commands name, if any does. What is said of them elsewhere never changes.
async fn load_coupons(
    tx: &Transaction,
    commands: &[Command],
    snapshot: &mut Snapshot,
) -> Result<(), DbErr> {
    let ids = commands
        .iter()
        .filter_map(|command| command.request.coupon_id)
        .collect::<BTreeSet<CouponId>>();
    if ids.is_empty() {
        return Ok(());
    }
    let ids = ids.into_iter().collect::<Vec<_>>();
    let coupons = coupon::store::lock(tx, &ids).await?;
    let issues = coupons.iter().map(|coupon| coupon.issue_id);
    let issues = issues.collect::<BTreeSet<_>>().into_iter();
    let issues = coupon::store::issues_by_ids(tx, &issues.collect::<Vec<_>>()).await?;
    let is_of_gift = |issue: &coupon_issue::Model| issue.funding == CouponFunding::Gift;
    let gifts = if issues.iter().any(is_of_gift) {
        coupon::store::gift_prices(tx, &ids).await?
    } else {
        Vec::new()
    };
    for coupon in coupons {
        let issue = issues.iter().find(|issue| issue.id == coupon.issue_id);
        let gift = gifts.iter().find(|(id, _)| *id == coupon.id);
        if let Some(issue) = issue {
            let voucher = Voucher {
                issue: issue.clone(),
                gift_price: gift.map(|(_, price)| *price),
                coupon,
            };
            snapshot.coupons.insert(voucher.coupon.id, voucher);
        }
    }
    Ok(())
}

async fn load_carts(
    tx: &Transaction,
    commands: &[Command],
    snapshot: &mut Snapshot,
) -> Result<(), DbErr> {
    let members = commands
        .iter()
        .filter(|command| !matches!(command.request.selection, Selection::Lines(_)))
        .map(|command| command.member_id)
        .collect::<BTreeSet<_>>();
    if members.is_empty() {
        return Ok(());
    }
    let members = members.into_iter().collect::<Vec<_>>();
    for (member_id, line) in cart::store::lock_lines_of_members(tx, &members).await? {
        snapshot.carts.entry(member_id).or_default().push(line);
    }
    Ok(())
}

/// Locks the members' purses; who has none yet gets an empty one, because the purse's row is also the
/// lock of its member's keys.
async fn load_purses(
    tx: &Transaction,
    commands: &[Command],
    now: DateTimeUtc,
    snapshot: &mut Snapshot,
) -> Result<(), DbErr> {
    let members = commands
        .iter()
        .map(|command| command.member_id)
        .collect::<BTreeSet<MemberId>>();
    let members = members.into_iter().collect::<Vec<_>>();
    let mut purses = point::store::lock_by_members(tx, &members).await?;
    if purses.len() < members.len() {
        point::store::insert_empty(tx, &members, now).await?;
        purses = point::store::lock_by_members(tx, &members).await?;
    }
    snapshot.purses = purses
        .into_iter()
        .map(|purse| (purse.member_id, purse))
        .collect();
    Ok(())
}

/// The orders that bear the commands' keys, with these keys, and those of their members that wait for a payment.
async fn placed(
    tx: &Transaction,
    commands: &[Command],
) -> Result<Vec<(Option<String>, order::Model)>, DbErr> {
    let keys = commands.iter().map(|command| {
        let key = command.request.idempotency_key.clone();
        [command.member_id.into(), key.into()]
    });
    let wanted = Rows::new(
        tx.get_database_backend(),
        "wanted",
        [("member_id", Kind::Uuid), ("idempotency_key", Kind::Text)],
        keys,
    );
    let sql = format!(
        r#"SELECT "order".*, wanted.idempotency_key AS key FROM {wanted} JOIN "order"
           ON "order".member_id = wanted.member_id
           AND "order".idempotency_key = wanted.idempotency_key
           UNION ALL
           SELECT "order".*, wanted.idempotency_key FROM {wanted} JOIN order_alias AS alias
           ON alias.member_id = wanted.member_id
           AND alias.idempotency_key = wanted.idempotency_key
           JOIN "order" ON "order".id = alias.order_id
           UNION ALL
           SELECT "order".*, NULL FROM {wanted} JOIN "order"
           ON "order".member_id = wanted.member_id AND "order".status = 'PENDING_PAYMENT'"#
    );
    let rows = tx.query_all_raw(wanted.statement(&sql)).await?;
    rows.iter()
        .map(|row| {
            Ok((
                row.try_get("", "key")?,
                FromQueryResult::from_query_result(row, "")?,
            ))
        })
        .collect()
}

/// Every option that some command might take, sorted.
fn options(commands: &[Command], snapshot: &Snapshot) -> Vec<OptionId> {
    let mut options = snapshot
        .carts
        .values()
        .flatten()
        .map(|line| line.option_id)
        .collect::<BTreeSet<_>>();
    for command in commands {
        if let Selection::Lines(lines) = &command.request.selection {
            options.extend(lines.iter().map(|line| line.option_id));
        }
    }
    options.into_iter().collect()
}

#[derive(FromQueryResult)]
struct OfferRow {
    option_id: OptionId,
    quantity: i32,
    option_name: String,
    price: Won,
    product_id: ProductId,
    product_name: String,
    product_deleted_at: Option<DateTimeUtc>,
    option_deleted_at: Option<DateTimeUtc>,
    store_id: StoreId,
    is_open: bool,
    accept_minutes: i32,
}

/// The options as they are sold now; where their stock is locked, in the order of their ids.
async fn load_offers(
    tx: &Transaction,
    options: &[OptionId],
    stock: Stock,
    snapshot: &mut Snapshot,
) -> Result<(), DbErr> {
    let mut rows = stock::Entity::find()
        .inner_join(product_option::Entity)
        .join(JoinType::InnerJoin, product_option::Relation::Product.def())
        .join(JoinType::InnerJoin, product::Relation::Store.def())
        .select_only()
        .columns([stock::Column::OptionId, stock::Column::Quantity])
        .column_as(product_option::Column::Name, "option_name")
        .column_as(product_option::Column::Price, "price")
        .column_as(product::Column::Id, "product_id")
        .column_as(product::Column::Name, "product_name")
        .column_as(product::Column::DeletedAt, "product_deleted_at")
        .column_as(product_option::Column::DeletedAt, "option_deleted_at")
        .column_as(store::Column::Id, "store_id")
        .column_as(store::Column::IsOpen, "is_open")
        .column_as(store::Column::AcceptMinutes, "accept_minutes")
        .filter(among(tx, stock::Column::OptionId, options.iter().copied()))
        .order_by_asc(stock::Column::OptionId);
    if stock == Stock::Locked {
        // The stock alone: a lock on products would hold up others who sell them.
        QuerySelect::query(&mut rows).lock_with_tables(LockType::Update, [stock::Entity]);
    }
    for row in rows.into_model::<OfferRow>().all(tx).await? {
        snapshot.stock.insert(row.option_id, row.quantity);
        let offer = Offer {
            product_id: row.product_id,
            store_id: row.store_id,
            product_name: row.product_name,
            option_name: row.option_name,
            price: row.price,
            is_on_sale: row.product_deleted_at.is_none() && row.option_deleted_at.is_none(),
            is_open: row.is_open,
            accept_within: TimeDelta::minutes(row.accept_minutes.into()),
        };
        snapshot.offers.insert(row.option_id, offer);
    }
    Ok(())
}
