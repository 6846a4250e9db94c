mod register_merchant;

use std::collections::HashMap;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject, dataloader::Loader};
use chrono::{DateTime, Utc};
use entity::{id::MemberId, member};

use super::{
    BadCredentials, BadToken, ChangePasswordRefusal, InvalidField, NewMember, SignUpRefusal,
    SignedIn, store,
};
use crate::{
    coupon::graphql::{CouponConnection, CouponStatus},
    fault::Fault,
    gift::{
        graphql::{self as gifts, GiftConnection},
        store::Side,
    },
    graphql::{
        ApiError, AppContext, Identity, InputError, UserError, UserErrorCode,
        connection::PageArguments,
        loader::{Reader, keyed},
        settle,
    },
    order::graphql::{OrderConnection, OrderFilter},
    point::graphql::{PurseOf, UserPoint},
    store::graphql::{Store, StoreOf},
    text::message,
};

pub use register_merchant::RegisterMerchantMutation;

/// A person who signs in: a buyer, a merchant or an admin.
#[derive(Clone)]
pub struct Member {
    pub row: member::Model,
    /// Whether they have just signed in, so that they are who asks, whatever token came with the request.
    pub has_signed_in: bool,
}

/// What a member may do.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "member::Role")]
pub enum Role {
    /// Buys.
    Member,
    /// Runs a store, and may buy.
    Merchant,
    /// Runs the market: may see what belongs to others.
    Admin,
}

/// A signed-in member's two tokens.
#[derive(SimpleObject)]
pub struct Session {
    /// Send it as `Authorization: Bearer …`; over WebSocket in the payload of `connection_init`.
    access_token: String,
    /// Trade it in with `refreshSession` before or after the access token expires. It is good once.
    refresh_token: String,
    /// When the access token expires.
    expires_at: DateTime<Utc>,
    /// Who signed in.
    member: Member,
}

impl From<SignedIn> for Session {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            access_token: signed_in.access_token,
            refresh_token: signed_in.refresh_token,
            expires_at: signed_in.access_expires_at,
            member: Member {
                row: signed_in.member,
                has_signed_in: true,
            },
        }
    }
}

/// Who wants to become a member.
#[derive(InputObject)]
pub struct SignUpInput {
    /// The name to sign in with: 3 to 32 characters, letters a to z, digits, `.`, `_` and `-`, beginning
    /// with a letter or a digit. Upper and lower case are alike. No two members have the same.
    user_id: String,
    /// 8 to 128 characters.
    password: String,
    /// The name that others see: 1 to 30 characters, any letters. Several members may have the same.
    nickname: String,
}

/// Who wants to sign in.
#[derive(InputObject)]
pub struct SignInInput {
    /// The name used to sign up, in upper or lower case.
    user_id: String,
    /// The password.
    password: String,
}

/// Which session to go on with.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// The newest refresh token of the session.
    refresh_token: String,
}

/// The old and the new password.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The password as it is.
    current_password: String,
    /// The password as it shall be: 8 to 128 characters.
    new_password: String,
}

macro_rules! session_payloads {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The new session; null if there are user errors.
            session: Option<Session>,
            /// Why nothing was changed; empty on success.
            user_errors: Vec<UserError>,
        }

        impl $name {
            fn of<R: Into<UserError>>(
                outcome: crate::fault::Outcome<SignedIn, R>,
            ) -> Result<Self, ApiError> {
                let (signed_in, user_errors) = settle(outcome)?;
                Ok(Self { session: signed_in.map(Session::from), user_errors })
            }
        }
    )+};
}

session_payloads! {
    /// What signing up gives.
    SignUpPayload
    /// What signing in gives.
    SignInPayload
    /// What refreshing a session gives.
    RefreshSessionPayload
    /// What changing the password gives.
    ChangePasswordPayload
}

/// What signing out gives.
#[derive(SimpleObject)]
pub struct SignOutPayload {
    /// Why nothing was changed; empty on success.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct MemberQuery;

#[Object]
impl MemberQuery {
    /// You; null for an anonymous caller.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<Member>, ApiError> {
        let identity = ctx.data_opt::<Identity>().copied().unwrap_or_default();
        match identity.optional_caller()? {
            Some(caller) => Ok(ctx.loaders().load_one(caller.member_id).await?),
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct MemberMutation;

#[Object]
impl MemberMutation {
    /// Makes a member and signs them in.
    async fn sign_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who wants to become a member.")] input: SignUpInput,
    ) -> Result<Option<SignUpPayload>, ApiError> {
        let SignUpInput {
            user_id,
            password,
            nickname,
        } = input;
        let new = NewMember {
            user_id,
            password,
            nickname,
        };
        ctx.app().rates.sign_up(ctx.source())?;
        SignUpPayload::of(super::sign_up(ctx.app(), new).await).map(Some)
    }

    /// Signs a member in.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who wants to sign in.")] input: SignInInput,
    ) -> Result<Option<SignInPayload>, ApiError> {
        ctx.app().rates.sign_in(ctx.source(), &input.user_id)?;
        let outcome = super::sign_in(ctx.app(), &input.user_id, input.password).await;
        SignInPayload::of(outcome).map(Some)
    }

    /// Trades a refresh token for a new pair of tokens. A refresh token is good once: bringing a used one
    /// ends the whole session, because somebody may have stolen it.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session to go on with.")] input: RefreshSessionInput,
    ) -> Result<Option<RefreshSessionPayload>, ApiError> {
        let outcome = super::refresh_session(ctx.app(), &input.refresh_token).await;
        RefreshSessionPayload::of(outcome).map(Some)
    }

    /// Ends the session that the access token belongs to: its refresh tokens are worth nothing any more.
    /// The access token itself stays good until it expires.
    async fn sign_out(&self, ctx: &Context<'_>) -> Result<Option<SignOutPayload>, ApiError> {
        super::sign_out(ctx.app(), &ctx.caller()?).await?;
        Ok(Some(SignOutPayload {
            user_errors: Vec::new(),
        }))
    }

    /// Changes your password, ends all your sessions, and gives you a new one.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The old and the new password.")] input: ChangePasswordInput,
    ) -> Result<Option<ChangePasswordPayload>, ApiError> {
        let member_id = ctx.caller()?.member_id;
        let member: Option<Member> = ctx.loaders().load_one(member_id).await?;
        if let Some(member) = member {
            ctx.app().rates.sign_in(ctx.source(), &member.row.user_id)?;
        }
        let ChangePasswordInput {
            current_password,
            new_password,
        } = input;
        let outcome =
            super::change_password(ctx.app(), member_id, current_password, new_password).await;
        ChangePasswordPayload::of(outcome).map(Some)
    }
}

impl From<InvalidField> for UserError {
    fn from(invalid: InvalidField) -> Self {
        InputError::invalid(invalid.message, &[invalid.field]).into()
    }
}

impl From<SignUpRefusal> for UserError {
    fn from(refusal: SignUpRefusal) -> Self {
        match refusal {
            SignUpRefusal::Invalid(invalid) => invalid.into(),
            SignUpRefusal::UserIdTaken => {
                InputError::new(UserErrorCode::UserIdTaken, message!("member-user-id-taken"))
                    .at(&["userId"])
                    .into()
            }
        }
    }
}

impl From<BadCredentials> for UserError {
    fn from(_: BadCredentials) -> Self {
        let message = message!("member-bad-credentials");
        InputError::new(UserErrorCode::BadCredentials, message).into()
    }
}

impl From<BadToken> for UserError {
    fn from(_: BadToken) -> Self {
        let message = message!("member-bad-token");
        InputError::new(UserErrorCode::BadToken, message)
            .at(&["refreshToken"])
            .into()
    }
}

impl From<ChangePasswordRefusal> for UserError {
    fn from(refusal: ChangePasswordRefusal) -> Self {
        match refusal {
            ChangePasswordRefusal::WrongCurrentPassword => InputError::new(
                UserErrorCode::BadCredentials,
                message!("member-wrong-password"),
            )
            .at(&["currentPassword"])
            .into(),
            ChangePasswordRefusal::Invalid(invalid) => invalid.into(),
        }
    }
}

impl Member {
    const fn of(row: member::Model) -> Self {
        let has_signed_in = false;
        Self { row, has_signed_in }
    }

    /// Fails where this is for the member themselves and admins alone.
    ///
    /// # Errors
    /// `FORBIDDEN`, or `UNAUTHENTICATED` without a caller.
    pub fn check_own(&self, ctx: &Context<'_>) -> Result<(), ApiError> {
        if self.has_signed_in || ctx.caller()?.may_see(self.row.id) {
            Ok(())
        } else {
            Err(ApiError::Forbidden)
        }
    }
}

/// A person who signs in: a buyer, a merchant or an admin. Others see who they are: what belongs to them is FORBIDDEN.
#[Object]
impl Member {
    /// Begins with `member_`.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// The name used to sign in, in lower case. FORBIDDEN to others.
    async fn user_id(&self, ctx: &Context<'_>) -> Result<&str, ApiError> {
        self.check_own(ctx)?;
        Ok(&self.row.user_id)
    }

    /// The name that others see.
    async fn nickname(&self) -> &str {
        &self.row.nickname
    }

    /// What they may do.
    async fn role(&self) -> Role {
        self.row.role.into()
    }

    /// When they signed up.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// Their points; made empty at the first look. FORBIDDEN to others.
    async fn user_point(&self, ctx: &Context<'_>) -> Result<UserPoint, ApiError> {
        self.check_own(ctx)?;
        if let Some(purse) = ctx.loaders().load_one(PurseOf(self.row.id)).await? {
            return Ok(purse);
        }
        Ok(UserPoint(
            crate::point::user_point(ctx.app(), self.row.id).await?,
        ))
    }

    /// Their orders, the newest first. FORBIDDEN to others.
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which orders are wanted.")] filter: Option<OrderFilter>,
        #[graphql(
            desc = "The most nodes to return from the start, 0 to 100; 20 without `first` and `last`."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only nodes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The most nodes to return from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only nodes before this cursor.")] before: Option<String>,
    ) -> Result<OrderConnection, ApiError> {
        self.check_own(ctx)?;
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        crate::order::graphql::page(ctx, self.row.id, filter, arguments).await
    }

    /// Their coupons, those registered last first. FORBIDDEN for anyone else but admins.
    async fn coupons(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only coupons in this status.")] status: Option<CouponStatus>,
        #[graphql(
            desc = "The most nodes to return from the start, 0 to 100; 20 without `first` and `last`."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only nodes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The most nodes to return from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only nodes before this cursor.")] before: Option<String>,
    ) -> Result<CouponConnection, ApiError> {
        self.check_own(ctx)?;
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        crate::coupon::graphql::page(ctx, self.row.id, status, arguments).await
    }

    /// What they were given, the newest first. FORBIDDEN for anyone else but admins.
    async fn gifts(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The most nodes to return from the start, 0 to 100; 20 without `first` and `last`."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only nodes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The most nodes to return from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only nodes before this cursor.")] before: Option<String>,
    ) -> Result<GiftConnection, ApiError> {
        self.check_own(ctx)?;
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        gifts::page(ctx, self.row.id, Side::Received, arguments).await
    }

    /// What they gave, the newest first. FORBIDDEN for anyone else but admins.
    async fn sent_gifts(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The most nodes to return from the start, 0 to 100; 20 without `first` and `last`."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only nodes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The most nodes to return from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only nodes before this cursor.")] before: Option<String>,
    ) -> Result<GiftConnection, ApiError> {
        self.check_own(ctx)?;
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        gifts::page(ctx, self.row.id, Side::Sent, arguments).await
    }

    /// Their store; null for members who have none.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>, ApiError> {
        Ok(ctx.loaders().load_one(StoreOf(self.row.id)).await?)
    }
}

impl Loader<MemberId> for Reader {
    type Value = Member;
    type Error = Fault;

    async fn load(&self, ids: &[MemberId]) -> Result<HashMap<MemberId, Member>, Fault> {
        let members = store::by_ids(self.db.reader(), ids).await?;
        Ok(keyed(members, |member| member.id, Member::of))
    }
}

/// The member with this id, if the caller may see them.
pub async fn node(ctx: &Context<'_>, id: MemberId) -> Result<Option<Member>, ApiError> {
    if !ctx.caller()?.may_see(id) {
        return Ok(None);
    }
    Ok(ctx.loaders().load_one(id).await?)
}
