use chrono::{DateTime, Utc};
use entity::{
    Won,
    id::{GiftId, MemberId, OrderId, PaymentId, RefundId},
    payment::{self, PaymentProvider},
    payment_event, refund, webhook_receipt,
};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait,
    FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Statement, sea_query::OnConflict,
};

use crate::{
    db::Transaction,
    rows::{among, insert},
};

pub async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[PaymentId],
) -> Result<Vec<payment::Model>, DbErr> {
    payment::Entity::find()
        .filter(among(db, payment::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

pub async fn by_id(
    db: &impl ConnectionTrait,
    id: PaymentId,
) -> Result<Option<payment::Model>, DbErr> {
    payment::Entity::find_by_id(id).one(db).await
}

pub async fn by_orders(
    db: &impl ConnectionTrait,
    ids: &[OrderId],
) -> Result<Vec<payment::Model>, DbErr> {
    payment::Entity::find()
        .filter(among(db, payment::Column::OrderId, ids.iter().copied()))
        .order_by_asc(payment::COLUMN.id)
        .all(db)
        .await
}

pub async fn by_gifts(
    db: &impl ConnectionTrait,
    ids: &[GiftId],
) -> Result<Vec<payment::Model>, DbErr> {
    payment::Entity::find()
        .filter(among(db, payment::Column::GiftId, ids.iter().copied()))
        .order_by_asc(payment::COLUMN.id)
        .all(db)
        .await
}

pub async fn by_charge_key(
    db: &impl ConnectionTrait,
    member_id: MemberId,
    key: &str,
) -> Result<Option<payment::Model>, DbErr> {
    payment::Entity::find()
        .filter(payment::COLUMN.member_id.eq(member_id))
        .filter(payment::COLUMN.charge_key.eq(key))
        .one(db)
        .await
}

pub async fn lock(tx: &Transaction, id: PaymentId) -> Result<Option<payment::Model>, DbErr> {
    payment::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx)
        .await
}

pub async fn lock_of_order(
    tx: &Transaction,
    order_id: OrderId,
) -> Result<Option<payment::Model>, DbErr> {
    payment::Entity::find()
        .filter(payment::COLUMN.order_id.eq(order_id))
        .lock_exclusive()
        .one(tx)
        .await
}

/// Writes a payment, whose row is locked, and the lines that its history has gained.
pub async fn save(
    tx: &Transaction,
    payment: &payment::Model,
    events: &[payment_event::Model],
) -> Result<(), DbErr> {
    let row = payment::ActiveModel::from(payment.clone()).reset_all();
    payment::Entity::update(row).exec(tx).await?;
    insert(tx, events).await
}

pub async fn events_of(
    db: &impl ConnectionTrait,
    id: PaymentId,
) -> Result<Vec<payment_event::Model>, DbErr> {
    payment_event::Entity::find()
        .filter(payment_event::COLUMN.payment_id.eq(id))
        .order_by_asc(payment_event::COLUMN.sequence)
        .all(db)
        .await
}

/// A payment's refunds in their sequence.
pub async fn refunds_of(
    db: &impl ConnectionTrait,
    id: PaymentId,
) -> Result<Vec<refund::Model>, DbErr> {
    refund::Entity::find()
        .filter(refund::COLUMN.payment_id.eq(id))
        .order_by_asc(refund::COLUMN.sequence)
        .all(db)
        .await
}

pub async fn refund_by_id(
    db: &impl ConnectionTrait,
    id: RefundId,
) -> Result<Option<refund::Model>, DbErr> {
    refund::Entity::find_by_id(id).one(db).await
}

/// Writes a refund whose payment is locked.
pub async fn save_refund(tx: &Transaction, refund: &refund::Model) -> Result<(), DbErr> {
    let row = refund::ActiveModel::from(refund.clone()).reset_all();
    refund::Entity::update(row).exec(tx).await?;
    Ok(())
}

/// Remembers a webhook; `false` if it was heard before.
pub async fn receive(tx: &Transaction, receipt: webhook_receipt::Model) -> Result<bool, DbErr> {
    let inserted = webhook_receipt::Entity::insert(webhook_receipt::ActiveModel::from(receipt))
        .on_conflict(
            OnConflict::columns([
                webhook_receipt::Column::Provider,
                webhook_receipt::Column::WebhookId,
            ])
            .do_nothing()
            .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    Ok(inserted > 0)
}

/// The body of a webhook that was heard before.
pub async fn receipt(
    db: &impl ConnectionTrait,
    provider: PaymentProvider,
    webhook_id: &str,
) -> Result<Option<webhook_receipt::Model>, DbErr> {
    webhook_receipt::Entity::find_by_id((provider, webhook_id.to_owned()))
        .one(db)
        .await
}

#[derive(FromQueryResult)]
struct Claimed<I: sea_orm::TryGetable> {
    id: I,
}

/// Claims payments of a provider that are due, the longest due first: until `lease` nobody else is given them.
pub async fn claim_payments(
    db: &impl ConnectionTrait,
    provider: PaymentProvider,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
    most: u64,
) -> Result<Vec<PaymentId>, DbErr> {
    let due =
        "SELECT id FROM payment WHERE check_at <= $1 AND provider = $4 ORDER BY check_at LIMIT $3";
    let claimed = claim(db, "payment", due, provider, now, lease, most);
    let claimed = Claimed::<PaymentId>::find_by_statement(claimed)
        .all(db)
        .await?;
    Ok(claimed.into_iter().map(|claimed| claimed.id).collect())
}

/// Claims refunds likewise.
pub async fn claim_refunds(
    db: &impl ConnectionTrait,
    provider: PaymentProvider,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
    most: u64,
) -> Result<Vec<RefundId>, DbErr> {
    let due = "SELECT refund.id FROM refund JOIN payment ON payment.id = refund.payment_id \
               WHERE refund.check_at <= $1 AND payment.provider = $4 ORDER BY refund.check_at LIMIT $3";
    let claimed = claim(db, "refund", due, provider, now, lease, most);
    let claimed = Claimed::<RefundId>::find_by_statement(claimed)
        .all(db)
        .await?;
    Ok(claimed.into_iter().map(|claimed| claimed.id).collect())
}

/// Rows that another instance is just claiming are passed over; SQLite has one writer at a time.
fn claim(
    db: &impl ConnectionTrait,
    table: &str,
    due: &str,
    provider: PaymentProvider,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
    most: u64,
) -> Statement {
    let backend = db.get_database_backend();
    let skip = match backend {
        DbBackend::Postgres => format!("FOR UPDATE OF {table} SKIP LOCKED"),
        _ => String::new(),
    };
    // Materialized, so that it is looked for once: locking has made a plan that looks twice claim more.
    let sql = format!(
        "WITH due AS MATERIALIZED ({due} {skip}) \
         UPDATE {table} SET check_at = $2 WHERE id IN (SELECT id FROM due) RETURNING id"
    );
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let values = [
        now.into(),
        lease.into(),
        most.into(),
        provider.to_value().into(),
    ];
    Statement::from_sql_and_values(backend, sql, values)
}

/// When something of a provider's is due next, if anything is.
pub async fn next_due(
    db: &impl ConnectionTrait,
    provider: PaymentProvider,
) -> Result<Option<DateTime<Utc>>, DbErr> {
    let payment = payment::Entity::find()
        .select_only()
        .column(payment::Column::CheckAt)
        .filter(payment::COLUMN.provider.eq(provider))
        .filter(payment::COLUMN.check_at.is_not_null())
        .order_by_asc(payment::COLUMN.check_at);
    let refund = refund::Entity::find()
        .inner_join(payment::Entity)
        .select_only()
        .column(refund::Column::CheckAt)
        .filter(payment::COLUMN.provider.eq(provider))
        .filter(refund::COLUMN.check_at.is_not_null())
        .order_by_asc(refund::COLUMN.check_at);
    let payment = payment.into_tuple::<DateTime<Utc>>().one(db).await?;
    let refund = refund.into_tuple::<DateTime<Utc>>().one(db).await?;
    Ok(payment.into_iter().chain(refund).min())
}

/// What of the payment's money is owed or was given back by us.
pub fn owed(refunds: &[refund::Model]) -> Won {
    Won(refunds.iter().map(|refund| refund.amount.0).sum())
}
