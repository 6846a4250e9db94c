//! Permission to upload, in an address: whoever has it may, until it expires.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use entity::id::ProductId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::config::Secret;

/// What tells the key from every other that is made of the server's secret.
const PURPOSE: &[u8] = b"jangteo: uploads of pictures\0";

/// The bytes of a key of HMAC-SHA256.
const KEY_BYTES: usize = 64;

/// Signs permissions, and knows them again.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

/// Why an address is no permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPermission {
    /// It is not as it was signed, or was never signed.
    Forged,
    Expired,
}

impl Signer {
    /// The signer of all servers that share the secret.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(PURPOSE);
        hasher.update(secret.bytes());
        let mut key = [0; KEY_BYTES];
        for (byte, hashed) in key.iter_mut().zip(hasher.finalize()) {
            *byte = hashed;
        }
        Self(Hmac::new(&key.into()))
    }

    /// The signature under the permission to upload a picture of the product until then, a time in whole seconds.
    #[must_use]
    pub fn sign(&self, product_id: ProductId, expires: i64) -> String {
        let signature = self.over(product_id, expires).finalize();
        URL_SAFE_NO_PAD.encode(signature.into_bytes())
    }

    /// Whether the permission is one that was signed, and is still good.
    ///
    /// # Errors
    /// Why it is not.
    pub fn check(
        &self,
        product_id: ProductId,
        expires: i64,
        signature: &str,
        now: DateTime<Utc>,
    ) -> Result<(), NoPermission> {
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| NoPermission::Forged)?;
        // In constant time, and all 32 bytes.
        self.over(product_id, expires)
            .verify_slice(&signature)
            .map_err(|_| NoPermission::Forged)?;
        if now.timestamp() < expires {
            Ok(())
        } else {
            Err(NoPermission::Expired)
        }
    }

    fn over(&self, product_id: ProductId, expires: i64) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(format!("{product_id} {expires}").as_bytes());
        mac
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(…)")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn signer(byte: u8) -> Signer {
        Signer::new(&Secret::new([byte; 32]))
    }

    fn product(number: u128) -> ProductId {
        ProductId(Uuid::from_u128(number))
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 999_999_999).expect("a time")
    }

    #[test]
    fn a_permission_is_good_until_it_expires() {
        let signature = signer(1).sign(product(1), 100);
        let check = |now| signer(1).check(product(1), 100, &signature, at(now));
        assert_eq!(check(0), Ok(()));
        assert_eq!(check(99), Ok(()));
        assert_eq!(check(100), Err(NoPermission::Expired));
    }

    #[test]
    fn whatever_was_not_signed_is_forged() {
        let signature = signer(1).sign(product(1), 100);
        let forged = Err(NoPermission::Forged);
        let check = |by: u8, of, expires, signature: &str| {
            signer(by).check(product(of), expires, signature, at(0))
        };
        assert_eq!(check(2, 1, 100, &signature), forged, "another secret");
        assert_eq!(check(1, 2, 100, &signature), forged, "another product");
        assert_eq!(check(1, 1, 101, &signature), forged, "another time");
        for wrong in ["", "A", "=", &signature[4..], &format!("{signature}AAAA")] {
            assert_eq!(check(1, 1, 100, wrong), forged, "{wrong}");
        }
        // What is forged is not told that it is too late as well.
        assert_eq!(check(1, 1, -1, &signature), forged);
    }

    #[test]
    fn the_key_is_not_told() {
        assert_eq!(format!("{:?}", signer(7)), "Signer(…)");
    }
}
