use chrono::{DateTime, Utc};
use entity::{
    id::{MemberId, RefreshTokenId, SessionId},
    member,
    member::Role,
    refresh_token, session,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect,
    sea_query::Expr,
};

use crate::{db::Transaction, rows::among};

pub async fn insert(db: &impl ConnectionTrait, member: member::Model) -> Result<(), DbErr> {
    member::Entity::insert(member::ActiveModel::from(member))
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub async fn by_id(
    db: &impl ConnectionTrait,
    id: MemberId,
) -> Result<Option<member::Model>, DbErr> {
    member::Entity::find_by_id(id).one(db).await
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[MemberId],
) -> Result<Vec<member::Model>, DbErr> {
    member::Entity::find()
        .filter(among(db, member::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

pub async fn by_user_id(
    db: &impl ConnectionTrait,
    user_id: &str,
) -> Result<Option<member::Model>, DbErr> {
    member::Entity::find()
        .filter(member::COLUMN.user_id.eq(user_id))
        .one(db)
        .await
}

/// `false` if there is no such member.
pub async fn set_role(db: &impl ConnectionTrait, user_id: &str, role: Role) -> Result<bool, DbErr> {
    let updated = member::Entity::update_many()
        .set(member::ActiveModel {
            role: Set(role),
            ..Default::default()
        })
        .filter(member::COLUMN.user_id.eq(user_id))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Locks the member's row; `false` if the password is another by now.
pub async fn lock_if_unchanged(tx: &Transaction, member: &member::Model) -> Result<bool, DbErr> {
    let locked = member::Entity::find_by_id(member.id)
        .lock_exclusive()
        .one(tx)
        .await?;
    Ok(locked.is_some_and(|locked| locked.password_hash == member.password_hash))
}

pub async fn set_password(tx: &Transaction, id: MemberId, hash: &str) -> Result<(), DbErr> {
    member::Entity::update_many()
        .set(member::ActiveModel {
            password_hash: Set(hash.to_owned()),
            ..Default::default()
        })
        .filter(member::COLUMN.id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

pub async fn insert_session(tx: &Transaction, session: session::Model) -> Result<(), DbErr> {
    session::Entity::insert(session::ActiveModel::from(session))
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Ends one session, where it has not ended yet.
pub async fn end_session(
    db: &impl ConnectionTrait,
    id: SessionId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    end_sessions(db, session::COLUMN.id.eq(id), now).await
}

/// Ends every session of a member.
pub async fn end_all_sessions(
    tx: &Transaction,
    member_id: MemberId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    end_sessions(tx, session::COLUMN.member_id.eq(member_id), now).await
}

async fn end_sessions(
    db: &impl ConnectionTrait,
    which: Expr,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    session::Entity::update_many()
        .set(session::ActiveModel {
            ended_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(which)
        .filter(session::COLUMN.ended_at.is_null())
        .exec(db)
        .await?;
    Ok(())
}

pub async fn insert_refresh_token(
    tx: &Transaction,
    token: refresh_token::Model,
) -> Result<(), DbErr> {
    refresh_token::Entity::insert(refresh_token::ActiveModel::from(token))
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// The token with that hash, and the session it belongs to, which is locked.
pub async fn refresh_token(
    tx: &Transaction,
    hash: &[u8],
) -> Result<Option<(refresh_token::Model, session::Model)>, DbErr> {
    let Some(token) = refresh_token::Entity::find()
        .filter(refresh_token::COLUMN.token_hash.eq(hash))
        .one(tx)
        .await?
    else {
        return Ok(None);
    };
    let session = session::Entity::find_by_id(token.session_id)
        .lock_exclusive()
        .one(tx)
        .await?;
    Ok(session.map(|session| (token, session)))
}

/// Marks the token as used; `false` if it was already.
pub async fn use_refresh_token(
    tx: &Transaction,
    id: RefreshTokenId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let updated = refresh_token::Entity::update_many()
        .set(refresh_token::ActiveModel {
            used_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(refresh_token::COLUMN.id.eq(id))
        .filter(refresh_token::COLUMN.used_at.is_null())
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}
