use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::{
    id::{MemberId, SessionId},
    member::Role,
};
use serde::{Deserialize, Serialize};

use super::Keys;
use crate::{clock::Clock, fault::Fault};

/// What an access token says of who carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    pub member_id: MemberId,
    pub session_id: SessionId,
    pub role: Role,
}

/// A token that is malformed, forged, expired, used or ended.
#[derive(Clone, Debug)]
pub struct BadToken;

/// Issues and reads access tokens: JWTs, signed with one of the shop's keys.
#[derive(Debug)]
pub struct Tokens {
    clock: Clock,
    lifetime: Duration,
    pub keys: Keys,
}

#[derive(Clone, Serialize, Deserialize)]
struct Claims {
    sub: String,
    sid: String,
    role: ClaimedRole,
    iat: i64,
    /// Before when it is not good, if somebody else who has the key says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    exp: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Role", rename_all = "SCREAMING_SNAKE_CASE")]
enum RoleClaim {
    Member,
    Merchant,
    Admin,
}

#[derive(Clone, Serialize, Deserialize)]
struct ClaimedRole(#[serde(with = "RoleClaim")] Role);

impl Tokens {
    #[must_use]
    pub const fn new(keys: Keys, clock: Clock, lifetime: Duration) -> Self {
        Self {
            clock,
            lifetime,
            keys,
        }
    }

    /// A token for the bearer, and when it expires.
    pub fn issue(&self, access: &Access) -> Result<(String, DateTime<Utc>), Fault> {
        let now = self.clock.now();
        let expires_at = now + self.lifetime;
        let claims = Claims {
            sub: access.member_id.to_string(),
            sid: access.session_id.to_string(),
            role: ClaimedRole(access.role),
            iat: now.timestamp(),
            nbf: None,
            exp: expires_at.timestamp(),
        };
        let token = self.keys.sign(&claims).map_err(Fault::internal)?;
        Ok((token, expires_at))
    }

    /// Who carries the token.
    ///
    /// # Errors
    /// When it is not a token of ours, or no longer good.
    pub fn read(&self, token: &str) -> Result<Access, BadToken> {
        Ok(self.read_until(token)?.0)
    }

    /// Who carries the token, and until when.
    ///
    /// # Errors
    /// When it is not a token of ours, or no longer good.
    pub fn read_until(&self, token: &str) -> Result<(Access, DateTime<Utc>), BadToken> {
        let claims: Claims = self.keys.read(token).ok_or(BadToken)?;
        let now = self.clock.now().timestamp();
        if claims.exp <= now || claims.nbf.is_some_and(|nbf| nbf > now) {
            return Err(BadToken);
        }
        let access = Access {
            member_id: claims.sub.parse().map_err(|_| BadToken)?,
            session_id: claims.sid.parse().map_err(|_| BadToken)?,
            role: claims.role.0,
        };
        let until = DateTime::from_timestamp(claims.exp, 0).ok_or(BadToken)?;
        Ok((access, until))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    };

    use uuid::Uuid;

    use super::*;
    use crate::config::Secret;

    fn tokens(secret: &str, offset: &Arc<AtomicI64>) -> Tokens {
        let offset = offset.clone();
        let clock = Clock::new(move || {
            DateTime::UNIX_EPOCH
                + Duration::from_secs(offset.load(Ordering::Relaxed).unsigned_abs())
        });
        let keys = Keys::new(&Secret::new(secret), None).unwrap();
        Tokens::new(keys, clock, Duration::from_mins(15))
    }

    #[test]
    fn a_token_is_good_until_it_expires_and_only_with_its_own_key() {
        let seconds = Arc::new(AtomicI64::new(1_000));
        let tokens_a = tokens(&"a".repeat(32), &seconds);
        let tokens_b = tokens(&"b".repeat(32), &seconds);
        let access = Access {
            member_id: MemberId(Uuid::from_u128(1)),
            session_id: SessionId(Uuid::from_u128(2)),
            role: Role::Merchant,
        };
        let (token, expires_at) = tokens_a.issue(&access).unwrap();
        assert_eq!(expires_at.timestamp(), 1_900);
        assert_eq!(tokens_a.read(&token).unwrap(), access);
        assert_eq!(tokens_a.read_until(&token).unwrap(), (access, expires_at));
        assert!(tokens_b.read(&token).is_err());
        let not_yet = |nbf| {
            let mut claims: Claims = tokens_a.keys.read(&token).unwrap();
            claims.nbf = Some(nbf);
            tokens_a
                .read(&tokens_a.keys.sign(&claims).unwrap())
                .is_err()
        };
        assert!(not_yet(1_001) && !not_yet(1_000));
        seconds.store(1_899, Ordering::Relaxed);
        assert!(tokens_a.read(&token).is_ok());
        seconds.store(1_900, Ordering::Relaxed);
        assert!(tokens_a.read(&token).is_err());
    }
}
