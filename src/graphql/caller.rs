use entity::{id::MemberId, member::Role};

use super::ApiError;
use crate::member::{Access, Tokens};

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
        let Some(authorization) = authorization else {
            return Self::Anonymous;
        };
        let token = authorization
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        match token.map(|token| tokens.read(token)) {
            Some(Ok(access)) => Self::Member(access),
            _ => Self::BadToken,
        }
    }

    /// The member.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` where there is none.
    pub fn caller(self) -> Result<Caller, ApiError> {
        match self {
            Self::Member(caller) => Ok(caller),
            Self::Anonymous => Err(ApiError::Unauthenticated(
                "Sign in first, and send the access token as `Authorization: Bearer …`.",
            )),
            Self::BadToken => Err(ApiError::Unauthenticated(
                "The access token is not valid, or no longer: refresh the session or sign in again.",
            )),
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
        self.member_id == owner || self.role == Role::Admin
    }
}
