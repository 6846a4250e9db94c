//! How many payments and refunds are under way, for whoever watches the server.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};

/// What is not over yet, by provider and status.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub payments: Vec<Pending>,
    pub refunds: Vec<Open>,
}

/// Payments that are not final.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Pending {
    pub provider: String,
    /// `READY` for those that wait for the member, `IN_DOUBT` for those that the gateway was asked to take.
    pub status: String,
    pub count: i64,
}

/// Refunds that are not done.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Open {
    pub provider: String,
    /// `OWED` or `STUCK`.
    pub status: String,
    pub count: i64,
    pub oldest: DateTime<Utc>,
}

/// Reads the figures: from what the reconciler has left to do, whatever has come and gone.
///
/// # Errors
/// When the database fails.
pub async fn read(db: &impl ConnectionTrait) -> Result<Figures, DbErr> {
    Ok(Figures {
        payments: pending(db).await?,
        refunds: open(db).await?,
    })
}

pub async fn pending(db: &impl ConnectionTrait) -> Result<Vec<Pending>, DbErr> {
    let sql = "SELECT provider, status, COUNT(*) AS count FROM (\
               SELECT provider, CASE WHEN approving_since IS NULL THEN 'READY' ELSE 'IN_DOUBT' END AS status \
               FROM payment WHERE check_at IS NOT NULL AND status = 'READY') AS pending \
               GROUP BY provider, status";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    Pending::find_by_statement(statement).all(db).await
}

pub async fn open(db: &impl ConnectionTrait) -> Result<Vec<Open>, DbErr> {
    let sql = "SELECT payment.provider AS provider, refund.status AS status, \
               COUNT(*) AS count, MIN(refund.created_at) AS oldest \
               FROM refund JOIN payment ON payment.id = refund.payment_id \
               WHERE refund.check_at IS NOT NULL \
               GROUP BY payment.provider, refund.status";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    Open::find_by_statement(statement).all(db).await
}
