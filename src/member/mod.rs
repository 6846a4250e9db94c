//! Members: signing up and in, sessions that rotate, roles.

pub mod graphql;
mod keys;
mod merchant;
mod password;
mod rules;
mod store;
mod token;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use entity::{
    id::{MemberId, SessionId},
    member,
    member::Role,
    refresh_token, session,
};
use rand::RngExt;
use scoped_futures::ScopedFutureExt;
use sea_orm::{ConnectionTrait, DbErr};
use sha2::{Digest, Sha256};

use crate::{
    app::App,
    clock::new_id,
    db::{Transaction, is_taken},
    fault::{Failure, Fault, Outcome},
};

pub use keys::{Keys, WrongKey};
pub use merchant::register_merchant;
pub use password::Passwords;
pub use rules::{InvalidField, NewMember, normalized};
pub use token::{Access, BadToken, Tokens};

/// What signing in gives: two tokens, and who it is.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub member: member::Model,
    pub access_token: String,
    pub access_expires_at: DateTime<Utc>,
    pub refresh_token: String,
}

/// Why a member was not made.
#[derive(Clone, Debug)]
pub enum SignUpRefusal {
    Invalid(InvalidField),
    UserIdTaken,
}

/// The user id and the password do not belong together.
#[derive(Clone, Debug)]
pub struct BadCredentials;

/// Why a password was not changed.
#[derive(Clone, Debug)]
pub enum ChangePasswordRefusal {
    WrongCurrentPassword,
    Invalid(InvalidField),
}

/// Makes a member with role MEMBER and signs them in.
pub async fn sign_up(app: &App, new: NewMember) -> Outcome<SignedIn, SignUpRefusal> {
    let member = made(app, new, Role::Member).await?;
    let session = NewSession::of(app, member.id);
    let signed_up = app
        .db
        .transaction(|tx| insert_signed_in(tx, &member, &session).scope_boxed());
    signed_up.await?;
    Ok(session.signed_in(app, member)?)
}

async fn insert_signed_in(
    tx: &Transaction,
    member: &member::Model,
    session: &NewSession,
) -> Outcome<(), SignUpRefusal> {
    insert(tx, member.clone()).await?;
    Ok(session.insert(tx).await?)
}

/// Makes a member with any role; for the command line, which nobody signs in to.
pub async fn create(
    app: &App,
    new: NewMember,
    role: Role,
) -> Outcome<member::Model, SignUpRefusal> {
    let member = made(app, new, role).await?;
    insert(app.db.writer(), member.clone()).await?;
    Ok(member)
}

async fn made(app: &App, new: NewMember, role: Role) -> Outcome<member::Model, SignUpRefusal> {
    let new = new
        .checked()
        .map_err(|refusal| Failure::Refused(SignUpRefusal::Invalid(refusal)))?;
    let password_hash = app.passwords.hash(new.password).await?;
    let now = app.clock.now();
    Ok(member::Model {
        id: new_id(now, &mut rand::rng()),
        password_hash,
        user_id: new.user_id,
        nickname: new.nickname,
        role,
        created_at: now,
    })
}

async fn insert(db: &impl ConnectionTrait, member: member::Model) -> Outcome<(), SignUpRefusal> {
    store::insert(db, member).await.map_err(|error| {
        if is_taken(&error, "member", &["user_id"]) {
            Failure::Refused(SignUpRefusal::UserIdTaken)
        } else {
            error.into()
        }
    })
}

/// The member of that user id, if there is one.
pub async fn find(app: &App, user_id: &str) -> Result<Option<member::Model>, DbErr> {
    let user_id = normalized(user_id);
    if !rules::is_user_id(&user_id) {
        return Ok(None);
    }
    store::by_user_id(app.db.reader(), &user_id).await
}

/// Gives a member another role; `false` if there is no such member.
pub async fn set_role(app: &App, user_id: &str, role: Role) -> Result<bool, DbErr> {
    store::set_role(app.db.writer(), &normalized(user_id), role).await
}

/// Signs a member in. An unknown user id costs the same time as a wrong password, so that a stranger
/// cannot find out who is a member.
pub async fn sign_in(
    app: &App,
    user_id: &str,
    password: String,
) -> Outcome<SignedIn, BadCredentials> {
    let member = find(app, user_id).await?;
    let hash = member.as_ref().map(|member| member.password_hash.clone());
    let matches = app.passwords.matches(password, hash).await?;
    let member = member
        .filter(|_| matches)
        .ok_or(Failure::Refused(BadCredentials))?;
    let session = NewSession::of(app, member.id);
    let begun = app
        .db
        .transaction(|tx| begin_session(tx, &member, &session).scope_boxed());
    begun.await?;
    Ok(session.signed_in(app, member)?)
}

/// Begins a session, unless the password was changed since it was compared.
async fn begin_session(
    tx: &Transaction,
    member: &member::Model,
    session: &NewSession,
) -> Outcome<(), BadCredentials> {
    if !store::lock_if_unchanged(tx, member).await? {
        return Err(Failure::Refused(BadCredentials));
    }
    Ok(session.insert(tx).await?)
}

/// Trades a refresh token for new tokens. Each is good once: whoever brings a used one may have stolen
/// it, so its whole family, every token that descends from the same sign-in, ends.
pub async fn refresh_session(app: &App, presented: &str) -> Outcome<SignedIn, BadToken> {
    let presented = RefreshToken::of(presented.to_owned());
    let next = RefreshToken::random();
    // A family that ends must stay ended, so this refusal is told only after its commit.
    let rotated = app
        .db
        .transaction(|tx| rotate(app, tx, &presented, &next).scope_boxed())
        .await?;
    let (member, session_id) = rotated.ok_or(Failure::Refused(BadToken))?;
    Ok(signed_in(app, member, session_id, next)?)
}

async fn rotate(
    app: &App,
    tx: &Transaction,
    presented: &RefreshToken,
    next: &RefreshToken,
) -> Outcome<Option<(member::Model, SessionId)>, BadToken> {
    let now = app.clock.now();
    let Some((token, session)) = store::refresh_token(tx, &presented.hash).await? else {
        return Ok(None);
    };
    if session.ended_at.is_some() || token.expires_at <= now {
        return Ok(None);
    }
    if !store::use_refresh_token(tx, token.id, now).await? {
        store::end_session(tx, session.id, now).await?;
        return Ok(None);
    }
    store::insert_refresh_token(tx, next.row(app, session.id, now)).await?;
    let member = store::by_id(tx, session.member_id).await?;
    Ok(member.map(|member| (member, session.id)))
}

/// Ends the session that the access token belongs to.
pub async fn sign_out(app: &App, access: &Access) -> Result<(), DbErr> {
    store::end_session(app.db.writer(), access.session_id, app.clock.now()).await
}

/// Changes the password, ends every session of the member, and begins a new one.
pub async fn change_password(
    app: &App,
    member_id: MemberId,
    current: String,
    new: String,
) -> Outcome<SignedIn, ChangePasswordRefusal> {
    let Some(member) = store::by_id(app.db.reader(), member_id).await? else {
        return Err(Failure::Refused(
            ChangePasswordRefusal::WrongCurrentPassword,
        ));
    };
    if !app
        .passwords
        .matches(current, Some(member.password_hash.clone()))
        .await?
    {
        return Err(Failure::Refused(
            ChangePasswordRefusal::WrongCurrentPassword,
        ));
    }
    let new = rules::checked_password(new, "newPassword")
        .map_err(|refusal| Failure::Refused(ChangePasswordRefusal::Invalid(refusal)))?;
    let hash = app.passwords.hash(new).await?;
    let session = NewSession::of(app, member_id);
    let changed = app
        .db
        .transaction(|tx| replace_password(tx, &member, &hash, &session).scope_boxed());
    changed.await?;
    Ok(session.signed_in(app, member)?)
}

async fn replace_password(
    tx: &Transaction,
    member: &member::Model,
    hash: &str,
    session: &NewSession,
) -> Outcome<(), ChangePasswordRefusal> {
    if !store::lock_if_unchanged(tx, member).await? {
        return Err(Failure::Refused(
            ChangePasswordRefusal::WrongCurrentPassword,
        ));
    }
    store::set_password(tx, member.id, hash).await?;
    store::end_all_sessions(tx, member.id, session.row.created_at).await?;
    Ok(session.insert(tx).await?)
}

/// A session that is about to begin, and its first refresh token.
struct NewSession {
    row: session::Model,
    token: RefreshToken,
    token_row: refresh_token::Model,
}

impl NewSession {
    fn of(app: &App, member_id: MemberId) -> Self {
        let now = app.clock.now();
        let id = new_id(now, &mut rand::rng());
        let row = session::Model {
            id,
            member_id,
            created_at: now,
            ended_at: None,
        };
        let token = RefreshToken::random();
        Self {
            token_row: token.row(app, id, now),
            row,
            token,
        }
    }

    async fn insert(&self, tx: &Transaction) -> Result<(), DbErr> {
        store::insert_session(tx, self.row.clone()).await?;
        store::insert_refresh_token(tx, self.token_row.clone()).await
    }

    fn signed_in(self, app: &App, member: member::Model) -> Result<SignedIn, Fault> {
        signed_in(app, member, self.row.id, self.token)
    }
}

fn signed_in(
    app: &App,
    member: member::Model,
    session_id: SessionId,
    refresh_token: RefreshToken,
) -> Result<SignedIn, Fault> {
    let access = Access {
        member_id: member.id,
        session_id,
        role: member.role,
    };
    let (access_token, access_expires_at) = app.tokens.issue(&access)?;
    Ok(SignedIn {
        member,
        access_token,
        access_expires_at,
        refresh_token: refresh_token.text,
    })
}

/// A refresh token as its owner has it, and as the database does. It is long and random, so a plain
/// hash keeps it as well as a slow one would.
struct RefreshToken {
    text: String,
    hash: Vec<u8>,
}

impl RefreshToken {
    fn random() -> Self {
        Self::of(URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; 32]>()))
    }

    fn of(text: String) -> Self {
        Self {
            hash: Sha256::digest(&text).to_vec(),
            text,
        }
    }

    fn row(&self, app: &App, session_id: SessionId, now: DateTime<Utc>) -> refresh_token::Model {
        refresh_token::Model {
            id: new_id(now, &mut rand::rng()),
            session_id,
            token_hash: self.hash.clone(),
            created_at: now,
            expires_at: now + app.limits.refresh_token,
            used_at: None,
        }
    }
}
