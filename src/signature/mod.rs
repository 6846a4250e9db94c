//! Signatures by [Standard Webhooks](https://www.standardwebhooks.com) 1.0, version `v1`: HMAC-SHA256 over the id,
//! the time and the body. A [`Verifier`] knows the webhooks that come in, a [`Signer`] signs those that go out.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header::InvalidHeaderValue};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::config::Secret;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// How far the sender's clock may be from ours, in seconds, before and behind.
const TOLERANCE_SECONDS: u64 = 300;

/// The most secrets that are tried: a rotation has two.
const SECRETS_MAX: usize = 5;

/// The most signatures that are tried: as many as a rotation, in a few versions, can have.
const SIGNATURES_MAX: usize = 10;

/// The longest header that is read, in bytes: ten signatures take about 500.
const HEADER_BYTES_MAX: usize = 4096;

/// The fewest bytes of a secret that the shop signs with, by the standard: as many as nobody guesses.
const SIGNING_BYTES_MIN: usize = 24;

/// Knows the webhooks of those who share a secret with the shop.
pub struct Verifier(Vec<Hmac<Sha256>>);

/// Signs webhooks for those who share a secret with the shop.
#[derive(Clone)]
pub struct Signer(Vec<Hmac<Sha256>>);

/// A secret that no webhook is checked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongSecret {
    #[error("there must be one to {SECRETS_MAX} webhook secrets")]
    Number,
    #[error("a webhook secret is whsec_ and base64 with its padding")]
    Encoding,
    #[error("a webhook secret is empty")]
    Empty,
    #[error("a secret to sign with has at least {SIGNING_BYTES_MIN} bytes")]
    Short,
}

/// Why a webhook is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Each header must be there, once, with something in it.
    #[error("a header is missing, empty, too long or there more than once")]
    Header,
    #[error("the timestamp is no number of seconds")]
    Timestamp,
    #[error("it was sent too long ago")]
    TooOld,
    #[error("it is sent in the future")]
    TooNew,
    #[error("no signature is right")]
    Signature,
}

impl Verifier {
    /// A verifier that believes whoever knows one of the secrets: during a rotation, the old and the new.
    ///
    /// # Errors
    /// When a secret cannot be one. An empty one would let anybody sign.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Result<Self, WrongSecret> {
        keys(secrets, 1).map(Self)
    }

    /// The id of a webhook, the same on every delivery of it, if it was signed by who knows a secret, a short
    /// while ago. `body` is as it came, before anything was read in it.
    ///
    /// # Errors
    /// Why it is not believed.
    pub fn verify<'h>(
        &self,
        headers: &'h HeaderMap,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<&'h str, Rejection> {
        let id = only(headers, &ID)?;
        let timestamp = only(headers, &TIMESTAMP)?;
        let signatures = only(headers, &SIGNATURE)?;
        check_time(timestamp, now.timestamp())?;
        let signed = signed(&self.0, id, timestamp, body);
        let is_right = signatures
            .split(' ')
            .filter_map(|signature| signature.split_once(','))
            .filter(|(version, _)| *version == "v1")
            .take(SIGNATURES_MAX)
            .filter_map(|(_, signature)| STANDARD.decode(signature).ok())
            // Compares in constant time, and all 32 bytes.
            .any(|signature| {
                signed
                    .iter()
                    .any(|mac| mac.clone().verify_slice(&signature).is_ok())
            });
        if is_right {
            Ok(id)
        } else {
            Err(Rejection::Signature)
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({} secrets)", self.0.len())
    }
}

impl Signer {
    /// A signer for whoever knows one of the secrets: during a rotation, the old and the new.
    ///
    /// # Errors
    /// When a secret cannot be one, or is so short that it could be guessed.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Result<Self, WrongSecret> {
        keys(secrets, SIGNING_BYTES_MIN).map(Self)
    }

    /// The headers of a webhook: its id, the same on every delivery, the time of this one, and a signature by each
    /// secret.
    ///
    /// # Errors
    /// When the id has characters that HTTP cannot carry.
    pub fn headers(
        &self,
        id: &str,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<HeaderMap, InvalidHeaderValue> {
        let timestamp = now.timestamp().to_string();
        let signatures = signed(&self.0, id, &timestamp, body)
            .into_iter()
            .map(|mac| format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())));
        let signatures = signatures.collect::<Vec<_>>().join(" ");
        Ok(HeaderMap::from_iter([
            (ID, HeaderValue::from_str(id)?),
            (TIMESTAMP, HeaderValue::from_str(&timestamp)?),
            (SIGNATURE, HeaderValue::from_str(&signatures)?),
        ]))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({} secrets)", self.0.len())
    }
}

/// What each key makes of a webhook.
fn signed(keys: &[Hmac<Sha256>], id: &str, timestamp: &str, body: &[u8]) -> Vec<Hmac<Sha256>> {
    let signed = keys.iter().map(|key| {
        let mut mac = key.clone();
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac
    });
    signed.collect()
}

/// The keys that secrets stand for, each of at least so many bytes.
fn keys<'a>(
    secrets: impl IntoIterator<Item = &'a Secret>,
    bytes_min: usize,
) -> Result<Vec<Hmac<Sha256>>, WrongSecret> {
    let keys = secrets.into_iter().map(|secret| key(secret, bytes_min));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    if (1..=SECRETS_MAX).contains(&keys.len()) {
        Ok(keys)
    } else {
        Err(WrongSecret::Number)
    }
}

/// The key that a secret stands for.
fn key(secret: &Secret, bytes_min: usize) -> Result<Hmac<Sha256>, WrongSecret> {
    let text = secret.bytes();
    let key = STANDARD
        .decode(text.strip_prefix(b"whsec_").unwrap_or(text))
        .map_err(|_| WrongSecret::Encoding)?;
    match key.len() {
        0 => Err(WrongSecret::Empty),
        length if length < bytes_min => Err(WrongSecret::Short),
        _ => Hmac::new_from_slice(&key).map_err(|_| WrongSecret::Encoding),
    }
}

/// A header that there is one of, with something in it.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<&'h str, Rejection> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Rejection::Header);
    };
    let text = value.to_str().map_err(|_| Rejection::Header)?;
    if text.is_empty() || text.len() > HEADER_BYTES_MAX {
        return Err(Rejection::Header);
    }
    Ok(text)
}

/// Whether a number of seconds, as it is written, is close enough to now. One way to write it is allowed, since it
/// is signed as it is written.
fn check_time(timestamp: &str, now: i64) -> Result<(), Rejection> {
    let is_plain =
        timestamp.bytes().all(|byte| byte.is_ascii_digit()) && !timestamp.starts_with('0');
    let sent: i64 = timestamp
        .parse()
        .ok()
        .filter(|_| is_plain)
        .ok_or(Rejection::Timestamp)?;
    if sent.abs_diff(now) <= TOLERANCE_SECONDS {
        Ok(())
    } else if sent < now {
        Err(Rejection::TooOld)
    } else {
        Err(Rejection::TooNew)
    }
}

#[cfg(test)]
mod tests;
