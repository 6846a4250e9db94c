use chrono::{DateTime, Utc};
use entity::{id::MemberId, member::Role, store};

use super::ApiError;
use crate::{
    member::{Access, Tokens},
    text::message,
};

/// A member who proved who they are.
pub type Caller = Access;

/// Whom a request comes from, as its access token says.
#[derive(Clone, Copy, Debug, Default)]
pub enum Identity {
    /// No token: may look at the catalog, sign up and sign in.
    #[default]
    Anonymous,
    /// A token that is not good. Refreshing the session is still possible, all that needs a member is
    /// not.
    BadToken,
    Member(Caller),
}

impl Identity {
    /// Reads an `Authorization` header, or the entry of that name in a `connection_init` payload.
    #[must_use]
    pub fn of(authorization: Option<&str>, tokens: &Tokens) -> Self {
        Self::until(authorization, tokens).0
    }

    /// The same, and until when a member is believed.
    #[must_use]
    pub fn until(authorization: Option<&str>, tokens: &Tokens) -> (Self, Option<DateTime<Utc>>) {
        let Some(authorization) = authorization else {
            return (Self::Anonymous, None);
        };
        let token = authorization
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        match token.map(|token| tokens.read_until(token)) {
            Some(Ok((access, until))) => (Self::Member(access), Some(until)),
            _ => (Self::BadToken, None),
        }
    }

    /// The member.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` where there is none.
    pub fn caller(self) -> Result<Caller, ApiError> {
        match self {
            Self::Member(caller) => Ok(caller),
            Self::Anonymous => Err(ApiError::Unauthenticated(message!("graphql-signed-out"))),
            Self::BadToken => Err(ApiError::Unauthenticated(message!("graphql-bad-token"))),
        }
    }

    /// The member, or `None` for an anonymous caller.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for a bad token, so that its bearer learns that it is time to refresh.
    pub fn optional_caller(self) -> Result<Option<Caller>, ApiError> {
        match self {
            Self::Anonymous => Ok(None),
            other => other.caller().map(Some),
        }
    }
}

impl Caller {
    /// Whether the caller may see what belongs to that member.
    #[must_use]
    pub fn may_see(&self, owner: MemberId) -> bool {
        self.member_id == owner || self.is_admin()
    }

    /// Whether the caller runs the market.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// Whether the caller may run that store.
    #[must_use]
    pub fn may_run(&self, store: &store::Model) -> bool {
        self.may_see(store.merchant_id)
    }
}
