use entity::{
    id::PaymentId,
    payment,
    payment_event::{self, PaymentEventKind},
    refund::{self, RefundStatus},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::rows::among;

pub async fn newest(db: &impl ConnectionTrait, most: u64) -> Result<Vec<payment::Model>, DbErr> {
    payment::Entity::find()
        .order_by_desc(payment::COLUMN.id)
        .limit(most)
        .all(db)
        .await
}

/// Refunds that a gateway refuses, or was asked for at least so often, the soonest due first.
pub async fn stuck_refunds(
    db: &impl ConnectionTrait,
    attempts: i32,
    most: u64,
) -> Result<Vec<refund::Model>, DbErr> {
    let is_stuck = Condition::any()
        .add(refund::COLUMN.status.eq(RefundStatus::Stuck))
        .add(refund::COLUMN.attempts.gte(attempts));
    refund::Entity::find()
        .filter(refund::COLUMN.check_at.is_not_null())
        .filter(is_stuck)
        .order_by_asc(refund::COLUMN.check_at)
        .limit(most)
        .all(db)
        .await
}

/// Payments that a gateway was asked about at least so often, the soonest due first.
pub async fn asked_often(
    db: &impl ConnectionTrait,
    checks: i32,
    most: u64,
) -> Result<Vec<PaymentId>, DbErr> {
    payment::Entity::find()
        .select_only()
        .column(payment::Column::Id)
        .filter(payment::COLUMN.check_at.is_not_null())
        .filter(payment::COLUMN.checks.gte(checks))
        .order_by_asc(payment::COLUMN.check_at)
        .limit(most)
        .into_tuple()
        .all(db)
        .await
}

/// What the gateways answered about these payments, in each one's order.
pub async fn answers_of(
    db: &impl ConnectionTrait,
    ids: &[PaymentId],
) -> Result<Vec<payment_event::Model>, DbErr> {
    const ANSWERS: [PaymentEventKind; 2] = [
        PaymentEventKind::ApprovalAnswered,
        PaymentEventKind::LookedUp,
    ];
    payment_event::Entity::find()
        .filter(among(
            db,
            payment_event::Column::PaymentId,
            ids.iter().copied(),
        ))
        .filter(payment_event::COLUMN.kind.is_in(ANSWERS))
        .order_by_asc(payment_event::COLUMN.payment_id)
        .order_by_asc(payment_event::COLUMN.sequence)
        .all(db)
        .await
}
